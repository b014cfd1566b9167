// Input: five octets of settings, then steps of one session: an octet that chooses a row of `steps`
// and what that row reads. The peer sends PDUs that make sense, PDUs that do not, and octets.
//
// - The window is never exceeded. Every request of ours has one outcome: answered or abandoned,
//   and after a time-out at most one late response.
// - Every request of the peer that came up can be answered once, and no other.
// - Nothing comes up after close_now but the requests handed back by on_closed; no request after
//   unbinding.
// - Times never go back; a session is never due for ever.
// - A proof (R3) is of a response that was written proof_delay before an enquire_link of ours.
// - What goes out consists of whole PDUs that decode without tolerance.
#include "farebox/smpp/session.hpp"
#include "fuzz/fuzz.hpp"

#include <array>
#include <iterator>
#include <map>
#include <set>

using namespace farebox;
using namespace farebox::smpp;
using fuzz::require;

namespace {

template <class Body, class Item>
pdu_body with_items(Item item, std::vector<Item> Body::*list) {
  Body body;
  (body.*list).push_back(std::move(item));
  return body;
}

// One of each kind of PDU; the body hardly matters to a session.
const std::vector<pdu_body>& bodies() {
  static const auto all = [] {
    std::vector<pdu_body> made{
        deliver_sm{}, submit_sm{}, data_sm{}, query_sm{}, cancel_sm{}, replace_sm{},
        alert_notification{}, enquire_link{}, unbind{}, outbind{}, bind_receiver{},
        bind_transmitter{}, bind_transceiver{}, unknown_pdu{command_id{0x777}, {1, 2}},
        with_items<submit_multi>(dest_address{}, &submit_multi::dest_addresses),
        deliver_sm_resp{}, submit_sm_resp{}, data_sm_resp{}, generic_nack{}, enquire_link_resp{},
        unbind_resp{}, bind_receiver_resp{}, bind_transmitter_resp{}, bind_transceiver_resp{},
        query_sm_resp{}, cancel_sm_resp{}, replace_sm_resp{}, submit_multi_resp{},
        unknown_pdu{command_id{0x80000777}, {}}};
    made.emplace_back(bind_transceiver{.system_id = "old", .interface_version = 0x33});
    made.emplace_back(deliver_sm{.tlvs = {make_text(tag::message_payload, "x")}});
    return made;
  }();
  return all;
}

constexpr std::array statuses{command_status::ESME_ROK, command_status::ESME_RTHROTTLED,
                              command_status::ESME_RSYSERR, command_status::ESME_RMSGQFUL};

// Time passes by one of these.
constexpr std::array<microseconds, 8> spans{microseconds(1),  milliseconds(1),  milliseconds(99),
                                            milliseconds(2'000), milliseconds(5'000), seconds(30),
                                            minutes(5),       hours(24)};

session_settings settings_from(fuzz::input& in) {
  session_settings made;
  const auto bits = in.u8();
  made.role = bits & 1 ? session_role::smsc : session_role::esme;
  made.bind = static_cast<bind_kind>((bits >> 1) % 3);
  made.wait_for_outbind = (bits & 0x08) != 0;
  made.version = bits & 0x10 ? interface_version::v3_3 : interface_version::v3_4;
  if (bits & 0x20) made.first_sequence = 0x7FFFFFFE;
  if (bits & 0x40) made.inactivity_timeout = seconds(60);
  made.window_max = 1 + in.u8() % 8;
  made.taken_max = 1 + in.u8() % 8;
  made.proof_delay = milliseconds(in.u8() * 20);
  made.enquire_link_interval = seconds(in.u8() % 64);
  return made;
}

enum class fate : std::uint8_t { waits, timed_out };

class play {
 public:
  explicit play(fuzz::input in) : in_(in), it_(settings_from(in_)) {}

  void run() {
    it_.on_connected(now_, events_);
    settle();
    while (!in_.at_end() && !closed_) (this->*steps[in_.u8() % steps.size()])();
    cut();
  }

 private:
  // --- steps -------------------------------------------------------------------------------------

  void peer_sends() {
    const auto kind = in_.u8();
    const auto sequence = in_.u8() % 16u;
    receive({statuses[in_.u8() % statuses.size()], sequence, bodies()[kind % bodies().size()]});
  }

  void peer_answers() {
    if (written_.empty()) return;
    const auto& asked = written_[in_.u8() % written_.size()];
    const auto how = in_.u8();
    auto answer = refusal(id_of(asked), asked.sequence, statuses[how % statuses.size()]);
    if (!answer) return; // nothing answers an outbind
    if (how & 0x80) answer->body = generic_nack{};
    receive(*answer);
  }

