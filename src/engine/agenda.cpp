#include "farebox/engine/agenda.hpp"

#include <variant>

namespace farebox::engine {

void agenda::add(const schedule& entry, utc_time now) {
  const auto* reply = std::get_if<reply_due>(&entry.then);
  if (reply && entry.at <= now) queue_reply(*reply);
  else timed_.push(entry);
}

void agenda::queue_reply(const reply_due& reply) {
  if (outbox_[reply.op].emplace(reply.reply, reply.segments).second) ++waiting_;
}

void agenda::take_due(utc_time now, outlet& permits, std::size_t count_max,
                      std::vector<event>& out) {
  const auto full = out.size() + count_max;
  while (!timed_.empty() && timed_.top().at <= now && out.size() < full) {
    const auto due = timed_.top().then;
    timed_.pop();
    if (const auto* reply = std::get_if<reply_due>(&due)) queue_reply(*reply);
    else std::visit([&](const auto& what) { out.emplace_back(what); }, due);
  }
  for (auto& [op, replies] : outbox_) {
    while (!replies.empty() && out.size() < full) {
      const auto [reply, segments] = *replies.begin();
      if (!permits.reserve(op, segments)) break;
      out.emplace_back(reply_due{reply, op, segments});
      replies.erase(replies.begin());
      --waiting_;
    }
  }
}

std::optional<utc_time> agenda::next_at() const {
  if (timed_.empty()) return {};
  return timed_.top().at;
}

std::size_t agenda::waiting_replies(operator_id op) const {
  const auto found = outbox_.find(op);
  return found == outbox_.end() ? 0 : found->second.size();
}

} // namespace farebox::engine
