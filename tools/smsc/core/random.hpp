// A small seeded generator (SplitMix64): the same seed gives the same run on every machine, which
// the library's distributions do not promise. Not for secrets.
#pragma once

#include "farebox/base/money.hpp"

#include <cstdint>

namespace farebox::smsc {

class random {
 public:
  explicit random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }

  // limit > 0. The bias is below 2^-40 for every limit used here.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }

  bool chance(rate share) {
    const auto millionths = static_cast<std::uint64_t>(share.millionths);
    return millionths > 0 && below(static_cast<std::uint64_t>(rate_one)) < millionths;
  }

 private:
  std::uint64_t state_;
};

} // namespace farebox::smsc
