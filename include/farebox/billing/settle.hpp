// The life of a charge that waits for the receipt of its reply: pending, then posted, void or
// expired, once. What came too late, twice or contradicts is told so and changes nothing.
//
//               delivered     failed    time is up
//   pending     posted        void      expired        (delivered after its time: late)
//   expired     posted, late  void      -
//   posted      -             -         -
//   void        -             -         -
#pragma once

#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace farebox::billing {

enum class charge_event : std::uint8_t {
  delivered, // the receipt says that the phone has the reply, and was charged
  failed,    // a final receipt says that it never will
  time_is_up // checked by the clock: charge_row::expires_at
};

enum class settlement : std::uint8_t {
  posted,        // bill it
  posted_late,   // bill it as `late`: its time was up before
  voided,        // nothing will be billed
  expired,       // nothing is billed until a receipt says otherwise
  unchanged,     // the same was known before, or the time is not up
  contradictory  // the opposite was settled before: changes nothing, to be shown to a person
};
std::string_view name_of(settlement s);

settlement settle(const charge_row& charge, charge_event event, utc_time now);

// What the message_state of a receipt (SMPP 3.4 5.2.28) means for a charge; nullopt: not final.
// DELIVERED delivers; EXPIRED, DELETED, UNDELIVERABLE and REJECTED fail; ENROUTE, ACCEPTED (by a
// person at the operator, not by the phone) and UNKNOWN say nothing.
std::optional<charge_event> charge_event_of(std::uint8_t message_state);

// Does to the charge what was settled. The bill to post, with id 0, if it is to be billed; put its
// id into charge.bill when it is numbered.
std::optional<bill_row> apply(settlement s, charge_row& charge, utc_time posted_at);

} // namespace farebox::billing
