#include "farebox/base/byte_reader.hpp"

#include <algorithm>
#include <cstring>

namespace farebox {

std::string_view name_of(read_error error) {
  switch (error) {
  case read_error::none: return "none";
  case read_error::too_short: return "too short";
  case read_error::no_terminator: return "no terminating NUL";
  case read_error::string_too_long: return "string too long";
  }
  return "unknown";
}

std::string_view byte_reader::longer_c_string(std::size_t size_max) {
  if (!ok()) return {};
  const auto* begin = data_.data() + position_;
  const auto searched = remaining();
  const void* nul = searched == 0 ? nullptr : std::memchr(begin, 0, searched);
  if (nul == nullptr) return fail(read_error::no_terminator), std::string_view{};
  const auto length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(nul) - begin);
  if (length + 1 > size_max) return fail(read_error::string_too_long), std::string_view{};
  position_ += length + 1;
  return {reinterpret_cast<const char*>(begin), length};
}

} // namespace farebox
