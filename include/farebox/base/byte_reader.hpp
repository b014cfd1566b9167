// Reads wire types off a byte view. The first error sticks: every later read returns an empty value
// and moves nothing, so a decoder reads field after field and checks once.
#pragma once

#include "farebox/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace farebox {

enum class read_error : std::uint8_t {
  none,
  too_short,      // the data ended inside a field
  no_terminator,  // a C-octet string without NUL inside its limit and the data
  string_too_long // a C-octet string whose NUL comes after its limit
};

std::string_view name_of(read_error error);

class byte_reader {
 public:
  explicit byte_reader(bytes_view data) : data_(data) {}

  std::uint8_t u8() {
    if (!ok() || at_end()) return fail(read_error::too_short), std::uint8_t{0};
    return data_[position_++];
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }

  bytes_view octets(std::size_t count);

  // size_max counts the terminating NUL, as SMPP's tables do. The view excludes it.
  std::string_view c_string(std::size_t size_max) {
    // Most strings of an SMPP body are empty.
    if (ok() && !at_end() && data_[position_] == 0 && size_max > 0)
      return ++position_, std::string_view{};
    return longer_c_string(size_max);
  }

  bool ok() const { return error_ == read_error::none; }
  read_error error() const { return error_; }
  std::size_t position() const { return position_; } // of the failed field, after an error
  std::size_t remaining() const { return data_.size() - position_; }
  bytes_view rest() const { return data_.subspan(position_); }
  bool at_end() const { return remaining() == 0; }

 private:
  std::uint64_t big_endian(std::size_t size);
  std::string_view longer_c_string(std::size_t size_max);
  void fail(read_error error) {
    if (ok()) error_ = error;
  }

  bytes_view data_;
  std::size_t position_ = 0;
  read_error error_ = read_error::none;
};

inline std::uint64_t byte_reader::big_endian(std::size_t size) {
  if (!ok() || remaining() < size) return fail(read_error::too_short), 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | data_[position_ + i];
  position_ += size;
  return value;
}

inline bytes_view byte_reader::octets(std::size_t count) {
  if (!ok() || remaining() < count) return fail(read_error::too_short), bytes_view{};
  const auto view = data_.subspan(position_, count);
  position_ += count;
  return view;
}

} // namespace farebox
