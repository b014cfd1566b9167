#include "farebox/http/tokens.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace farebox::http {

namespace {

std::uint64_t prefix_of(const digest256& digest) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, digest.octets.data(), sizeof prefix);
  return prefix;
}

} // namespace

std::string token_text(const digest256& random) { return "fbx_" + to_hex(random.octets); }

digest256 token_digest(std::string_view token) { return hash256(as_bytes(token)); }

void token_directory::put(const token_row& row) {
  const std::unique_lock lock(mutex_);
  const bool added = rows_.insert_or_assign(row.id, row).second;
  if (added) by_prefix_.emplace(prefix_of(row.digest), row.id);
}

std::optional<partner_id> token_directory::find(const digest256& digest) const {
  const std::shared_lock lock(mutex_);
  std::optional<partner_id> found;
  const auto [first, last] = by_prefix_.equal_range(prefix_of(digest));
  for (auto at = first; at != last; ++at) {
    const auto& row = rows_.at(at->second);
    if (equal_in_constant_time(row.digest.octets, digest.octets) && !row.revoked)
      found = row.partner;
  }
  return found;
}

std::vector<token_row> token_directory::of(partner_id partner) const {
  const std::shared_lock lock(mutex_);
  std::vector<token_row> rows;
  for (const auto& [id, row] : rows_)
    if (row.partner == partner) rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [](const token_row& a, const token_row& b) { return a.id < b.id; });
  return rows;
}

std::optional<token_row> token_directory::find(token_id id) const {
  const std::shared_lock lock(mutex_);
  const auto at = rows_.find(id);
  if (at == rows_.end()) return {};
  return at->second;
}

} // namespace farebox::http
