#include "farebox/store/memory.hpp"

#include "farebox/base/limits.hpp"

#include "store/statistics.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace farebox::store {

namespace {

template <class Row>
using rows_by_id = std::map<decltype(Row::id), Row>;

template <class Map>
const typename Map::mapped_type* find_in(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <class Map>
typename Map::key_type last_key(const Map& map) {
  return map.empty() ? typename Map::key_type{} : map.rbegin()->first;
}

using attempt_key = std::tuple<smsc_key, message_id, int, std::uint32_t>;

attempt_key key_of(const attempt_row& row) {
  return {{row.op, row.smsc_id}, row.reply, row.attempt, row.segments};
}

} // namespace

struct memory_state {
  std::mutex lock;
  std::optional<failure> next_failure;

  std::map<std::string, operator_id, std::less<>> operators;
  std::map<std::string, short_code_id, std::less<>> short_codes;
  rows_by_id<partner> partners;
  rows_by_id<service> services;
  rows_by_id<tariff> tariffs;
  rows_by_id<terms> terms_versions;
  rows_by_id<token_row> tokens;

  rows_by_id<connection_row> connections;
  rows_by_id<message_row> messages;
  rows_by_id<part_row> parts;
  rows_by_id<part_set_row> sets;
  std::vector<bill_row> bills; // number n at place n - 1
  std::multimap<message_id, bill_id> bills_of;
  chain_head head;
  rows_by_id<charge_row> charges;
  rows_by_id<reply_row> replies;
  std::map<attempt_key, attempt_row> attempts;
  std::multimap<smsc_key, orphan_row> orphans;
  std::map<std::pair<digest128, message_id>, doubt_row> doubts;
  std::map<fact_key, fact_row> facts;
  std::map<counter_key, counter_values> counters;

  std::optional<failure> contradiction(const changes& what) const;
  void apply(const changes& what);
  loaded load(const wanted& what) const;
  void load_sets(const wanted& what, loaded& out) const;
  void load_attempts(const wanted& what, loaded& out) const;
  void load_start(loaded& out) const;
  message_view view_of(const message_row& message) const;
};

// ---- writing ----

// What the schema of a data base would refuse; found before anything is changed.
std::optional<failure> memory_state::contradiction(const changes& what) const {
  auto last = head.bill.value;
  auto posted_at = bills.empty() ? utc_time{} : bills.back().posted_at;
  for (const auto& row : what.bills) {
    if (row.id.value != ++last || row.posted_at < posted_at)
      return conflict("bill " + std::to_string(row.id.value) + " is out of order");
    posted_at = row.posted_at;
  }
  if (!what.bills.empty() && (!what.head || what.head->bill != what.bills.back().id))
    return conflict("the chain does not end with bill " + std::to_string(last));
  const auto used_twice = [](const auto& rows, const auto& known) {
    std::set<message_id> fresh;
    return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
      return known.contains(row.id) || !fresh.insert(row.id).second;
    });
  };
  if (used_twice(what.messages, messages) || used_twice(what.parts, parts) ||
      used_twice(what.new_replies, replies))
    return conflict("a number is used twice");
  return {};
}

