// What the process looks like now: filled by the daemon, shown by /status, /metrics and /readyz.
// Totals count from the start of the process; rates are per second over the last few seconds.
#pragma once

#include "farebox/base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace farebox::http {

struct bind_status {
  std::string op;    // the operator's name
  std::string name;  // of the bind; unique within the operator
  std::string role;  // transceiver, transmitter, receiver
  std::string state; // for people: bound, connecting, waiting, draining, stopped, ...
  bool up = false;   // bound: messages can pass
  utc_time since;    // when it got into this state
  std::string peer;  // host:port
  int window_used = 0;
  int window_size = 0;
  double rate_in = 0;  // MOs and receipts
  double rate_out = 0; // submits
  bool throttled = false;
  std::string last_error; // one line; empty: none since the start
  std::uint64_t messages = 0;  // MOs received
  std::uint64_t receipts = 0;  // received
  std::uint64_t submits = 0;   // written
  std::uint64_t refusals = 0;  // submits with a negative answer
  std::uint64_t reconnects = 0;
};

struct outbox_status {
  std::string op;
  std::uint64_t waiting = 0; // replies without an answer of the SMSC
  std::uint64_t limit = 0;
};

struct flow_count {
  std::uint64_t total = 0;
  double rate = 0;
};

struct flow_status {
  flow_count received; // MOs read from a socket
  flow_count acked;    // after their commit
  flow_count refused;  // answered with a status to try again
  flow_count billed;
  flow_count replied;  // accepted by an SMSC
  flow_count delivered;
};

struct store_status {
  std::uint64_t wal_bytes = 0;
  std::uint64_t commits = 0;
  std::int64_t commit_us_last = 0;
  std::uint64_t batch_size_last = 0; // events
};

// Cumulative like Prometheus: counts[i] are the values up to bounds[i]; the rest is in `count`.
struct histogram_status {
  std::vector<double> bounds; // seconds, ascending
  std::vector<std::uint64_t> counts;
  std::uint64_t count = 0;
  double sum = 0; // seconds
};

struct alarm_status {
  utc_time at;
  std::string what; // one line, no whole phone number
};

struct status_snapshot {
  std::string version;
  utc_time now;
  utc_time started_at;
  bool ready = false;
  std::string not_ready_reason; // starting, draining, or what the store cannot
  std::vector<bind_status> binds;
  std::uint64_t writer_queue = 0; // events that wait
  std::uint64_t writer_queue_limit = 0;
  std::vector<outbox_status> outboxes;
  flow_status flow;
  store_status store;
  histogram_status ack_latency; // from the MO's last octet to its response
  std::vector<alarm_status> alarms; // newest first, at most limits::alarms_shown_max
};

} // namespace farebox::http
