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

bool loop::turn() {
  std::unique_lock lock(mutex_);
  return round(lock, around_.now());
}

utc_time loop::next_due() {
  const std::lock_guard lock(mutex_);
  const auto now = around_.now();
  return now + pause(now);
}

namespace {

// A clock that was set back must not make a short pause a long one.
bool is_over(utc_time until, milliseconds length, utc_time now) {
  return until <= now || until - now > length;
}

} // namespace

bool loop::is_asked() const {
  return !main_.empty() || !side_.empty() || !known_.empty() || woken_ || !calls_.empty();
}

// How long there is nothing to do, if nothing is offered before.
microseconds loop::pause(utc_time now) const {
  if (!is_over(unable_until_, unable_pause, now)) return unable_until_ - now;
  if (is_asked() || finishing_ || engine_.has_kept_events()) return {};
  auto next = is_over(idle_at_, idle_after, now) ? now : idle_at_;
  if (const auto due = engine_.due().next_at()) next = std::min(next, *due);
  return std::max(next - now, microseconds(0));
}

bool loop::round(std::unique_lock<std::mutex>& lock, utc_time now) {
  if (stopping_) return false;
  last_round_ = now.time_since_epoch().count();
  if (!is_over(unable_until_, unable_pause, now)) return true;
  const auto due = engine_.due().next_at();
  try {
    if (is_asked()) work(lock);
    // What a rollback left is tried for as long as a full disk may take to be noticed.
    else if (finishing_ && (!engine_.has_kept_events() || ++last_rounds_ >= last_rounds_max))
      return false;
    else if (engine_.has_kept_events() || (due && *due <= now)) work(lock);
    else if (is_over(idle_at_, idle_after, now)) keep_house(lock);
  } catch (const std::exception& error) {
    around_.fatal(error.what());
    return false;
  }
  return true;
}

void loop::keep_house(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  rows_.idle();
  if (!able_ && engine_.store_is_able()) note_store(true, around_.now());
  lock.lock();
  idle_at_ = around_.now() + idle_after;
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
  std::unique_lock lock(mutex_);
  while (round(lock, around_.now()))
    if (const auto rest = pause(around_.now()); rest > microseconds(0) && !stopping_)
      ready_.wait_for(lock, rest);
}

void loop::work(std::unique_lock<std::mutex>& lock) {
  woken_ = false;
  batch_.clear();
  take_batch(batch_);
  const auto calls = std::exchange(calls_, {});
  lock.unlock();
  for (const auto& what : calls) what();
  engine_.take_due(around_.now(), permits_, batch_);
  const bool any = !batch_.empty();
  if (any) run_batch(batch_);
  lock.lock();
  idle_at_ = around_.now() + idle_after;
  // A reply that this batch put back must ask for a permit once: who asked in vain is called.
  if (any && engine_.due().waiting_replies() > 0) woken_ = true;
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
  if (!done.store_able) unable_until_ = ended + unable_pause;
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
