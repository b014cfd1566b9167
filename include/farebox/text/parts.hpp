// Long messages: a reply is split into segments, and the parts of an MO are joined. Pure; the
// segments are put into PDUs elsewhere.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/text/charset.hpp"
#include "farebox/text/udh.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::text {

// User data of one short message on the air, UDH included (TS 23.040 9.2.3.16). In SMPP its septets
// are unpacked, at most 160 octets, which fits the 254 of short_message.
inline constexpr std::size_t segment_octets_max = 140;

// How the parts of a long message are told to belong together.
enum class long_message : std::uint8_t {
  udh8,   // concatenation element with an 8-bit reference
  udh16,  // the same with 16 bits
  sar,    // sar_msg_ref_num, sar_total_segments, sar_segment_seqnum (SMPP 3.4 5.3.2.22-24)
  payload // one PDU with message_payload; the SMSC splits it
};
std::string_view name_of(long_message style);
std::optional<long_message> parse_long_message(std::string_view name);

// What a bind can take.
struct split_settings {
  // What data_coding 0 means: gsm7, ascii, latin1 or windows_1251. Under windows_1251 a reply uses
  // 0 for ASCII only, since no SMSC puts Windows-1251 on the air as it is.
  charset default_alphabet = charset::gsm7;
  bool latin1 = false; // data_coding 3 may be used
  // National shift tables that phones behind this bind understand. They need a UDH of our own and
  // gsm7 under 0, so they are used with the UDH styles only.
  std::vector<national_language> national{};
  long_message style = long_message::udh8;
};

struct segment {
  bytes user_data; // UDH included, if any
  std::uint8_t data_coding = 0;
  bool has_udh = false;           // sets the UDH indicator of esm_class
  std::optional<part_header> sar; // to be sent as SAR TLVs
  bool as_payload = false;        // to be sent as message_payload; else it fits short_message
};

// Takes the coding that gives the fewest segments, then the fewest octets on the air, out of the
// default alphabet, Latin-1, the national tables and UCS-2. Eight-bit codings count 140 octets a
// segment, and a character of GSM's extension table twice, since the SMSC may convert them.
//
// A cut never parts an escape from its septet or a surrogate from the other, and falls between two
// grapheme clusters (Unicode UAX 29: combining marks, emoji sequences, flags, Hangul) unless one
// cluster alone exceeds a segment; then between two code points.
//
// Text without characters is one empty segment. Text for more than 255 segments gives none at all:
// truncate it first. Under `payload`, one segment whatever the length.
std::vector<segment> split(std::string_view utf8, const split_settings& settings,
                           std::uint16_t reference);

// How many short messages this will be on the air, which is what an operator counts and charges;
// under `payload` too. Equals split(...).size() for the other styles, except above 255.
std::size_t segment_count(std::string_view utf8, const split_settings& settings);

// The longest beginning of the text, ending between two grapheme clusters, that takes at most
// `segments_max` segments. A view into `utf8`.
std::string_view truncate_to_segments(std::string_view utf8, std::size_t segments_max,
                                      const split_settings& settings);

// Which part a received short message is: by its UDH, else by the SAR values, which count only if
// all three are there. nullopt: it is a whole message, also where the numbers make no sense.
std::optional<part_header> part_header_of(bool has_udh, bytes_view user_data,
                                          std::optional<std::uint16_t> sar_reference = {},
                                          std::optional<std::uint8_t> sar_total = {},
                                          std::optional<std::uint8_t> sar_number = {});

struct part_view {
  bytes_view user_data; // as it came, UDH included
  std::uint8_t data_coding = 0;
  bool has_udh = false;
};

// The text of the parts, which are in order of their numbers, each once. Neighbours in the same
// coding are joined as octets before they are decoded, so that a surrogate pair, a UCS-2 character
// or an escape that the sender cut is whole again. A single message is one part.
std::string join(std::span<const part_view> parts, charset default_for_zero);

// Appends to `out`: the usual case, one whole message.
void text_of(const part_view& message, charset default_for_zero, std::string& out);

} // namespace farebox::text
