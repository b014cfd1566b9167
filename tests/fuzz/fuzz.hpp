// What the targets of this folder share. Each is one file with one LLVMFuzzerTestOneInput, whose
// first lines say what an input means and what must hold for every one. docs/testing.md, Fuzzing.
#pragma once

#include "farebox/base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace farebox::fuzz {

// Ends the process where a promise is broken, so that libFuzzer keeps the input.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// Decisions, taken from the front of an input. Behind its end they are all 0.
class input {
 public:
  explicit input(bytes_view data) : data_(data) {}

  bool at_end() const { return data_.empty(); }
  std::uint8_t u8() {
    const auto octet = take(1);
    return octet.empty() ? std::uint8_t{0} : octet[0];
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  bytes_view take(std::size_t size) { // fewer at the end
    const auto taken = data_.first(std::min(size, data_.size()));
    data_ = data_.subspan(taken.size());
    return taken;
  }
  bytes_view rest() { return take(data_.size()); }

 private:
  bytes_view data_;
};

} // namespace farebox::fuzz
