// What the process looks like now, put together from its parts; and the last alarms. Thread-safe.
#pragma once

#include "farebox/engine/loop.hpp"
#include "farebox/gateway/gateway.hpp"
#include "farebox/http/status.hpp"

#include <deque>
#include <mutex>
#include <string>

namespace farebox::daemon {

class status_board {
 public:
  explicit status_board(utc_time started_at) : started_at_(started_at) {}

  // An alarm. The same one again only moves its time; false if it was raised within the last
  // `alarm_repeat`, so that one fault under load does not fill the log.
  bool raise(utc_time at, std::string what);
  static constexpr seconds alarm_repeat{60};
  void set_ready(bool ready, std::string why_not);

  // Once a second, so that rates are over the last second.
  void sample(utc_time now, const gateway::gateway& links, const engine::loop& writer);

  http::status_snapshot snapshot(utc_time now, const gateway::gateway& links,
                                 const engine::loop& writer,
                                 const std::string& store_path) const;
  bool ready() const;

 private:
  struct totals {
    std::uint64_t received = 0, acked = 0, refused = 0, billed = 0, replied = 0, delivered = 0;
  };
  static totals totals_of(const std::vector<gateway::bind_status>& binds,
                          const engine::loop& writer);

  mutable std::mutex mutex_;
  utc_time started_at_;
  struct raised {
    http::alarm_status shown;
    utc_time told_at;
  };
  std::deque<raised> alarms_; // newest first
  bool ready_ = false;
  std::string why_not_ = "starting";
  totals last_;
  utc_time last_at_{};
  http::flow_status rates_;
};

} // namespace farebox::daemon
