// Kind `reply`: a fixed answer. Settings: text (a text_template; required).
#pragma once

#include "farebox/service/kind.hpp"

namespace farebox::services::reply {

parse_fn parse;
needs_fn needs;
decide_fn decide;
settle_needs_fn settle_needs;
settle_fn settle;

inline constexpr kind reply_kind{.name = "reply",
                                 .due = due_class::online,
                                 .valid_on_post = false,
                                 .parse = parse,
                                 .needs = needs,
                                 .decide = decide,
                                 .settle_needs = settle_needs,
                                 .settle = settle};

} // namespace farebox::services::reply
