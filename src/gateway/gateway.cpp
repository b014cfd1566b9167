#include "farebox/gateway/gateway.hpp"

#include "gateway/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

namespace farebox::gateway {

struct gateway::state : hub {
  // In the order of the effects, so that what happens does not depend on where a link lies; there
  // are few links, and looking through them costs less than a table.
  struct work_map : std::vector<std::pair<link*, link_work>> {
    link_work& operator[](link* one) {
      const auto found = std::find_if(begin(), end(), [&](auto& e) { return e.first == one; });
      return found != end() ? found->second : emplace_back(one, link_work{}).second;
    }
  };
  using sender_map = std::unordered_map<operator_id, std::vector<link*>>;

  state(environment&& around_, connection_id first, reactors&& threads_);

  // hub
  connection_id open(link& owner) override;
  void forget(connection_id id) override;
  void answer(const acknowledge& what) override;
  void link_stopped() override;

  // configuration
  void build(const std::vector<operator_settings>& operators);
  void reconfigure(const std::vector<operator_settings>& operators);
  std::unique_ptr<link> make(const operator_settings& owner, const bind_settings& bind);
  void retire(std::unique_ptr<link> old, link* next);
  link* find(std::string_view op, std::string_view bind) const;
  std::vector<link*> all() const;
  bool all_stopped() const;
  result<std::string> control(std::string_view op, std::string_view bind, std::string_view what,
                              void (*act)(link&));
  template <class Function>
  void on_each(Function what);

  // writer thread
  link* find(connection_id id) const;
  const std::vector<link*>& senders_of(operator_id op);
  link* best_of(operator_id op, std::int64_t segments);
  link* holder_of(operator_id op, std::int64_t segments, bool rather_open);
  bool reserve(operator_id op, std::int64_t segments);
  void release(operator_id op, std::int64_t segments);
  void send(const send_reply& what, work_map& work);
  void probe(hold_and_probe& what, work_map& work);

  // Declared first, destroyed last: everything else refers to these.
  const environment around;
  const reactors threads;
  std::size_t links_made = 0;
  std::atomic<bool> running{false};

  mutable std::mutex links_mutex; // of the three below
  std::vector<std::unique_ptr<link>> links;
  std::vector<std::unique_ptr<link>> retired; // something may still be on its way to them
  sender_map senders;
  std::atomic<std::uint64_t> senders_version{1};
  sender_map writer_senders; // the writer's own copy
  std::uint64_t writer_version = 0;

