// What happens to the writer: everything that can change a row arrives as one of these.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace farebox {

// Where the answer to a request of the SMSC goes. `sequence` is the SMSC's own.
struct reply_address {
  connection_id connection;
  std::uint32_t sequence = 0;
};

struct connection_opened {
  connection_row connection;
};

// MOs of the connection up to `proven` have certainly been acknowledged (rule R3).
struct connection_proven {
  connection_id connection;
  message_id proven;
};

struct connection_closed {
  connection_id connection;
};

// Where a part stands in its set: UDH or SAR.
struct part_place {
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  std::uint8_t number = 0;
};

// What became of the question whether the first bind's peer still lives (rule R3, held MOs).
enum class probe_result : std::uint8_t { not_asked, answered, silent };

// A deliver_sm or data_sm from a phone, decoded on its link's thread.
struct mo_arrived {
  reply_address answer_to;
  operator_id op;
  utc_time received_at;
  utc_time previous_read_at; // of the same socket: from here the operator's time-out is counted
  steady_time arrived_at;    // as received_at, for intervals: the wall clock may be set
  std::string source;
  std::string destination;
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t alphabet = 0; // what data_coding 0 means on this bind: a text::charset
  bytes raw;                 // user data, UDH included
  std::string text;          // UTF-8, of this part alone
  std::optional<part_place> part;
  std::string operator_message_id; // of the operator's id TLV
  std::string reference;           // user_message_reference, only where it can be relied on
  std::string mo_link;             // of the TLV that charging echoes
  digest128 key;                        // content_key() of the above
  probe_result probe = probe_result::not_asked; // of the last of these connections:
  std::vector<connection_id> probed;            // those before it answered
  bool permit = false; // a window slot and a pacing token are reserved for one reply segment
};

// The key of rule R3(c): operator, source, destination, data_coding, UDH and body; and (b) the
// reference, which is empty unless the operator's can be relied on.
digest128 content_key(operator_id op, std::string_view source, std::string_view destination,
                      std::uint8_t data_coding, bytes_view raw, std::string_view reference);

// The MO was acknowledged so late that its SMSC may have given up: it is in doubt (rule R3).
struct answered_late {
  connection_id connection;
  message_id message;
};

struct receipt_arrived {
  reply_address answer_to;
  operator_id op;
  utc_time received_at;
  std::string smsc_id;    // normalised; empty if the receipt names none
  std::uint8_t state = 0; // message_state, SMPP 3.4 5.2.28
  std::uint32_t error = 0;
  std::string source; // the phone that got the reply
  std::string destination;
  std::optional<std::uint16_t> reference;
};

// The SMSC answered a submit_sm: the first answer for its sequence, late or not.
struct submit_answered {
  message_id reply;
  int attempt = 1;
  std::uint32_t segments = 1; // bits, as in reply_row: more than one for a message_payload
  std::uint32_t status = 0;
  std::string smsc_id; // normalised
  utc_time at;
};

// No answer will be waited for: the bytes may have reached the SMSC.
struct submit_lost {
  message_id reply;
  int attempt = 1;
};

// The bytes have certainly not left: the link was gone, or the text cannot be encoded (`final`).
struct submit_unsent {
  message_id reply;
  int attempt = 1;
  bool final = false;
};

// A window slot and pacing tokens are free for these segments of a waiting reply.
struct reply_due {
  message_id reply;
  operator_id op;
  int segments = 1; // how many slots and tokens it takes
};

struct unknown_due { // an unanswered submit has waited long enough
  message_id reply;
};

struct charge_due { // an MT-billed charge got no receipt in time
  message_id charge;
};

struct part_set_due { // parts are still missing
  message_id set;
};

// The first event of a process: what the last one left open is loaded and settled (rule R12).
struct started {};

// Somebody on an HTTP connection waits; `ticket` finds the one.
struct check_code {
  std::uint64_t ticket = 0;
  partner_id partner;
  service_id service;
  std::string code;
  bool use_up = false;
};

// Support says that an absorbed message was an honest order: it is taken as one now (rule R3).
struct release_absorbed {
  std::uint64_t ticket = 0;
  message_id message;
  std::string reason; // kept
};

// A person decides what no receipt told of a reply that is charged on its delivery (rule R6).
struct settle_reply {
  std::uint64_t ticket = 0;
  message_id reply;
  bool delivered = false;
  std::string reason; // kept
};

// A change of what is sold, by the administrator. Empty lists change nothing.
struct catalogue_change {
  std::uint64_t ticket = 0;
  std::vector<partner> partners;
  std::vector<service> services; // id 0: a new one
  std::vector<tariff> tariffs;   // new versions
  std::vector<terms> terms_versions;
  std::vector<token_row> tokens;
};

using event = std::variant<started, connection_opened, connection_proven, connection_closed,
                           mo_arrived, answered_late, receipt_arrived, submit_answered,
                           submit_lost, submit_unsent, reply_due, unknown_due, charge_due,
                           part_set_due, check_code, release_absorbed, settle_reply,
                           catalogue_change>;

// What comes by itself when its time has come.
using due_event = std::variant<reply_due, unknown_due, charge_due, part_set_due>;

// ---- what is to be done once the batch is on disk ----

struct acknowledge {
  reply_address to;
  std::uint32_t status = 0;
  message_id proof; // what an answered enquire_link will prove; 0: nothing
};

// Submit these segments of the reply (bits of `segments`, see reply_row).
struct send_reply {
  reply_row reply;
  std::uint32_t segments = 0;
  bool uses_permit = false;
};

// Ask the peer of `connection` whether it lives; the MO waits in `held` for the answer.
struct hold_and_probe {
  connection_id connection;
  mo_arrived held;
};

struct schedule {
  utc_time at;
  due_event then;
};

struct code_checked {
  std::uint64_t ticket = 0;
  std::string state; // valid, unknown, expired, used_up, not_yet_paid
  std::optional<std::int64_t> uses_left; // nullopt: not limited
  std::optional<utc_time> expires_at;
};

struct catalogue_changed {
  std::uint64_t ticket = 0;
  std::vector<service_id> services; // ids of the services given, new ones included
  std::vector<token_id> tokens;
  std::optional<failure> refused;
};

struct support_answered {
  std::uint64_t ticket = 0;
  message_id message;       // the order that a release made; the settled reply
  bool done_before = false; // the same was asked before, and nothing was done now
  std::optional<failure> refused;
};

struct alarm {
  std::string what; // one line, no whole phone number
};

using effect = std::variant<acknowledge, send_reply, hold_and_probe, schedule, code_checked,
                            catalogue_changed, support_answered, alarm>;

// What somebody who waits for an answer is told if the event could not be decided; nothing for
// events that nobody waits for.
std::optional<effect> refusal_of(const event& e, const failure& why);

} // namespace farebox
