// Byte sequences. A view never owns; what outlives a call is copied into `bytes`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farebox {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

inline bytes_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(bytes_view data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(bytes_view data);

// Accepts upper and lower case; returns false for an odd number of digits or another character.
bool from_hex(std::string_view text, bytes& out);

} // namespace farebox
