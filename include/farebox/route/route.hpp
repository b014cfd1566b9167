// From short code and text to what was meant: who sold which service, or why nobody did.
//
// The grammar of a short code, in the order in which its rules are tried. All of it is compared
// after folding (text/fold.hpp), with every run of spaces and punctuation taken for one space:
//
//   reserved word   the whole text, or its first words with a space or punctuation behind them:
//                   "stop", "STOP, please", "stop?"; not "stopwatch". A word of separators only
//                   (text::is_separator) must be the whole text.
//   dedicated       a keyword of one service, then any text: "BILL 20"; the longest one wins.
//                   Glued only where allowed: "BILL20".
//   general         a keyword, then partner ID, service number and any text, with separators or
//                   none: "RR 104723 3 blue", "rr10472303 blue", "RR-104723-3-blue".
//   fallback        any text that begins with none of these.
//
// The digits behind a general keyword are read so that one lost, added or swapped character never
// makes another partner's number. With [n] for n digits in a row they must be one of
//
//   [6] [1 or 2]    partner ID, service number
//   [8]             both glued: the service number has its leading zero
//   [a] [b] [1 or 2] with a + b = 6, and [a] [b] with a + b = 8: an ID broken once by a separator.
//                   Not [5] [1]: that is also what "10472 9 3" without a digit looks like.
//
// and the sixth digit of the ID must be its check digit (base/check_digit.hpp). Longer rows of
// digits are refused, since any of them may be a shorter one with an argument glued to it.
#pragma once

#include "farebox/base/id.hpp"
#include "farebox/base/result.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/model/rows.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace farebox::route {

struct routing {
  // accepted, reserved, refused, ambiguous or unrouted.
  outcome result = outcome::unrouted;
  // Who was meant: set if accepted or refused. Only an accepted message has a beneficiary.
  partner_id partner;
  service_id service;
  std::string argument; // what stands behind keyword, ID and number, as typed, trimmed
  std::string keyword;  // as configured; of a fallback: empty
  std::string repair;   // what was taken for what; empty: the text was exact
  std::string detail;   // why not accepted, one sentence; which partners, if ambiguous
  const short_code* code = nullptr; // null: not one of ours; lives as long as the catalogue
};

// `destination` is the short code as it was addressed, a leading '+' included. Never throws on any
// text; throws std::logic_error if the catalogue has no grammars. The operator is not looked at
// yet: approval of a service at an operator will be.
routing route(std::string_view utf8_text, std::string_view destination, operator_id op,
              const catalogue& catalogue);

// The grammars of all short codes, to be put into catalogue.grammars before it is shared. An error
// names the short code and both sides of a clash:
//
// - a keyword or reserved word that is empty after folding, or longer than keyword_octets_max;
// - a keyword that is there twice, or dedicated and general;
// - a reserved word that a keyword begins with: that keyword could never be reached;
// - a partner ID that is not six digits with its check digit; a service number outside 0..99;
// - a glued keyword within one edit of the beginning of another keyword or reserved word. For a
//   general keyword, behind which only digits are glued: of a dedicated keyword, and only if that
//   one ends or goes on with a digit there.
result<std::shared_ptr<const void>> build_grammars(const catalogue& catalogue);

// Folded octets. Nobody types more, and one MO of 160 characters must hold an argument too.
inline constexpr std::size_t keyword_octets_max = 64;

} // namespace farebox::route
