// How fast a bind may send: messages per second, parts counted, and less while the SMSC throttles.
// Pure, whole numbers only; lives on the thread of its link.
//
// A token is one message part. The bucket fills at the current rate up to `burst`. A message of
// more parts than the burst leaves when the bucket is full and runs it into debt, so that the
// average holds and no long message waits for ever.
//
// ESME_RTHROTTLED and ESME_RMSGQFUL slow the whole bind: nothing leaves for `pause`, the rate is
// halved (not under rate_min), and until the SMSC accepts something again one request at a time is
// outstanding, so that what is retried cannot be overtaken. Refusals that arrive during the pause
// belong to the same episode and change nothing. Each further episode without an acceptance in
// between doubles the pause up to pause_max. Every recovery_interval without refusal gives back an
// eighth of the full rate.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/smpp/command.hpp"

#include <cstddef>
#include <cstdint>

namespace farebox::smpp {

constexpr bool is_throttle(command_status status) {
  return status == command_status::ESME_RTHROTTLED || status == command_status::ESME_RMSGQFUL;
}

struct pacing_settings {
  std::uint32_t rate = 10; // tokens per second, at most 1'000'000; 0 = no limit but the throttle's
  std::uint32_t burst = 1; // an SMSC that counts within 100 ms sees no more than this at once
  std::uint32_t rate_min = 1;
  milliseconds pause{1'000};
  milliseconds pause_max{30'000};
  milliseconds recovery_interval{5'000};
};

class pacing {
 public:
  pacing(pacing_settings settings, steady_time now);

  // Whole tokens there now; 0 during a pause.
  std::uint32_t available(steady_time now) const;

  // Takes `parts` tokens if they may leave now. parts > 0.
  bool take(std::uint32_t parts, steady_time now);

  // When take(parts) will succeed if nothing else happens; `now` if it would already.
  steady_time next_at(std::uint32_t parts, steady_time now) const;

  // Tokens that were taken for something that did not leave after all.
  void give_back(std::uint32_t parts);

  void on_throttled(steady_time now);
  // A submit was answered otherwise than by a throttle. During a pause that says nothing: the
  // request was sent before it.
  void on_accepted(steady_time now);

  // How many requests may be outstanding, out of the window's size.
  std::size_t in_flight_max(std::size_t window_max) const { return cautious_ ? 1 : window_max; }

  bool throttled(steady_time now) const { return cautious_ || rate_at(now) < full_rate(); }
  std::uint32_t rate_at(steady_time now) const; // tokens per second, after throttle and recovery

 private:
  struct fill {
    std::int64_t level;    // millionths of a token; negative is debt
    std::uint32_t rate;    // at the end
    steady_time step_from; // the recovery steps counted up to here
  };
  // The bucket brought forward to `now`: the level at each rate that held since.
  fill advanced(steady_time now) const;
  void advance(steady_time now);
  std::uint32_t full_rate() const;
  std::uint32_t recovery_step() const;
  std::int64_t needed(std::uint32_t parts) const;

  pacing_settings settings_;
  std::int64_t level_;
  std::uint32_t rate_;
  steady_time at_;          // level_ holds at this time
  steady_time step_from_;   // recovery counts from here
  steady_time paused_until_;
  milliseconds next_pause_;
  bool cautious_ = false;
};

} // namespace farebox::smpp
