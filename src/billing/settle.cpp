#include "farebox/billing/settle.hpp"

#include "farebox/base/result.hpp"

namespace farebox::billing {

std::string_view name_of(settlement s) {
  switch (s) {
  case settlement::posted: return "posted";
  case settlement::posted_late: return "posted_late";
  case settlement::voided: return "voided";
  case settlement::expired: return "expired";
  case settlement::unchanged: return "unchanged";
  case settlement::contradictory: return "contradictory";
  }
  return "unknown";
}

namespace {

settlement settle_pending(const charge_row& charge, charge_event event, utc_time now) {
  const bool in_time = now < charge.expires_at;
  switch (event) {
  // Late by the clock, whether or not somebody noticed in the meantime that its time was up.
  case charge_event::delivered: return in_time ? settlement::posted : settlement::posted_late;
  case charge_event::failed: return settlement::voided;
  case charge_event::time_is_up: return in_time ? settlement::unchanged : settlement::expired;
  }
  return settlement::unchanged;
}

} // namespace

settlement settle(const charge_row& charge, charge_event event, utc_time now) {
  switch (charge.state) {
  case charge_state::pending: return settle_pending(charge, event, now);
  case charge_state::expired: // no longer expected, and still not known
    switch (event) {
    case charge_event::delivered: return settlement::posted_late;
    case charge_event::failed: return settlement::voided;
    case charge_event::time_is_up: return settlement::unchanged;
    }
    return settlement::unchanged;
  case charge_state::posted:
    return event == charge_event::failed ? settlement::contradictory : settlement::unchanged;
  case charge_state::void_:
    return event == charge_event::delivered ? settlement::contradictory : settlement::unchanged;
  }
  return settlement::unchanged;
}

std::optional<charge_event> charge_event_of(std::uint8_t message_state) {
  switch (message_state) {
  case 2: return charge_event::delivered;
  case 3: // EXPIRED
  case 4: // DELETED
  case 5: // UNDELIVERABLE
  case 8: // REJECTED
    return charge_event::failed;
  default: return {};
  }
}

std::optional<bill_row> apply(settlement s, charge_row& charge, utc_time posted_at) {
  switch (s) {
  case settlement::voided: charge.state = charge_state::void_; return {};
  case settlement::expired: charge.state = charge_state::expired; return {};
  case settlement::unchanged:
  case settlement::contradictory: return {};
  case settlement::posted:
  case settlement::posted_late: break;
  }
  ensure(charge.state == charge_state::pending || charge.state == charge_state::expired,
         "charge: posted twice");
  charge.state = charge_state::posted;
  auto bill = charge.estimate;
  bill.posted_at = posted_at;
  bill.kind = s == settlement::posted_late ? bill_kind::late : bill_kind::original;
  return bill;
}

} // namespace farebox::billing
