// How long things took: a histogram of bounded size, exact to an eighth. Pure.
#pragma once

#include "farebox/base/time.hpp"

#include <array>
#include <cstdint>

namespace farebox::smsc {

class latency {
 public:
  void add(microseconds taken);
  std::uint64_t count() const { return count_; }
  microseconds max() const { return max_; }

  // Not less than `percent` of the values were at most this; 0 without values.
  microseconds percentile(std::uint64_t percent) const;

 private:
  static constexpr std::size_t steps = 8; // of each power of two
  std::array<std::uint64_t, 64 * steps> buckets_{};
  std::uint64_t count_ = 0;
  microseconds max_{};
};

} // namespace farebox::smsc
