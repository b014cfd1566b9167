// What the session says to the writer, and what the writer wants of the session.
#include "gateway/link.hpp"

#include "farebox/base/mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace farebox::gateway {

void link::handle(const connection_ptr& c, smpp::session_events& events) {
  for (auto& e : events) {
    if (!is_current(c)) return;
    std::visit([&](auto& what) { handle(c, what); }, e);
  }
}

// ---- the life of the session ----

void link::handle(const connection_ptr& c, smpp::event::bound& e) {
  const auto now = steady_now();
  c->id = hub_.open(*this);
  policy_.on_bound(now);
  watch_.on_bound(now);
  last_message_at_ = now;
  now_.silent = now_.credentials_alarm = false;
  ++now_.totals.connections;
  pump(*c, now); // permits are there when the writer hears of the connection
  connection_row row{c->id, op(), name(), utc_now(), {}, {}};
  around_.writer.offer_always(connection_opened{std::move(row)});
  log(severity::info, fmt::format("bound to {} at {}, SMPP {:x}.{:x}", e.peer_system_id, now_.peer,
                                  e.version >> 4, e.version & 0xF));
  set_state(link_state::bound);
}

void link::handle(const connection_ptr& c, smpp::event::bind_refused& e) {
  c->refused = e.status;
  log(severity::warning, "bind refused: " + smpp::name_of(e.status));
}

void link::handle(const connection_ptr& c, smpp::event::outbind_received& e) {
  const auto& expected = bind_.outbind;
  if (!c->outbind || !expected) return; // on a connection of ours it says nothing new
  const bool known = (expected->system_id.empty() || expected->system_id == e.system_id) &&
                     (expected->password.empty() || expected->password == e.password);
  if (!known) {
    alarm("outbind from " + c->wire->peer() + " with a wrong system id or password");
    return begin_close(c, "outbind: wrong system id or password");
  }
  if (const auto started = c->session.start_bind(steady_now()); !started)
    begin_close(c, "outbind: " + started.error().detail);
}

void link::handle(const connection_ptr&, smpp::event::unbinding& e) {
  permits_.close();
  if (e.by_peer) log(severity::info, "the SMSC unbinds");
  set_state(link_state::draining);
}

void link::handle(const connection_ptr& c, smpp::event::close_now& e) {
  auto why = c->refused ? "bind refused: " + smpp::name_of(*c->refused)
                        : std::string(smpp::name_of(e.why));
  begin_close(c, std::move(why));
}

void link::handle(const connection_ptr& c, smpp::event::protocol_error& e) {
  if (++c->errors_logged > logged_errors_max) return;
  log(severity::warning, "protocol error: " + e.what);
}

// ---- what comes from phones ----

void link::handle(const connection_ptr& c, smpp::event::request_received& e) {
  if (const auto* deliver = std::get_if<smpp::deliver_sm>(&e.request.body))
    return take_message(*c, *deliver, e);
  if (const auto* data = std::get_if<smpp::data_sm>(&e.request.body))
    return take_message(*c, *data, e);
  const auto id = smpp::id_of(e.request);
  log(severity::info, "ignored " + smpp::name_of(id));
  if (auto no = smpp::refusal(id, e.request.sequence, smpp::command_status::ESME_RINVCMDID))
    static_cast<void>(c->session.respond(e.request.sequence, std::move(no->body), no->status, 0,
                                         steady_now()));
}

template <class Message>
void link::take_message(connection& c, const Message& message,
                        const smpp::event::request_received& e) {
  const bool receipt = smpp::is_receipt(message.esm_class);
  const auto waited_since = std::max(e.previous_read_at, std::min(free_before_, e.received_at));
  c.taken.emplace(e.request.sequence,
                  taken_request{std::is_same_v<Message, smpp::data_sm>, !receipt, e.received_at,
                                waited_since});
  const auto utc = utc_now();
  const arrival when{{c.id, e.request.sequence}, utc, utc - (e.received_at - waited_since),
                     e.received_at};
  last_message_at_ = e.received_at;
  now_.silent = false;
  watch_.on_arrival(e.received_at);
  ++(receipt ? now_.totals.receipts : now_.totals.messages);
  const bool accepted =
      !paused_ && (receipt ? around_.writer.offer(receipt_of(message, when, dialect_))
                           : around_.writer.offer(mo_of(message, when, dialect_, link_tags_)));
  if (!accepted) answer(c, e.request.sequence, owner_.info.retry_status, {});
}

void link::handle(const connection_ptr& c, smpp::event::proven& e) {
  around_.writer.offer_always(
      connection_proven{c->id, message_id{static_cast<std::int64_t>(e.cookie)}});
}

void link::handle(const connection_ptr& c, smpp::event::probe_answered& e) {
  const auto found = std::find_if(c->probes.begin(), c->probes.end(), [&](const probe& asked) {
    return asked.sequence == e.sequence;
  });
  if (found == c->probes.end()) return; // it was taken for silent meanwhile
  auto held = std::move(found->held);
  c->probes.erase(found);
  finish_probe(std::move(held), probe_result::answered);
}

// ---- what becomes of submits ----

void link::handle(const connection_ptr& c, smpp::event::response_received& e) {
  on_answer(*c, e.cookie, e.response);
}

void link::handle(const connection_ptr& c, smpp::event::late_response& e) {
  on_answer(*c, e.cookie, e.response);
}

