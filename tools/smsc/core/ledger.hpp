// What the operator sent and got, and what is wrong with it. Pure; times are arguments.
//
// An MO is acked when each of its parts was answered with ESME_ROK. A reply is a submit that the
// operator accepted; it belongs to the phone that it is addressed to. Where one phone sends several
// MOs, its replies can only be counted.
#pragma once

#include "smsc/core/latency.hpp"
#include "smsc/core/stream.hpp"

#include "farebox/base/bytes.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/command.hpp"
#include "farebox/smpp/receipt.hpp"
#include "farebox/text/charset.hpp"
#include "farebox/text/udh.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace farebox::smsc {

struct ledger_settings {
  // Regular expressions (Perl's syntax, searched anywhere). Without `expect_reply` replies are
  // counted and not judged.
  std::optional<std::string> expect_reply{};
  std::optional<std::string> unique_code{}; // its first group, else all of it, is the code
  // How often the same text may come for one MO: whoever missed our response sends it again.
  std::uint32_t sends_max = 2;
  text::charset alphabet = text::charset::gsm7; // of data_coding 0
};

enum class finding_kind : std::uint8_t {
  unacked,       // sent, and the last word was none or a retryable one
  refused,       // answered with a status after which no operator tries again
  missing_reply, // acked, and no reply came
  doubled_reply, // another text, or more than sends_max times the same
  misaddressed,  // to a phone that has sent nothing
  doubled_code,  // the same code for two MOs
  unexpected     // a text that expect_reply does not match
};
inline constexpr std::size_t finding_kinds = 7;
std::string_view name_of(finding_kind kind);

struct finding {
  finding_kind kind{};
  std::string phone;
  std::string detail;
};

struct ledger_totals {
  std::uint64_t mos_sent = 0, mos_acked = 0, mos_refused = 0;
  std::uint64_t mos_redelivered = 0; // those of which a part was sent more than once
  std::uint64_t parts_sent = 0;      // deliver_sm with MOs, repeated ones too
  std::uint64_t submits_accepted = 0, submits_throttled = 0, submits_refused = 0;
  std::uint64_t replies = 0, reply_repeats = 0; // whole ones; the same text again
  std::uint64_t receipts_planned = 0, receipts_sent = 0, receipts_acked = 0, receipts_refused = 0;
  std::uint64_t mos_unacked() const { return mos_sent - mos_acked - mos_refused; }
};

struct sent_mo {
  mo message;
  std::uint8_t parts = 1;
  std::uint32_t parts_sent = 0, parts_acked = 0, parts_settled = 0; // a bit for each
  bool refused = false;
  bool redelivered = false;
  std::optional<smpp::command_status> last_status; // the last answer that was not ESME_ROK
  std::optional<steady_time> due_at; // by a schedule, which did not wait for room in a window
  steady_time sent_at, acked_at;
  std::vector<steady_time> sent_again_at;
  steady_time counted_from() const { return due_at.value_or(sent_at); } // of latencies
  bool acked() const { return parts_acked == (std::uint64_t{1} << parts) - 1; }
};

// One accepted submit, and what became of its receipt.
struct attempt {
  std::uint64_t number = 0; // of the message id
  std::optional<smpp::message_state> receipt;
  std::optional<smpp::command_status> receipt_answer;
};

struct reply {
  std::string text;
  std::uint32_t sends = 0;
  bool has_code = false;
  bool doubled_code = false;
  bool unexpected = false;
  steady_time first_at;
};

// What one phone and we told each other.
struct conversation {
  std::uint32_t mos = 0, mos_acked = 0;
  std::uint32_t refused = 0; // submits that we refused for good: no reply can come of them
  steady_time last_mo_at; // counted_from() of the last MO
  std::vector<reply> replies; // different texts
  std::vector<attempt> attempts;
};

// A submit that we accepted. Views are read during the call only.
struct submitted {
  std::string_view phone, sender;
  bytes_view user_data;
  std::uint8_t data_coding = 0;
  bool has_udh = false;
  std::optional<text::part_header> part;
  std::uint64_t number = 0; // of the message id that it got
};

class ledger {
 public:
  using index = std::uint32_t;
  static constexpr std::size_t parts_max = 32; // the bits of parts_acked; MOs are far shorter

  explicit ledger(ledger_settings settings); // throws std::invalid_argument: a regular expression
  ~ledger();

  // ---- MOs ----

  // Known, not yet sent.
  index open(mo message, std::uint8_t parts, std::optional<steady_time> due_at = {});
  void on_sent(index which, std::uint8_t part, steady_time now);
  // True: the part was open until now, and nothing more is to be done for it.
  bool on_acked(index which, std::uint8_t part, steady_time now);
  bool on_not_acked(index which, std::uint8_t part, smpp::command_status status, bool final);
  bool on_given_up(index which, std::uint8_t part);

  // ---- replies ----

  void on_submit(const submitted& what, steady_time now);
  void on_submit_throttled() { ++totals_.submits_throttled; }
  void on_submit_refused(std::string_view phone);
  void on_receipt_planned() { ++totals_.receipts_planned; }
  void on_receipt_sent() { ++totals_.receipts_sent; }
  void on_receipt_answered(std::string_view phone, std::uint64_t number, smpp::message_state state,
                           smpp::command_status answer);

  // ---- what came of it ----

  const sent_mo& at(index which) const { return mos_[which]; }
  std::size_t size() const { return mos_.size(); }
  const conversation* find(std::string_view phone) const;
  const ledger_totals& totals() const { return totals_; }
  const latency& ack_latency() const { return ack_latency_; }
  const latency& reply_latency() const { return reply_latency_; } // of the phone's last MO
  bool judges_replies() const { return settings_.expect_reply.has_value(); }
  std::uint64_t replies_missing() const { return judges_replies() ? missing_ : 0; }

  std::vector<finding> findings() const;
  std::vector<finding_kind> findings_of(index which) const; // of the MO or its phone

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using by_text = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

  struct patterns;
  struct segment {
    bytes user_data;
    std::uint8_t data_coding = 0;
    bool has_udh = false;
    std::uint32_t sends = 0;
  };
  struct assembly {
    std::vector<segment> segments;
    std::string whole; // once all are there
    bool complete = false;
  };
  using assembly_key = std::tuple<std::string, std::string, std::uint16_t, std::uint8_t>;
  struct code_owner {
    const conversation* phone;
    std::string text;
  };

  void take_segment(const submitted& what, steady_time now);
  void take_text(std::string_view phone, const std::string& text, steady_time now);
  bool is_doubled_code(const conversation& phone, const reply& one, const std::string& code);
  std::uint64_t missing_of(const conversation& phone) const;
  bool is_doubled(const conversation& phone) const;
  template <class Change>
  void change(conversation& phone, Change what);

  ledger_settings settings_;
  std::unique_ptr<patterns> patterns_;
  std::deque<sent_mo> mos_;
  by_text<conversation> phones_;
  std::map<assembly_key, assembly> assemblies_;
  by_text<code_owner> codes_;
  std::vector<finding> strays_; // misaddressed ones; the first strays_max
  std::uint64_t missing_ = 0;   // the sum of missing_of
  ledger_totals totals_;
  latency ack_latency_, reply_latency_;
};

} // namespace farebox::smsc