  std::atomic<std::int64_t> next_connection;
  mutable std::mutex connections_mutex;
  std::unordered_map<connection_id, link*> connections;
  std::mutex stopped_mutex;
  std::condition_variable stopped;
};

gateway::state::state(environment&& around_, connection_id first, reactors&& threads_)
    : around(std::move(around_)), threads(std::move(threads_)), next_connection(first.value) {
  ensure(!threads.empty(), "links need a reactor to live on");
}

// ---- configuration ----

std::unique_ptr<link> gateway::state::make(const operator_settings& owner,
                                           const bind_settings& bind) {
  auto& thread = *threads[links_made++ % threads.size()];
  return std::make_unique<link>(thread, owner, bind, around, *this);
}

void gateway::state::build(const std::vector<operator_settings>& operators) {
  for (const auto& owner : operators)
    for (const auto& bind : owner.binds) {
      links.push_back(make(owner, bind));
      links.back()->listen();
      if (links.back()->can_send()) senders[owner.info.id].push_back(links.back().get());
    }
}

void gateway::state::reconfigure(const std::vector<operator_settings>& operators) {
  std::vector<std::string> alarms; // raised without the lock: who hears them may ask for status()
  std::unique_lock lock(links_mutex);
  auto before = std::exchange(links, {});
  senders.clear();
  for (const auto& owner : operators)
    for (const auto& bind : owner.binds) {
      const auto same_name = [&](const auto& one) {
        return one && one->op() == owner.info.id && one->name() == bind.name;
      };
      const auto found = std::find_if(before.begin(), before.end(), same_name);
      std::unique_ptr<link> old;
      if (found != before.end()) old = std::move(*found);
      if (old && old->settings() == bind) {
        old->thread().post([one = old.get(), owner] { one->use_operator(owner); });
      } else {
        try {
          auto fresh = make(owner, bind);
          if (old) fresh->follow(), retire(std::move(old), fresh.get());
          else fresh->thread().post([one = fresh.get()] { one->start(); });
          old = std::move(fresh);
        } catch (const std::runtime_error& error) {
          alarms.emplace_back(error.what());
          if (!old) continue;
        }
      }
      links.push_back(std::move(old));
      if (links.back()->can_send()) senders[owner.info.id].push_back(links.back().get());
    }
  for (auto& gone : before)
    if (gone) retire(std::move(gone), nullptr);
  ++senders_version;
  lock.unlock();
  for (const auto& what : alarms) around.alarm(what);
}

void gateway::state::retire(std::unique_ptr<link> old, link* next) {
  old->thread().post([one = old.get(), next] {
    one->retire([next] {
      if (next) next->thread().post([next] { next->start(); });
    });
  });
  retired.push_back(std::move(old));
}

link* gateway::state::find(std::string_view op, std::string_view bind) const {
  const std::lock_guard lock(links_mutex);
  for (const auto& one : links)
    if (one->operator_name() == op && one->name() == bind) return one.get();
  return nullptr;
}

std::vector<link*> gateway::state::all() const {
  const std::lock_guard lock(links_mutex);
  std::vector<link*> found;
  for (const auto* some : {&links, &retired})
    for (const auto& one : *some) found.push_back(one.get());
  return found;
}

bool gateway::state::all_stopped() const {
  const auto some = all();
  return std::all_of(some.begin(), some.end(), [](const link* one) { return one->is_stopped(); });
}

template <class Function>
void gateway::state::on_each(Function what) {
  for (auto* one : all()) one->thread().post([one, what] { what(*one); });
}

result<std::string> gateway::state::control(std::string_view op, std::string_view bind,
                                            std::string_view what, void (*act)(link&)) {
  auto* one = find(op, bind);
  if (!one) return not_found(fmt::format("no bind {} of operator {}", bind, op));
  if (!running) return unavailable("the links do not run");
  one->thread().post([one, act] { act(*one); });
  return fmt::format("{}/{}: {}", op, bind, what);
}

// ---- what links ask for, on their threads ----

connection_id gateway::state::open(link& owner) {
  const connection_id id{next_connection.fetch_add(1)};
  const std::lock_guard lock(connections_mutex);
  connections.emplace(id, &owner);
  return id;
}

void gateway::state::forget(connection_id id) {
  const std::lock_guard lock(connections_mutex);
  connections.erase(id);
}

void gateway::state::answer(const acknowledge& what) {
  auto* owner = find(what.to.connection);
  if (!owner) return;
  link_work work{around.catalogue(), {what}, {}, {}};
  owner->thread().post(
      [owner, work = std::move(work)]() mutable { owner->perform(std::move(work)); });
}

void gateway::state::link_stopped() {
  { const std::lock_guard lock(stopped_mutex); }
  stopped.notify_all();
}

// ---- finding links ----

link* gateway::state::find(connection_id id) const {
  const std::lock_guard lock(connections_mutex);
  const auto found = connections.find(id);
  return found == connections.end() ? nullptr : found->second;
}

// The table changes only with the configuration: looking whether it did costs one load.
const std::vector<link*>& gateway::state::senders_of(operator_id op) {
  if (const auto version = senders_version.load(std::memory_order_acquire);
      version != writer_version) {
    const std::lock_guard lock(links_mutex);
    writer_senders = senders;
    writer_version = version;
  }
  static const std::vector<link*> none;
  const auto found = writer_senders.find(op);
  return found == writer_senders.end() ? none : found->second;
}

// The one of the operator's binds that can send soonest; nullptr if none is bound.
link* gateway::state::best_of(operator_id op, std::int64_t segments) {
  link* best = nullptr;
  std::pair<bool, std::int64_t> score;
  for (auto* one : senders_of(op)) {
    const auto& grants = one->grants();
    if (!grants.is_open()) continue;
    const std::pair its{grants.enough(segments), grants.available()};
    if (!best || its > score) best = one, score = its;
  }
  return best;
}

// Where a permit for so many segments was reserved; where it is in pieces, the largest one.
link* gateway::state::holder_of(operator_id op, std::int64_t segments, bool rather_open) {
  link* best = nullptr;
  std::tuple<bool, bool, std::int64_t> score;
  for (auto* one : senders_of(op)) {
    const auto& grants = one->grants();
    if (grants.held() <= 0) continue;
    const std::tuple its{grants.held() >= segments, grants.is_open() == rather_open, grants.held()};
    if (!best || its > score) best = one, score = its;
  }
  return best;
}

bool gateway::state::reserve(operator_id op, std::int64_t segments) {
  auto* best = best_of(op, segments);
  if (!best || !best->grants().enough(segments)) return false;
  best->grants().take(segments);
  return true;
}

void gateway::state::release(operator_id op, std::int64_t segments) {
  while (segments > 0) {
    auto* holder = holder_of(op, segments, false);
    if (!holder) return;
    const auto part = std::min(segments, holder->grants().held());
    holder->grants().give_back(part);
    segments -= part;
  }
}

// Over the bind that the permit is of, if it is still bound; else over any that is.
void gateway::state::send(const send_reply& what, work_map& work) {
  const std::int64_t segments = what.uses_permit ? what.reply.segments : 0;
  auto* target = segments > 0 ? holder_of(what.reply.op, segments, true) : nullptr;
  std::int64_t used = 0;
  if (target && target->grants().is_open()) {
    used = std::min(segments, target->grants().held());
    target->grants().use(used);
  } else target = best_of(what.reply.op, what.reply.segments);
  release(what.reply.op, segments - used);
  if (target) work[target].replies.push_back({what, used});
  else around.writer.offer_always(submit_unsent{what.reply.id, what.reply.attempts, false});
}

// A connection that is gone is as silent as can be.
void gateway::state::probe(hold_and_probe& what, work_map& work) {
  if (auto* owner = find(what.connection))
    return work[owner].probes.push_back(std::move(what));
  const auto answer_to = what.held.answer_to;
  const auto op = what.held.op;
  what.held.probe = probe_result::silent;
  if (around.writer.offer(std::move(what.held))) return;
  const auto* known = around.catalogue()->find_operator(op);
  answer({answer_to, known ? known->retry_status : operator_info{}.retry_status, {}});
}

// ---- the public face ----

gateway::gateway(const std::vector<operator_settings>& operators, environment around,
                 connection_id first, reactors threads)
    : state_(std::make_unique<state>(std::move(around), first, std::move(threads))) {
  state_->build(operators);
}

gateway::~gateway() { stop(); }

void gateway::start() {
  state_->running = true;
  state_->on_each([](link& one) { one.start(); });
  for (const auto& each : state_->threads)
    each->start([this](const std::exception& error) {
      const auto& log = state_->around.log;
      if (log) log(severity::error, fmt::format("link thread: {}", error.what()));
    });
}

bool gateway::drain(milliseconds timeout) {
  if (!state_->running) return true;
  state_->on_each([](link& one) { one.drain(); });
  std::unique_lock lock(state_->stopped_mutex);
  return state_->stopped.wait_for(lock, timeout, [this] { return state_->all_stopped(); });
}

void gateway::stop() {
  if (!state_->running.exchange(false)) return;
  for (const auto& each : state_->threads)
    each->run_and_wait([this, here = each.get()] {
      for (auto* one : state_->all())
        if (&one->thread() == here) one->stop_now();
    });
  for (const auto& each : state_->threads) each->stop();
  // What was handed over and not begun: its replies come back as unsent, none stays SENDING.
  for (const auto& each : state_->threads) each->run_rest();
}

bool gateway::reserve(operator_id op, int segments) {
  if (state_->reserve(op, segments)) return true;
  for (auto* one : state_->senders_of(op)) one->grants().refuse();
  // A grant between the look and the mark would have told nobody: look again.
  return state_->reserve(op, segments);
}

void gateway::release(operator_id op, int segments) { state_->release(op, segments); }

void gateway::perform(std::vector<effect>&& effects) {
  state::work_map work;
  for (auto& what : effects) {
    if (const auto* answer = std::get_if<acknowledge>(&what)) {
      auto* owner = state_->find(answer->to.connection);
      if (owner) work[owner].answers.push_back(*answer); // else nobody waits for it any more
    } else if (const auto* reply = std::get_if<send_reply>(&what)) {
      state_->send(*reply, work);
    } else if (auto* held = std::get_if<hold_and_probe>(&what)) {
      state_->probe(*held, work);
    }
  }
  if (work.empty()) return;
  const auto sold = state_->around.catalogue();
  for (auto& [one, its] : work) {
    its.sold = sold;
    one->thread().post([one = one, its = std::move(its)]() mutable {
      one->perform(std::move(its));
    });
  }
}

void gateway::pause_reading(bool pause) {
  state_->on_each([pause](link& one) { one.pause_reading(pause); });
}

void gateway::unbind_all() {
  state_->on_each([](link& one) { one.unbind_for_now(); });
}

void gateway::reconfigure(const std::vector<operator_settings>& operators) {
  state_->reconfigure(operators);
}

std::vector<bind_status> gateway::status() const {
  const std::lock_guard lock(state_->links_mutex);
  std::vector<bind_status> all;
  for (const auto& one : state_->links) all.push_back(one->status());
  return all;
}

result<std::string> gateway::start_link(std::string_view op, std::string_view bind) {
  return state_->control(op, bind, "connects now", [](link& one) { one.start(); });
}

result<std::string> gateway::stop_link(std::string_view op, std::string_view bind) {
  return state_->control(op, bind, "unbinds and stops within a second",
                         [](link& one) { one.drain(link::farewell); });
}

result<std::string> gateway::drain_link(std::string_view op, std::string_view bind) {
  return state_->control(op, bind, "finishes its window, unbinds and stays stopped",
                         [](link& one) { one.drain(); });
}

result<std::vector<traced_pdu>> gateway::trace(std::string_view op, std::string_view bind,
                                               std::size_t lines) const {
  const auto* one = state_->find(op, bind);
  if (!one) return not_found(fmt::format("no bind {} of operator {}", bind, op));
  return one->record().last(lines);
}

// ---- names and sums ----

std::string_view name_of(link_state state) {
  switch (state) {
  case link_state::stopped: return "stopped";
  case link_state::waiting: return "waiting";
  case link_state::connecting: return "connecting";
  case link_state::binding: return "binding";
  case link_state::bound: return "bound";
  case link_state::draining: return "draining";
  }
  return "?";
}

void latency_histogram::add(microseconds latency) {
  std::size_t i = 0;
  while (i < bounds_ms.size() && latency > milliseconds(bounds_ms[i])) ++i;
  ++counts[i];
  sum += latency;
}

latency_histogram& latency_histogram::operator+=(const latency_histogram& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum += other.sum;
  return *this;
}

} // namespace farebox::gateway