void link::on_answer(connection& c, std::uint64_t cookie, const smpp::pdu& response) {
  const auto status = static_cast<std::uint32_t>(response.status);
  if (smpp::is_throttle(response.status)) {
    pacing_.on_throttled(steady_now());
    permits_.grant(0); // before the writer hears of it and sends the next one
    ++now_.totals.throttled;
  } else pacing_.on_accepted(steady_now());
  ++(status == 0 ? now_.totals.submits_accepted : now_.totals.submits_refused);
  for (auto& what : c.submits.answered(cookie, status, smsc_id_of(response, dialect_), utc_now()))
    around_.writer.offer_always(std::move(what));
}

void link::handle(const connection_ptr& c, smpp::event::request_abandoned& e) {
  auto lost = c->submits.abandoned(e.cookie);
  if (!lost) return;
  ++now_.totals.submits_lost;
  around_.writer.offer_always(std::move(*lost));
}

// ---- effects ----

void link::perform(link_work&& work) {
  use_catalogue(std::move(work.sold));
  const auto c = current_;
  for (const auto& what : work.answers)
    if (c && c->id == what.to.connection && !c->closing)
      answer(*c, what.to.sequence, what.status, what.proof);
  for (const auto& [what, permits] : work.replies) {
    permits_.arrived(permits);
    if (c && c->id && !c->session.draining() && !c->closing && c->submits.queued() < queued_max)
      queue_reply(*c, what);
    else around_.writer.offer_always(submit_unsent{what.reply.id, what.reply.attempts, false});
  }
  for (const auto& what : work.probes) ask(what);
  if (c) after(c);
}

void link::answer(connection& c, std::uint32_t sequence, std::uint32_t status, message_id proof) {
  const auto found = c.taken.find(sequence);
  if (found == c.taken.end()) return;
  const auto request = found->second;
  c.taken.erase(found);
  // A message that was held is answered after younger ones: it is proven with the last of them.
  if (proof) c.last_proof = std::max(c.last_proof, proof);
  const auto cookie = proof ? static_cast<std::uint64_t>(c.last_proof.value) : 0;
  const auto body = request.is_data_sm ? smpp::pdu_body(smpp::data_sm_resp{})
                                       : smpp::pdu_body(smpp::deliver_sm_resp{});
  const auto sent = c.session.respond(sequence, body, static_cast<smpp::command_status>(status),
                                      cookie, steady_now());
  if (!sent) return log(severity::warning, "answer: " + sent.error().detail);
  ++(status == 0 ? now_.totals.acknowledged : now_.totals.refused);
  if (request.is_message) c.answers.push_back({proof, status == 0, request});
}

void link::queue_reply(connection& c, const send_reply& what) {
  const auto& reply = what.reply;
  const auto delivery = delivery_of(reply, sold_->find_tariff(reply.tariff));
  auto submits = submits_of(reply, what.segments, delivery, splitting_, dialect_,
                            c.session.version());
  if (!submits) {
    log(severity::error, fmt::format("reply {} to {} cannot be sent: {}", reply.id.value,
                                     mask_msisdn(reply.destination), submits.error().detail));
    return around_.writer.offer_always(submit_unsent{reply.id, reply.attempts, true});
  }
  for (auto& next : *submits) c.submits.queue({reply.id, reply.attempts, std::move(next)});
}

void link::ask(const hold_and_probe& what) {
  const auto c = current_;
  const bool here = c && c->id == what.connection && !c->closing;
  const auto now = steady_now();
  const auto sequence = here ? c->session.probe(now) : 0;
  if (sequence == 0) return finish_probe(mo_arrived(what.held), probe_result::silent);
  c->probes.push_back({sequence, now + dialect_.redelivery.probe_timeout, what.held});
}

// The message comes to the writer once more, and this time with what it wanted to know.
void link::finish_probe(mo_arrived&& held, probe_result result) {
  const auto answer_to = held.answer_to;
  held.probe = result;
  if (around_.writer.offer(std::move(held))) return;
  hub_.answer({answer_to, owner_.info.retry_status, {}});
}

// ---- window and pacing ----

// Abandoned submits fill the window (rule R7), but do not hinder a careful bind's one request.
std::int64_t link::window_part(const connection& c) const {
  const auto free = static_cast<std::int64_t>(c.session.window_free());
  const auto in_flight = c.session.outstanding() - c.session.abandoned();
  const auto may_fly = pacing_.in_flight_max(c.session.settings().window_max);
  return std::min(free, static_cast<std::int64_t>(may_fly) - static_cast<std::int64_t>(in_flight));
}

void link::pump(connection& c, steady_time now) {
  if (!c.id || !can_send() || c.closing || c.session.draining()) return;
  while (const auto* next = c.submits.next()) {
    const auto tokens = next->what.tokens;
    if (window_part(c) <= 0 || !pacing_.take(tokens, now)) break;
    const auto cookie = c.submits.cookie();
    const auto sent = c.session.request(c.submits.take_next(), cookie, now);
    if (sent) {
      ++now_.totals.submits;
      continue;
    }
    pacing_.give_back(tokens);
    log(severity::error, "submit: " + sent.error().detail);
    const bool final = sent.error().kind == failure_kind::invalid;
    around_.writer.offer_always(c.submits.refuse_last(final));
  }
  permits_.set_whole(whole_grant(c, now));
  const auto slots = window_part(c) - static_cast<std::int64_t>(c.submits.queued());
  const auto tokens = promised_tokens(now) - c.submits.queued_tokens();
  if (permits_.grant(std::min(slots, tokens))) around_.writer.permits_available(op());
}

} // namespace farebox::gateway
