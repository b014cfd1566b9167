// One process: the real gateway, loop, engine and SQLite store, put together as the daemon does it,
// on virtual threads. Its writer is a thread of its own in virtual time: while it waits for the
// disk the links go on, and what a batch wants done is done when its commit has taken its time.
#pragma once

#include "sim/disk.hpp"
#include "sim/network.hpp"

#include "farebox/engine/loop.hpp"
#include "farebox/gateway/gateway.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace farebox::sim {

// What is sold and over which binds; the same for all processes of a run.
struct shop {
  catalogue_ptr sold;
  std::vector<gateway::operator_settings> operators;
};

store::sqlite_settings store_settings(disk& files, const clock& time);

class node final : public gateway::writer_port, public engine::outlet {
 public:
  struct surroundings {
    network& net;
    disk& files;
    trace& log;
    const shop& wares;
    std::function<void(const code_checked&)> on_code;
  };
  node(clock::owner me, const surroundings& around);
  ~node() override;

  result<void> start();
  void begin_drain(); // as on SIGTERM
  void reload();      // as on SIGHUP: the shop's binds have changed
  void check(check_code what);
  void set_stall(microseconds more) { stall_ += more; } // the writer is kept waiting

  bool is_draining() const { return draining_; }
  bool ended() const { return !end_.empty(); }
  const std::string& end() const { return end_; } // why
  bool drained() const { return drained_; }       // ended in good order, nothing left in flight
  const gateway::gateway& links() const { return *links_; }
  const engine::engine& decider() const { return *decider_; }
  const engine::loop& writer() const { return *loop_; }
  std::uint64_t alarms() const { return alarms_; }

 private:
  bool offer(event&& what) override;
  void offer_always(event&& what) override;
  void permits_available(operator_id) override;
  bool reserve(operator_id op, int segments) override;
  void release(operator_id op, int segments) override;

  void plan_turn(microseconds after);
  void turn();
  void later(std::function<void()> what); // when the writer is through with this turn
  void perform(std::vector<effect>&& effects);
  void store_able(bool able);
  void wait_for_links(steady_time until);
  utc_time writers_now() const { return time().utc_at(time().now() + stall_); }
  clock& time() const { return around_.net.time(); }

  const clock::owner me_;
  surroundings around_;
  std::unique_ptr<store::writer> rows_;
  std::unique_ptr<engine::engine> decider_;
  std::unique_ptr<engine::loop> loop_;
  std::unique_ptr<gateway::gateway> links_;
  microseconds stall_{0};     // of this turn, so far
  steady_time busy_until_;
  std::optional<steady_time> planned_turn_;
  std::vector<std::function<void()>> afterwards_;
  std::string end_;
  bool draining_ = false, drained_ = false;
  std::uint64_t alarms_ = 0;
};

} // namespace farebox::sim
