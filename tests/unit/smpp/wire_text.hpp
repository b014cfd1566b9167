// Bytes as a person writes them: "00 04 'abc' 00": hexadecimal, spaces, and text in quotes.
#pragma once

#include "farebox/base/byte_writer.hpp"
#include "farebox/base/bytes.hpp"
#include "farebox/smpp/command.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

namespace farebox::smpp {

inline bytes wire(std::string_view notation) {
  std::string hex;
  for (std::size_t i = 0; i < notation.size(); ++i) {
    if (notation[i] == ' ') continue;
    if (notation[i] != '\'') {
      hex += notation[i];
      continue;
    }
    const auto end = notation.find('\'', i + 1);
    hex += to_hex(as_bytes(notation.substr(i + 1, end - i - 1)));
    i = end;
  }
  bytes out;
  REQUIRE(from_hex(hex, out));
  return out;
}

// A whole frame of a body, command_length computed.
inline bytes frame(command_id id, std::string_view body, std::uint32_t sequence = 7,
                   std::uint32_t status = 0) {
  const auto octets = wire(body);
  bytes out;
  byte_writer writer(out);
  writer.u32(static_cast<std::uint32_t>(16 + octets.size()));
  writer.u32(static_cast<std::uint32_t>(id));
  writer.u32(status);
  writer.u32(sequence);
  writer.octets(octets);
  return out;
}

// A copy in a heap block of exactly its size, so that a sanitizer sees a read beyond it.
class exact_copy {
 public:
  explicit exact_copy(bytes_view data)
      : size_(data.size()), octets_(std::make_unique<std::uint8_t[]>(size_)) {
    std::copy(data.begin(), data.end(), octets_.get());
  }
  bytes_view view() const { return {octets_.get(), size_}; }

  // Makes command_length say what is there.
  exact_copy& with_own_length() {
    for (std::size_t i = 0; i < 4 && i < size_; ++i)
      octets_[i] = static_cast<std::uint8_t>(size_ >> (8 * (3 - i)));
    return *this;
  }

 private:
  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> octets_;
};

} // namespace farebox::smpp
