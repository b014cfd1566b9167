// One bind: connects, and connects again, for ever; carries bytes between its socket and the pure
// session, events to the writer, and effects to the wire. All of it lives on one link thread, but
// where a comment says otherwise. Nothing is decided here that a pure machine can decide.
#pragma once

#include "gateway/mapping.hpp"
#include "gateway/permits.hpp"
#include "gateway/recorder.hpp"
#include "gateway/submits.hpp"

#include "farebox/gateway/ports.hpp"
#include "farebox/gateway/reactor.hpp"
#include "farebox/gateway/status.hpp"
#include "farebox/smpp/link.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace farebox::gateway {

class link;

// What the links have in common. Thread-safe.
class hub {
 public:
  virtual ~hub() = default;
  virtual connection_id open(link& owner) = 0; // a new id; effects for it go to `owner`
  virtual void forget(connection_id id) = 0;
  virtual void answer(const acknowledge& what) = 0; // on whatever link it belongs to
  virtual void link_stopped() = 0;                  // somebody may wait in drain()
};

// The effects of one batch of the writer for one link.
struct link_work {
  struct reply {
    send_reply what;
    std::int64_t permits = 0; // of this link, used up by its arrival
  };
  catalogue_ptr sold;
  std::vector<acknowledge> answers;
  std::vector<reply> replies;
  std::vector<hold_and_probe> probes;
};

