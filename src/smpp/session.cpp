#include "farebox/smpp/session.hpp"

#include "farebox/base/byte_reader.hpp"

#include <algorithm>
#include <utility>

namespace farebox::smpp {
namespace {

constexpr std::uint32_t sequence_max = 0x7FFFFFFF; // SMPP 3.4 paragraph 3.2

// Enquiries are remembered, also expired, for a late answer. Only a burst of probes makes many;
// beyond this the oldest is forgotten, which delays a proof and answers no probe.
constexpr std::size_t enquiries_max = 256;

// Responses are proven by the group, so that memory does not follow the rate; a full queue grows
// its last group, which only ever delays a proof.
constexpr milliseconds proof_group_span{100};
constexpr std::size_t unproven_max = 4'096;

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>; // clang 16 asks for it

session_settings checked(session_settings settings) {
  ensure(settings.window_max > 0, "an SMPP window of no requests");
  ensure(settings.first_sequence >= 1 && settings.first_sequence <= sequence_max,
         "an SMPP sequence number outside 1..0x7FFFFFFF");
  // A response and an enquire_link of the same instant must never count as one after the other.
  settings.proof_delay = std::max(settings.proof_delay, milliseconds(1));
  settings.proof_interval = std::max(settings.proof_interval, settings.proof_delay);
  return settings;
}

session_state state_of(bind_kind kind) {
  switch (kind) {
  case bind_kind::transmitter: return session_state::bound_tx;
  case bind_kind::receiver: return session_state::bound_rx;
  case bind_kind::transceiver: return session_state::bound_trx;
  }
  return session_state::closed;
}

command_id bind_id(bind_kind kind) {
  switch (kind) {
  case bind_kind::transmitter: return command_id::bind_transmitter;
  case bind_kind::receiver: return command_id::bind_receiver;
  case bind_kind::transceiver: return command_id::bind_transceiver;
  }
  return command_id::bind_transceiver;
}

template <class Bind>
pdu_body make_bind(const session_settings& settings) {
  Bind bind;
  bind.system_id = settings.system_id;
  bind.password = settings.password;
  bind.system_type = settings.system_type;
  bind.interface_version = settings.version;
  bind.addr_ton = settings.address_ton;
  bind.addr_npi = settings.address_npi;
  bind.address_range = settings.address_range;
  return bind;
}

pdu_body make_bind(const session_settings& settings) {
  switch (settings.bind) {
  case bind_kind::transmitter: return make_bind<bind_transmitter>(settings);
  case bind_kind::receiver: return make_bind<bind_receiver>(settings);
  case bind_kind::transceiver: break;
  }
  return make_bind<bind_transceiver>(settings);
}

pdu_body make_bind_response(bind_kind kind, std::string system_id, tlv_list tlvs) {
  switch (kind) {
  case bind_kind::transmitter:
    return bind_transmitter_resp{std::move(system_id), std::move(tlvs)};
  case bind_kind::receiver: return bind_receiver_resp{std::move(system_id), std::move(tlvs)};
  case bind_kind::transceiver: break;
  }
  return bind_transceiver_resp{std::move(system_id), std::move(tlvs)};
}

command_id id_of_body(const pdu_body& body) {
  return std::visit([](const auto& message) { return message.id; }, body);
}

// What the application sends and receives; the session itself sends the rest.
bool is_traffic(command_id id) {
  switch (id) {
  case command_id::submit_sm:
  case command_id::submit_multi:
  case command_id::deliver_sm:
  case command_id::data_sm:
  case command_id::query_sm:
  case command_id::cancel_sm:
  case command_id::replace_sm:
  case command_id::alert_notification: return true;
  default: return false;
  }
}

bool is_before_tlvs(std::uint8_t version) { return version < interface_version::v3_4; }

// The lower of both; all that is below 3.4 is the same to us.
std::uint8_t negotiated(std::uint8_t ours, std::uint8_t theirs) {
  const auto version = std::min(ours, theirs);
  return is_before_tlvs(version) ? interface_version::v3_3 : version;
}

bool drop_tlvs(pdu_body& body) {
  return std::visit(
      [](auto& message) {
        if constexpr (requires { message.tlvs; }) {
          if (find(message.tlvs, tag::message_payload)) return false;
          message.tlvs.clear();
        }
        return true;
      },
      body);
}

// A response as it comes out if its body cannot be read: its header alone.
pdu bare_response(command_id id, bytes_view frame) {
  byte_reader header(frame.subspan(8, 8));
  pdu response;
  response.status = static_cast<command_status>(header.u32());
  response.sequence = header.u32();
  if (auto empty = refusal(request_of(id), response.sequence, response.status)) return *empty;
  response.body = unknown_pdu{id, {}};
  return response;
}

bool due(const std::optional<steady_time>& at, steady_time now) { return at && *at <= now; }

} // namespace

session::session(session_settings settings)
    : settings_(checked(std::move(settings))), version_(negotiated(settings_.version, 0xFF)) {}

void session::on_connected(steady_time now, session_events& out) {
  ensure(state_ == session_state::closed && !closing_, "a session serves one connection");
  state_ = session_state::open;
  latest_ = previous_read_ = last_received_ = last_traffic_ = now;
  deadline_ = now + settings_.session_init_timeout;
  if (settings_.role == session_role::smsc || settings_.wait_for_outbind) return;
  if (const auto started = start_bind(now); !started) {
    out.push_back(event::protocol_error{started.error().detail});
    close(close_reason::bind_refused, out);
  }
}

void session::on_bytes(bytes_view data, steady_time now, session_events& out) {
  if (state_ == session_state::closed || closing_) return;
  latest_ = now;
  counters_.bytes_in += data.size();
  framer_.push(data);
  while (!closing_) {
    const auto frame = framer_.next();
    if (!frame) break;
    receive_frame(*frame, now, out);
  }
  const auto error = framer_.error();
  if (!closing_ && error != framing_error::none) {
    out.push_back(event::protocol_error{std::string(name_of(error))});
    const bool length = error == framing_error::length_too_small ||
                        error == framing_error::length_too_large;
    close(length ? close_reason::bad_frame : close_reason::not_smpp, out);
  }
  previous_read_ = now;
  advance_unbind(now, out);
}

void session::on_tick(steady_time now, session_events& out) {
  if (state_ == session_state::closed || closing_) return;
  latest_ = now;
  if (!bound()) {
    if (deadline_ <= now) close(close_reason::session_init_timeout, out);
    return;
  }
  expire_requests(now, out);
  expire_enquiries(now, out);
  if (!closing_ && (due(keep_alive_due(), now) || due(proof_due(), now)))
    send_enquire_link(false, now);
  if (due(inactivity_due(), now)) begin_unbind(now, out);
  advance_unbind(now, out);
}

std::optional<steady_time> session::next_tick() const {
  if (state_ == session_state::closed || closing_) return std::nullopt;
  if (!bound()) return deadline_;
  std::optional<steady_time> earliest;
  const auto consider = [&](std::optional<steady_time> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
  };
  consider(requests_due());
  consider(enquiries_due());
  consider(keep_alive_due());
  consider(proof_due());
  consider(inactivity_due());
  if (phase_ != phase::running) consider(deadline_);
  // The last answer may have been given since: what follows it is due at once.
  if ((phase_ == phase::draining || phase_ == phase::peer_unbind) && settled()) consider(latest_);
  return earliest;
}

void session::on_closed(steady_time now, session_events& out) {
  latest_ = now;
  state_ = session_state::closed;
  closing_ = true;
  for (const auto sequence : by_deadline_) {
    const auto found = slots_.find(sequence);
    if (found == slots_.end() || found->second.abandoned) continue;
    ++counters_.requests_abandoned;
    out.push_back(event::request_abandoned{found->second.cookie, abandon_reason::closed});
  }
  slots_.clear();
  by_deadline_.clear();
  taken_.clear();
  abandoned_ = 0;
}

bytes session::take_output(steady_time now) {
  if (unwritten_cookie_ != 0) {
    const bool joins = !unproven_.empty() && (now - unproven_.back().first_at < proof_group_span ||
                                              unproven_.size() >= unproven_max);
    if (!joins) unproven_.push_back({0, now, now});
    unproven_.back().last_cookie = unwritten_cookie_;
    unproven_.back().last_at = now;
    unwritten_cookie_ = 0;
  }
  counters_.bytes_out += output_.size();
  return std::exchange(output_, {});
}

result<std::uint32_t> session::request(pdu_body body, std::uint64_t cookie, steady_time now) {
  const auto id = id_of_body(body);
  if (closing_ || draining() || state_ == session_state::closed)
    return unavailable("the session is closing");
  const bool known = is_traffic(id) || id == command_id::outbind;
  if (!known || !may_send(settings_.role, id, state_))
    return failure{failure_kind::forbidden, name_of(id) + " from the " +
                                                std::string(name_of(settings_.role)) + " in " +
                                                std::string(name_of(state_))};
  if (expects_response(id) && slots_.size() >= settings_.window_max)
    return failure{failure_kind::exhausted, "the window is full"};

  const auto sequence = free_sequence();
  if (const auto sent = send(sequence, std::move(body), command_status::ESME_ROK); !sent)
    return sent.error();
  use_sequence(sequence);
  latest_ = last_traffic_ = now;
  if (expects_response(id)) {
    slots_.emplace(sequence, slot{cookie, id, now + settings_.response_timeout, false});
    by_deadline_.push_back(sequence);
  }
  return sequence;
}

result<void> session::respond(std::uint32_t sequence, pdu_body response, command_status status,
                              std::uint64_t proof_cookie, steady_time now) {
  if (closing_ || state_ == session_state::closed) return unavailable("the session is closing");
  const auto id = id_of_body(response);
  const auto [first, last] = taken_.equal_range(sequence);
  const auto found = std::find_if(first, last, [&](const auto& taken) {
    return id == response_of(taken.second) || id == command_id::generic_nack;
  });
  if (found == last)
    return not_found("no request " + std::to_string(sequence) + " waits for " + name_of(id));
  ensure(proof_cookie == 0 || proof_cookie >= last_proof_cookie_, "proof cookies that decrease");

  if (const auto sent = send(sequence, std::move(response), status); !sent) return sent.error();
  taken_.erase(found);
  latest_ = now;
  if (proof_cookie != 0) unwritten_cookie_ = last_proof_cookie_ = proof_cookie;
  return {};
}

result<void> session::start_bind(steady_time now) {
  if (settings_.role != session_role::esme || state_ != session_state::open || bind_waits_ ||
      closing_)
    return unavailable("a bind is not due");
  const auto sequence = free_sequence();
  if (const auto sent = send(sequence, make_bind(settings_), command_status::ESME_ROK); !sent)
    return sent.error();
  use_sequence(sequence);
  bind_waits_ = true;
  bind_sequence_ = sequence;
  latest_ = now;
  deadline_ = now + settings_.session_init_timeout;
  return {};
}

void session::accept_bind(steady_time now, session_events& out) {
  if (settings_.role != session_role::smsc || !bind_waits_ || closing_) return;
  bind_waits_ = false;
  version_ = negotiated(settings_.version, bind_version_);
  tlv_list tlvs;
  if (!is_before_tlvs(version_))
    tlvs.push_back(make_u8(tag::sc_interface_version, settings_.version));
  send_control(bind_sequence_, make_bind_response(bound_as_, settings_.system_id, std::move(tlvs)),
               command_status::ESME_ROK);
  become_bound(bound_as_, bind_system_id_, now, out);
}

// The session stays open for another try: the ESME closes, or session_init_timeout does.
void session::refuse_bind(command_status status, steady_time now) {
  if (settings_.role != session_role::smsc || !bind_waits_ || closing_) return;
  bind_waits_ = false;
  latest_ = now;
  deadline_ = now + settings_.session_init_timeout;
  refuse(bind_id(bound_as_), bind_sequence_, status);
}

void session::begin_unbind(steady_time now, session_events& out) {
  if (state_ == session_state::closed || closing_ || draining()) return;
  latest_ = now;
  if (!bound()) return close(close_reason::unbound, out);
  phase_ = phase::draining;
  deadline_ = now + settings_.drain_timeout;
  out.push_back(event::unbinding{false});
  advance_unbind(now, out);
}

std::uint32_t session::probe(steady_time now) {
  if (!bound() || closing_) return 0;
  latest_ = now;
  return send_enquire_link(true, now);
}

std::size_t session::window_free() const {
  if (!bound() || draining() || closing_) return 0;
  return settings_.window_max - std::min(slots_.size(), settings_.window_max);
}

// --- what comes in ------------------------------------------------------------------------------

void session::receive_frame(bytes_view frame, steady_time now, session_events& out) {
  ++counters_.pdus_in;
  last_received_ = now; // any PDU proves life
  unanswered_in_row_ = 0;
  auto decoded = decode(frame, &counters_.notes);
  if (!decoded) return receive_undecodable(decoded.error(), frame, now, out);
  if (is_response(id_of(*decoded))) return receive_response(std::move(*decoded), now, out);
  receive_request(std::move(*decoded), now, out);
}

void session::receive_undecodable(const decode_failure& failure, bytes_view frame, steady_time now,
                                  session_events& out) {
  ++counters_.decode_failures;
  out.push_back(event::protocol_error{name_of(failure.id) + ' ' + failure.field + ": " +
                                      failure.why});
  if (is_response(failure.id))
    return receive_response(bare_response(failure.id, frame), now, out);
  refuse(failure.id, failure.sequence, failure.answer);
}

void session::receive_request(pdu&& request, steady_time now, session_events& out) {
  switch (id_of(request)) {
  case command_id::enquire_link: // answered in every state, as 5.0 wants
    return refuse(command_id::enquire_link, request.sequence, command_status::ESME_ROK);
  case command_id::bind_transmitter:
  case command_id::bind_receiver:
  case command_id::bind_transceiver: return receive_bind(std::move(request), now, out);
  case command_id::outbind: return receive_outbind(std::get<outbind>(request.body), out);
  case command_id::unbind: return receive_unbind(request, now, out);
  default: break;
  }
  if (is_traffic(id_of(request))) return receive_traffic(std::move(request), now, out);
  ++counters_.unknown_commands;
  out.push_back(event::protocol_error{"unknown command " + name_of(id_of(request))});
  refuse(id_of(request), request.sequence, command_status::ESME_RINVCMDID);
}

void session::receive_traffic(pdu&& request, steady_time now, session_events& out) {
  const auto id = id_of(request);
  last_traffic_ = now;
  auto verdict = command_status::ESME_ROK;
  if (!may_send(other(settings_.role), id, state_)) verdict = command_status::ESME_RINVBNDSTS;
  else if (draining() || taken_.size() >= settings_.taken_max) verdict = settings_.busy_status;
  if (verdict != command_status::ESME_ROK) {
    ++counters_.requests_refused;
    return refuse(id, request.sequence, verdict);
  }
  if (expects_response(id)) taken_.emplace(request.sequence, id);
  out.push_back(event::request_received{std::move(request), now, previous_read_});
}

void session::receive_bind(pdu&& request, steady_time now, session_events& out) {
  const auto id = id_of(request);
  if (settings_.role == session_role::esme || state_ != session_state::open || bind_waits_) {
    ++counters_.requests_refused;
    const bool twice = settings_.role == session_role::smsc;
    return refuse(id, request.sequence,
                  twice ? command_status::ESME_RALYBND : command_status::ESME_RINVBNDSTS);
  }
  bind_waits_ = true;
  bind_sequence_ = request.sequence;
  bound_as_ = id == command_id::bind_transmitter ? bind_kind::transmitter
              : id == command_id::bind_receiver  ? bind_kind::receiver
                                                 : bind_kind::transceiver;
  deadline_ = now + settings_.session_init_timeout;
  const auto take = [&](auto& bind) {
    bind_version_ = bind.interface_version;
    bind_system_id_ = bind.system_id;
    out.push_back(event::bind_requested{bound_as_, std::move(bind.system_id),
                                        std::move(bind.password), std::move(bind.system_type),
                                        std::move(bind.address_range), bind.interface_version});
  };
  std::visit(overloaded{[&](bind_transmitter& bind) { take(bind); },
                        [&](bind_receiver& bind) { take(bind); },
                        [&](bind_transceiver& bind) { take(bind); }, [](auto&) {}},
             request.body);
}

void session::receive_outbind(const outbind& request, session_events& out) {
  const bool due = settings_.role == session_role::esme && state_ == session_state::open &&
                   settings_.wait_for_outbind && !bind_waits_;
  if (due) {
    out.push_back(event::outbind_received{request.system_id, request.password});
    return;
  }
  ++counters_.requests_refused; // nothing answers an outbind
  out.push_back(event::protocol_error{"outbind in " + std::string(name_of(state_))});
}

void session::receive_unbind(const pdu& request, steady_time now, session_events& out) {
  const auto agree = [&] {
    refuse(command_id::unbind, request.sequence, command_status::ESME_ROK);
  };
  if (!bound()) {
    ++counters_.requests_refused;
    return refuse(command_id::unbind, request.sequence, command_status::ESME_RINVBNDSTS);
  }
  if (phase_ == phase::peer_unbind) return agree();
  if (phase_ == phase::unbinding) { // both at once: each answers, and it is over
    agree();
    out.push_back(event::unbound{});
    return close(close_reason::unbound, out);
  }
  phase_ = phase::peer_unbind; // advance_unbind answers when all is settled
  unbind_sequence_ = request.sequence;
  deadline_ = now + settings_.drain_timeout;
  out.push_back(event::unbinding{true});
}

void session::receive_response(pdu&& response, steady_time now, session_events& out) {
  const auto id = id_of(response);
  if (id == command_id::generic_nack) ++counters_.nacks_in;
  const bool is_esme = settings_.role == session_role::esme;
  if (is_esme && bind_waits_ && response.sequence == bind_sequence_)
    return receive_bind_response(response, now, out);
  if (phase_ == phase::unbinding && response.sequence == unbind_sequence_ &&
      (id == command_id::unbind_resp || id == command_id::generic_nack)) {
    out.push_back(event::unbound{});
    return close(close_reason::unbound, out);
  }
  if (receive_enquire_answer(response, out)) return;

  const auto found = slots_.find(response.sequence);
  if (found == slots_.end()) {
    ++(was_issued(response.sequence) ? counters_.responses_duplicate
                                     : counters_.responses_unknown);
    return;
  }
  if (id != command_id::generic_nack && id != response_of(found->second.id)) {
    ++counters_.responses_mismatched;
    return;
  }
  resolve_slot(found, std::move(response), out);
}

void session::receive_bind_response(const pdu& response, steady_time now, session_events& out) {
  const auto id = id_of(response);
  const bool ours = id == response_of(bind_id(settings_.bind));
  if (!ours && id != command_id::generic_nack) {
    ++counters_.responses_mismatched;
    return;
  }
  bind_waits_ = false;
  if (!ours || response.status != command_status::ESME_ROK) {
    const bool says_why = response.status != command_status::ESME_ROK;
    out.push_back(event::bind_refused{says_why ? response.status : command_status::ESME_RBINDFAIL});
    return close(close_reason::bind_refused, out);
  }
  std::string peer;
  std::optional<std::uint32_t> stated;
  const auto take = [&](const auto& bound) {
    peer = bound.system_id;
    stated = integer_of(bound.tlvs, tag::sc_interface_version);
  };
  std::visit(overloaded{[&](const bind_transmitter_resp& bound) { take(bound); },
                        [&](const bind_receiver_resp& bound) { take(bound); },
                        [&](const bind_transceiver_resp& bound) { take(bound); },
                        [](const auto&) {}},
             response.body);
  const auto theirs = std::min<std::uint32_t>(stated.value_or(settings_.version_if_unstated), 0xFF);
  version_ = negotiated(settings_.version, static_cast<std::uint8_t>(theirs));
  become_bound(settings_.bind, std::move(peer), now, out);
}

// A nack shows that the peer lives, but not that it dealt with what came before; so does an
// enquire_link_resp with an error. Neither proves anything.
bool session::receive_enquire_answer(const pdu& response, session_events& out) {
  const auto id = id_of(response);
  if (id != command_id::enquire_link_resp && id != command_id::generic_nack) return false;
  const auto found =
      std::find_if(enquiries_.begin(), enquiries_.end(),
                   [&](const enquiry& asked) { return asked.sequence == response.sequence; });
  if (found == enquiries_.end()) return false;
  const auto answered = *found;
  enquiries_.erase(found);
  // Any answer shows that the peer lives, which is all that a probe asks; only ROK proves.
  if (id == command_id::enquire_link_resp && response.status == command_status::ESME_ROK)
    prove(answered, out);
  if (answered.probe) out.push_back(event::probe_answered{answered.sequence});
  return true;
}

void session::prove(const enquiry& answered, session_events& out) {
  std::uint64_t cookie = 0;
  while (!unproven_.empty() &&
         unproven_.front().last_at + settings_.proof_delay <= answered.written_at) {
    cookie = unproven_.front().last_cookie;
    unproven_.pop_front();
  }
  if (cookie != 0) out.push_back(event::proven{cookie});
}

void session::resolve_slot(std::map<std::uint32_t, slot>::iterator found, pdu&& response,
                           session_events& out) {
  const auto asked = found->second;
  slots_.erase(found);
  while (!by_deadline_.empty() && !slots_.contains(by_deadline_.front())) by_deadline_.pop_front();
  if (response.status == command_status::ESME_RTHROTTLED ||
      response.status == command_status::ESME_RMSGQFUL)
    ++counters_.throttled;
  if (asked.abandoned) {
    --abandoned_;
    ++counters_.responses_late;
    out.push_back(event::late_response{asked.cookie, std::move(response)});
  } else {
    out.push_back(event::response_received{asked.cookie, std::move(response)});
  }
}

// --- what goes out ------------------------------------------------------------------------------

result<void> session::send(std::uint32_t sequence, pdu_body body, command_status status) {
  if (is_before_tlvs(version_) && !drop_tlvs(body))
    return invalid("message_payload cannot be sent: the peer speaks SMPP 3.3, without TLVs");
  auto sent = encode(pdu{status, sequence, std::move(body)}, output_);
  if (sent) ++counters_.pdus_out;
  return sent;
}

// For what consists of checked settings and numbers: it cannot fail.
void session::send_control(std::uint32_t sequence, pdu_body body, command_status status) {
  ensure(send(sequence, std::move(body), status).has_value(), "a control PDU does not encode");
}

// Also the agreeing answer to requests whose response has no body.
void session::refuse(command_id request, std::uint32_t sequence, command_status status) {
  auto answer = refusal(request, sequence, status);
  if (!answer) return;
  if (id_of(*answer) == command_id::generic_nack) ++counters_.nacks_out;
  send_control(sequence, std::move(answer->body), status);
}

std::uint32_t session::send_enquire_link(bool probe, steady_time now) {
  const auto sequence = free_sequence();
  use_sequence(sequence);
  send_control(sequence, enquire_link{}, command_status::ESME_ROK);
  if (enquiries_.size() >= enquiries_max) enquiries_.pop_front();
  enquiries_.push_back({sequence, now, probe, false});
  last_enquire_ = now;
  return sequence;
}

std::uint32_t session::free_sequence() const {
  auto sequence = last_sequence_;
  do {
    if (sequence == 0) sequence = settings_.first_sequence;
    else sequence = sequence == sequence_max ? 1 : sequence + 1;
  } while (is_outstanding(sequence));
  return sequence;
}

void session::use_sequence(std::uint32_t sequence) {
  if (sequence < last_sequence_) wrapped_ = true;
  last_sequence_ = sequence;
}

bool session::is_outstanding(std::uint32_t sequence) const {
  return slots_.contains(sequence) ||
         std::any_of(enquiries_.begin(), enquiries_.end(),
                     [&](const enquiry& asked) { return asked.sequence == sequence; });
}

bool session::was_issued(std::uint32_t sequence) const {
  if (sequence == 0 || sequence > sequence_max) return false;
  return wrapped_ || (sequence >= settings_.first_sequence && sequence <= last_sequence_);
}

// --- states and timers --------------------------------------------------------------------------

void session::become_bound(bind_kind kind, std::string peer, steady_time now, session_events& out) {
  bound_as_ = kind;
  state_ = state_of(kind);
  latest_ = last_received_ = last_traffic_ = last_enquire_ = now;
  out.push_back(event::bound{std::move(peer), version_, kind});
}

bool session::settled() const { return taken_.empty() && slots_.size() == abandoned_; }

void session::advance_unbind(steady_time now, session_events& out) {
  if (closing_ || phase_ == phase::running) return;
  const bool late = deadline_ <= now;
  if (phase_ == phase::unbinding) {
    if (late) close(close_reason::unbind_timeout, out);
    return;
  }
  if (!settled() && !late) return;
  if (phase_ == phase::draining) {
    unbind_sequence_ = free_sequence();
    use_sequence(unbind_sequence_);
    send_control(unbind_sequence_, unbind{}, command_status::ESME_ROK);
    phase_ = phase::unbinding;
    deadline_ = now + settings_.unbind_timeout;
    return;
  }
  refuse(command_id::unbind, unbind_sequence_, command_status::ESME_ROK);
  out.push_back(event::unbound{});
  close(close_reason::unbound, out);
}

void session::close(close_reason why, session_events& out) {
  if (closing_) return;
  closing_ = true;
  out.push_back(event::close_now{why});
}

std::optional<steady_time> session::requests_due() const {
  for (const auto sequence : by_deadline_) { // the abandoned ones are a part of the window at most
    const auto found = slots_.find(sequence);
    if (found != slots_.end() && !found->second.abandoned) return found->second.deadline;
  }
  return std::nullopt;
}

std::optional<steady_time> session::enquiries_due() const {
  for (const auto& asked : enquiries_)
    if (!asked.expired) return asked.written_at + settings_.response_timeout;
  return std::nullopt;
}

std::optional<steady_time> session::keep_alive_due() const {
  if (settings_.enquire_link_interval == milliseconds(0) || enquiries_due() ||
      phase_ == phase::unbinding)
    return std::nullopt;
  return std::max(last_received_, last_enquire_) + settings_.enquire_link_interval;
}

std::optional<steady_time> session::proof_due() const {
  if (unproven_.empty() || phase_ == phase::unbinding) return std::nullopt;
  const auto& oldest = unproven_.front();
  const auto provable_from = oldest.last_at + settings_.proof_delay;
  for (const auto& asked : enquiries_)
    if (!asked.expired && asked.written_at >= provable_from) return std::nullopt;
  return std::max({oldest.first_at + settings_.proof_interval, provable_from,
                   last_enquire_ + settings_.proof_interval});
}

std::optional<steady_time> session::inactivity_due() const {
  if (settings_.inactivity_timeout == milliseconds(0) || draining()) return std::nullopt;
  return last_traffic_ + settings_.inactivity_timeout;
}

// R7: an abandoned request keeps its slot, for its response may still come; when half of the
// window is used up like that, only a new connection helps.
void session::expire_requests(steady_time now, session_events& out) {
  for (const auto sequence : by_deadline_) {
    const auto found = slots_.find(sequence);
    if (found == slots_.end() || found->second.abandoned) continue;
    if (found->second.deadline > now) break;
    found->second.abandoned = true;
    ++abandoned_;
    ++counters_.requests_abandoned;
    out.push_back(event::request_abandoned{found->second.cookie, abandon_reason::timeout});
  }
  if (!draining() && abandoned_ > 0 && abandoned_ * 2 >= settings_.window_max)
    close(close_reason::window_abandoned, out);
}

// An enquire_link that was not answered is a miss only if nothing else came since. Two misses one
// after the other, each with its full wait, are a dead link.
void session::expire_enquiries(steady_time now, session_events& out) {
  bool ask_again = false;
  for (auto& asked : enquiries_) {
    if (asked.expired || asked.written_at + settings_.response_timeout > now) continue;
    asked.expired = true;
    ++counters_.enquire_links_unanswered;
    if (last_received_ > asked.written_at || asked.written_at < last_miss_) continue;
    last_miss_ = now;
    ask_again = true;
    if (++unanswered_in_row_ >= 2) return close(close_reason::dead_link, out);
  }
  if (ask_again && phase_ != phase::unbinding) send_enquire_link(false, now);
}

std::string_view name_of(bind_kind kind) {
  switch (kind) {
  case bind_kind::transmitter: return "transmitter";
  case bind_kind::receiver: return "receiver";
  case bind_kind::transceiver: return "transceiver";
  }
  return "?";
}

std::string_view name_of(abandon_reason reason) {
  return reason == abandon_reason::timeout ? "timeout" : "closed";
}

std::string_view name_of(close_reason reason) {
  switch (reason) {
  case close_reason::unbound: return "unbound";
  case close_reason::bind_refused: return "bind refused";
  case close_reason::session_init_timeout: return "session init timeout";
  case close_reason::bad_frame: return "bad frame";
  case close_reason::not_smpp: return "not SMPP";
  case close_reason::dead_link: return "dead link";
  case close_reason::window_abandoned: return "half of the window abandoned";
  case close_reason::unbind_timeout: return "unbind timeout";
  }
  return "?";
}

} // namespace farebox::smpp