void memory_state::apply(const changes& what) {
  for (const auto& row : what.connections) connections[row.id] = row;
  for (const auto& row : what.messages) messages[row.id] = row;
  for (const auto& row : what.parts) parts[row.id] = row;
  for (const auto& row : what.part_sets) sets[row.id] = row;
  for (const auto& row : what.bills) {
    bills.push_back(row);
    bills_of.emplace(row.message, row.id);
  }
  if (what.head) head = *what.head;
  for (const auto& row : what.charges) charges[row.id] = row;
  for (const auto& row : what.new_replies) replies[row.id] = row;
  for (const auto& row : what.changed_replies) {
    if (!replies.contains(row.id)) continue;
    auto text = std::move(replies[row.id].text); // it never changes, and may be left out
    replies[row.id] = row;
    replies[row.id].text = std::move(text);
  }
  for (const auto& row : what.attempts) attempts[key_of(row)] = row;
  for (const auto& row : what.new_orphans) orphans.emplace(smsc_key{row.op, row.smsc_id}, row);
  for (const auto& key : what.matched_orphans) orphans.erase(key);
  for (const auto& row : what.new_doubts) doubts[{row.key, row.message}] = row;
  for (const auto& row : what.used_doubts) doubts.erase({row.key, row.message});
  for (const auto& row : what.facts) facts[row.at] = row;
  for (const auto& key : what.erased_facts) facts.erase(key);
  for (const auto& [key, values] : what.counters) counters[key] += values;
  for (const auto& row : what.partners) partners[row.id] = row;
  for (const auto& row : what.services) {
    services[row.id] = row;
    services[row.id].parsed.reset();
  }
  for (const auto& row : what.tariffs) tariffs[row.id] = row;
  for (const auto& row : what.terms_versions) terms_versions[row.id] = row;
  for (const auto& row : what.tokens) tokens[row.id] = row;
}

// ---- reading ----

loaded memory_state::load(const wanted& what) const {
  loaded out;
  if (what.at_start) load_start(out);
  const auto distinct = [](const auto& keys) { return std::set(keys.begin(), keys.end()); };
  for (const auto& key : distinct(what.doubts)) {
    for (auto at = doubts.lower_bound({key, {}});
         at != doubts.end() && at->first.first == key; ++at)
      out.doubts.push_back(at->second);
  }
  const auto take = [](const auto& from, const auto& key, auto& into) {
    if (const auto* row = find_in(from, key)) into.push_back(*row);
  };
  for (const auto& key : distinct(what.facts)) take(facts, key, out.facts);
  auto reply_ids = distinct(what.replies);
  for (const auto& [id, row] : replies) {
    const bool waits = row.state == reply_state::sending || row.state == reply_state::unknown;
    if (!waits && row.resends == 0) continue;
    const unknown_key key{row.op, row.destination, row.source};
    if (std::count(what.unknown.begin(), what.unknown.end(), key)) reply_ids.insert(id);
  }
  for (const auto id : reply_ids) take(replies, id, out.replies);
  for (const auto id : distinct(what.charges)) take(charges, id, out.charges);
  auto message_ids = distinct(what.messages);
  if (!what.operator_message_ids.empty()) {
    const auto wanted_ids = distinct(what.operator_message_ids);
    for (const auto& [id, row] : messages)
      if (wanted_ids.contains({row.op, row.operator_message_id})) message_ids.insert(id);
  }
  for (const auto id : message_ids) take(messages, id, out.messages);
  load_sets(what, out);
  load_attempts(what, out);
  return out;
}

void memory_state::load_sets(const wanted& what, loaded& out) const {
  std::set<message_id> asked;
  for (const auto part : what.sets)
    if (const auto* row = find_in(parts, part)) asked.insert(row->set);
  for (const auto& [id, row] : sets) {
    const part_set_key key{row.op, row.source, row.destination, row.reference, row.total};
    const bool is_open = row.state == set_state::open;
    if (!asked.contains(id) &&
        !(is_open && std::count(what.open_sets.begin(), what.open_sets.end(), key)))
      continue;
    auto& set = out.sets.emplace_back();
    set.row = row;
    for (const auto& [part_id, part] : parts) {
      if (part.set != id) continue;
      set.parts.push_back(part);
      const auto [first, last] = bills_of.equal_range(part_id);
      for (auto bill = first; bill != last; ++bill)
        set.bills.push_back(bills[static_cast<std::size_t>(bill->second.value - 1)]);
    }
  }
}