class link {
 public:
  // PDUs that wait behind a write which makes no progress: a peer that sends and does not read.
  static constexpr std::uint64_t unwritten_pdus_max = 10'000;
  // Submits that wait for window or pacing. Permits keep it far below; what has none may pile up.
  static constexpr std::size_t queued_max = 10'000;
  // Protocol errors of one connection that are logged; the rest is in the counters.
  static constexpr int logged_errors_max = 20;
  static constexpr milliseconds farewell{1'000}; // to write what is left before closing

  // How far ahead of the pacing a reply may be promised a token: about what a commit takes, so that
  // neither waits for the other.
  static constexpr milliseconds lookahead{50};

  // Throws std::runtime_error for certificates that cannot be read.
  link(reactor& thread, const operator_settings& owner, const bind_settings& bind,
       const environment& around, hub& all);

  // Before the threads run, or on the link's. Throws std::runtime_error. start() listens too.
  void listen();
  void start();
  // Finishes what is in flight and unbinds; stays stopped until start(). With a limit it closes
  // after that time whatever is left.
  void drain(std::optional<milliseconds> limit = {});
  void stop_now();
  void pause_reading(bool pause);
  void unbind_for_now(); // until pause_reading(false)
  void perform(link_work&& work);
  void use_operator(const operator_settings& owner); // its figures changed, not its binds
  // Before start(): another one of the same name stops first.
  void follow() { follows_ = true; }
  // Stops for good, gives the listening address back; then `next` is called, once.
  void retire(std::function<void()> next);

  // ---- writer thread ----
  permits& grants() { return permits_; }

  // ---- any thread ----
  operator_id op() const { return op_; }
  const std::string& operator_name() const { return op_name_; }
  const std::string& name() const { return bind_.name; }
  const bind_settings& settings() const { return bind_; }
  bool can_send() const { return bind_.type != smpp::bind_kind::receiver; }
  bool is_stopped() const { return status().state == link_state::stopped; }
  bind_status status() const;
  const recorder& record() const { return recorder_; }
  reactor& thread() { return thread_; }

 private:
  struct taken_request { // the SMSC waits for our answer
    bool is_data_sm = false;
    bool is_message = false;
    steady_time received_at;
    steady_time previous_read_at;
  };
  struct answer_written {
    message_id message; // 0: it was not stored
    bool accepted = false;
    taken_request request;
  };
  struct probe {
    std::uint32_t sequence = 0;
    steady_time deadline;
    mo_arrived held;
  };
  struct connection {
    connection(wire_ptr wire_, smpp::session_settings settings)
        : wire(std::move(wire_)), session(std::move(settings)) {}

    wire_ptr wire;
    smpp::session session;
    submit_ledger submits;
    connection_id id; // from when it is bound
    bool outbind = false;
    bool reading = false, writing = false, closing = false;
    std::optional<steady_time> deadline; // of connecting, or of closing
    steady_time write_deadline;
    std::uint64_t pdus_taken = 0; // of those encoded, given to the socket
    std::unordered_multimap<std::uint32_t, taken_request> taken;
    std::vector<answer_written> answers, answers_in_write;
    std::vector<probe> probes;
    message_id last_proof;
    std::optional<smpp::command_status> refused;
    std::string close_reason;
    int errors_logged = 0;
  };
  using connection_ptr = std::shared_ptr<connection>;

  // connecting and closing
  void accept();
  void on_accepted(wire_ptr wire);
  void connect();
  void on_connected(const connection_ptr& c, const std::string& error);
  void begin_session(const connection_ptr& c);
  void finish(std::optional<milliseconds> limit);
  void begin_close(const connection_ptr& c, std::string why);
  void tear_down(connection_ptr c, const std::string& why); // by value: it may be current_
  void plan_next_attempt(const connection& c, bool was_bound, steady_time now);
  void stopped();
  bool is_current(const connection_ptr& c) const { return c == current_; }

  // octets
  void read(const connection_ptr& c);
  void on_read(const connection_ptr& c, const std::string& error, bytes_view data);
  void flush(const connection_ptr& c);
  void on_written(const connection_ptr& c, const std::string& error);
  void settle_answers(connection& c, steady_time now);

  // events of the session
  void handle(const connection_ptr& c, smpp::session_events& events);
  void handle(const connection_ptr& c, smpp::event::bound& e);
  void handle(const connection_ptr& c, smpp::event::bind_refused& e);
  void handle(const connection_ptr& c, smpp::event::outbind_received& e);
  void handle(const connection_ptr& c, smpp::event::request_received& e);
  void handle(const connection_ptr& c, smpp::event::response_received& e);
  void handle(const connection_ptr& c, smpp::event::late_response& e);
  void handle(const connection_ptr& c, smpp::event::request_abandoned& e);
  void handle(const connection_ptr& c, smpp::event::proven& e);
  void handle(const connection_ptr& c, smpp::event::probe_answered& e);
  void handle(const connection_ptr& c, smpp::event::protocol_error& e);
  void handle(const connection_ptr& c, smpp::event::unbinding& e);
  void handle(const connection_ptr& c, smpp::event::close_now& e);
  template <class Other>
  void handle(const connection_ptr&, Other&) {} // unbound; and what an SMSC gets
  template <class Message>
  void take_message(connection& c, const Message& message, const smpp::event::request_received& e);
  void on_answer(connection& c, std::uint64_t cookie, const smpp::pdu& response);

  // effects
  void answer(connection& c, std::uint32_t sequence, std::uint32_t status, message_id proof);
  void queue_reply(connection& c, const send_reply& what);
  void ask(const hold_and_probe& what);
  void finish_probe(mo_arrived&& held, probe_result result);
  void pump(connection& c, steady_time now);
  std::int64_t whole_grant(const connection& c, steady_time now) const;
  std::int64_t window_part(const connection& c) const;
  std::int64_t promised_tokens(steady_time now) const;

  // time
  void after(const connection_ptr& c); // any input: send, write, set the timer
  void on_timer();
  void note_free(steady_time now);
  void check_deadlines(const connection_ptr& c, steady_time now);
  void check_silence(steady_time now);
  std::optional<steady_time> silence_due() const;
  std::optional<steady_time> pacing_due(const connection& c, steady_time now) const;
  void arm();
  void arm_at(steady_time at);

  steady_time steady_now() const { return thread_.steady_now(); }
  utc_time utc_now() const { return thread_.utc_now(); }

  // what others see
  void use_catalogue(catalogue_ptr sold);
  void set_state(link_state state);
  void note_error(const std::string& what);
  void publish();
  void log(severity level, const std::string& what) const;
  void alarm(const std::string& what) const;
  smpp::jitter draw();

  const operator_id op_;
  const std::string op_name_;
  const bind_settings bind_;
  const std::string label_; // operator/bind
  operator_settings owner_; // without binds
  dialect dialect_;
  const environment& around_;
  hub& hub_;

  reactor& thread_;
  std::unique_ptr<timer> timer_;
  std::optional<steady_time> armed_;
  wire_factory make_wire_;
  std::unique_ptr<listener> listener_;
  std::function<void()> when_stopped_;
  std::mt19937 random_;

  smpp::link_policy policy_;
  smpp::silence_watch watch_;
  smpp::pacing pacing_;
  permits permits_;
  recorder recorder_;

  bool down_ = true;    // not wanted, until start()
  bool follows_ = false; // another one, which stops first and then calls start()
  bool retired_ = false; // for good
  bool away_ = false;   // unbound because the store cannot take anything
  bool paused_ = false;
  steady_time free_at_, free_before_; // the last two turns of the timer while reading
  bool accepting_ = false;
  std::optional<smpp::connect_attempt> attempt_;
  connection_ptr current_;
  catalogue_ptr sold_;
  std::vector<std::uint16_t> link_tags_;
  text::split_settings splitting_;

  bind_status now_; // as known on the link thread
  steady_time last_message_at_;
  steady_time published_at_;
  bind_totals published_totals_;
  mutable std::mutex status_mutex_;
  bind_status shown_;
};

} // namespace farebox::gateway
