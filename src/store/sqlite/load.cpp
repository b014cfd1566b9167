#include "farebox/base/limits.hpp"
#include "store/sqlite/tables.hpp"
#include "store/sqlite/writer.hpp"

#include <unordered_map>
#include <unordered_set>

namespace farebox::store {

namespace {

// The longest redelivery horizon is a day; it may begin on the day before.
constexpr std::int64_t operator_id_days_max = 2;

// Sorted, so that neighbours are found on the same page, and each once.
template <class Key>
std::vector<Key> distinct(std::vector<Key> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// A joined message came as parts, which are in doubt themselves.
bool is_joined(const message_row& message) { return message.raw.empty() && !message.text.empty(); }

} // namespace

result<loaded> sqlite_writer::load(const wanted& what) {
  loaded out;
  begin();
  if (what.at_start) load_start(out);
  for (const auto& key : distinct(what.doubts))
    if (doubts_.may_have(key)) read_all(sql_.doubts, out.doubts, key.octets);
  for (const auto& key : distinct(what.facts))
    read_all(sql_.fact, out.facts, key.service, key.space, key.key);
  for (const auto reply : reply_ids(what)) read_all(sql_.reply, out.replies, reply);
  for (const auto charge : distinct(what.charges)) read_all(sql_.charge, out.charges, charge);
  if (!what.open_sets.empty() || !what.sets.empty()) load_sets(what, out);
  if (!what.attempts.empty() || !what.orphans.empty() || !what.unknown_orphans.empty())
    load_attempts(what, out);
  if (!what.messages.empty() || !what.operator_message_ids.empty()) load_messages(what, out);
  if (!db_.ok()) return db_.error();
  return out;
}

std::vector<message_id> sqlite_writer::reply_ids(const wanted& what) {
  auto ids = what.replies;
  for (const auto& key : distinct(what.unknown)) {
    sql_.unanswered.bind(compact(key.phone), key.op, compact(key.short_code));
    while (sql_.unanswered.step()) sql_.unanswered.columns(ids.emplace_back());
  }
  return distinct(std::move(ids));
}

void sqlite_writer::load_sets(const wanted& what, loaded& out) {
  std::vector<part_set_row> found;
  for (const auto& key : distinct(what.open_sets)) {
    read_all(sql_.open_sets, found, compact(key.source), key.reference, key.op,
             compact(key.destination), key.total);
  }
  for (const auto part : distinct(what.sets)) read_all(sql_.set_by_id, found, part);
  std::sort(found.begin(), found.end(),
            [](const part_set_row& a, const part_set_row& b) { return a.id < b.id; });
  const auto same = [](const part_set_row& a, const part_set_row& b) { return a.id == b.id; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  for (auto& row : found) {
    auto& set = out.sets.emplace_back();
    set.row = std::move(row);
    read_all(sql_.parts_of_set, set.parts, set.row.id);
    for (const auto& part : set.parts) read_all(sql_.bills_of, set.bills, part.id);
  }
}

void sqlite_writer::load_attempts(const wanted& what, loaded& out) {
  auto orphans = what.orphans;
  for (const auto& key : distinct(what.attempts)) {
    orphans.push_back(key);
    // From the newest hour back: a receipt mostly comes within the hour.
    const auto first =
        std::max(newest_.attempt_hour_first, newest_.attempt_hour_last - limits::receipt_hours_max);
    const auto before = out.attempts.size();
    for (auto hour = newest_.attempt_hour_last; hour >= first; --hour) {
      read_all(sql_.attempts, out.attempts, hour, key.op, compact(key.smsc_id));
      if (out.attempts.size() > before) break;
    }
  }
  for (const auto& key : distinct(std::move(orphans)))
    if (orphans_.may_have(key)) read_all(sql_.orphans, out.orphans, key.op, compact(key.smsc_id));
  for (const auto& key : distinct(what.unknown_orphans))
    read_all(sql_.orphans_of_phone, out.orphans, key.op, compact(key.phone),
             compact(key.short_code));
}

void sqlite_writer::load_messages(const wanted& what, loaded& out) {
  auto ids = what.messages;
  for (const auto& [op, name] : distinct(what.operator_message_ids)) {
    const auto today = day_of(newest_.newest_at);
    for (auto day = today; day >= today - operator_id_days_max; --day) {
      sql_.by_operator_id.bind(day, op, name);
      while (sql_.by_operator_id.step()) sql_.by_operator_id.columns(ids.emplace_back());
    }
  }
  for (const auto message : distinct(std::move(ids)))
    read_all(sql_.message, out.messages, message);
}

void sqlite_writer::load_start(loaded& out) {
  read_all(sql_.open_connections, out.open_connections);
  load_unproven(out);
  read_all(sql_.open_replies, out.open_replies);
  for (auto& reply : out.open_replies) reply.text.clear();
  read_all(sql_.pending_charges, out.pending_charges);
  read_all(sql_.open_part_sets, out.open_part_sets);
}

// Each open connection has a range of ids (see the schema). Ranges of several connections overlap,
// as they worked at the same time, so they are read as one.
void sqlite_writer::load_unproven(loaded& out) {
  struct range {
    message_id after, last;
  };
  std::unordered_map<connection_id, range> ranges;
  std::vector<range> merged; // ordered by `after`
  sql_.unproven_ranges.bind();
  while (sql_.unproven_ranges.step()) {
    connection_id connection;
    range r;
    sql_.unproven_ranges.columns(connection, r.after, r.last);
    ranges.emplace(connection, r);
    if (!merged.empty() && r.after <= merged.back().last)
      merged.back().last = std::max(merged.back().last, r.last);
    else
      merged.push_back(r);
  }
  if (merged.empty()) return;
  // What absorbed its redelivery already is in no doubt any more.
  std::unordered_set<message_id> used;
  sql_.absorbed_since.bind(merged.front().after);
  message_id earlier;
  while (sql_.absorbed_since.step()) {
    sql_.absorbed_since.columns(earlier);
    used.insert(earlier);
  }
  message_row m;
  for (const auto& r : merged) {
    for (auto* rows : {&sql_.unproven_messages, &sql_.unproven_parts}) {
      rows->bind(r.after, r.last);
      while (rows->step()) {
        rows->columns(m.id, m.connection, m.op, m.source, m.destination, m.data_coding,
                      m.reference, m.text, beside(m.raw, m.text));
        const auto found = ranges.find(m.connection);
        if (found == ranges.end() || m.id <= found->second.after || is_joined(m) ||
            used.contains(m.id))
          continue;
        out.unproven.push_back({m.id, m.connection, m.op,
                                content_key(m.op, m.source, m.destination, m.data_coding, m.raw,
                                            m.reference)});
      }
    }
  }
  std::sort(out.unproven.begin(), out.unproven.end(),
            [](const unproven_message& a, const unproven_message& b) { return a.id < b.id; });
}

} // namespace farebox::store