void memory_state::load_attempts(const wanted& what, loaded& out) const {
  std::int64_t newest_hour = 0;
  for (const auto& [key, row] : attempts)
    newest_hour = std::max(newest_hour, hour_of(row.answered_at));
  std::set<smsc_key> orphan_keys(what.orphans.begin(), what.orphans.end());
  for (const auto& key : std::set(what.attempts.begin(), what.attempts.end())) {
    orphan_keys.insert(key);
    std::map<std::int64_t, std::vector<attempt_row>> by_hour;
    for (auto at = attempts.lower_bound({key, {}, 0, 0});
         at != attempts.end() && std::get<0>(at->first) == key; ++at)
      by_hour[hour_of(at->second.answered_at)].push_back(at->second);
    if (by_hour.empty()) continue;
    if (by_hour.rbegin()->first < newest_hour - limits::receipt_hours_max) continue;
    const auto& newest = by_hour.rbegin()->second;
    out.attempts.insert(out.attempts.end(), newest.begin(), newest.end());
  }
  for (const auto& key : orphan_keys) {
    const auto [first, last] = orphans.equal_range(key);
    for (auto at = first; at != last; ++at) out.orphans.push_back(at->second);
  }
  for (const auto& phone : std::set(what.unknown_orphans.begin(), what.unknown_orphans.end()))
    for (const auto& [key, row] : orphans)
      if (unknown_key{row.op, row.source, row.destination} == phone) out.orphans.push_back(row);
}

void memory_state::load_start(loaded& out) const {
  for (const auto& [id, row] : connections)
    if (!row.closed_at) out.open_connections.push_back(row);
  std::set<message_id> used; // what absorbed its redelivery already is in no doubt any more
  for (const auto& [id, m] : messages) used.insert(m.absorbed_by);
  const auto is_unproven = [&](message_id id, connection_id connection) {
    const auto* row = find_in(connections, connection);
    return row && !row->closed_at && id > row->proven && !used.contains(id);
  };
  for (const auto& [id, m] : messages) {
    const bool is_joined = m.raw.empty() && !m.text.empty(); // its parts are in doubt themselves
    if (is_joined || !is_unproven(id, m.connection)) continue;
    out.unproven.push_back({id, m.connection, m.op,
                            content_key(m.op, m.source, m.destination, m.data_coding, m.raw,
                                        m.reference)});
  }
  for (const auto& [id, p] : parts) {
    const auto* set = find_in(sets, p.set);
    if (!set || !is_unproven(id, p.connection)) continue;
    out.unproven.push_back({id, p.connection, set->op,
                            content_key(set->op, set->source, set->destination, p.data_coding,
                                        p.raw, p.reference)});
  }
  std::sort(out.unproven.begin(), out.unproven.end(),
            [](const unproven_message& a, const unproven_message& b) { return a.id < b.id; });
  for (const auto& [id, row] : replies) {
    if (!is_open(row.state)) continue;
    out.open_replies.push_back(row);
    out.open_replies.back().text.clear();
  }
  for (const auto& [id, row] : charges)
    if (row.state == charge_state::pending) out.pending_charges.push_back(row);
  for (const auto& [id, row] : sets)
    if (row.state == set_state::open) out.open_part_sets.push_back(row);
}

message_view memory_state::view_of(const message_row& message) const {
  message_view view{message, {}, {}, {}, {}};
  const auto [first, last] = bills_of.equal_range(message.id);
  for (auto at = first; at != last && !view.bill; ++at) {
    const auto& bill = bills[static_cast<std::size_t>(at->second.value - 1)];
    if (bill.kind != bill_kind::reversal) view.bill = bill;
  }
  if (const auto* charge = find_in(charges, message.id)) view.charge = *charge;
  if (const auto* reply = find_in(replies, message.id)) view.reply = *reply;
  return view;
}

namespace {

class memory_reader final : public reader {
 public:
  explicit memory_reader(std::shared_ptr<memory_state> state) : state_(std::move(state)) {}

  result<std::vector<statistics_row>> statistics(const statistics_query& query) override {
    const std::scoped_lock held(state_->lock);
    statistics_sum sum(query, [&](service_id id) {
      const auto* row = find_in(state_->services, id);
      return row ? row->kind : std::string();
    });
    for (const auto& [key, values] : state_->counters) {
      if (key.hour < query.hour_from || key.hour >= query.hour_to) continue;
      if (query.partner && key.partner != *query.partner) continue;
      sum.add(key, values);
    }
    return std::move(sum).rows();
  }

