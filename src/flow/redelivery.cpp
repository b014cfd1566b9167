// DESIGN rule R3: is this MO new, or one that we took before and whose acknowledgement got lost?
//
//   (a) the operator's id decides alone, where it is configured
//   (c) counted in-doubt matching: each MO whose acknowledgement may be lost absorbs one identical
//   an identical MO on another live bind waits until the first bind's peer has been probed

#include "flow/world.hpp"

#include <algorithm>

namespace farebox::flow {

namespace {

const redelivery_policy& policy_of(const world& in, operator_id op) {
  static const redelivery_policy usual;
  const auto* found = in.sold.find_operator(op);
  return found ? found->redelivery : usual;
}

digest128 key_of(const message_row& m) {
  return content_key(m.op, m.source, m.destination, m.data_coding, m.raw, m.reference);
}

// The earlier message with the operator's id; 0 if the id is new or was used for another text.
message_id known_by_operator_id(world& in, const mo_arrived& mo) {
  const auto known = in.by_operator_id.find({mo.op, mo.operator_message_id});
  if (known == in.by_operator_id.end() || known->second.empty()) return {};
  for (const auto id : known->second) {
    const auto* earlier = in.messages.find(id);
    if (earlier && key_of(*earlier) == mo.key) return id;
  }
  in.warn("operator " + std::to_string(mo.op.value) + " used message id '" +
          mo.operator_message_id + "' again for another text: taken as a new order");
  return {};
}

// Uses up the oldest doubt about an identical MO.
message_id absorbed_by_doubt(world& in, const digest128& key) {
  const auto found = in.doubts.find(key);
  if (found == in.doubts.end()) return {};
  auto& left = found->second;
  const auto live = [&](const doubt_row& row) { return row.expires_at > in.now(); };
  const auto first = std::find_if(left.begin(), left.end(), live);
  if (first == left.end()) return {};
  const auto used = *first;
  left.erase(first);
  in.made.used_doubts.push_back(used);
  return used.message;
}

bool proven_in_batch(const world& in, const unproven_mo& mo) {
  return std::any_of(in.proven.begin(), in.proven.end(), [&](const auto& p) {
    return p.first == mo.connection && mo.message <= p.second;
  });
}

// An identical MO that is unproven may be the same one: on another bind always; on the same one if
// its SMSC may have given it up. Before that the SMSC waits for the answer: it is another one.
bool is_twin(const world& in, const unproven_mo& earlier, const mo_arrived& mo) {
  if (earlier.key != mo.key || in.unproven_taken.contains(earlier.message) ||
      std::find(in.closed.begin(), in.closed.end(), earlier.connection) != in.closed.end() ||
      proven_in_batch(in, earlier))
    return false;
  if (earlier.connection != mo.answer_to.connection) return true;
  return mo.arrived_at - earlier.arrived_at > policy_of(in, mo.op).response_timeout / 2;
}

std::vector<unproven_mo> twins_of(const world& in, const mo_arrived& mo) {
  std::vector<unproven_mo> twins;
  for (const auto& added : in.unproven_added)
    if (is_twin(in, added, mo)) twins.push_back(added);
  for (const auto& known : in.book.find_all(mo.key))
    if (is_twin(in, known, mo)) twins.push_back(known);
  return twins;
}

void add_doubt(world& in, const digest128& key, message_id message, operator_id op) {
  const doubt_row doubt{key, message, op, in.now() + policy_of(in, op).horizon};
  in.made.new_doubts.push_back(doubt);
  in.doubts[key].push_back(doubt);
}

std::vector<unproven_mo> unproven_of(const world& in, connection_id connection) {
  auto left = in.book.remaining(connection);
  for (const auto& added : in.unproven_added)
    if (added.connection == connection) left.push_back(added);
  std::erase_if(left, [&](const unproven_mo& mo) {
    return in.unproven_taken.contains(mo.message) || proven_in_batch(in, mo);
  });
  return left;
}

connection_row connection_in(const world& in, connection_id id) {
  connection_row row;
  if (const auto* changed = in.connections.find(id)) row = *changed;
  else if (const auto* open = in.book.find(id)) row = *open;
  row.id = id;
  for (const auto& [connection, message] : in.proven)
    if (connection == id) row.proven = std::max(row.proven, message);
  return row;
}

} // namespace

world::judgement world::judge(const mo_arrived& mo) {
  if (policy_of(*this, mo.op).id_tlv && !mo.operator_message_id.empty() && !mo.part) {
    const auto earlier = known_by_operator_id(*this, mo);
    return earlier ? judgement{verdict::absorbed, earlier} : judgement{};
  }
  if (const auto earlier = absorbed_by_doubt(*this, mo.key)) return {verdict::absorbed, earlier};
  // Each connection with a twin is asked in turn, until one is silent: that one's was not heard.
  for (const auto& twin : twins_of(*this, mo)) {
    const auto& asked = mo.probed;
    if (std::find(asked.begin(), asked.end(), twin.connection) == asked.end()) {
      effects.push_back(hold_and_probe{twin.connection, mo});
      std::get<hold_and_probe>(effects.back()).held.probed.push_back(twin.connection);
      return {verdict::held, {}};
    }
    if (mo.probe == probe_result::silent && twin.connection == asked.back()) {
      unproven_taken.emplace(twin.message, twin.connection);
      return {verdict::absorbed, twin.message};
    }
  }
  return {book.proven_before_disconnect(mo.key) ? verdict::flagged : verdict::new_order, {}};
}

void world::remember_unproven(const mo_arrived& mo, message_id id) {
  // The SMSC counts from when it wrote, which we know only to lie after our previous read.
  const bool late = now() - mo.previous_read_at > policy_of(*this, mo.op).response_timeout / 2;
  if (late) add_doubt(*this, mo.key, id, mo.op);
  else unproven_added.push_back({mo.answer_to.connection, id, mo.key, mo.arrived_at});
  if (!mo.operator_message_id.empty())
    by_operator_id[{mo.op, mo.operator_message_id}].push_back(id);
}

void decide(world& in, const answered_late& e) {
  for (const auto& mo : unproven_of(in, e.connection)) {
    if (mo.message != e.message) continue;
    in.unproven_taken.emplace(mo.message, mo.connection);
    add_doubt(in, mo.key, mo.message, connection_in(in, e.connection).op);
    return;
  }
}

void decide(world& in, const connection_opened& e) {
  in.numbers.last_connection = std::max(in.numbers.last_connection, e.connection.id);
  in.connections.put(e.connection.id, connection_row(e.connection));
}

void decide(world& in, const connection_proven& e) {
  in.proven.emplace_back(e.connection, e.proven);
  in.connections.put(e.connection, connection_in(in, e.connection));
}

void decide(world& in, const connection_closed& e) {
  auto row = connection_in(in, e.connection);
  row.closed_at = in.now();
  for (const auto& mo : unproven_of(in, e.connection))
    add_doubt(in, mo.key, mo.message, row.op);
  in.closed.push_back(e.connection);
  in.connections.put(e.connection, std::move(row));
}

namespace {

// What the last process left unproven was perhaps never acknowledged.
void recover_connections(world& in, const loaded& left) {
  for (auto row : left.open_connections) {
    row.closed_at = in.now();
    in.connections.put(row.id, std::move(row));
  }
  for (const auto& mo : left.unproven) add_doubt(in, mo.key, mo.id, mo.op);
}

// A reply that was being sent may have left: it waits for what the SMSC may still say of it.
void recover_reply(world& in, const reply_row& left) {
  const auto* op = in.sold.find_operator(left.op);
  const auto wait = op ? op->unknown_wait : operator_info{}.unknown_wait;
  in.replies.learn(left.id, reply_row(left));
  switch (left.state) {
  case reply_state::sending: {
    auto& reply = in.replies.edit(left.id);
    reply.state = reply_state::unknown;
    reply.next_at = in.now() + wait;
    in.effects.push_back(schedule{reply.next_at, unknown_due{reply.id}});
    break;
  }
  case reply_state::unknown:
    in.effects.push_back(schedule{left.next_at, unknown_due{left.id}});
    break;
  case reply_state::waiting:
  case reply_state::retry:
    in.effects.push_back(schedule{left.next_at, reply_due{left.id, left.op, left.segments}});
    break;
  default: break;
  }
}

} // namespace

void decide(world& in, const started&) {
  ensure(in.at_start.has_value(), "started: what was left open is loaded");
  const auto& left = *in.at_start;
  recover_connections(in, left);
  for (const auto& reply : left.open_replies) recover_reply(in, reply);
  for (const auto& charge : left.pending_charges)
    in.effects.push_back(schedule{charge.expires_at, charge_due{charge.id}});
  for (const auto& set : left.open_part_sets)
    in.effects.push_back(schedule{set.expires_at, part_set_due{set.id}});
}

} // namespace farebox::flow
