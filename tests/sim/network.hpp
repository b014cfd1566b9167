// A virtual network: TCP connections whose octets are split, delayed, coalesced and cut, and whose
// halves go silent; and reactors on which real links live. Between connections there is no order.
#pragma once

#include "sim/clock.hpp"
#include "sim/dice.hpp"
#include "sim/trace.hpp"

#include "farebox/gateway/reactor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace farebox::sim {

enum class end : std::uint8_t { link, smsc }; // of a connection
constexpr end other(end e) { return e == end::link ? end::smsc : end::link; }

// One TCP connection. What arrives at an end comes in through its hooks.
class connection : public std::enable_shared_from_this<connection> {
 public:
  struct hooks {
    std::function<void(bytes_view)> on_data;
    std::function<void(const std::string& why)> on_end;
  };
  struct weather {
    microseconds delay_min{200}, delay_max{20'000};
    int split_percent = 10; // of the chunks
  };

  connection(clock& time, dice& chance, const weather& w, int number)
      : number(number), clock_(time), dice_(chance), weather_(w) {}

  const int number;
  hooks& at(end e) { return hooks_[index(e)]; }

  void send(end from, bytes&& data);
  void close(end from);    // in order, behind what was sent; that end hears nothing any more
  void cut();              // both ends learn of it, each in its time; what is under way is lost
  void stall();            // the SMSC reads no more; what the link writes is never done
  bool is_stalled() const { return stalled_; }
  void silence(end from);  // nothing from there arrives any more, not even the end
  bool is_open(end e) const { return !closed_[index(e)]; }
  steady_time troubled_at() const { return troubled_at_; } // when it was not whole any more

 private:
  static std::size_t index(end e) { return static_cast<std::size_t>(e); }
  void arrive(end to, std::function<void()> what);
  void note_trouble() { troubled_at_ = std::min(troubled_at_, clock_.now()); }

  clock& clock_;
  dice& dice_;
  const weather& weather_;
  std::array<hooks, 2> hooks_;
  std::array<steady_time, 2> last_arrival_{}; // at that end: TCP keeps the order
  std::array<bool, 2> closed_{}, silent_{};   // that end closed; nothing from that end arrives
  bool cut_ = false, stalled_ = false;
  steady_time troubled_at_ = steady_time::max();
};
using connection_ptr = std::shared_ptr<connection>;

class network {
 public:
  network(clock& time, dice& chance) : clock_(time), dice_(chance) {}

  connection::weather weather;
  int blackhole_percent = 0; // of the attempts to connect: no answer ever

  // An SMSC takes connections under this name while `up`.
  struct server {
    bool up = true;
    std::function<void(connection_ptr)> on_accepted;
  };
  server& host(const std::string& name) { return hosts_[name]; }
  // Answers with the connection, or nullptr: refused; or never.
  void connect(const std::string& name, clock::owner whose,
               std::function<void(connection_ptr)> answer);

  // Those that live, oldest first.
  std::vector<connection_ptr> connections() const;

  clock& time() { return clock_; }
  dice& chance() { return dice_; }

 private:
  clock& clock_;
  dice& dice_;
  std::map<std::string, server> hosts_;
  std::vector<std::weak_ptr<connection>> all_;
  int connections_made_ = 0;
};

// A link thread of process `whose`.
class reactor final : public gateway::reactor {
 public:
  reactor(network& net, clock::owner whose) : net_(net), whose_(whose) {}

  steady_time steady_now() const override { return net_.time().now(); }
  utc_time utc_now() const override { return net_.time().utc(); }
  void post(std::function<void()> what) override;
  std::uint32_t random_seed() override { return static_cast<std::uint32_t>(net_.chance().next()); }
  std::unique_ptr<gateway::timer> make_timer(std::function<void()> fire) override;
  gateway::wire_factory wires(const gateway::tls_settings&, const std::string&) override;
  std::unique_ptr<gateway::listener> listen(const gateway::endpoint& at) override;
  void start(std::function<void(const std::exception&)>) override { running_ = true; }
  void run_and_wait(std::function<void()> what) override;
  void stop() override { running_ = false; }
  void run_rest() override;

  // Runs it on this thread when the thread comes round to it.
  void plan(steady_time at, std::function<void()> what);

 private:
  void run_posted();

  network& net_;
  const clock::owner whose_;
  bool running_ = false;
  std::vector<std::function<void()>> posted_;
};

} // namespace farebox::sim
