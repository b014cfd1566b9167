#include "farebox/engine/loop.hpp"

#include <algorithm>

namespace farebox::engine {

namespace {

enum class lane_kind { main, side, known };

struct lane_of {
  lane_kind operator()(const receipt_arrived&) const { return lane_kind::side; }
  lane_kind operator()(const submit_answered&) const { return lane_kind::known; }
  lane_kind operator()(const submit_lost&) const { return lane_kind::known; }
  lane_kind operator()(const submit_unsent&) const { return lane_kind::known; }
  template <class Other>
  lane_kind operator()(const Other&) const { // somebody waits at a ticket: HTTP
    return requires(Other e) { e.ticket; } ? lane_kind::side : lane_kind::main;
  }
};

} // namespace

loop::loop(store::writer& rows, engine& decider, outlet& permits, surroundings around)
    : rows_(rows), engine_(decider), permits_(permits), around_(std::move(around)) {}

loop::~loop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void loop::start() {
  thread_ = std::thread([this] { run(); });
}

bool loop::offer(event&& e) {
  const auto kind = std::visit(lane_of{}, e);
  {
    const std::lock_guard lock(mutex_);
    auto& lane = kind == lane_kind::main ? main_ : kind == lane_kind::side ? side_ : known_;
    if (finishing_ || lane.size() >= limits::writer_queue_max) return false;
    lane.push_back(std::move(e));
  }
  ready_.notify_one();
  return true;
}

void loop::offer_always(event&& e) {
  const auto kind = std::visit(lane_of{}, e);
  {
    const std::lock_guard lock(mutex_);
    (kind == lane_kind::main ? main_ : kind == lane_kind::side ? side_ : known_)
        .push_back(std::move(e));
  }
  ready_.notify_one();
}

void loop::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (woken_) return;
    woken_ = true;
  }
  ready_.notify_one();
}

void loop::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void loop::call(std::function<void()> what) {
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(what));
  }
  ready_.notify_one();
}

bool loop::is_alive(utc_time now) const {
  return now.time_since_epoch().count() - last_round_ <
         std::chrono::duration_cast<microseconds>(alive_max).count();
}

// Sleeps until there is something to do; false if the loop is to end.
bool loop::wait_for_work(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (stopping_) return false;
    if (!main_.empty() || !side_.empty() || !known_.empty() || woken_ || !calls_.empty())
      return true;
    // What a rollback left is tried for as long as a full disk may take to be noticed.
    if (finishing_) return engine_.has_kept_events() && ++last_rounds_ < last_rounds_max;
    const auto now = around_.now();
    last_round_ = now.time_since_epoch().count();
    const auto due = engine_.due().next_at();
    if ((due && *due <= now) || engine_.has_kept_events()) return true;
    auto pause = std::chrono::duration_cast<microseconds>(idle_after);
    if (due) pause = std::min(pause, *due - now);
    if (ready_.wait_for(lock, pause) == std::cv_status::timeout) {
      lock.unlock();
      rows_.idle();
      if (!able_ && engine_.store_is_able()) note_store(true, around_.now());
      lock.lock();
    }
  }
}

void loop::take_batch(std::vector<event>& batch) {
  const auto move_from = [&](lane& from, std::size_t count_max) {
    for (; count_max > 0 && !from.empty(); --count_max) {
      batch.push_back(std::move(from.front()));
      from.pop_front();
      // A change of the catalogue ends its batch: what follows sees it.
      if (std::holds_alternative<catalogue_change>(batch.back())) return true;
    }
    return false;
  };
  move_from(known_, limits::batch_events_max);
  const auto side_max =
      main_.empty() ? limits::batch_events_max : limits::batch_events_max / side_lane_share;
  if (!move_from(side_, side_max)) move_from(main_, limits::batch_events_max);
  counters_.queue_depth = main_.size() + side_.size() + known_.size();
}

void loop::run() {
  std::vector<event> batch;
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    woken_ = false;
    batch.clear();
    take_batch(batch);
    const auto calls = std::exchange(calls_, {});
    lock.unlock();
    last_round_ = around_.now().time_since_epoch().count();
    bool ran = false;
    try {
      for (const auto& what : calls) what();
      engine_.take_due(around_.now(), permits_, batch);
      ran = !batch.empty();
      if (ran) run_batch(batch);
    } catch (const std::exception& error) {
      around_.fatal(error.what());
      return;
    }
    lock.lock();
    // A reply that this batch put back must ask for a permit once: who asked in vain is called.
    if (ran && engine_.due().waiting_replies() > 0) woken_ = true;
  }
}

void loop::run_batch(std::vector<event>& batch) {
  const auto began = around_.now();
  auto done = engine_.run(batch, *around_.sold(), began, permits_);
  const auto ended = around_.now();
  const auto took = ended - began;
  counters_.batches.fetch_add(1, std::memory_order_relaxed);
  counters_.last_batch_size = batch.size();
  counters_.last_commit_microseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count()));
  counters_.outbox_depth = engine_.due().waiting_replies();
  counters_.bills = engine_.counters().bills;
  counters_.delivered = engine_.counters().delivered;
  if (done.catalogue_changed) around_.reload_catalogue();
  around_.perform(std::move(done.effects));
  note_store(done.store_able, ended);
  if (!done.store_able) std::this_thread::sleep_for(unable_pause);
}

void loop::note_store(bool able, utc_time now) {
  if (able) {
    unable_since_.reset();
    able_ = true;
    if (std::exchange(told_unable_, false)) around_.store_able(true);
    return;
  }
  able_ = false;
  if (!unable_since_) unable_since_ = now;
  if (now - *unable_since_ < unable_grace || std::exchange(told_unable_, true)) return;
  around_.store_able(false);
}

} // namespace farebox::engine
