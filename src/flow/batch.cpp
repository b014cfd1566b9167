#include "flow/world.hpp"

#include <algorithm>

namespace farebox::flow {

std::optional<fact_key> code_key_of(const world& in, const check_code& e);

namespace {

// ---- what each event wants to know; what was asked once is not asked again ----

void want_reply(const world& in, message_id id, wanted& out) {
  if (!in.replies.asked(id)) out.replies.push_back(id);
}

// A charge, and the facts that its settlement will change.
void want_charge(const world& in, message_id id, wanted& out) {
  if (!in.charges.asked(id)) return out.charges.push_back(id);
  const auto* charge = in.charges.find(id);
  if (!charge) return;
  const auto* sold = in.sold.find_service(charge->estimate.service);
  const auto* kind = sold ? services::find_kind(sold->kind) : nullptr;
  if (!kind) return;
  std::vector<fact_key> keys;
  kind->settle_needs(sold->id, id, keys);
  for (auto& key : keys)
    if (!in.facts.asked(key)) out.facts.push_back(std::move(key));
}

void want_settled_reply(const world& in, message_id id, wanted& out) {
  want_reply(in, id, out);
  const auto* reply = in.replies.find(id);
  if (reply && reply->charged_on_mt) want_charge(in, reply->message, out);
}

void want_attempt(const world& in, const smsc_key& key, wanted& out) {
  if (!key.smsc_id.empty() && !in.attempts_by_id.contains(key)) out.attempts.push_back(key);
}

void want(const world& in, const event&, const started&, wanted& out) {
  if (!in.at_start) out.at_start = true;
}

void want(world& in, const event& e, const mo_arrived& mo, wanted& out) {
  const auto* op = in.sold.find_operator(mo.op);
  const bool by_id = op && op->redelivery.id_tlv && !mo.operator_message_id.empty() && !mo.part;
  const std::pair id{mo.op, mo.operator_message_id};
  if (by_id && !in.by_operator_id.contains(id)) out.operator_message_ids.push_back(id);
  if (!by_id && !in.doubts.contains(mo.key)) out.doubts.push_back(mo.key);
  if (!mo.part) return order_needs(in, e, mo.text, mo.destination, mo.op, out);
  const auto set = set_key_of(mo);
  if (!in.sets_by_key.contains(set)) return out.open_sets.push_back(set);
  if (const auto text = text_completed_by(in, mo))
    order_needs(in, e, *text, mo.destination, mo.op, out);
}

void want(const world& in, const event&, const receipt_arrived& e, wanted& out) {
  const smsc_key at{e.op, e.smsc_id};
  want_attempt(in, at, out);
  const unknown_key unanswered{e.op, e.source, e.destination};
  if (const auto known = in.attempts_by_id.find(at);
      known != in.attempts_by_id.end() && !known->second.empty()) {
    for (const auto& key : known->second) want_settled_reply(in, key.reply, out);
  } else if (known != in.attempts_by_id.end() || e.smsc_id.empty()) {
    if (!in.unknown_replies.contains(unanswered)) return out.unknown.push_back(unanswered);
    for (const auto reply : in.unknown_replies.at(unanswered)) want_settled_reply(in, reply, out);
  }
}

void want(const world& in, const event&, const submit_answered& e, wanted& out) {
  want_settled_reply(in, e.reply, out);
  const auto* reply = in.replies.find(e.reply);
  if (!reply || e.smsc_id.empty()) return;
  const smsc_key at{reply->op, e.smsc_id};
  if (!in.orphans.contains(at)) out.orphans.push_back(at);
}

void want(const world& in, const event&, const submit_lost& e, wanted& out) {
  want_reply(in, e.reply, out);
}
void want(const world& in, const event&, const submit_unsent& e, wanted& out) {
  want_settled_reply(in, e.reply, out);
}
void want(const world& in, const event&, const reply_due& e, wanted& out) {
  want_settled_reply(in, e.reply, out);
  const auto* reply = in.replies.find(e.reply);
  if (reply && !in.messages.asked(reply->message)) out.messages.push_back(reply->message);
}
void want(const world& in, const event&, const unknown_due& e, wanted& out) {
  want_settled_reply(in, e.reply, out);
  const auto* reply = in.replies.find(e.reply);
  if (!reply || reply->state != reply_state::unknown) return;
  const unknown_key key{reply->op, reply->destination, reply->source};
  if (!in.unknown_orphans.contains(key)) out.unknown_orphans.push_back(key);
  if (!in.unknown_replies.contains(key)) out.unknown.push_back(key);
}
void want(const world& in, const event&, const charge_due& e, wanted& out) {
  want_charge(in, e.charge, out);
}
void want(const world& in, const event&, const part_set_due& e, wanted& out) {
  if (!in.sets.asked(e.set)) out.sets.push_back(e.set);
}
void want(const world& in, const event&, const check_code& e, wanted& out) {
  const auto key = code_key_of(in, e);
  if (key && !in.facts.asked(*key)) out.facts.push_back(*key);
}
void want(world& in, const event& e, const release_absorbed& release, wanted& out) {
  release_needs(in, e, release, out);
}
void want(const world& in, const event&, const settle_reply& e, wanted& out) {
  want_settled_reply(in, e.reply, out);
  if (const auto key = settled_key(e.reply); !in.facts.asked(key)) out.facts.push_back(key);
}
template <class Event> // connection events and changes of the catalogue need nothing
void want(const world&, const event&, const Event&, wanted&) {}

// Bills are never dated before the last one, so a clock that once was far ahead leaves its date on
// all that follow. Small corrections of a clock are everyday, and harm nobody.
constexpr seconds clock_behind_max{5};

void check_clock(world& in) {
  if (in.now() + clock_behind_max >= in.numbers.last_posted_at) return;
  in.warn("the clock is behind the last bill, of " + to_iso8601(in.numbers.last_posted_at) +
          ": it is wrong now, or was when that was posted; new bills are dated so until the clock "
          "has come there");
}

bool wants_nothing(const wanted& w) {
  return !w.at_start && w.doubts.empty() && w.open_sets.empty() && w.sets.empty() &&
         w.facts.empty() && w.messages.empty() && w.replies.empty() && w.charges.empty() &&
         w.attempts.empty() && w.unknown.empty() && w.unknown_orphans.empty() &&
         w.orphans.empty() && w.operator_message_ids.empty();
}

// ---- what was asked and is not in the answer does not exist ----

void learn_absence(world& in, const wanted& asked) {
  for (const auto& key : asked.doubts) in.doubts[key];
  for (const auto& key : asked.open_sets) in.sets_by_key[key];
  for (const auto id : asked.sets) in.sets.learn_absent(id);
  for (const auto& key : asked.facts) in.facts.learn_absent(key);
  for (const auto id : asked.messages) in.messages.learn_absent(id);
  for (const auto id : asked.replies) in.replies.learn_absent(id);
  for (const auto id : asked.charges) in.charges.learn_absent(id);
  for (const auto& key : asked.attempts) {
    in.attempts_by_id[key];
    in.orphans[key];
  }
  for (const auto& key : asked.orphans) in.orphans[key];
  for (const auto& key : asked.unknown) in.unknown_replies[key];
  for (const auto& key : asked.unknown_orphans) in.unknown_orphans[key];
  for (const auto& key : asked.operator_message_ids) in.by_operator_id[key];
}

void learn_sets(world& in, std::vector<loaded_set>&& sets) {
  for (auto& set : sets) {
    const auto id = set.row.id;
    if (in.sets.asked(id) && in.sets.find(id)) continue; // known, perhaps changed
    const part_set_key key{set.row.op, set.row.source, set.row.destination, set.row.reference,
                           set.row.total};
    in.sets_by_key[key].push_back(id);
    in.parts[id] = std::move(set.parts);
    in.part_bills[id] = std::move(set.bills);
    in.sets.learn(id, std::move(set.row));
  }
}

// The same rows may be loaded twice, for two events; those of the first time may have changed.
template <class List, class Value>
void add_once(List& list, const Value& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

} // namespace

batch::batch(std::span<const event> events, const catalogue& sold, const unproven_book& book,
             const sequences& numbers, const context& around)
    : world_(std::make_unique<world>(events, sold, book, numbers, around)) {}
batch::~batch() = default;

bool batch::needs(std::size_t i, wanted& out) {
  wanted mine;
  const auto& e = world_->events[i];
  std::visit([&](const auto& what) { want(*world_, e, what, mine); }, e);
  if (wants_nothing(mine)) return false;
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  out.at_start = out.at_start || mine.at_start;
  append(out.doubts, mine.doubts);
  append(out.open_sets, mine.open_sets);
  append(out.sets, mine.sets);
  append(out.facts, mine.facts);
  append(out.messages, mine.messages);
  append(out.replies, mine.replies);
  append(out.charges, mine.charges);
  append(out.attempts, mine.attempts);
  append(out.orphans, mine.orphans);
  append(out.unknown, mine.unknown);
  append(out.unknown_orphans, mine.unknown_orphans);
  append(out.operator_message_ids, mine.operator_message_ids);
  return true;
}

void batch::learn(loaded&& rows, const wanted& asked) {
  auto& in = *world_;
  learn_absence(in, asked);
  for (auto& row : rows.doubts) in.doubts[row.key].push_back(row);
  learn_sets(in, std::move(rows.sets));
  for (auto& row : rows.facts) {
    const auto key = row.at;
    in.facts.learn(key, std::move(row));
  }
  for (auto& row : rows.messages) {
    const auto id = row.id;
    if (!row.operator_message_id.empty())
      add_once(in.by_operator_id[{row.op, row.operator_message_id}], id);
    in.messages.learn(id, std::move(row));
  }
  for (auto& row : rows.replies) {
    const auto id = row.id;
    // Only where all of the phone's were asked for: one that is here for itself may have brothers.
    const auto open = in.unknown_replies.find({row.op, row.destination, row.source});
    const bool unanswered = row.state == reply_state::unknown ||
                            row.state == reply_state::sending || row.resends > 0;
    if (unanswered && open != in.unknown_replies.end()) add_once(open->second, id);
    in.replies.learn(id, std::move(row));
  }
  for (auto& row : rows.charges) in.charges.learn(row.id, charge_row(row));
  for (auto& row : rows.attempts) {
    const attempt_key key{{row.op, row.smsc_id}, row.reply, row.attempt, row.segments};
    add_once(in.attempts_by_id[key.at], key);
    in.attempts.learn(key, std::move(row));
  }
  for (auto& row : rows.orphans) {
    const smsc_key at{row.op, row.smsc_id};
    const auto of_phone = in.unknown_orphans.find({row.op, row.source, row.destination});
    if (of_phone != in.unknown_orphans.end()) add_once(of_phone->second, at); // as for replies
    const auto is_at = [&](const smsc_key& key) { return key == at; };
    const bool asked_now = std::any_of(asked.attempts.begin(), asked.attempts.end(), is_at) ||
                           std::any_of(asked.orphans.begin(), asked.orphans.end(), is_at);
    if (asked_now || !in.orphans.contains(at)) in.orphans[at] = std::move(row);
  }
  if (asked.at_start) in.at_start = std::move(rows);
}

void batch::decide(std::size_t i) {
  auto& in = *world_;
  const auto& e = in.events[i];
  std::visit(
      [&](const auto& what) {
        // What makes an order mints codes, which depend on the event's place in the batch.
        if constexpr (requires { flow::decide(in, e, what); }) flow::decide(in, e, what);
        else flow::decide(in, what);
      },
      e);
}

void batch::set_aside(std::size_t i, const std::string& why) {
  auto& in = *world_;
  in.warn("an event could not be decided and was put aside: " + why);
  if (const auto* mo = std::get_if<mo_arrived>(&in.events[i])) decide_aside(in, *mo, why);
  else if (const auto* receipt = std::get_if<receipt_arrived>(&in.events[i]))
    keep_receipt(in, *receipt);
  else if (auto no = refusal_of(in.events[i], invalid(why)))
    in.effects.push_back(std::move(*no));
}

const changes& batch::finish() {
  auto& in = *world_;
  auto& made = in.made;
  std::vector<message_row> unchanged;
  in.messages.move_changes(made.messages, unchanged);
  ensure(unchanged.empty(), "a stored message is never changed");
  in.replies.move_changes(made.new_replies, made.changed_replies);
  for (auto* rows : {&made.new_replies, &made.changed_replies})
    for (const auto& reply : *rows)
      ensure(reply.segments >= 1 && reply.segments <= limits::reply_segments_max,
             "a reply has 1 to reply_segments_max segments");
  in.charges.move_changes(made.charges, made.charges);
  in.sets.move_changes(made.part_sets, made.part_sets);
  in.facts.move_changes(made.facts, made.facts);
  in.attempts.move_changes(made.attempts, made.attempts);
  in.connections.move_changes(made.connections, made.connections);
  std::erase_if(made.new_doubts, [&](const doubt_row& fresh) {
    return std::erase_if(made.used_doubts, [&](const doubt_row& used) {
             return used.message == fresh.message && used.key == fresh.key;
           }) != 0;
  });
  std::erase_if(made.new_orphans, [&](const orphan_row& fresh) {
    return std::find(made.matched_orphans.begin(), made.matched_orphans.end(),
                     smsc_key{fresh.op, fresh.smsc_id}) != made.matched_orphans.end();
  });
  check_clock(in);
  if (!made.bills.empty()) made.head = chain_head{in.numbers.last_bill, in.numbers.chain};
  return made;
}

std::vector<effect>& batch::effects() { return world_->effects; }
const sequences& batch::numbers() const { return world_->numbers; }

void batch::apply_to(unproven_book& book) const {
  const auto& in = *world_;
  for (const auto& row : in.made.connections)
    if (!row.closed_at) book.open(row);
  for (const auto& mo : in.unproven_added) book.add(mo);
  for (const auto& [message, connection] : in.unproven_taken) book.take(connection, message);
  for (const auto& [connection, message] : in.proven) book.prove(connection, message);
  for (const auto connection : in.closed) book.close(connection);
}

} // namespace farebox::flow
