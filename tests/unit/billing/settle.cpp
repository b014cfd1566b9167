#include "farebox/billing/settle.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace farebox;
using namespace farebox::billing;

namespace {

constexpr utc_time expiry = utc_time{} + hours(72);
constexpr utc_time in_time = expiry - microseconds(1);

charge_row charge_in(charge_state state) {
  charge_row row;
  row.id = {77};
  row.state = state;
  row.expires_at = expiry;
  row.estimate.message = {77};
  row.estimate.amounts.gross = {1'200'000};
  return row;
}

} // namespace

TEST_CASE("the life of a charge") {
  // Goal: every state and event, before and at the end of its time: once, and never back. Method:
  // the whole table; what is settled, the state after it and the bill's kind (or none) last.
  using state = charge_state;
  using ev = charge_event;
  using is = settlement;
  struct row {
    state before;
    ev event;
    utc_time now;
    is wanted;
    state after;
    std::optional<bill_kind> bill;
  };
  const auto original = bill_kind::original;
  const auto late = bill_kind::late;
  const row rows[] = {
      {state::pending, ev::delivered, in_time, is::posted, state::posted, original},
      {state::pending, ev::delivered, expiry, is::posted_late, state::posted, late},
      {state::pending, ev::failed, in_time, is::voided, state::void_, {}},
      {state::pending, ev::failed, expiry, is::voided, state::void_, {}},
      {state::pending, ev::time_is_up, in_time, is::unchanged, state::pending, {}},
      {state::pending, ev::time_is_up, expiry, is::expired, state::expired, {}},
      {state::expired, ev::delivered, expiry, is::posted_late, state::posted, late},
      {state::expired, ev::failed, expiry, is::voided, state::void_, {}},
      {state::expired, ev::time_is_up, expiry, is::unchanged, state::expired, {}},
      {state::posted, ev::delivered, in_time, is::unchanged, state::posted, {}},
      {state::posted, ev::delivered, expiry, is::unchanged, state::posted, {}},
      {state::posted, ev::failed, in_time, is::contradictory, state::posted, {}},
      {state::posted, ev::time_is_up, expiry, is::unchanged, state::posted, {}},
      {state::void_, ev::delivered, in_time, is::contradictory, state::void_, {}},
      {state::void_, ev::delivered, expiry, is::contradictory, state::void_, {}},
      {state::void_, ev::failed, in_time, is::unchanged, state::void_, {}},
      {state::void_, ev::time_is_up, expiry, is::unchanged, state::void_, {}},
  };
  for (const auto& r : rows) {
    auto charge = charge_in(r.before);
    CAPTURE(name_of(r.before));
    CAPTURE(static_cast<int>(r.event));
    const auto got = settle(charge, r.event, r.now);
    CHECK(name_of(got) == name_of(r.wanted));
    const auto bill = apply(got, charge, r.now);
    CHECK(name_of(charge.state) == name_of(r.after));
    REQUIRE(bill.has_value() == r.bill.has_value());
    if (!bill) continue;
    CHECK(bill->kind == *r.bill);
    CHECK(bill->posted_at == r.now);
    CHECK(bill->amounts == charge.estimate.amounts);
    CHECK(bill->message == charge.id);
    CHECK_THROWS_AS(apply(got, charge, r.now), std::logic_error); // never twice
  }
}

TEST_CASE("any history posts once at most") {
  // Goal: no order of receipts and timers bills twice. Method: all histories of six events, one an
  // hour, across the expiry.
  constexpr charge_event events[] = {charge_event::delivered, charge_event::failed,
                                     charge_event::time_is_up};
  for (int history = 0; history < 729; ++history) {
    auto charge = charge_in(charge_state::pending);
    int bills = 0;
    bool is_voided = false;
    for (int step = 0, rest = history; step < 6; ++step, rest /= 3) {
      const auto now = expiry + hours(step - 3);
      const auto got = settle(charge, events[rest % 3], now);
      is_voided |= got == settlement::voided;
      if (apply(got, charge, now)) ++bills;
    }
    CHECK(bills + (is_voided ? 1 : 0) <= 1);
    CHECK((charge.state == charge_state::posted) == (bills == 1));
  }
}

TEST_CASE("what a receipt's state means for a charge") {
  // Goal: SMPP 3.4 5.2.28: only final states settle. Method: all 256 values.
  for (int state = 0; state < 256; ++state) {
    CAPTURE(state);
    const auto got = charge_event_of(static_cast<std::uint8_t>(state));
    if (state == 2)
      CHECK(got == charge_event::delivered);
    else if (state == 3 || state == 4 || state == 5 || state == 8)
      CHECK(got == charge_event::failed);
    else
      CHECK_FALSE(got.has_value());
  }
}