  void peer_sends_octets() {
    const auto octets = in_.take(in_.u8());
    wire_.insert(wire_.end(), octets.begin(), octets.end());
    deliver(wire_.size());
  }

  void hold() { holding_ = true; }
  void flush() { deliver(1u + in_.u8()); }

  void time_passes() { now_ += spans[in_.u8() % spans.size()]; }
  void tick() {
    it_.on_tick(now_, events_);
    settle();
  }
  void tick_when_due() {
    const auto due = it_.next_tick();
    if (!due) return;
    now_ = std::max(now_, *due);
    constexpr int enough = 8; // steps that may follow each other at one moment
    for (int i = 0; i < enough && it_.next_tick() && *it_.next_tick() <= now_; ++i) tick();
    require(!it_.next_tick() || *it_.next_tick() > now_, "a session is never due for ever");
  }

  void request() {
    const auto& body = bodies()[in_.u8() % bodies().size()];
    const auto id = std::visit([](const auto& it) { return it.id; }, body);
    const auto free = it_.window_free();
    const auto sent = it_.request(body, ++cookie_, now_);
    if (!sent) return settle();
    require(may_send(it_.settings().role, id, it_.state()), "only what the matrix allows");
    require(*sent >= 1 && *sent <= 0x7FFFFFFF, "a sequence number of ours is legal");
    if (expects_response(id)) {
      require(free > 0, "the window is never exceeded");
      asked_.emplace(cookie_, fate::waits);
    }
    settle();
  }

  void respond() {
    if (taken_.empty()) return;
    const auto taken = *std::next(taken_.begin(), in_.u8() % static_cast<int>(taken_.size()));
    answer(taken.first, taken.second, true);
  }
  void respond_to_nothing() {
    const auto sequence = 0x100u + in_.u8(); // no peer of ours goes so far
    if (!taken_.contains(sequence)) answer(sequence, command_id::deliver_sm, false);
  }

  void accept_bind() {
    it_.accept_bind(now_, events_);
    settle();
  }
  void refuse_bind() {
    it_.refuse_bind(command_status::ESME_RALYBND, now_);
    settle();
  }
  void start_bind() {
    (void)it_.start_bind(now_);
    settle();
  }
  void begin_unbind() {
    it_.begin_unbind(now_, events_);
    settle();
  }
  void probe() {
    if (const auto sequence = it_.probe(now_)) probes_.insert(sequence);
    settle();
  }

  void cut() {
    if (closed_) return;
    closed_ = true;
    it_.on_closed(now_, events_);
    settle();
    for (const auto& [cookie, how] : asked_)
      require(how == fate::timed_out, "every request is answered or abandoned");
    it_.on_bytes(wire_, now_, events_);
    it_.on_tick(now_, events_);
    it_.begin_unbind(now_, events_);
    require(events_.empty() && !it_.has_output() && !it_.next_tick(), "no event after close");
    require(!it_.request(bodies()[0], 1, now_) && !it_.request(bodies()[1], 1, now_),
            "no request after close");
  }

  using step = void (play::*)();
  static constexpr std::array<step, 17> steps{
      &play::peer_sends,    &play::peer_answers, &play::peer_sends_octets, &play::hold,
      &play::flush,         &play::time_passes,  &play::tick,              &play::tick_when_due,
      &play::request,       &play::respond,      &play::respond_to_nothing, &play::accept_bind,
      &play::refuse_bind,   &play::start_bind,   &play::begin_unbind,      &play::probe,
      &play::cut};

  // --- what they share ---------------------------------------------------------------------------

  void receive(const pdu& message) {
    require(encode(message, wire_).has_value(), "the peer of this test encodes");
    if (!holding_) deliver(wire_.size());
  }

  void deliver(std::size_t read_size) {
    holding_ = false;
    for (fuzz::input stream(wire_); !stream.at_end();) {
      it_.on_bytes(stream.take(read_size), now_, events_);
      settle();
    }
    wire_.clear();
  }

  void answer(std::uint32_t sequence, command_id asked, bool expected) {
    const auto how = in_.u8();
    auto response = refusal(asked, sequence, statuses[how % statuses.size()]);
    if (how & 0x80) response->body = generic_nack{};
    const auto proof = how & 0x40 ? ++proof_ : 0;
    const bool closing = close_seen_;
    const auto done = it_.respond(sequence, response->body, response->status, proof, now_);
    require(done.has_value() == (expected && !closing), "a request is answered once");
    if (done) {
      // A generic_nack answers the first of those that share the number.
      auto found = taken_.lower_bound(sequence);
      if (!(how & 0x80))
        while (found->second != asked) ++found;
      taken_.erase(found);
      if (proof) unproven_.emplace(proof, now_);
    }
    settle();
  }

