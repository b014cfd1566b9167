#include "farebox/base/byte_writer.hpp"

namespace farebox {

void byte_writer::big_endian(std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;)
    out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void byte_writer::c_string(std::string_view text, std::size_t size_max) {
  if (text.size() + 1 > size_max || text.find('\0') != text.npos) {
    ok_ = false;
    return;
  }
  octets(as_bytes(text));
  u8(0);
}

void byte_writer::patch_u32(std::size_t position, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    out_[position + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
}

} // namespace farebox
