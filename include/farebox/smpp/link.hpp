// When and where a link connects next, and what is worth an alarm. Pure; it lives on the thread of
// its link and outlives the sessions.
//
// Hosts are tried in order of preference; one pass over them is a round. Within a round the next
// host comes after host_gap; after a round the wait is the longest that any of its failures asks:
//   no connection, lost early ........ exponential: backoff_min doubled each round to backoff_max
//   ESME_RALYBND ..................... already_bound_delay: the old session lives on for minutes
//   wrong password or system id, ...
//     ESME_RBINDFAIL ................. credentials_delay, and the credentials alarm until a bind
//                                      succeeds: more would lock the account
// Every wait is drawn between half of that and the whole (jitter), so that a restarted SMSC is not
// stormed. It goes on for ever. A session that held for stable_after resets the back-off, and the
// next round begins at the first host again after backoff_min.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/smpp/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace farebox::smpp {

struct link_settings {
  std::size_t hosts = 1; // in order of preference
  milliseconds host_gap{500};
  milliseconds backoff_min{1'000};
  milliseconds backoff_max{60'000};
  milliseconds already_bound_delay{30'000};
  milliseconds credentials_delay{300'000};
  milliseconds stable_after{60'000};
};

// Drawn by the caller: 0..1'000'000.
struct jitter {
  std::uint32_t millionths = 0;
};

struct connect_attempt {
  std::size_t host = 0;
  steady_time at;
  friend bool operator==(const connect_attempt&, const connect_attempt&) = default;
};

enum class bind_refusal : std::uint8_t { credentials, already_bound, other };
bind_refusal refusal_of(command_status status);

class link_policy {
 public:
  explicit link_policy(link_settings settings);

  connect_attempt start(steady_time now); // at once, the first host, as if new

  // Each ends an attempt and says what the next one is.
  connect_attempt on_connect_failed(steady_time now, jitter draw); // refused, timed out, TLS
  connect_attempt on_bind_refused(command_status status, steady_time now, jitter draw);
  connect_attempt on_lost(steady_time now, jitter draw); // closed after on_bound, by whomever

  void on_bound(steady_time now);

  bool credentials_alarm() const { return credentials_alarm_; }
  std::uint32_t rounds_failed() const { return rounds_failed_; } // since the last stable session
  std::optional<steady_time> bound_since() const { return bound_since_; }

 private:
  connect_attempt after_failure(milliseconds asked, steady_time now, jitter draw);
  milliseconds backoff() const;

  link_settings settings_;
  std::size_t host_ = 0;
  std::uint32_t rounds_failed_ = 0;
  milliseconds round_wait_{0}; // the longest that a failure of this round asked for
  bool credentials_alarm_ = false;
  std::optional<steady_time> bound_since_;
};

struct silence_settings {
  milliseconds least{15 * 60'000}; // never an alarm before
  std::uint32_t arrivals_min = 20; // before that many, nothing is usual yet
  std::uint32_t factor = 4;
};

// Watches a bind that is up but brings no MO. The rule: mean and mean deviation of the time between
// two MOs of one session are kept as running averages, the newest gap weighing 1/16 and 1/8 (RFC
// 6298 does it so for round trips). The usual gap is mean + 4 deviations; a silence longer than
// `factor` usual gaps, and longer than `least`, is an alarm until the next MO. Time without a bind
// counts neither as silence nor as a gap.
class silence_watch {
 public:
  explicit silence_watch(silence_settings settings) : settings_(settings) {}

  void on_bound(steady_time now);
  void on_lost();
  void on_arrival(steady_time now);

  // When the alarm is due if nothing comes; nullopt: not bound, or nothing is usual yet.
  std::optional<steady_time> alarm_at() const;
  bool silent(steady_time now) const { return alarm_at() && *alarm_at() <= now; }
  microseconds usual_gap() const { return mean_ + 4 * deviation_; }

 private:
  silence_settings settings_;
  std::optional<steady_time> quiet_since_; // of this session; nullopt: not bound
  bool arrived_ = false;                   // in this session, so that a gap can be told
  std::uint32_t gaps_ = 0;
  microseconds mean_{0};
  microseconds deviation_{0};
};

} // namespace farebox::smpp
