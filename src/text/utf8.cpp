#include "farebox/text/utf8.hpp"

#include "farebox/base/bytes.hpp"

namespace farebox::text {

bool is_valid_utf8(std::string_view text) {
  const auto octets = as_bytes(text);
  for (std::size_t at = 0; at < octets.size();) {
    if (octets[at] < 0x80) {
      ++at;
      continue;
    }
    UChar32 c;
    U8_NEXT(octets.data(), at, octets.size(), c);
    if (c < 0) return false;
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_code_point(out, next_code_point(text, at));
  return out;
}

std::size_t utf8_prefix(std::string_view text, std::size_t octets_max) {
  if (text.size() <= octets_max) return text.size();
  std::size_t size = octets_max;
  while (size > 0 && octets_max - size < U8_MAX_LENGTH - 1 && U8_IS_TRAIL(text[size])) --size;
  return size;
}

} // namespace farebox::text
