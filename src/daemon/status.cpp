#include "farebox/daemon/status.hpp"

#include "farebox/base/limits.hpp"
#include "farebox/http/limits.hpp"

#include <algorithm>
#include <filesystem>

namespace farebox::daemon {

bool status_board::raise(utc_time at, std::string what) {
  const std::lock_guard lock(mutex_);
  utc_time told_at = at;
  const auto same = std::find_if(alarms_.begin(), alarms_.end(),
                                 [&](const raised& alarm) { return alarm.shown.what == what; });
  if (same != alarms_.end()) {
    if (at - same->told_at < alarm_repeat) told_at = same->told_at;
    alarms_.erase(same);
  }
  alarms_.push_front({{at, std::move(what)}, told_at});
  if (alarms_.size() > http::limits::alarms_shown_max) alarms_.pop_back();
  return told_at == at;
}

void status_board::set_ready(bool ready, std::string why_not) {
  const std::lock_guard lock(mutex_);
  ready_ = ready;
  why_not_ = std::move(why_not);
}

bool status_board::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

status_board::totals status_board::totals_of(const std::vector<gateway::bind_status>& binds,
                                             const engine::loop& writer) {
  totals sum;
  for (const auto& bind : binds) {
    sum.received += bind.totals.messages;
    sum.acked += bind.totals.acknowledged;
    sum.refused += bind.totals.refused;
    sum.replied += bind.totals.submits_accepted;
  }
  sum.billed = writer.counters().bills;
  sum.delivered = writer.counters().delivered;
  return sum;
}

void status_board::sample(utc_time now, const gateway::gateway& links,
                          const engine::loop& writer) {
  const auto sum = totals_of(links.status(), writer);
  const std::lock_guard lock(mutex_);
  const double elapsed =
      std::max(0.001, static_cast<double>((now - last_at_).count()) / 1'000'000.0);
  const auto flow = [&](std::uint64_t total, std::uint64_t before) {
    return http::flow_count{total, static_cast<double>(total - before) / elapsed};
  };
  rates_ = {flow(sum.received, last_.received), flow(sum.acked, last_.acked),
            flow(sum.refused, last_.refused),   flow(sum.billed, last_.billed),
            flow(sum.replied, last_.replied),   flow(sum.delivered, last_.delivered)};
  last_ = sum;
  last_at_ = now;
}

namespace {

http::bind_status shown(const gateway::bind_status& bind) {
  http::bind_status row;
  row.op = bind.op;
  row.name = bind.name;
  row.role = bind.type;
  row.state = gateway::name_of(bind.state);
  row.up = bind.state == gateway::link_state::bound;
  row.since = bind.since;
  row.peer = bind.peer;
  row.window_used = static_cast<int>(bind.window_used);
  row.window_size = static_cast<int>(bind.window_size);
  row.rate_in = bind.rate_in;
  row.rate_out = bind.rate_out;
  row.throttled = bind.throttled;
  row.last_error = bind.last_error;
  row.messages = bind.totals.messages;
  row.receipts = bind.totals.receipts;
  row.submits = bind.totals.submits;
  row.refusals = bind.totals.submits_refused;
  row.reconnects = bind.totals.connections > 0 ? bind.totals.connections - 1 : 0;
  return row;
}

http::histogram_status shown(const gateway::latency_histogram& all) {
  http::histogram_status rows;
  std::uint64_t running = 0;
  for (std::size_t i = 0; i < all.bounds_ms.size(); ++i) {
    running += all.counts[i];
    rows.bounds.push_back(all.bounds_ms[i] / 1000.0);
    rows.counts.push_back(running);
  }
  rows.count = running + all.counts.back();
  rows.sum = static_cast<double>(all.sum.count()) / 1'000'000.0;
  return rows;
}

} // namespace

http::status_snapshot status_board::snapshot(utc_time now, const gateway::gateway& links,
                                             const engine::loop& writer,
                                             const std::string& store_path) const {
  http::status_snapshot all;
  gateway::latency_histogram latency;
  for (const auto& bind : links.status()) {
    all.binds.push_back(shown(bind));
    latency += bind.acknowledgement;
  }
  const auto& counters = writer.counters();
  all.version = FAREBOX_VERSION;
  all.now = now;
  all.ack_latency = shown(latency);
  all.writer_queue = counters.queue_depth;
  all.writer_queue_limit = limits::writer_queue_max;
  all.outboxes.push_back({"all operators", counters.outbox_depth, 0});
  all.store.commits = counters.batches;
  all.store.commit_us_last = static_cast<std::int64_t>(counters.last_commit_microseconds);
  all.store.batch_size_last = counters.last_batch_size;
  std::error_code ignored;
  const auto wal = std::filesystem::file_size(store_path + "-wal", ignored);
  all.store.wal_bytes = ignored ? 0 : wal;
  const std::lock_guard lock(mutex_);
  all.started_at = started_at_;
  all.ready = ready_;
  all.not_ready_reason = why_not_;
  all.flow = rates_;
  for (const auto& alarm : alarms_) all.alarms.push_back(alarm.shown);
  return all;
}

} // namespace farebox::daemon
