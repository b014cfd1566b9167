// Virtual time. What is to happen is a function with a time; the next one runs when the clock has
// been set to it. Equal times run in the order in which they were planned. One thread.
#pragma once

#include "farebox/base/time.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace farebox::sim {

class clock {
 public:
  // Whose plan it is: a process that dies takes its plans along. 0 is the world.
  using owner = std::uint32_t;

  steady_time now() const { return now_; }
  utc_time utc() const { return utc_at(now_); }
  utc_time utc_at(steady_time at) const { return utc_time(at.time_since_epoch() + utc_offset_); }
  void jump(microseconds by) { utc_offset_ += by; } // the wall clock is set

  void at(steady_time when, owner whose, std::function<void()> what);
  void after(microseconds span, owner whose, std::function<void()> what) {
    at(now_ + span, whose, std::move(what));
  }
  void forget(owner whose);

  bool step(steady_time until); // false: nothing is left before `until`, and it is `until` now
  std::uint64_t steps() const { return steps_; }

 private:
  struct plan {
    steady_time when;
    std::uint64_t number;
    owner whose;
    std::function<void()> what;
  };
  static bool is_later(const plan& a, const plan& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  steady_time now_{hours(1)};
  microseconds utc_offset_ = hours(500'000); // January 2027
  std::vector<plan> plans_; // a heap, the next one in front
  std::uint64_t planned_ = 0;
  std::uint64_t steps_ = 0;
};

} // namespace farebox::sim
