#include "farebox/engine/engine.hpp"

#include "farebox/base/limits.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <type_traits>

namespace farebox::engine {

namespace {

// Permits that an event brought along or was given.
int permits_of(const event& e) {
  if (const auto* mo = std::get_if<mo_arrived>(&e)) return mo->permit ? 1 : 0;
  if (const auto* due = std::get_if<reply_due>(&e)) return due->segments;
  return 0;
}

operator_id operator_of(const event& e) {
  if (const auto* mo = std::get_if<mo_arrived>(&e)) return mo->op;
  if (const auto* due = std::get_if<reply_due>(&e)) return due->op;
  return {};
}

std::uint32_t retry_status_of(const catalogue& sold, operator_id id) {
  const auto* op = sold.find_operator(id);
  return op ? op->retry_status : operator_info{}.retry_status;
}

// A decision that threw; carries which event it was.
struct decision_failed {
  std::size_t index;
  std::string why;
};

struct store_failed {
  failure why;
};

fatal_store_error fatal_error(const failure& why) {
  return fatal_store_error(std::string(name_of(why.kind)) + ": " + why.detail);
}

} // namespace

engine::engine(store::writer& rows, sequences numbers, const digest256& secret)
    : rows_(rows), numbers_(numbers), secret_(secret) {}

outcomes engine::run(std::span<event> events, const catalogue& sold, utc_time now,
                     outlet& permits) {
  for (auto& e : events)
    if (auto* mo = std::get_if<mo_arrived>(&e))
      // Replies that wait already go first: without this, new orders would starve long ones.
      mo->permit = agenda_.waiting_replies(mo->op) == 0 && permits.reserve(mo->op, 1);
  outcomes all;
  while (!events.empty()) {
    try {
      auto done = run_once(events, sold, now, permits, nullptr);
      std::move(done.effects.begin(), done.effects.end(), std::back_inserter(all.effects));
      all.store_able = done.store_able;
      all.catalogue_changed |= done.catalogue_changed;
      return all;
    } catch (const decision_failed& failed) {
      // Nothing was committed. Those before it run without it, then it alone, then those behind.
      rows_.rollback();
      ++counters_.set_aside;
      auto before = events.first(failed.index);
      auto alone = events.subspan(failed.index, 1);
      const std::pair<std::span<event>, const std::string*> steps[] = {{before, nullptr},
                                                                       {alone, &failed.why}};
      for (const auto& [step, aside] : steps) {
        if (step.empty()) continue;
        auto done = run_once(step, sold, now, permits, aside);
        std::move(done.effects.begin(), done.effects.end(), std::back_inserter(all.effects));
        all.store_able &= done.store_able;
        all.catalogue_changed |= done.catalogue_changed;
      }
      events = events.subspan(failed.index + 1);
    }
  }
  return all;
}

outcomes engine::run_once(std::span<event> events, const catalogue& sold, utc_time now,
                          outlet& permits, const std::string* aside) {
  auto seed = hash256(
      {reinterpret_cast<const std::uint8_t*>(&++batch_number_), sizeof batch_number_},
      secret_.octets);
  flow::batch batch(events, sold, book_, numbers_, {now, seed});
  const auto fetch = [&](const wanted& what) {
    auto rows = rows_.load(what);
    if (!rows) throw store_failed{rows.error()};
    batch.learn(std::move(*rows), what);
  };
  try {
    // Most events know at once what they want; some only when they have seen the first rows.
    wanted first;
    for (std::size_t i = 0; i < events.size(); ++i) {
      try {
        batch.needs(i, first);
      } catch (const std::exception&) { // thrown again below, where it is known whose it is
      }
    }
    fetch(first);
    for (std::size_t i = 0; i < events.size(); ++i) {
      try {
        if (aside) {
          batch.set_aside(i, *aside);
          continue;
        }
        for (wanted more; batch.needs(i, more); more = {}) fetch(more);
        batch.decide(i);
      } catch (const std::exception& error) {
        if (aside) throw;
        throw decision_failed{i, error.what()};
      }
    }
    const auto& made = batch.finish();
    const auto committed = rows_.commit(made);
    if (!committed) throw store_failed{committed.error()};
    count(made);
  } catch (const store_failed& failed) {
    return roll_back(events, sold, permits, failed.why);
  }
  outcomes out;
  settle(batch, now, out);
  give_back(events, out.effects, permits);
  return out;
}

void engine::count(const changes& made) {
  ++counters_.batches;
  counters_.messages += made.messages.size();
  counters_.bills += made.bills.size();
  for (const auto& message : made.messages)
    if (message.result == outcome::absorbed) ++counters_.absorbed;
  for (const auto& [key, values] : made.counters)
    counters_.delivered += static_cast<std::uint64_t>(values.delivered);
}

void engine::settle(flow::batch& decided, utc_time now, outcomes& out) {
  numbers_ = decided.numbers();
  decided.apply_to(book_);
  for (auto& e : decided.effects()) {
    if (const auto* later = std::get_if<schedule>(&e)) {
      agenda_.add(*later, now);
      continue;
    }
    if (std::holds_alternative<send_reply>(e)) ++counters_.replies_sent;
    if (std::holds_alternative<hold_and_probe>(e)) ++counters_.held;
    if (const auto* changed = std::get_if<catalogue_changed>(&e))
      out.catalogue_changed |= !changed->refused;
    out.effects.push_back(std::move(e));
  }
}

// Permits that no reply used go back to their operator.
void engine::give_back(std::span<event> events, std::span<const effect> effects,
                       outlet& permits) {
  std::map<operator_id, int> unused;
  for (const auto& e : events) unused[operator_of(e)] += permits_of(e);
  for (const auto& e : effects)
    if (const auto* sent = std::get_if<send_reply>(&e); sent && sent->uses_permit)
      unused[sent->reply.op] -= sent->reply.segments;
  for (const auto& [op, count] : unused)
    if (count > 0) permits.release(op, count);
}

outcomes engine::roll_back(std::span<event> events, const catalogue& sold, outlet& permits,
                           const failure& why) {
  if (why.kind != failure_kind::unavailable) throw fatal_error(why);
  rows_.rollback();
  ++counters_.rollbacks;
  give_back(events, {}, permits);
  outcomes out;
  out.store_able = false;
  out.effects.push_back(alarm{"the store cannot take a batch now: " + why.detail});
  for (auto& e : events) {
    if (const auto* mo = std::get_if<mo_arrived>(&e))
      out.effects.push_back(acknowledge{mo->answer_to, retry_status_of(sold, mo->op), {}});
    else if (const auto* receipt = std::get_if<receipt_arrived>(&e))
      out.effects.push_back(
          acknowledge{receipt->answer_to, retry_status_of(sold, receipt->op), {}});
    else if (auto no = refusal_of(e, why)) out.effects.push_back(std::move(*no));
    else if (const auto* due = std::get_if<reply_due>(&e)) // its permit is given back
      agenda_.add({utc_time{}, *due}, utc_time{});
    else kept_.push_back(std::move(e)); // nobody will tell us again
  }
  return out;
}

void engine::take_due(utc_time now, outlet& permits, std::vector<event>& out) {
  out.insert(out.begin(), std::make_move_iterator(kept_.begin()),
             std::make_move_iterator(kept_.end()));
  kept_.clear();
  agenda_.take_due(now, permits, limits::batch_events_max, out);
}

bool engine::store_is_able() {
  changes probe;
  probe.facts.push_back({{service_id{}, platform_space::write_probe, "1"}, bytes{1}, 0, {}});
  const auto begun = rows_.load({});
  const auto done = begun ? rows_.commit(probe) : result<void>(begun.error());
  if (done) return true;
  if (done.error().kind != failure_kind::unavailable) throw fatal_error(done.error());
  rows_.rollback();
  return false;
}

} // namespace farebox::engine
