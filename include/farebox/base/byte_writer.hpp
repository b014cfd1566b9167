// Appends wire types to a byte vector: the counterpart of byte_reader, verb for verb. A string too
// long for its field is an error that sticks; nothing is ever cut silently.
#pragma once

#include "farebox/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace farebox {

class byte_writer {
 public:
  explicit byte_writer(bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { big_endian(value, 2); }
  void u32(std::uint32_t value) { big_endian(value, 4); }
  void u64(std::uint64_t value) { big_endian(value, 8); }
  void octets(bytes_view data) { out_.insert(out_.end(), data.begin(), data.end()); }

  // size_max counts the terminating NUL. A NUL inside the text is an error too.
  void c_string(std::string_view text, std::size_t size_max);

  // Overwrites four octets written before: a length that is known only at the end.
  void patch_u32(std::size_t position, std::uint32_t value);

  bool ok() const { return ok_; }
  std::size_t size() const { return out_.size(); }

 private:
  void big_endian(std::uint64_t value, std::size_t size);

  bytes& out_;
  bool ok_ = true;
};

} // namespace farebox
