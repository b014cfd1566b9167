// Everything that is left to chance comes from here: one seed, one run.
#pragma once

#include "farebox/base/time.hpp"
#include "smsc/core/random.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace farebox::sim {

class dice {
 public:
  explicit dice(std::uint64_t seed) : source_(seed) { source_.next(); }

  std::uint64_t next() { return source_.next(); }
  std::uint64_t below(std::uint64_t limit) { return source_.below(limit); }
  std::int64_t between(std::int64_t low, std::int64_t high) { // both included
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool percent(int share) { return below(100) < static_cast<std::uint64_t>(share); }
  microseconds between(microseconds low, microseconds high) {
    return microseconds(between(std::int64_t{low.count()}, std::int64_t{high.count()}));
  }
  // Mostly short, sometimes long: each doubling half as likely, up to `high`.
  microseconds skewed(microseconds low, microseconds high) {
    auto span = high - low;
    while (span.count() > 1 && percent(50)) span /= 4;
    return low + between(microseconds(0), span);
  }
  template <class Value>
  const Value& pick(const std::vector<Value>& from) {
    return from[below(from.size())];
  }

 private:
  smsc::random source_;
};

} // namespace farebox::sim
