// Delivery receipts: SMPP 3.4 paragraphs 5.2.12 (esm_class), 5.2.28 (message_state), 5.3.2.26 ff.
// (TLVs) and appendix B (text), read as SMSCs really write them. Pure; any thread.
//
//   id:0123456789 sub:001 dlvrd:001 submit date:0811041530 done date:0811041532 stat:DELIVRD
//   err:000 text:Hello
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/pdu.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::smpp {

// Paragraph 5.2.12, bits 5 to 2: only these make a receipt, whatever the text looks like (else
// anyone with a phone forges one). Acknowledgements of the other phone are not receipts.
enum class receipt_kind : std::uint8_t {
  none,
  final_state, // "SMSC Delivery Receipt", 0x04; what it says may still be ENROUTE
  intermediate // "Intermediate Delivery Notification", 0x20
};
receipt_kind receipt_kind_of(std::uint8_t esm_class);
inline bool is_receipt(std::uint8_t esm_class) {
  return receipt_kind_of(esm_class) != receipt_kind::none;
}

// Paragraph 5.2.28; scheduled and skipped are of 5.0.
enum class message_state : std::uint8_t {
  scheduled = 0,
  enroute = 1,
  delivered = 2,
  expired = 3,
  deleted = 4,
  undeliverable = 5,
  accepted = 6,
  unknown = 7,
  rejected = 8,
  skipped = 9
};
std::string_view name_of(message_state state); // as appendix B spells it: "DELIVRD"

// True if no other state can follow. Neither `accepted` (some SMSCs send DELIVRD after it) nor
// `unknown` is final: money waits for a better word.
constexpr bool is_final(message_state state) {
  return state == message_state::delivered || state == message_state::expired ||
         state == message_state::deleted || state == message_state::undeliverable ||
         state == message_state::rejected || state == message_state::skipped;
}

// Words of any case and usual length: DELIVRD, delivered, UNDELIVERABLE, REJECTD, ... and the
// digit of message_state. `delivered` charges money, so its spellings are a closed list.
std::optional<message_state> parse_message_state(std::string_view word);

// "0811041530" or "081104153015" (YYMMDDhhmm[ss]; 20YY). Which time zone is the SMSC's secret: the
// figures are taken as UTC. nullopt for another length or no date of the calendar.
std::optional<utc_time> parse_receipt_date(std::string_view digits);

struct receipt {
  std::string message_id; // as it came; see normalise_message_id. Empty: only other keys can match
  std::optional<message_state> state; // nullopt: none, or a word nobody knows
  std::string state_word;             // as it came, of the text
  std::string error;                  // "000", "0000", "A1"; of the TLV: "3:1042" (network:code)
  std::optional<std::uint32_t> submitted_count, delivered_count; // sub, dlvrd
  std::optional<utc_time> submitted_at, done_at;
  std::string text; // the beginning of the message, often empty
  std::optional<std::uint16_t> user_message_reference; // R6: the echo of ours
  friend bool operator==(const receipt&, const receipt&) = default;
};

// The text alone. Fields come in any order and case, any may be missing; a value ends where the
// next known field begins. `text:` quotes what a partner wrote: what stands in it counts for
// nothing, where it can be told. So `text:` after id and stat takes the whole rest; before them it
// ends at the next known field, and of fields that then come twice the last one holds.
receipt parse_receipt_text(std::string_view text);

// TLVs first (receipted_message_id, message_state, network_error_code), then the text for what they
// lack. The caller has looked at esm_class.
receipt parse_receipt(const deliver_sm& message);
receipt parse_receipt(const data_sm& message);

// How one bind writes a message id in one kind of PDU.
enum class id_format : std::uint8_t {
  as_is,
  decimal,     // leading zeros mean nothing
  hexadecimal, // either case, leading zeros or 0x mean nothing
  uuid         // case, hyphens and braces mean nothing
};
std::string_view name_of(id_format format);
std::optional<id_format> parse_id_format(std::string_view name);

// A bind's two habits; the same id read by each gives the same canonical text.
struct id_formats {
  id_format in_response = id_format::as_is; // submit_sm_resp
  id_format in_receipt = id_format::as_is;
};

// Canonical: a decimal number without leading zeros for decimal and hexadecimal, 32 lower-case
// digits for a UUID. An id that is not of its format stays as it is, without surrounding spaces.
std::string normalise_message_id(std::string_view id, id_format format);

} // namespace farebox::smpp
