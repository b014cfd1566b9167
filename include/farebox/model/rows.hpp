// The rows that the store keeps, as plain values. Their meaning is stated in schema/0001_init.sql
// too.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/digest.hpp"
#include "farebox/base/id.hpp"
#include "farebox/base/money.hpp"
#include "farebox/base/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox {

// What became of a message of a phone. All but `accepted` are billed to suspense, if at all.
enum class outcome : std::uint8_t {
  accepted,   // sold: the partner is the beneficiary
  unrouted,   // text or short code that nobody sells
  ambiguous,  // two partners could be meant
  refused,    // understood, but not sold (suspended partner, disabled service)
  reserved,   // STOP, HELP, ...
  incomplete, // parts are missing
  absorbed    // a redelivery of a message that was taken before
};
std::string_view name_of(outcome o);
std::optional<outcome> parse_outcome(std::string_view name);

// One MO, or one completed long MO. `source` is the whole phone number: it never goes into a log.
struct message_row {
  message_id id;
  utc_time received_at;
  operator_id op;
  short_code_id code; // 0: not one of ours
  connection_id connection;
  std::string source;
  std::string destination;
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  bytes raw;        // user data as it came, UDH included; of a joined message: empty
  std::string text; // UTF-8
  std::string operator_message_id; // of the TLV that the operator is configured for; else empty
  std::string reference; // user_message_reference, only where the operator's can be relied on
  outcome result = outcome::unrouted;
  std::string detail; // why refused, which candidates, what was repaired
  partner_id partner;
  service_id service;
  std::string site;
  int parts = 1;
  message_id absorbed_by; // of an absorbed message: the one that was taken before
  bool possible_redelivery = false;
};

// One part of a long MO, durable before its acknowledgement.
struct part_row {
  message_id id;
  message_id set; // the id of its first part
  utc_time received_at;
  connection_id connection;
  std::uint8_t number = 0; // from 1
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t alphabet = 0; // what data_coding 0 means on its bind: a text::charset
  std::string reference;     // as in message_row
  bytes raw;
  std::string text; // of this part alone; UCS-2 halves are joined from raw
};

enum class set_state : std::uint8_t { open, complete, expired };

// The set that the parts belong to: operator, source, destination, reference and total.
struct part_set_row {
  message_id id;
  operator_id op;
  std::string source;
  std::string destination;
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  set_state state = set_state::open;
  utc_time opened_at;
  utc_time expires_at;
  message_id message; // the completed message
};

struct split {
  millionths gross, vat, operator_share, platform_fee, partner_share;
  friend constexpr auto operator<=>(const split&, const split&) = default;
  constexpr split& operator+=(const split& other) {
    gross += other.gross;
    vat += other.vat;
    operator_share += other.operator_share;
    platform_fee += other.platform_fee;
    partner_share += other.partner_share;
    return *this;
  }
  constexpr split operator-() const {
    return {-gross, -vat, -operator_share, -platform_fee, -partner_share};
  }
  friend constexpr split operator+(split a, const split& b) { return a += b; }
  friend constexpr split operator-(split a, const split& b) { return a += -b; }
};

enum class bill_kind : std::uint8_t { original, reversal, late };
std::string_view name_of(bill_kind kind);

// Append-only, numbered in order of posting. partner 0 is suspense.
struct bill_row {
  bill_id id;
  utc_time posted_at; // never before the previous bill's
  message_id message;
  bill_kind kind = bill_kind::original;
  bill_id reverses;
  outcome reason = outcome::accepted; // why suspense, if partner is 0
  partner_id partner;
  service_id service;
  std::string site;
  operator_id op;
  short_code_id code;
  tariff_id tariff;
  terms_id contract;
  currency unit;
  split amounts;
};

enum class charge_state : std::uint8_t { pending, posted, void_, expired };
std::string_view name_of(charge_state state);

// An MT-billed message: becomes a bill only when its receipt says delivered, once.
struct charge_row {
  message_id id; // the MO's, which is also its reply's
  charge_state state = charge_state::pending;
  utc_time created_at;
  utc_time expires_at;
  bill_row estimate; // the bill that it will be; id 0
  bill_id bill;
};

// DESIGN rule R5. The numbers are stored; everything up to `unknown` is open.
enum class reply_state : std::uint8_t {
  waiting,  // NEW: no bytes have left
  retry,    // refused for now by the SMSC
  sending,  // committed before bytes leave
  unknown,  // bytes may have left; no answer
  sent,     // the SMSC gave a message id
  delivered,
  failed,   // the receipt says that it will not be delivered
  rejected, // the SMSC refused it for good
  given_up  // attempts or time are used up
};
constexpr bool is_open(reply_state state) { return state <= reply_state::unknown; }
std::string_view name_of(reply_state state);

