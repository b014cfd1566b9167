#include "gateway/submits.hpp"

#include "farebox/base/limits.hpp"

#include <algorithm>
#include <set>

namespace farebox::gateway {

smpp::submit_sm submit_ledger::take_next() {
  auto next = std::move(queue_.front());
  queue_.pop_front();
  queued_tokens_ -= next.what.tokens;
  sent_.emplace(++last_cookie_, sent_entry{next.reply, next.attempt, next.what.covers, false});
  return std::move(next.what.message);
}

submit_unsent submit_ledger::refuse_last(bool final) {
  const auto found = sent_.find(last_cookie_);
  ensure(found != sent_.end(), "only what was just taken can be refused");
  const auto refused = found->second;
  sent_.erase(found);
  drop_queued(refused.reply, refused.attempt);
  refused_.erase({refused.reply, refused.attempt});
  return {refused.reply, refused.attempt, final};
}

std::vector<event> submit_ledger::answered(std::uint64_t cookie, std::uint32_t status,
                                           std::string smsc_id, utc_time at) {
  const auto found = sent_.find(cookie);
  if (found == sent_.end()) return {};
  const auto entry = found->second;
  sent_.erase(found);
  submit_answered answer{entry.reply, entry.attempt, entry.covers, status, std::move(smsc_id), at};
  const attempt_key attempt{entry.reply, entry.attempt};
  if (status != 0) drop_queued(entry.reply, entry.attempt);
  if (is_under_way(attempt, cookie)) {
    if (status == 0 || entry.abandoned) return {std::move(answer)};
    refused_.emplace(attempt, std::move(answer));
    return {};
  }
  std::vector<event> out{std::move(answer)};
  if (auto earlier = refused_.extract(attempt)) out.push_back(std::move(earlier.mapped()));
  return out;
}

std::optional<event> submit_ledger::abandoned(std::uint64_t cookie) {
  const auto found = sent_.find(cookie);
  if (found == sent_.end() || found->second.abandoned) return std::nullopt;
  const bool told = std::any_of(sent_.begin(), sent_.end(), [&](const auto& other) {
    return other.second.abandoned && other.second.reply == found->second.reply &&
           other.second.attempt == found->second.attempt;
  });
  found->second.abandoned = true;
  refused_.erase({found->second.reply, found->second.attempt}); // all of it is unknown now
  if (told) return std::nullopt;
  return submit_lost{found->second.reply, found->second.attempt};
}

std::vector<event> submit_ledger::closed() {
  std::set<std::pair<message_id, int>> told;
  std::vector<event> out;
  for (const auto& [cookie, entry] : sent_)
    if (entry.abandoned) told.emplace(entry.reply, entry.attempt);
  for (const auto& [cookie, entry] : sent_)
    if (cookie <= written_up_to_ && told.emplace(entry.reply, entry.attempt).second)
      out.push_back(submit_lost{entry.reply, entry.attempt});
  for (const auto& [cookie, entry] : sent_)
    if (told.emplace(entry.reply, entry.attempt).second)
      out.push_back(submit_unsent{entry.reply, entry.attempt, false});
  for (const auto& waiting : queue_)
    if (told.emplace(waiting.reply, waiting.attempt).second)
      out.push_back(submit_unsent{waiting.reply, waiting.attempt, false});
  sent_.clear();
  refused_.clear();
  queue_.clear();
  queued_tokens_ = 0;
  return out;
}

// The segments of an attempt leave one after the other, so their cookies are neighbours.
bool submit_ledger::is_under_way(const attempt_key& attempt, std::uint64_t near) const {
  constexpr std::uint64_t reach = limits::reply_segments_max;
  const auto from = sent_.lower_bound(near < reach ? 0 : near - reach);
  return std::any_of(from, sent_.upper_bound(near + reach), [&](const auto& one) {
    const auto& [cookie, entry] = one;
    return !entry.abandoned && attempt == attempt_key{entry.reply, entry.attempt};
  });
}

void submit_ledger::drop_queued(message_id reply, int attempt) {
  std::erase_if(queue_, [&](const entry& waiting) {
    const bool same = waiting.reply == reply && waiting.attempt == attempt;
    if (same) queued_tokens_ -= waiting.what.tokens;
    return same;
  });
}

} // namespace farebox::gateway
