// DESIGN rule R9: receipts. The message id belongs to the attempt; what matches nobody is kept.

#include "flow/world.hpp"

#include "farebox/billing/settle.hpp"

#include <algorithm>

namespace farebox::flow {

void world::apply_receipt(message_id id, std::uint32_t segments, std::uint8_t state,
                          std::uint32_t error) {
  const auto what = billing::charge_event_of(state);
  if (!what || !replies.find(id)) return;
  auto& reply = replies.edit(id);
  const auto all = all_segments(reply);
  if (*what == billing::charge_event::delivered) {
    const auto before = reply.delivered_mask;
    reply.delivered_mask |= segments;
    if (reply.delivered_mask != all) return;
    if (before != all) {
      if (reply.accepted_mask != all) count_reply(reply, false); // it was taken, then
      reply.accepted_mask = all;
      reply.state = reply_state::delivered;
      count_reply(reply, true);
    }
  } else {
    reply.status = error;
    if (reply.delivered_mask == all) warn("reply " + std::to_string(id.value) +
                                          ": a receipt says failed after one said delivered");
    else reply.state = reply_state::failed;
  }
  if (reply.charged_on_mt) settle_charge(reply.message, state);
}

namespace {

// Attempts with this id that still wait for a final receipt; if none does, all of them: then the
// receipt is a repetition.
std::vector<attempt_key> candidates_of(const world& in, const smsc_key& at) {
  const auto known = in.attempts_by_id.find(at);
  if (known == in.attempts_by_id.end()) return {};
  std::vector<attempt_key> waiting;
  for (const auto& key : known->second) {
    const auto* row = in.attempts.find(key);
    if (row && !billing::charge_event_of(row->receipt_state)) waiting.push_back(key);
  }
  return waiting.empty() ? known->second : waiting;
}

// Its first submit was never answered; the receipt of that one may still come.
bool had_lost_submit(const world& in, const reply_row& reply) {
  const auto* op = in.sold.find_operator(reply.op);
  const auto lifetime = (op ? *op : operator_info{}).reply_lifetime;
  return reply.resends > 0 && in.now() - reply.created_at <= lifetime;
}

// A submit without answer whose receipt came all the same: by the echoed reference, else by phone
// and short code if only one can be meant.
message_id unanswered_reply(const world& in, const receipt_arrived& e) {
  const auto known = in.unknown_replies.find({e.op, e.source, e.destination});
  if (known == in.unknown_replies.end()) return {};
  std::vector<message_id> open;
  for (const auto id : known->second) {
    const auto* reply = in.replies.find(id);
    if (!reply) continue;
    const bool waits = reply->state == reply_state::sending || reply->state == reply_state::unknown;
    if (!waits && !had_lost_submit(in, *reply)) continue;
    const bool may_match = reply->state == reply_state::unknown && in.leaves_whole(*reply);
    if (may_match && e.reference && *e.reference == reference_of(id)) return id;
    open.push_back(may_match ? id : message_id{}); // else it is only another one that may be meant
  }
  if (e.reference || open.size() != 1) return {};
  return open.front();
}

void keep_orphan(world& in, const receipt_arrived& e) {
  if (!billing::charge_event_of(e.state)) return; // on the way: it would change nothing later
  if (e.smsc_id.empty()) {
    in.warn("a receipt without message id matches no reply: dropped");
    return;
  }
  orphan_row row{e.op,    e.smsc_id, e.received_at, e.state,
                 e.error, e.source,  e.destination, e.reference};
  in.orphans[{e.op, e.smsc_id}] = row;
  in.made.new_orphans.push_back(std::move(row));
}

void take_receipt(world& in, const receipt_arrived& e) {
  const auto candidates = candidates_of(in, {e.op, e.smsc_id});
  if (candidates.size() > 1) {
    in.warn("a receipt's message id fits " + std::to_string(candidates.size()) +
            " submits: matched to none");
    return;
  }
  if (candidates.size() == 1) {
    auto& attempt = in.attempts.edit(candidates.front());
    if (!billing::charge_event_of(attempt.receipt_state)) attempt.receipt_state = e.state;
    return in.apply_receipt(attempt.reply, attempt.segments, e.state, e.error);
  }
  if (const auto reply = unanswered_reply(in, e)) {
    if (!billing::charge_event_of(e.state)) return;
    const auto& row = *in.replies.find(reply);
    const auto segments = all_segments(row);
    if (!e.smsc_id.empty()) {
      const attempt_key key{{e.op, e.smsc_id}, reply, row.attempts, segments};
      in.attempts.put(key, {e.op, e.smsc_id, e.received_at, reply, key.attempt, segments, e.state});
      in.attempts_by_id[key.at].push_back(key);
    }
    return in.apply_receipt(reply, segments, e.state, e.error);
  }
  keep_orphan(in, e);
}

} // namespace

// A receipt that came while the submit's answer was still awaited, and the answer never came.
bool world::match_orphan_receipt(const reply_row& reply) {
  if (!leaves_whole(reply)) return false;
  const unknown_key key{reply.op, reply.destination, reply.source};
  const auto known = unknown_orphans.find(key);
  if (known == unknown_orphans.end()) return false;
  std::vector<orphan_row> fitting;
  for (const auto& at : known->second) {
    const auto& orphan = orphans.at(at);
    if (!orphan || orphan->received_at < reply.created_at) continue;
    if (orphan->reference && *orphan->reference != reference_of(reply.id)) continue;
    fitting.push_back(*orphan);
  }
  const auto unanswered = unknown_replies.find(key);
  const auto others = unanswered == unknown_replies.end() ? 0 : unanswered->second.size();
  if (fitting.size() != 1 || (others > 1 && !fitting[0].reference)) return false;
  const auto& found = fitting[0];
  const smsc_key at{found.op, found.smsc_id};
  orphans[at].reset();
  made.matched_orphans.push_back(at);
  const auto segments = all_segments(reply);
  const attempt_key key_of_attempt{at, reply.id, reply.attempts, segments};
  attempts.put(key_of_attempt, {found.op, found.smsc_id, found.received_at, reply.id,
                                reply.attempts, segments, found.state});
  attempts_by_id[at].push_back(key_of_attempt);
  apply_receipt(reply.id, segments, found.state, found.error);
  return true;
}

// An event that throws is not lost: its receipt waits as one that nobody knows yet.
void keep_receipt(world& in, const receipt_arrived& e) {
  keep_orphan(in, e);
  in.effects.push_back(acknowledge{e.answer_to, 0, {}});
}

void decide(world& in, const receipt_arrived& e) {
  take_receipt(in, e);
  in.effects.push_back(acknowledge{e.answer_to, 0, {}});
}

} // namespace farebox::flow
