// How long things took: a histogram of bounded size, exact to one part in 32. Pure.
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
  microseconds percentile(double percent) const;

 private:
  static constexpr int step_bits = 5; // each power of two has 32 steps
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t bucket);

  std::array<std::uint64_t, std::size_t{64} << step_bits> buckets_{};
  std::uint64_t count_ = 0;
  microseconds max_{};
};

} // namespace farebox::smsc