  result<std::vector<message_view>> messages(const message_query& query) override {
    const std::scoped_lock held(state_->lock);
    std::vector<message_view> out;
    const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, message_page_max));
    const auto& all = state_->messages;
    auto at = query.before ? all.lower_bound(query.before) : all.end();
    while (at != all.begin() && out.size() < limit) {
      const auto& row = (--at)->second;
      if (query.partner && row.partner != *query.partner) continue;
      if (query.phone && row.source != *query.phone) continue;
      if (row.received_at >= query.from) out.push_back(state_->view_of(row));
    }
    return out;
  }

  result<message_view> message(message_id id) override {
    const std::scoped_lock held(state_->lock);
    if (const auto* row = find_in(state_->messages, id)) {
      auto view = state_->view_of(*row);
      for (const auto space : {platform_space::released, platform_space::settled})
        if (const auto* fact = find_in(state_->facts, {{}, space, std::to_string(id.value)}))
          view.decisions.push_back(*fact);
      return view;
    }
    return not_found("there is no message " + std::to_string(id.value));
  }

 private:
  std::shared_ptr<memory_state> state_;
};

template <class Map>
auto values_of(const Map& map) {
  std::vector<typename Map::mapped_type> out;
  for (const auto& [key, row] : map) out.push_back(row);
  return out;
}

template <class Id>
Id number_of(std::map<std::string, Id, std::less<>>& names, std::string_view name) {
  const auto next = static_cast<std::int64_t>(names.size()) + 1;
  return names.emplace(name, Id{next}).first->second;
}

} // namespace

memory_store::memory_store() : state_(std::make_shared<memory_state>()) {}
memory_store::~memory_store() = default;

result<loaded> memory_store::load(const wanted& what) {
  const std::scoped_lock held(state_->lock);
  return state_->load(what);
}

result<void> memory_store::commit(const changes& what) {
  const std::scoped_lock held(state_->lock);
  if (auto why = std::exchange(state_->next_failure, {})) return *why;
  if (auto why = state_->contradiction(what)) return *why;
  state_->apply(what);
  return {};
}

result<sequences> memory_store::load_sequences() {
  const std::scoped_lock held(state_->lock);
  const auto& s = *state_;
  sequences out;
  out.last_message = std::max({last_key(s.messages), last_key(s.parts), last_key(s.replies)});
  out.last_bill = s.head.bill;
  out.last_connection = last_key(s.connections);
  out.last_service = last_key(s.services);
  out.last_tariff = last_key(s.tariffs);
  out.last_terms = last_key(s.terms_versions);
  out.last_token = last_key(s.tokens);
  if (!s.bills.empty()) out.last_posted_at = s.bills.back().posted_at;
  out.chain = s.head.digest;
  return out;
}

result<catalogue_parts> memory_store::load_catalogue() {
  const std::scoped_lock held(state_->lock);
  catalogue_parts out;
  out.partners = values_of(state_->partners);
  out.services = values_of(state_->services);
  out.tariffs = values_of(state_->tariffs);
  out.terms_versions = values_of(state_->terms_versions);
  return out;
}

result<std::vector<token_row>> memory_store::load_tokens() {
  const std::scoped_lock held(state_->lock);
  return values_of(state_->tokens);
}

result<operator_id> memory_store::operator_named(std::string_view name) {
  const std::scoped_lock held(state_->lock);
  return number_of(state_->operators, name);
}

result<short_code_id> memory_store::short_code_named(std::string_view number) {
  const std::scoped_lock held(state_->lock);
  return number_of(state_->short_codes, number);
}

void memory_store::fail_next_commit(failure with) {
  const std::scoped_lock held(state_->lock);
  state_->next_failure = std::move(with);
}

std::unique_ptr<reader> memory_store::open_reader() {
  return std::make_unique<memory_reader>(state_);
}

} // namespace farebox::store
