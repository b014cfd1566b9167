// The clocks, read here and nowhere below.
#pragma once

#include "farebox/base/time.hpp"

#include <chrono>

namespace farebox::gateway {

inline steady_time steady_now() {
  return steady_time(std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

inline utc_time utc_now() {
  return utc_time(std::chrono::duration_cast<microseconds>(
      std::chrono::system_clock::now().time_since_epoch()));
}

// For a timer: the same instant on the library's clock.
inline std::chrono::steady_clock::time_point to_std(steady_time at) {
  return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

} // namespace farebox::gateway
