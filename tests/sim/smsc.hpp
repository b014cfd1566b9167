// An operator's SMSC: takes orders from phones, delivers them until they are acknowledged, takes
// replies, sends receipts; all that badly, as far as the protocol lets it. Keeps a ledger.
#pragma once

#include "sim/network.hpp"

#include "farebox/gateway/settings.hpp"
#include "farebox/smpp/session.hpp"
#include "smsc/core/message_id.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace farebox::sim {

inline constexpr minutes receipt_delay_max{10};

// What is done to submits and receipts: shares in percent.
struct smsc_habits {
  milliseconds response_timeout{30'000}; // of deliver_sm: then it is delivered again
  bool takes_late_answers = true;        // an answer after that still counts
  std::size_t window = 20;
  int throttles = 0, refuses = 0, stays_silent = 0; // submits
  microseconds answer_min{100}, answer_max{50'000};
  int answers_late = 0; // long after
  int undelivered = 0, receipt_lost = 0, receipt_twice = 0, receipt_early = 0, receipt_late = 0;
  int enroute = 0;    // a receipt that is not the last
  int parts_lost = 0; // of long messages: one part never comes
  bool echoes_reference = true;
  farebox::smsc::receipt_style style = farebox::smsc::receipt_style::both;
  smpp::id_formats ids{};
  std::optional<std::uint16_t> id_tlv; // of MOs
  bool user_message_reference = false; // of MOs
};

// What one person sent once.
struct order {
  std::string phone, destination, text;
  steady_time sent_at;
  bool incomplete = false; // a part was lost on its way to us
  std::vector<std::size_t> deliveries; // of its parts
};

// One deliver_sm, however often it is sent.
struct delivery {
  smpp::deliver_sm message;
  std::optional<std::size_t> of_order;
  std::optional<std::size_t> of_submit; // a receipt
  bool acked = false;
  bool under_way = false;
  int sends = 0;
  steady_time sent_at, acked_at; // the last time; by our clock
  connection_ptr over;
};

struct submit_record {
  std::string phone, sender;
  std::uint16_t reference = 0;
  bytes user_data;
  std::uint8_t data_coding = 0;
  bool has_udh = false;
  std::uint32_t status = 0; // what we answered
  bool answered = false;    // ... if we did
  bool delivered = false;   // what its receipt says
  std::uint64_t number = 0;
  steady_time at;
};

class smsc {
 public:
  smsc(network& net, trace& log, std::string name, smsc_habits habits);
  ~smsc();
  smsc(const smsc&) = delete;
  smsc& operator=(const smsc&) = delete;

  // ---- what the world does ----
  void send(order what); // from a phone
  void restart(microseconds down_for);
  void unbind_one();
  void calm(); // no more bad habits
  smsc_habits habits;

  // ---- what there is to see ----
  const std::string& name() const { return name_; }
  const std::vector<order>& orders() const { return orders_; }
  const std::deque<delivery>& deliveries() const { return deliveries_; }
  const std::vector<submit_record>& submits() const { return submits_; }
  std::uint64_t redeliveries() const { return redeliveries_; }
  std::size_t unsettled() const; // deliveries that are not acknowledged
  const std::vector<std::string>& complaints() const { return complaints_; }
  std::size_t sessions() const { return sessions_.size(); }

 private:
  struct session {
    session(connection_ptr over_, smpp::session_settings settings)
        : over(std::move(over_)), protocol(std::move(settings)) {}
    connection_ptr over;
    smpp::session protocol;
    std::optional<steady_time> armed;
    bool closed = false;
  };
  using session_ptr = std::shared_ptr<session>;

  void on_accepted(connection_ptr over);
  template <class Call>
  void call(const session_ptr& s, Call what); // and sees to all that follows
  void handle(const session_ptr& s, smpp::session_event& e, smpp::session_events& more);
  void arm(const session_ptr& s);
  void close(const session_ptr& s);

  void on_answer(std::size_t which, const smpp::pdu& response, bool late);
  void again(std::size_t which, microseconds after);
  void pump();
  void on_submit(const session_ptr& s, std::uint32_t sequence, const smpp::submit_sm& submit);
  void plan_receipts(std::size_t submit);
  void send_receipt(std::size_t submit, smpp::message_state state);
  std::string message_id_of(std::uint64_t number) const; // as in a response

  network& net_;
  trace& log_;
  const std::string name_;
  std::vector<session_ptr> sessions_;
  std::vector<order> orders_;
  std::deque<delivery> deliveries_;
  std::deque<std::size_t> ready_;
  std::vector<submit_record> submits_;
  std::uint64_t numbers_ = 0, redeliveries_ = 0;
  std::uint16_t references_ = 0;
  std::vector<std::string> complaints_;
};

} // namespace farebox::sim
