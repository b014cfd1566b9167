// Folding: the form in which texts are compared. Two texts that differ only in case, width,
// compatibility forms, invisible characters or spaces have the same folded form.
//
// This is the first step of understanding a text, and it is exact: it never guesses. Repairs of
// typos (0 for o, look-alike letters of two scripts) are later steps that take folded text, so that
// what was repaired can be told apart from what was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace farebox::text {

// NFKC, case folding and removal of default-ignorable code points (Unicode's NFKC_Casefold); then
// every run of white space and control characters becomes one space, none at either end.
// Idempotent. Ill-formed UTF-8 becomes U+FFFD.
std::string fold(std::string_view utf8);

// Overwrites `out`, whose memory is reused and which must not hold the text itself. ASCII
// and Cyrillic are folded without ICU.
void fold_into(std::string_view utf8, std::string& out);

// True for what people put between a keyword, an ID and a number: white space and punctuation such
// as . , ; : - _ / * # + = and quotes or brackets. Not for ? @ $ % &, which carry meaning: `?` asks
// for the price. Meant for folded text.
bool is_separator(char32_t c);

} // namespace farebox::text
