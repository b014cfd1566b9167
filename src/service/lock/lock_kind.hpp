// Kind `lock`: mints an unlock code (farebox/service/lock.hpp).
//
// Settings:
//   text     the reply, a text_template with {code}; default "Code: {code}"
//   minutes  how long a code is valid: from the message, or from the charge if that comes later
//   uses     how many times
// At least one of minutes and uses is there; with both, the first to run out ends the code.
//
// Facts: space 1, key = the code: code_fact; kept for ever, so that a code is known to have been
// issued. Space 2, key = the message's number: code_fact and then the code of an order whose charge
// is pending, until it is settled.
#pragma once

#include "farebox/service/kind.hpp"

namespace farebox::services::lock {

parse_fn parse;
needs_fn needs;
decide_fn decide;
settle_needs_fn settle_needs;
settle_fn settle;

inline constexpr kind lock_kind{.name = "lock",
                                .due = due_class::online,
                                .valid_on_post = true,
                                .parse = parse,
                                .needs = needs,
                                .decide = decide,
                                .settle_needs = settle_needs,
                                .settle = settle};

} // namespace farebox::services::lock
