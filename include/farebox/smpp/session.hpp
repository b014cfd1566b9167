// One SMPP session as a pure machine: bytes and times in, events and bytes out. No socket, clock or
// thread; both roles. SMPP 3.4 chapters 2 and 7; DESIGN rules R3 (proof) and R7 (late responses).
//
// One object serves one TCP connection: a reconnect makes a new one, so no response can ever meet
// the sequence number of an older connection. It lives on the thread of its link. The shell
//   - calls on_connected, then on_bytes for each read, on_tick when next_tick() has come;
//   - after each call handles the events in order and writes take_output(now), one write at a time;
//   - at close_now writes what is left, closes TCP and calls on_closed; so it does at a lost TCP.
// A call appends to `out`; it never clears it. Times never go back.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/framer.hpp"
#include "farebox/smpp/operation_matrix.hpp"
#include "farebox/smpp/pdu.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace farebox::smpp {

enum class bind_kind : std::uint8_t { transmitter, receiver, transceiver };
std::string_view name_of(bind_kind kind);

struct session_settings {
  session_role role = session_role::esme;

  // What an ESME sends in its bind. An SMSC uses system_id alone (its own name, in bind_resp).
  bind_kind bind = bind_kind::transceiver;
  std::string system_id{};
  std::string password{};
  std::string system_type{};
  std::uint8_t address_ton = 0;
  std::uint8_t address_npi = 0;
  std::string address_range{};
  bool wait_for_outbind = false; // ESME: on_connected sends no bind; start_bind does, after outbind

  // Of interface_version: the ESME asks for it, the SMSC offers it; the lower one holds. Under 0x34
  // no TLV is sent. Many 3.4 centres leave sc_interface_version out of bind_resp although they
  // take TLVs, so its absence means version_if_unstated (3.4 paragraph 5.3.2.25 would say 3.3).
  std::uint8_t version = interface_version::v3_4;
  std::uint8_t version_if_unstated = interface_version::v3_4;

  std::uint32_t first_sequence = 1; // 3.4 paragraph 5.1.4; up to 0x7FFFFFFF, then from 1 again
  std::size_t window_max = 10;     // our requests outstanding, abandoned ones included
  std::size_t taken_max = 10'000;  // the peer's requests not yet answered: beyond it, busy_status
  command_status busy_status = command_status::ESME_RMSGQFUL; // what this operator retries

