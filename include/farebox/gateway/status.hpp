// What a bind looks like now: plain values, for people and for metrics. Totals count from the start
// of the process, rates are per second over the last second.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/smpp/session.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace farebox::gateway {

enum class link_state : std::uint8_t {
  stopped,    // until it is started again
  waiting,    // for the next attempt, or for an outbind
  connecting, // TCP and TLS
  binding,
  bound,
  draining // finishes what is in flight, then unbinds
};
std::string_view name_of(link_state state);

// From the MO's last octet to its response written. counts[i] are those up to bounds_ms[i] and
// above the bound before; the last is for all that took longer.
struct latency_histogram {
  static constexpr std::array<int, 13> bounds_ms{1,   2,   5,     10,    20,    50,    100,
                                                 200, 500, 1'000, 2'000, 5'000, 30'000};
  std::array<std::uint64_t, bounds_ms.size() + 1> counts{};
  microseconds sum{0};

  void add(microseconds latency);
  latency_histogram& operator+=(const latency_histogram& other);
};

struct bind_totals {
  std::uint64_t messages = 0;         // MOs received, parts each
  std::uint64_t receipts = 0;         // received
  std::uint64_t acknowledged = 0;     // MOs and receipts answered with status 0
  std::uint64_t refused = 0;          // MOs and receipts answered with another status
  std::uint64_t submits = 0;          // written, parts each
  std::uint64_t submits_accepted = 0; // answered with status 0
  std::uint64_t submits_refused = 0;  // answered with another status
  std::uint64_t throttled = 0;        // of them, those that slow the bind
  std::uint64_t submits_lost = 0;     // no answer, or the connection was lost
  std::uint64_t connections = 0;      // that were bound
};

struct bind_status {
  std::string op;   // the operator's name
  std::string name; // the bind's
  std::string type; // transceiver, transmitter, receiver
  link_state state = link_state::stopped;
  utc_time since;         // when it got into this state
  std::string peer;       // host:port, of the connection or of the last attempt
  std::string last_error; // one line; empty: none yet
  utc_time last_error_at;
  std::size_t window_used = 0;
  std::size_t window_size = 0;
  std::size_t queued = 0;       // submits that wait for window or pacing
  std::int64_t permits = 0;     // replies that may be reserved now
  std::uint32_t pace = 0;       // submits per second, after throttle and recovery; 0: unlimited
  bool throttled = false;       // slowed by the SMSC
  bool silent = false;          // up, but longer without a message than is usual here
  bool credentials_alarm = false;
  double rate_in = 0;  // MOs and receipts
  double rate_out = 0; // submits
  bind_totals totals;
  smpp::session_counters session; // of the present connection
  latency_histogram acknowledgement;
};

// One PDU that passed, for a person who looks for a fault.
struct traced_pdu {
  utc_time at;
  bool sent = false;
  std::string line; // smpp::to_log_line: numbers masked, texts and passwords by their length
};

} // namespace farebox::gateway
