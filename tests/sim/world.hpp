// One run: a shop, its operators, its phones, one process after the other, and bad luck; all of it
// drawn from one seed. Quiet seeds have honest traffic alone.
#pragma once

#include "sim/node.hpp"
#include "sim/smsc.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace farebox::sim {

struct figures {
  std::uint64_t orders = 0, crashes = 0, power_cuts = 0, drains = 0, redeliveries = 0,
                absorbed = 0, absorbed_honest = 0, flagged = 0, bills = 0, replies = 0, steps = 0;
  microseconds time{0};
  figures& operator+=(const figures& other);
};

struct verdict {
  std::vector<std::string> findings; // what is wrong; empty: nothing
  figures counts;
  std::uint64_t hash = 0; // of the trace
};

inline constexpr std::string_view before_code = "Your code: "; // in replies

// How bad it gets: shares in percent, and how often in a run.
struct fate {
  bool quiet = false;
  int operators = 1, binds = 1, orders = 40;
  seconds traffic{120};
  int repeats = 25; // of the orders: the same text once more
  int link_faults = 0, smsc_faults = 0, process_faults = 0, disk_faults = 0, clock_jumps = 0;
};

class world {
 public:
  world(std::uint64_t seed, bool print);
  ~world();

  verdict run();

  // ---- for the checkers ----
  const fate& luck() const { return fate_; }
  const shop& wares() const { return shop_; }
  const smsc& centre(std::size_t i) const { return *centres_[i]; }
  std::size_t centres() const { return centres_.size(); }
  disk& files() { return disk_; }
  const clock& time() const { return clock_; }
  const node* process() const { return node_.get(); }
  // An MO that was acknowledged, and whose acknowledgement farebox may yet doubt (rule R3).
  bool leaves_doubt(const smsc& centre, const delivery& d) const;
  // Unlocking codes that a check said were valid, and how often it used one up.
  const std::map<std::string, int>& codes_used() const { return codes_used_; }

 private:
  void build_shop();
  void build_centres();
  void plan_orders();
  void plan_faults();
  void run_until(steady_time until);
  void supervise();
  void start_process();
  void stop_process(bool power_lost); // for some seconds
  void stop_process(bool power_lost, microseconds down_for);
  void drain();
  void settle();
  void wait_until_settled();

  void strike_link();
  void strike_smsc();
  void strike_process();
  void strike_disk();
  void check_a_code();
  void trouble(microseconds span); // from now: what is acknowledged meanwhile is in doubt
  bool is_settled() const;

  dice dice_;
  clock clock_;
  trace log_;
  disk disk_;
  network net_;
  fate fate_;
  shop shop_;
  std::vector<std::unique_ptr<smsc>> centres_;
  std::unique_ptr<node> node_;
  clock::owner processes_ = 0;
  bool restart_planned_ = false, faults_over_ = false;
  std::vector<std::pair<steady_time, steady_time>> troubles_;
  std::map<std::uint64_t, std::pair<std::string, bool>> tickets_; // code, is it used up
  std::map<std::string, int> codes_used_;
  verdict out_;
};

// What must be true while all is at rest, and of the rows when the process has ended.
void check_at_rest(world& after, std::vector<std::string>& findings);
void check_rows(world& after, std::vector<std::string>& findings, figures& counts);

} // namespace farebox::sim
