// The rows of rule R8: bills for charged messages, pending charges, reversals. Ids are 0 here; they
// are numbered when they are posted.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/billing/split.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/model/rows.hpp"

namespace farebox::billing {

// What a message costs, and under whose terms. A tariff is chosen by the time of receipt.
struct pricing {
  const tariff* price = nullptr;   // null: no tariff at this operator and short code yet
  const terms* contract = nullptr; // null in suspense, or if nobody has terms yet
  millionths gross;                // of this message or part
};

// The price of `parts` parts (counted_per::part) or of the message, whatever its outcome. Zero for
// a reserved word where the tariff says so; for an absorbed message, which the operator charged
// when it came first; and, where the reply is charged, for what is not sold: that answer is free.
// Terms are given for an accepted message only.
pricing price_of(const catalogue& catalogue, operator_id op, short_code_id code, utc_time at,
                 outcome result, partner_id partner, int parts);
pricing price_of(const catalogue& catalogue, const message_row& message);

// True if the bill is made when the phone's message comes, not when the reply is delivered: all of
// suspense is.
inline bool is_billed_at_once(const tariff& price, outcome result) {
  return price.when == charged::on_mo || result != outcome::accepted;
}

// The bill of a message at a price. Accepted: to its partner; else to suspense, with the reason.
// Throws std::logic_error without a tariff.
bill_row bill_of(const message_row& message, const pricing& price, utc_time posted_at);

// The pending charge of an accepted message that is billed on its reply.
charge_row charge_of(const message_row& message, const pricing& price, utc_time now);

// The exact negative of a bill.
bill_row reversal_of(const bill_row& bill, utc_time posted_at);

// Takes back a part: what stands of the bill goes from `before` to `after` (gross). The row's
// amounts are split(after) - split(before), so that all rows of the message add up to split(after)
// to the unit, however many steps it took. Refused unless 0 <= after < before <= the bill's gross
// and `after` is zero or at least gross_min. Tariff and terms are those that the bill names.
result<bill_row> partial_reversal_of(const bill_row& bill, millionths before, millionths after,
                                     const tariff& price, const terms* contract,
                                     utc_time posted_at);

} // namespace farebox::billing