// One answer to a phone. Goes to the source of its own MO, over the operator that the MO came from.
struct reply_row {
  message_id id;      // the MO's own id for its first reply
  message_id message; // the MO
  operator_id op;
  // Where the message was counted, so that its reply is counted there without reading it again.
  partner_id partner;
  service_id service;
  std::string site;
  short_code_id code;
  currency unit;
  std::string destination; // the MO's source, asserted before encoding
  std::string source;      // the sender address shown
  tariff_id tariff;        // 0: none was found; sent with default delivery
  bool charged_on_mt = false;
  std::string text; // UTF-8; a resend reads it again
  std::string mo_link; // octets of the MO's TLV that links the reply to it; usually empty
  reply_state state = reply_state::waiting;
  int attempts = 0; // times that bytes may have left
  int resends = 0;  // of them, those after an attempt without answer: one at most
  int segments = 1; // 1..reply_segments_max; bit n of the masks is segment n+1
  std::uint32_t accepted_mask = 0;
  std::uint32_t delivered_mask = 0;
  std::uint32_t status = 0; // the last command_status or receipt error
  utc_time created_at;
  utc_time next_at; // when an open reply is looked at again
};

// As a mask.
constexpr std::uint32_t all_segments(const reply_row& reply) {
  return ~std::uint32_t{0} >> (32 - reply.segments);
}

// The user_message_reference of every submit of this reply, which some SMSCs echo in the receipt.
constexpr std::uint16_t reference_of(message_id reply) {
  return static_cast<std::uint16_t>(reply.value & 0xFFFF);
}

// One submit that the SMSC accepted: its message id belongs to the attempt.
struct attempt_row {
  operator_id op;
  std::string smsc_id; // normalised per bind
  utc_time answered_at;
  message_id reply;
  int attempt = 1;
  std::uint32_t segments = 1; // bits, as in reply_row: those that the submit carried
  std::uint8_t receipt_state = 0; // message_state of SMPP 3.4 5.2.28; 0: none came yet
};

// A receipt for an id that nobody knows yet.
struct orphan_row {
  operator_id op;
  std::string smsc_id;
  utc_time received_at;
  std::uint8_t state = 0;
  std::uint32_t error = 0;
  std::string source;      // as in the receipt: the phone
  std::string destination; // the short code
  std::optional<std::uint16_t> reference;
};

// One MO whose acknowledgement the SMSC may not have got: absorbs one identical MO.
struct doubt_row {
  digest128 key;
  message_id message;
  operator_id op;
  utc_time expires_at;
};

struct connection_row {
  connection_id id;
  operator_id op;
  std::string bind;
  utc_time opened_at;
  std::optional<utc_time> closed_at;
  message_id proven; // MOs of this connection up to this id have certainly been acknowledged
};

// A service's state: a new kind of service adds a folder and no table.
struct fact_key {
  service_id service;
  std::uint16_t space = 0; // chosen by the kind
  std::string key;
  friend auto operator<=>(const fact_key&, const fact_key&) = default;
};

// Facts of the platform itself, service 0: what support decided of a message, by its number.
namespace platform_space {
inline constexpr std::uint16_t write_probe = 0, released = 1, settled = 2;
}

struct fact_row {
  fact_key at;
  bytes value;
  std::int64_t rank = 0; // orders facts of one space, for top lists
  std::optional<utc_time> expires_at;
};

// Counters: one row per hour and combination, added up in the same commit as what they count.
struct counter_key {
  std::int64_t hour = 0; // of received_at for requests, of posted_at for money
  partner_id partner;
  service_id service;
  std::string site;
  operator_id op;
  short_code_id code;
  currency unit;
  friend auto operator<=>(const counter_key&, const counter_key&) = default;
};

struct counter_values {
  std::int64_t requests = 0; // MOs (long ones once), absorbed ones not
  std::int64_t absorbed = 0;
  std::int64_t bills = 0;
  std::int64_t pending = 0; // MT-billed charges now waiting for a receipt
  std::int64_t replies = 0; // accepted by the SMSC
  std::int64_t delivered = 0;
  split money;          // posted
  split pending_money;  // estimated
  friend bool operator==(const counter_values&, const counter_values&) = default;
  counter_values& operator+=(const counter_values& other);
};

// A running hash over the bills up to and including `bill`: what was written can be proven later.
struct chain_head {
  bill_id bill;
  digest256 digest;
  friend bool operator==(const chain_head&, const chain_head&) = default;
};

// A bearer token: only its digest is stored.
struct token_row {
  token_id id;
  partner_id partner;
  digest256 digest;
  utc_time created_at;
  std::string title;
  bool revoked = false;
};

} // namespace farebox
