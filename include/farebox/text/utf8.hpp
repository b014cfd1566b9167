// Walking and building UTF-8, by ICU's U8_ macros. Ill-formed input is read as U+FFFD, one for each
// maximal ill-formed piece (Unicode 15, 3.9, "best practice"); nothing here throws or looks behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <unicode/utf8.h>

namespace farebox::text {

inline constexpr char32_t replacement_character = 0xFFFD;

// The code point at `position`, which must be inside the text; moves `position` behind it.
inline char32_t next_code_point(std::string_view utf8, std::size_t& position) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(utf8.data());
  UChar32 c;
  U8_NEXT_OR_FFFD(octets, position, utf8.size(), c);
  return static_cast<char32_t>(c);
}

// A surrogate or a value above U+10FFFF is appended as U+FFFD.
inline void append_code_point(std::string& out, char32_t c) {
  if (c < 0x80) return out.push_back(static_cast<char>(c));
  if (c > 0x10FFFF || (c & 0xFFFFF800) == 0xD800) c = replacement_character;
  char octets[U8_MAX_LENGTH];
  std::size_t size = 0;
  U8_APPEND_UNSAFE(octets, size, c);
  out.append(octets, size);
}

bool is_valid_utf8(std::string_view text);

// The same text with each ill-formed piece replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

// The length of the prefix with at most `octets_max` octets that ends at the end of a code point.
std::size_t utf8_prefix(std::string_view text, std::size_t octets_max);

} // namespace farebox::text
