// The writer thread: takes events from bounded queues, runs them in batches, hands on the effects.
// offer() and its kin may be called from any thread; everything else happens on the writer's own.
#pragma once

#include "farebox/base/limits.hpp"
#include "farebox/engine/engine.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace farebox::engine {

// What the loop needs of the world around it.
struct surroundings {
  std::function<utc_time()> now;
  std::function<catalogue_ptr()> sold;
  std::function<void(std::vector<effect>&&)> perform; // after the commit
  // Reads the catalogue anew from the store, on the writer thread; called after a change.
  std::function<void()> reload_catalogue;
  // The store has been unable for `unable_grace` (false), or is able again (true).
  std::function<void(bool)> store_able;
  // The store cannot be trusted: log it and end the process within a second.
  std::function<void(const std::string&)> fatal;
};

struct loop_counters {
  std::atomic<std::uint64_t> batches{0}, last_batch_size{0}, last_commit_microseconds{0},
      queue_depth{0}, outbox_depth{0}, bills{0}, delivered{0};
};

class loop {
 public:
  loop(store::writer& rows, engine& decider, outlet& permits, surroundings around);
  ~loop(); // stops without draining

  void start();

  // What the thread of start() does over and over; call these instead where time is not the
  // computer's. One round, without waiting: calls and one batch, or housekeeping. False: the end.
  bool turn();
  utc_time next_due(); // when turn() finds something to do, unless something is offered before

  // False if the lane is full: the sender is told to come again.
  bool offer(event&& e);
  // For what nobody would tell again; bounded by windows and binds instead of by the queue.
  void offer_always(event&& e);
  // A permit has become free: replies may be waiting for it.
  void wake();

  // Runs it on the writer thread between two batches.
  void call(std::function<void()> what);

  // False if there is work and the thread has not come round for `alive_max`.
  bool is_alive(utc_time now) const;

  // Decides what is queued, then ends. What comes later is refused.
  void finish();

  bool store_is_able() const { return able_; }
  const loop_counters& counters() const { return counters_; }

  // Half a batch at most while MOs wait, so that a storm of receipts does not delay them.
  static constexpr std::size_t side_lane_share = 2;
  static constexpr seconds alive_max{20}; // longer than any commit; the watchdog acts on it
  static constexpr milliseconds unable_grace{2'000};
  static constexpr milliseconds unable_pause{100}; // between attempts while the store is unable
  static constexpr int last_rounds_max = 20; // each after a pause
  static constexpr milliseconds idle_after{50};    // without an event: housekeeping

 private:
  using lane = std::deque<event>;
  void run();
  bool round(std::unique_lock<std::mutex>& lock, utc_time now);
  bool is_asked() const;
  microseconds pause(utc_time now) const;
  void work(std::unique_lock<std::mutex>& lock);
  void keep_house(std::unique_lock<std::mutex>& lock);
  void take_batch(std::vector<event>& batch);
  void run_batch(std::vector<event>& batch);
  void note_store(bool able, utc_time now);

  store::writer& rows_;
  engine& engine_;
  outlet& permits_;
  surroundings around_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable ready_;
  lane main_;  // MOs and connections: their order matters
  lane side_;  // receipts and HTTP
  lane known_; // answers of SMSCs to our submits
  std::vector<std::function<void()>> calls_;
  bool woken_ = false;
  bool finishing_ = false;
  bool stopping_ = false;
  int last_rounds_ = 0;
  std::vector<event> batch_;
  utc_time idle_at_;      // housekeeping, unless there is work
  utc_time unable_until_; // no batch before

  std::atomic<bool> able_{true};
  std::atomic<std::int64_t> last_round_{0}; // microseconds of around_.now()
  std::optional<utc_time> unable_since_;
  bool told_unable_ = false;
  loop_counters counters_;
};

} // namespace farebox::engine
