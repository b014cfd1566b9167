// DESIGN rules R5 and R6: the life of a reply, from the moment it is owed until the SMSC's word.
//
//   waiting -> sending (committed before bytes leave) -> sent -> delivered | failed
//                 |-> retry (throttled) -> sending      |-> rejected
//                 |-> unknown (no answer) -> once more | given up; never again if charged on it

#include "flow/world.hpp"

#include <algorithm>

namespace farebox::flow {

text::split_settings splitting_of(const operator_info& op) {
  text::split_settings settings;
  settings.default_alphabet = static_cast<text::charset>(op.splitting.alphabet);
  settings.latin1 = op.splitting.latin1;
  settings.style = static_cast<text::long_message>(op.splitting.style);
  for (const auto language : op.splitting.national)
    settings.national.push_back(static_cast<text::national_language>(language));
  return settings;
}

namespace {

const operator_info& operator_of(const world& in, operator_id id) {
  static const operator_info unknown;
  const auto* found = in.sold.find_operator(id);
  return found ? *found : unknown;
}

bool is_late(const world& in, const reply_row& reply) {
  return in.now() - reply.created_at > operator_of(in, reply.op).reply_lifetime;
}

constexpr bool is_throttle(std::uint32_t status) { // ESME_RTHROTTLED, ESME_RMSGQFUL
  return status == 0x58 || status == 0x14;
}

void give_up(world& in, reply_row& reply, reply_state state) {
  reply.state = state;
  if (reply.charged_on_mt) in.void_charge(reply.message);
  else
    in.warn("reply " + std::to_string(reply.id.value) + " of a billed message was not sent: " +
            std::string(name_of(state)) + ", status " + std::to_string(reply.status));
}

} // namespace

void world::answer(const message_row& message, const tariff* price, std::string text,
                   bool charged_on_mt, std::string mo_link, bool permit) {
  if (text.empty()) return;
  const auto& op = operator_of(*this, message.op);
  const auto settings = splitting_of(op);
  const int segments_max =
      std::clamp(price ? price->reply.segments_max : 1, 1, limits::reply_segments_max);
  reply_row reply;
  reply.text = text::truncate_to_segments(text, static_cast<std::size_t>(segments_max), settings);
  if (reply.text.size() < text.size())
    warn("reply to message " + std::to_string(message.id.value) + " was cut to " +
         std::to_string(segments_max) + " segments");
  reply.segments = static_cast<int>(text::segment_count(reply.text, settings));
  reply.id = message.id;
  reply.message = message.id;
  reply.op = message.op;
  reply.partner = message.result == outcome::accepted ? message.partner : partner_id{};
  reply.service = message.result == outcome::accepted ? message.service : service_id{};
  reply.site = message.result == outcome::accepted ? message.site : std::string{};
  reply.code = message.code;
  if (price) reply.unit = price->unit;
  reply.destination = message.source;
  reply.source =
      price && !price->reply.source.empty() ? price->reply.source : message.destination;
  reply.tariff = price ? price->id : tariff_id{};
  reply.charged_on_mt = charged_on_mt;
  reply.mo_link = std::move(mo_link);
  reply.created_at = reply.next_at = now();
  auto& stored = replies.insert(message.id, std::move(reply));
  // An MT-billed reply is never born SENDING: its charge is durable before any byte may leave.
  if (permit && !charged_on_mt && stored.segments == 1) send(stored, true);
  else wait_until(stored, now());
}

void world::send(reply_row& reply, bool uses_permit) {
  const auto& op = operator_of(*this, reply.op);
  reply.state = reply_state::sending;
  ++reply.attempts;
  reply.next_at = now() + op.unknown_wait;
  effects.push_back(send_reply{reply, all_segments(reply) & ~reply.accepted_mask, uses_permit});
}

void world::wait_until(reply_row& reply, utc_time at) {
  reply.next_at = at;
  effects.push_back(schedule{at, reply_due{reply.id, reply.op, reply.segments}});
}

bool world::leaves_whole(const reply_row& reply) const {
  const auto style = static_cast<text::long_message>(operator_of(*this, reply.op).splitting.style);
  return reply.segments == 1 || style == text::long_message::payload;
}

void world::count_reply(const reply_row& reply, bool delivered) {
  count(counters_of_reply(reply, delivered));
}

void decide(world& in, const reply_due& e) {
  const auto* known = in.replies.find(e.reply);
  if (!known) return;
  if (known->state != reply_state::waiting && known->state != reply_state::retry) return;
  auto& reply = in.replies.edit(e.reply);
  if (is_late(in, reply)) return give_up(in, reply, reply_state::given_up);
  const auto* asked_by = in.messages.find(reply.message);
  ensure(asked_by && asked_by->source == reply.destination,
         "a reply goes to the phone of its own message"); // rule R10
  in.send(reply, true);
}

namespace {

void accept_segment(world& in, reply_row& reply, const submit_answered& e) {
  const auto before = reply.accepted_mask;
  reply.accepted_mask |= e.segments;
  if (reply.accepted_mask == all_segments(reply) && before != reply.accepted_mask) {
    if (is_open(reply.state)) reply.state = reply_state::sent;
    in.count_reply(reply, false);
  }
  if (e.smsc_id.empty()) return;
  const smsc_key at{reply.op, e.smsc_id};
  const attempt_key key{at, reply.id, e.attempt, e.segments};
  attempt_row row{reply.op, e.smsc_id, e.at, reply.id, e.attempt, e.segments, 0};
  const auto orphan = in.orphans.find(at);
  // An id may be used again after the SMSC's counter wrapped: the phone must be the same too.
  const bool receipt_came_first = orphan != in.orphans.end() && orphan->second.has_value() &&
                                  orphan->second->source == reply.destination;
  if (receipt_came_first) row.receipt_state = orphan->second->state;
  in.attempts.put(key, std::move(row));
  in.attempts_by_id[at].push_back(key);
  if (!receipt_came_first) return;
  const auto early = *orphan->second;
  orphan->second.reset();
  in.made.matched_orphans.push_back(at);
  in.apply_receipt(reply.id, e.segments, early.state, early.error);
}

void refuse_segment(world& in, reply_row& reply, const submit_answered& e) {
  // A late refusal resolves what was unknown; of several segments another may be the unknown one.
  const bool of_all = e.segments == all_segments(reply);
  if (reply.state == reply_state::unknown && e.attempt == reply.attempts && of_all)
    reply.state = reply_state::sending;
  if (reply.state != reply_state::sending || e.attempt != reply.attempts) return;
  const auto& op = operator_of(in, reply.op);
  const auto& again = op.submit_retry_statuses;
  reply.status = e.status;
  if (std::find(again.begin(), again.end(), e.status) == again.end() || is_late(in, reply))
    return give_up(in, reply, reply_state::rejected);
  reply.state = reply_state::retry;
  // Throttled: the links slow down themselves; here it keeps its place before younger ones.
  if (is_throttle(e.status)) return in.wait_until(reply, in.now());
  const int doublings = std::min(reply.attempts - 1, 20);
  const milliseconds doubled = op.retry_delay * (1LL << doublings);
  const auto delay = std::min(doubled, op.retry_delay_max);
  in.wait_until(reply, in.now() + delay);
}

} // namespace

void decide(world& in, const submit_answered& e) {
  if (!in.replies.find(e.reply)) return;
  auto& reply = in.replies.edit(e.reply);
  ensure(e.segments != 0 && (e.segments & ~all_segments(reply)) == 0,
         "an answer is for segments of its reply");
  if (e.status == 0) accept_segment(in, reply, e);
  else refuse_segment(in, reply, e);
}

void decide(world& in, const submit_lost& e) {
  const auto* known = in.replies.find(e.reply);
  if (!known || known->attempts != e.attempt) return;
  if (known->state == reply_state::retry) { // another segment was throttled: that is the resend
    in.replies.edit(e.reply).resends = 1;
    return;
  }
  if (known->state != reply_state::sending) return;
  auto& reply = in.replies.edit(e.reply);
  reply.state = reply_state::unknown;
  reply.next_at = in.now() + operator_of(in, reply.op).unknown_wait;
  in.effects.push_back(schedule{reply.next_at, unknown_due{reply.id}});
}

void decide(world& in, const submit_unsent& e) {
  const auto* known = in.replies.find(e.reply);
  if (!known || known->state != reply_state::sending || known->attempts != e.attempt) return;
  auto& reply = in.replies.edit(e.reply);
  --reply.attempts;
  if (e.final) return give_up(in, reply, reply_state::rejected);
  reply.state = reply_state::waiting;
  in.wait_until(reply, in.now());
}

void decide(world& in, const unknown_due& e) {
  const auto* known = in.replies.find(e.reply);
  if (!known || known->state != reply_state::unknown) return;
  if (known->next_at > in.now()) { // it became unknown again, later
    in.effects.push_back(schedule{known->next_at, unknown_due{e.reply}});
    return;
  }
  if (in.match_orphan_receipt(*known)) return;
  // Charged on the reply: a second one could charge twice. A receipt or a person decides.
  if (known->charged_on_mt) return;
  auto& reply = in.replies.edit(e.reply);
  if (reply.resends > 0 || is_late(in, reply)) return give_up(in, reply, reply_state::given_up);
  ++reply.resends;
  reply.state = reply_state::retry;
  in.wait_until(reply, in.now());
}

} // namespace farebox::flow