  milliseconds response_timeout{30'000};      // of our requests, enquire_link included
  milliseconds enquire_link_interval{30'000}; // of silence before we ask; 0 = never
  milliseconds inactivity_timeout{0};   // without a request either way, then we unbind; 0 = never
  milliseconds session_init_timeout{10'000};  // until the bind has come or was answered
  milliseconds drain_timeout{5'000};  // for what is in flight, before unbind or its answer
  milliseconds unbind_timeout{3'000}; // for the answer to our unbind

  milliseconds proof_delay{2'000}; // R3: an enquire_link proves what was answered so long before it
  milliseconds proof_interval{2'000}; // the wait before an enquire_link of our own for that; at
                                      // least proof_delay, and also the least gap between two
};

enum class abandon_reason : std::uint8_t { timeout, closed };

enum class close_reason : std::uint8_t {
  unbound,              // orderly, by either side
  bind_refused,         // the status is in the event before
  session_init_timeout, // no bind, or no answer to it
  bad_frame,            // command_length out of range: the stream cannot be followed any more
  not_smpp,             // the first octets were another protocol's: a knock at the wrong port
  dead_link,            // enquire_link unanswered twice and nothing else came
  window_abandoned,     // R7: half of the window waits for answers that do not come
  unbind_timeout        // our unbind was not answered
};
std::string_view name_of(abandon_reason reason);
std::string_view name_of(close_reason reason);

namespace event {

struct bound {
  std::string peer_system_id;
  std::uint8_t version = 0; // negotiated
  bind_kind kind = bind_kind::transceiver;
};
// SMSC: answer with accept_bind or refuse_bind, at once or later.
struct bind_requested {
  bind_kind kind = bind_kind::transceiver;
  std::string system_id, password, system_type, address_range;
  std::uint8_t version = 0;
};
struct bind_refused { // followed by close_now
  command_status status{};
};
struct outbind_received { // ESME: check it, then start_bind
  std::string system_id, password;
};
// Answer it with respond(request.sequence, ...), except alert_notification, which has no response.
struct request_received {
  pdu request;
  steady_time received_at;
  steady_time previous_read_at; // R3: it may have waited in the socket since then
};
struct response_received { // generic_nack and responses whose body was unreadable too
  std::uint64_t cookie = 0;
  pdu response;
};
// After `timeout` the slot stays used; the first response still comes up, as late_response.
struct request_abandoned {
  std::uint64_t cookie = 0;
  abandon_reason why = abandon_reason::timeout;
};
struct late_response {
  std::uint64_t cookie = 0;
  pdu response;
};
struct proven { // R3: every response with a proof cookie up to this one
  std::uint64_t cookie = 0;
};
struct probe_answered {
  std::uint32_t sequence = 0; // what probe() returned
};
struct protocol_error { // for the log; the session went on, or close_now follows
  std::string what;
};
struct unbinding { // no request is taken from now on, in either direction
  bool by_peer = false;
};
struct unbound {};
struct close_now {
  close_reason why = close_reason::unbound;
};

} // namespace event

using session_event =
    std::variant<event::bound, event::bind_requested, event::bind_refused, event::outbind_received,
                 event::request_received, event::response_received, event::request_abandoned,
                 event::late_response, event::proven, event::probe_answered, event::protocol_error,
                 event::unbinding, event::unbound, event::close_now>;
using session_events = std::vector<session_event>;

struct session_counters {
  std::uint64_t pdus_in = 0, pdus_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t responses_duplicate = 0;  // for a sequence that was answered before
  std::uint64_t responses_unknown = 0;    // for a sequence that we never sent
  std::uint64_t responses_mismatched = 0; // right sequence, wrong kind of response
  std::uint64_t responses_late = 0;
  std::uint64_t requests_abandoned = 0;
  std::uint64_t requests_refused = 0; // the peer's: wrong state, draining, taken_max
  std::uint64_t decode_failures = 0;
  std::uint64_t unknown_commands = 0;
  std::uint64_t nacks_in = 0, nacks_out = 0;
  std::uint64_t throttled = 0; // responses with ESME_RTHROTTLED or ESME_RMSGQFUL
  std::uint64_t enquire_links_unanswered = 0;
  decode_notes notes; // tolerated
};

class session {
 public:
  explicit session(session_settings settings);

  void on_connected(steady_time now, session_events& out);
  void on_bytes(bytes_view data, steady_time now, session_events& out);
  void on_tick(steady_time now, session_events& out);
  std::optional<steady_time> next_tick() const;
  // Hands back every request that is neither answered nor reported as abandoned. The end.
  void on_closed(steady_time now, session_events& out);

  // What is to be written, in order: what came up since the last call. The moment of taking counts
  // as the moment of writing (R3), so take only what is written at once.
  bytes take_output(steady_time now);
  bool has_output() const { return !output_.empty(); }

  // Sends a request and uses a slot of the window; the cookie comes back with its one outcome.
  // Returns the sequence number. Failures leave no trace: exhausted (window full), unavailable (not
  // bound, draining), forbidden (the operation matrix), invalid (cannot be encoded).
  // alert_notification and outbind use no slot and have no outcome.
  result<std::uint32_t> request(pdu_body body, std::uint64_t cookie, steady_time now);

  // Answers a request that came up. proof_cookie 0: no proof wanted; others must never decrease on
  // one session (broken invariant). Failures leave no trace: not_found (nothing of this sequence
  // and kind waits for an answer), unavailable (closing), invalid (cannot be encoded).
  result<void> respond(std::uint32_t sequence, pdu_body response, command_status status,
                       std::uint64_t proof_cookie, steady_time now);

  result<void> start_bind(steady_time now); // ESME with wait_for_outbind
  void accept_bind(steady_time now, session_events& out);
  void refuse_bind(command_status status, steady_time now); // the ESME may bind again

  // Drain: no new request either way (the peer's get busy_status), wait for what is in flight up to
  // drain_timeout, unbind, close. Before a bind it closes at once.
  void begin_unbind(steady_time now, session_events& out);

  // Sends an enquire_link at once; its answer emits probe_answered with the sequence returned here.
  // Returns 0 if not bound.
  std::uint32_t probe(steady_time now);

  session_state state() const { return state_; }
  bool bound() const { return is_bound(state_); }
  bool draining() const { return phase_ != phase::running; }
  bind_kind bound_as() const { return bound_as_; }
  std::uint8_t version() const { return version_; } // negotiated
  std::size_t window_free() const; // 0 while not bound or draining
  std::size_t outstanding() const { return slots_.size(); } // abandoned included
  std::size_t abandoned() const { return abandoned_; }
  std::size_t taken() const { return taken_.size(); }
  std::size_t unproven() const { return unproven_.size(); } // groups of written responses
  const session_counters& counters() const { return counters_; }
  const session_settings& settings() const { return settings_; }

 private:
  // What we asked and wait for. Control requests (bind, unbind) use no slot.
  struct slot {
    std::uint64_t cookie = 0;
    command_id id{};
    steady_time deadline;
    bool abandoned = false;
  };
  struct enquiry {
    std::uint32_t sequence = 0;
    steady_time written_at;
    bool probe = false;
    bool expired = false; // no longer under way, but a late answer still proves
  };
  // Responses written within a short time, as one: proven together, by the time of the last.
  struct unproven_group {
    std::uint64_t last_cookie = 0;
    steady_time first_at, last_at; // written
  };
  enum class phase : std::uint8_t {
    running,
    draining,   // begin_unbind: waiting for what is in flight
    unbinding,  // our unbind is out
    peer_unbind // its unbind came: waiting for what is in flight, then answer
  };

  void receive_frame(bytes_view frame, steady_time now, session_events& out);
  void receive_undecodable(const decode_failure& failure, bytes_view frame, steady_time now,
                           session_events& out);
  void receive_request(pdu&& request, steady_time now, session_events& out);
  void receive_bind(pdu&& request, steady_time now, session_events& out);
  void receive_outbind(const outbind& request, session_events& out);
  void receive_unbind(const pdu& request, steady_time now, session_events& out);
  void receive_traffic(pdu&& request, steady_time now, session_events& out);
  void receive_response(pdu&& response, steady_time now, session_events& out);
  void receive_bind_response(const pdu& response, steady_time now, session_events& out);
  bool receive_enquire_answer(const pdu& response, session_events& out);
  void resolve_slot(std::map<std::uint32_t, slot>::iterator found, pdu&& response,
                    session_events& out);
  void prove(const enquiry& answered, session_events& out);

  result<void> send(std::uint32_t sequence, pdu_body body, command_status status);
  void send_control(std::uint32_t sequence, pdu_body body, command_status status);
  void refuse(command_id request, std::uint32_t sequence, command_status status);
  std::uint32_t send_enquire_link(bool probe, steady_time now);
  void use_sequence(std::uint32_t sequence);
  std::uint32_t free_sequence() const;
  bool is_outstanding(std::uint32_t sequence) const;
  bool was_issued(std::uint32_t sequence) const;

  void become_bound(bind_kind kind, std::string peer, steady_time now, session_events& out);
  bool settled() const; // nothing in flight that could still be answered
  void advance_unbind(steady_time now, session_events& out);
  void close(close_reason why, session_events& out);

  std::optional<steady_time> requests_due() const;
  std::optional<steady_time> enquiries_due() const;
  std::optional<steady_time> keep_alive_due() const;
  std::optional<steady_time> proof_due() const;
  std::optional<steady_time> inactivity_due() const;
  void expire_requests(steady_time now, session_events& out);
  void expire_enquiries(steady_time now, session_events& out);

  session_settings settings_;
  framer framer_;
  bytes output_;
  session_state state_ = session_state::closed;
  phase phase_ = phase::running;
  bool closing_ = false; // close_now was said
  bind_kind bound_as_ = bind_kind::transceiver;
  std::uint8_t version_;

  std::uint32_t last_sequence_ = 0; // 0: none was used yet
  bool wrapped_ = false;
  bool bind_waits_ = false;            // a bind waits for its answer
  std::uint32_t bind_sequence_ = 0;    // of ours as ESME, of the peer's as SMSC
  std::uint8_t bind_version_ = 0;      // SMSC: what the bind asked for
  std::string bind_system_id_;         // SMSC: who asked
  std::uint32_t unbind_sequence_ = 0;  // of ours or the peer's, as phase_ says
  steady_time deadline_{};             // of the session's start while open, else of phase_
  steady_time latest_{};               // of the times that were told

  std::map<std::uint32_t, slot> slots_;
  std::deque<std::uint32_t> by_deadline_; // of slots_; answered ones go when they reach the front
  std::size_t abandoned_ = 0;
  std::multimap<std::uint32_t, command_id> taken_; // a peer may use one sequence number twice

  std::deque<enquiry> enquiries_;        // not answered
  std::deque<unproven_group> unproven_;  // written
  std::uint64_t unwritten_cookie_ = 0;   // the last one still in output_; 0: none
  std::uint64_t last_proof_cookie_ = 0;
  int unanswered_in_row_ = 0;
  steady_time last_miss_{};
  steady_time last_enquire_{};
  steady_time last_received_{};
  steady_time previous_read_{};
  steady_time last_traffic_{};

  session_counters counters_;
};

} // namespace farebox::smpp
