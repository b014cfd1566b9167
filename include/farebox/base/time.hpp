// Two times that do not mix: `steady_time` for intervals, `utc_time` for what is stored and shown.
// Neither clock has a now(): the shells read a clock, everything else is told the time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox {

using microseconds = std::chrono::microseconds;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct steady_clock_tag {
  using duration = microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<steady_clock_tag>;
  static constexpr bool is_steady = true;
};

struct utc_clock_tag {
  using duration = microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<utc_clock_tag>;
  static constexpr bool is_steady = false;
};

using steady_time = steady_clock_tag::time_point;
using utc_time = utc_clock_tag::time_point; // microseconds since 1970-01-01T00:00:00Z

// Whole hours and days since 1970-01-01T00:00:00Z: the keys of counters and hot indexes.
constexpr std::int64_t hour_of(utc_time time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}
constexpr std::int64_t day_of(utc_time time) {
  return std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
}

// "2026-11-23T15:04:05.123456Z"; the fraction is left out when it is zero.
std::string to_iso8601(utc_time time);

// Accepts what to_iso8601 writes, a date alone (its midnight), and nothing else.
std::optional<utc_time> parse_iso8601(std::string_view text);

} // namespace farebox
