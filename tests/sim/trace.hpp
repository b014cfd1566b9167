// What happened, one line an event, virtual time first. Always hashed; printed on request.
#pragma once

#include "sim/clock.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace farebox::sim {

class trace {
 public:
  trace(const clock& time, bool print) : time_(time), print_(print) {}

  template <class... Args>
  void operator()(fmt::format_string<Args...> format, Args&&... args) {
    line_.clear();
    const auto at = time_.now().time_since_epoch().count() - begin;
    fmt::format_to(std::back_inserter(line_), "{:>6}.{:06} ", at / 1'000'000, at % 1'000'000);
    fmt::format_to(std::back_inserter(line_), format, std::forward<Args>(args)...);
    for (const char c : line_) // FNV-1a
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    if (print_) std::puts(line_.c_str());
  }
  std::uint64_t hash() const { return hash_; }

 private:
  static constexpr std::int64_t begin = std::int64_t{3600} * 1'000'000; // of the clock

  const clock& time_;
  bool print_;
  std::string line_;
  std::uint64_t hash_ = 0xCBF29CE484222325;
};

} // namespace farebox::sim
