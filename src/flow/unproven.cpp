#include "farebox/flow/unproven.hpp"

#include <algorithm>

namespace farebox::flow {

void unproven_book::open(const connection_row& connection) {
  connections_[connection.id].row = connection;
}

const connection_row* unproven_book::find(connection_id connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : &found->second.row;
}

void unproven_book::add(const unproven_mo& mo) {
  connections_[mo.connection].waiting.push_back(mo);
  index_.emplace(mo.key, mo);
}

void unproven_book::forget(const unproven_mo& mo) {
  const auto [first, last] = index_.equal_range(mo.key);
  for (auto at = first; at != last; ++at) {
    if (at->second.connection != mo.connection || at->second.message != mo.message) continue;
    index_.erase(at);
    return;
  }
}

void unproven_book::prove(connection_id connection, message_id proven) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  auto& entries = found->second;
  entries.row.proven = std::max(entries.row.proven, proven);
  while (!entries.waiting.empty() && entries.waiting.front().message <= proven) {
    const auto& front = entries.waiting.front();
    if (entries.taken.erase(front.message) == 0) {
      forget(front);
      entries.proven.push_back(front.key);
      if (entries.proven.size() > remembered_per_connection_max) entries.proven.pop_front();
    }
    entries.waiting.pop_front();
  }
}

void unproven_book::take(connection_id connection, message_id message) {
  const auto key = key_of(connection, message);
  if (!key) return;
  forget({connection, message, *key, {}});
  connections_[connection].taken.insert(message);
}

std::optional<digest128> unproven_book::key_of(connection_id connection,
                                               message_id message) const {
  const auto found = connections_.find(connection);
  if (found == connections_.end() || found->second.taken.contains(message)) return {};
  const auto& waiting = found->second.waiting;
  const auto at = std::lower_bound(waiting.begin(), waiting.end(), message,
                                   [](const auto& mo, message_id id) { return mo.message < id; });
  if (at == waiting.end() || at->message != message) return {};
  return at->key;
}

std::vector<unproven_mo> unproven_book::remaining(connection_id connection) const {
  std::vector<unproven_mo> left;
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return left;
  for (const auto& mo : found->second.waiting)
    if (!found->second.taken.contains(mo.message)) left.push_back(mo);
  return left;
}

std::vector<unproven_mo> unproven_book::close(connection_id connection) {
  auto left = remaining(connection);
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return left;
  for (const auto& mo : left) forget(mo);
  for (const auto& key : found->second.proven) {
    remembered_order_.push_back(key);
    remembered_.insert(key);
    if (remembered_order_.size() <= remembered_max) continue;
    remembered_.erase(remembered_.find(remembered_order_.front()));
    remembered_order_.pop_front();
  }
  connections_.erase(found);
  return left;
}

std::vector<unproven_mo> unproven_book::find_all(const digest128& key) const {
  std::vector<unproven_mo> all;
  const auto [first, last] = index_.equal_range(key);
  for (auto at = first; at != last; ++at) all.push_back(at->second);
  return all;
}

} // namespace farebox::flow