  // After each call, as the shell does: all is written, and the events are handled.
  void settle() {
    const auto output = it_.take_output(now_);
    framer cut;
    cut.push(output);
    while (const auto frame = cut.next()) {
      decode_notes none;
      auto message = decode(*frame, &none);
      require(message.has_value() && none == decode_notes{}, "what goes out are PDUs");
      if (id_of(*message) == command_id::enquire_link) last_enquired_ = now_;
      if (!is_response(id_of(*message))) written_.push_back(std::move(*message));
    }
    require(cut.error() == framing_error::none && cut.buffered() == 0, "whole PDUs go out");
    for (const auto& what : std::exchange(events_, {})) {
      require(!close_seen_ || (closed_ && std::holds_alternative<event::request_abandoned>(what)),
              "no event after close_now");
      std::visit([this](const auto& event) { on(event); }, what);
    }
    check_numbers();
  }

  void check_numbers() {
    const auto& settings = it_.settings();
    require(it_.outstanding() <= settings.window_max, "the window is never exceeded");
    require(it_.taken() == taken_.size() || closed_, "every request of the peer is known");
    require(it_.taken() <= settings.taken_max, "no more is taken than allowed");
    if (it_.bound() && !it_.draining() && !close_seen_)
      require(it_.window_free() + it_.outstanding() == settings.window_max,
              "what is not outstanding is free");
    if (!closed_) {
      require(it_.outstanding() == asked_.size(), "every request of ours is known");
      require(!close_seen_ || !it_.next_tick(), "nothing is due after close_now");
    }
  }

  void on(const event::bound&) {
    require(!std::exchange(bound_, true) && it_.bound(), "a session is bound once");
  }
  void on(const event::request_received& what) {
    require(bound_ && !unbinding_, "requests come up while bound, not while unbinding");
    require(what.received_at == now_ && what.previous_read_at <= now_ &&
                what.previous_read_at >= previous_read_,
            "times never go back");
    previous_read_ = what.previous_read_at;
    const auto id = id_of(what.request);
    if (expects_response(id)) taken_.emplace(what.request.sequence, id);
  }
  void on(const event::response_received& what) {
    require(asked_.contains(what.cookie) && asked_[what.cookie] == fate::waits,
            "a response is of a request that waits");
    asked_.erase(what.cookie);
  }
  void on(const event::request_abandoned& what) {
    require(asked_.contains(what.cookie) && asked_[what.cookie] == fate::waits,
            "a request is abandoned once, if it waits");
    require((what.why == abandon_reason::closed) == closed_, "why it was abandoned");
    asked_[what.cookie] = fate::timed_out;
  }
  void on(const event::late_response& what) {
    require(asked_.contains(what.cookie) && asked_[what.cookie] == fate::timed_out,
            "a late response is of a request that timed out");
    asked_.erase(what.cookie);
  }
  void on(const event::proven& what) {
    require(unproven_.contains(what.cookie), "a proof is of a response of ours, and new");
    while (!unproven_.empty() && unproven_.begin()->first <= what.cookie) {
      require(unproven_.begin()->second + it_.settings().proof_delay <= last_enquired_,
              "a proof needs an enquire_link long enough behind the response");
      unproven_.erase(unproven_.begin());
    }
  }
  void on(const event::probe_answered& what) {
    require(probes_.erase(what.sequence) == 1, "a probe is answered once");
  }
  void on(const event::unbinding&) { unbinding_ = true; }
  void on(const event::close_now&) { close_seen_ = true; }
  void on(const auto&) {}

  fuzz::input in_;
  session it_;
  steady_time now_{seconds(1'000)};
  session_events events_;
  bytes wire_; // what the peer holds back
  bool holding_ = false;
  bool bound_ = false, unbinding_ = false, close_seen_ = false, closed_ = false;

  std::vector<pdu> written_; // our requests, control ones too
  std::uint64_t cookie_ = 0;
  std::map<std::uint64_t, fate> asked_; // by cookie; those that use a slot
  std::multimap<std::uint32_t, command_id> taken_;
  std::set<std::uint32_t> probes_;
  std::uint64_t proof_ = 0;
  std::map<std::uint64_t, steady_time> unproven_; // when written
  steady_time last_enquired_{};
  steady_time previous_read_{};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  play(fuzz::input({data, size})).run();
  return 0;
}
