#include "smsc/core/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace farebox::smsc {

// Small values have a bucket each; above, the bits behind the highest one decide.
std::size_t latency::bucket_of(std::uint64_t value) {
  if (value < 1 << step_bits) return value;
  const auto shift = std::bit_width(value) - 1 - step_bits;
  return static_cast<std::size_t>(shift + 1) << step_bits |
         (static_cast<std::size_t>(value >> shift) & ((1 << step_bits) - 1));
}

std::uint64_t latency::highest_of(std::size_t bucket) {
  if (bucket < 1 << step_bits) return bucket;
  const auto shift = (bucket >> step_bits) - 1;
  const auto leading = (bucket & ((1 << step_bits) - 1)) | 1 << step_bits;
  return ((leading + 1) << shift) - 1;
}

void latency::add(microseconds taken) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 0));
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, taken);
}

microseconds latency::percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && count_ > 0; ++i)
    if ((seen += buckets_[i]) >= wanted)
      return std::min(microseconds(static_cast<std::int64_t>(highest_of(i))), max_);
  return {};
}

} // namespace farebox::smsc
