// A pretended operator's message centre, without sockets and clocks: connections come and go,
// octets and times go in, octets come out. One thread.
//
// The shell calls on_accepted, on_bytes for each read, on_tick when next_tick() has come, and after
// each call looks at every connection: take_output() while nothing is being written, and once that
// is out, close what wants_close() and tell it by on_lost().
#pragma once

#include "smsc/core/ledger.hpp"
#include "smsc/core/message_id.hpp"
#include "smsc/core/random.hpp"
#include "smsc/core/script.hpp"
#include "smsc/core/stream.hpp"

#include "farebox/base/bytes.hpp"
#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/pacing.hpp"
#include "farebox/smpp/session.hpp"
#include "farebox/text/parts.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace farebox::smsc {

struct centre_settings {
  // Who may bind; an empty one is not looked at.
  std::string system_id{}, password{};
  std::uint8_t version = smpp::interface_version::v3_4;
  std::size_t window = 100; // deliver_sm outstanding, for each bind
  milliseconds response_timeout{30'000};
  milliseconds enquire_link_interval{30'000};

  std::uint32_t mos_per_second = 0; // 0: as the windows allow
  // At that rate every MO is due at a time of its own, whatever became of those before it: what
  // finds no room in a window waits, and its latencies count from when it was due.
  bool open_loop = false;
  std::size_t binds_wanted = 1; // before the first MO leaves
  text::split_settings coding{};
  rate shuffled_parts{}; // this share of long MOs leaves with its parts in any order
  std::optional<std::uint16_t> id_tlv{}; // each MO carries an identity of its own in it
  std::uint64_t run = 1; // the first half of that identity

  bool redeliver = true; // what was not answered, or with one of these
  milliseconds retry_after{5'000};
  std::vector<smpp::command_status> retry_statuses{};

  smpp::id_formats id_formats{};
  std::uint64_t first_message_number = 1;
  std::optional<rate> receipts{}; // the share that says DELIVRD, the rest UNDELIV; none: not any
  milliseconds receipt_delay{1'000};
  receipt_style style = receipt_style::both;

  // What is done to submits. A share of them, drawn for each.
  rate throttled{}, refused{}, late{};
  milliseconds late_by{5'000};
  smpp::command_status refuse_status = smpp::command_status::ESME_RINVDSTADR;
  std::uint32_t submit_rate_max = 0; // per second, all binds together; beyond it: throttled

  std::vector<std::uint64_t> drop_after{}; // MOs sent: then the connection of the last one is cut
  std::uint64_t cut_every = 0;             // the same, again and again; 0: never
  std::uint64_t refuse_binds = 0;          // the first ones
  smpp::command_status refuse_bind_status = smpp::command_status::ESME_RBINDFAIL;

  std::optional<milliseconds> duration{}; // from the start; then no more new MOs
  milliseconds quiet_after{5'000}; // finished once nothing was left and nothing came for so long
  milliseconds grace{90'000};      // the longest wait for what is missing
  std::uint64_t seed = 1;
};

class centre {
 public:
  using connection_key = std::uint64_t;
  using logger = std::function<void(std::string_view line)>;

  centre(centre_settings settings, ledger_settings judged, stream mos, std::vector<action> script,
         steady_time now, utc_time utc_now, logger log);

  // ---- the shell's events ----

  connection_key on_accepted(std::string peer, steady_time now);
  // The same for a connection that we made: it begins with an outbind.
  connection_key on_called(std::string peer, steady_time now);
  void on_bytes(connection_key key, bytes_view data, steady_time now);
  void on_lost(connection_key key, std::string_view why, steady_time now);
  void on_tick(steady_time now);
  std::optional<steady_time> next_tick(steady_time now) const;

  bool has_output(connection_key key) const;
  bytes take_output(connection_key key, steady_time now);
  // Output that is left of a cut connection is not worth writing.
  enum class closing : std::uint8_t { no, after_output, at_once };
  closing wants_close(connection_key key) const;

  // ---- commands ----

  void cut_all(steady_time now);
  void unbind_all(steady_time now);
  void stop(steady_time now); // no new MOs; finish what is under way

  // Nothing is left to do, or to wait for.
  bool finished(steady_time now) const;

  // ---- what there is to see ----

  const ledger& book() const { return ledger_; }
  const centre_settings& settings() const { return settings_; }
  std::size_t binds() const;
  std::size_t in_flight() const; // deliver_sm
  std::uint64_t connections_cut() const { return connections_cut_; }
  std::uint64_t binds_refused() const { return binds_refused_; }
  bool started() const { return started_at_.has_value(); }
  // From the first MO to the last thing that happened; 0 before.
  microseconds active() const;
  utc_time utc_of(steady_time at) const { return utc_time(at.time_since_epoch() + utc_offset_); }

 private:
  struct connection {
    connection(connection_key key, std::string peer, smpp::session_settings settings)
        : key(key), peer(std::move(peer)), session(std::move(settings)) {}
    connection_key key;
    std::string peer;
    smpp::session session;
    closing wants = closing::no;
    std::string why_closed;
  };
  struct late_answer {
    connection_key key = 0;
    std::uint32_t sequence = 0;
    smpp::pdu_body response;
    smpp::command_status status{};
  };
  // A cookie names what a deliver_sm carries: an MO's part, or a receipt.
  using cookie = std::uint64_t;

  connection* find(connection_key key);
  const connection* find(connection_key key) const;
  connection& add(std::string peer, steady_time now);
  void handle(connection& c, smpp::session_events& events, steady_time now);
  void cut(connection& c, std::string why, closing how);
  void close(connection& c, std::string why, closing how);
  void list_receivers();

  void on_event(connection& c, smpp::event::bind_requested& asked, smpp::session_events& events,
                steady_time now);
  void on_event(connection& c, smpp::event::request_received& what, steady_time now);
  void on_delivery_answered(cookie what, smpp::command_status status, steady_time now);
  void on_delivery_lost(cookie what, steady_time now);
  void retry(cookie what, steady_time at);
  void give_up(cookie what);

  template <class Submit>
  void on_submit(connection& c, std::uint32_t sequence, const Submit& submit, steady_time now);
  void on_submit_multi(connection& c, std::uint32_t sequence, const smpp::submit_multi& submit,
                       steady_time now);
  smpp::command_status judge_submit(steady_time now);
  template <class Submit>
  std::uint64_t accept_submit(const Submit& submit, const std::string& phone, steady_time now);
  void plan_receipt(smpp::message_state state, std::uint64_t number, const std::string& phone,
                    const std::string& sender, steady_time now);
  void answer(connection& c, std::uint32_t sequence, smpp::pdu_body response,
              smpp::command_status status, steady_time now);

  void pump(steady_time now);
  void run_script(steady_time now);
  void run_due(steady_time now);
  void fill_windows(steady_time now);
  connection* free_receiver();
  bool open_next_mo(steady_time now);
  steady_time next_due() const; // of an open loop
  void open_mo(mo message, steady_time now, std::optional<steady_time> due = {});
  void send(connection& c, cookie what, steady_time now);
  std::optional<smpp::deliver_sm> build(cookie what);
  smpp::deliver_sm build_part(ledger::index which, std::size_t part) const;
  void cut_if_due(connection& c);

  centre_settings settings_;
  ledger ledger_;
  stream stream_;
  std::vector<action> script_;
  std::size_t script_done_ = 0;
  logger log_;
  random random_;
  microseconds utc_offset_;

  std::map<connection_key, std::unique_ptr<connection>> connections_;
  connection_key last_key_ = 0;
  std::vector<connection*> receivers_; // bound, and not to be closed
  std::size_t next_receiver_ = 0;

  smpp::pacing mo_pacing_, submit_pacing_;
  std::deque<cookie> ready_; // to be sent as soon as a window has room
  std::multimap<steady_time, std::variant<cookie, late_answer>> due_;
  std::unordered_map<std::uint64_t, receipt_facts> receipts_; // by number; until answered
  std::size_t unsettled_ = 0; // parts of MOs that are to be sent, or to be answered
  std::size_t late_answers_ = 0;

  std::uint64_t next_number_;
  std::uint64_t mos_opened_ = 0, mos_scheduled_ = 0;
  std::uint64_t refuse_binds_;
  std::uint64_t connections_cut_ = 0, binds_refused_ = 0;
  bool more_mos_ = true;
  steady_time throttled_until_, late_until_;
  steady_time last_activity_; // a new MO, an ack, a submit
  std::optional<steady_time> started_at_, stopped_at_;
};

} // namespace farebox::smsc
