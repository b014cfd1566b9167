// From data_coding and octets to UTF-8 and back: SMPP 3.4 5.2.19 and 3GPP TS 23.038 4.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/text/gsm7.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::text {

enum class charset : std::uint8_t {
  gsm7,       // unpacked septets
  ascii,      // IA5
  latin1,     // ISO-8859-1
  iso_8859_5, // Latin/Cyrillic
  windows_1251,
  ucs2,  // UTF-16, big-endian unless a byte order mark says otherwise
  binary // octets, or text in a coding that is not read here
};

std::string_view name_of(charset set);
std::optional<charset> parse_charset(std::string_view name);

// What the octets under this data_coding are. Never fails: all 256 values have an answer.
//
//   0x00-0x0F  SMPP's own list: 0 default, 1 ASCII, 2 4 octets, 3 Latin-1, 6 ISO-8859-5, 8 UCS-2;
//              5 7 9 10 13 14 (JIS, Hebrew, pictograms, Korean) are `binary`; the rest: default
//   0x10-0x7F  general groups, with a message class or marked for deletion: bits 3-2 decide;
//              compressed text (bit 5) is `binary`
//   0x80-0xBF  reserved: the default, as TS 23.038 4 asks
//   0xC0-0xDF  message waiting, default alphabet; 0xE0-0xEF the same in UCS-2
//   0xF0-0xFF  message class: bit 2 decides between the default and octets
//
// "Default" is `default_for_zero`, a setting of the bind (gsm7, ascii, latin1 or windows_1251): an
// SMSC that converts its default alphabet for 0 does so whatever class the message has.
charset charset_of(std::uint8_t data_coding, charset default_for_zero);

// Never throws on any octets: what cannot be decoded becomes U+FFFD. In UCS-2 surrogate pairs are
// joined; a lone surrogate becomes U+FFFD, and so does an odd last octet unless it is NUL, which
// some senders append; a byte order mark at the start is obeyed and left out. In `binary`, ASCII
// octets are kept: some SMSCs send plain text as octets. The tables are for gsm7 alone.
std::string decode(bytes_view user_data_without_udh, charset set, gsm7_tables tables = {});

// Appends to `out`, so that a hot path reuses its buffer.
void decode_into(bytes_view user_data_without_udh, charset set, gsm7_tables tables,
                 std::string& out);

// nullopt if a character is not in the set; always nullopt for binary. Ill-formed UTF-8 counts as
// U+FFFD, which only UCS-2 has.
std::optional<bytes> encode(std::string_view utf8, charset set, gsm7_tables tables = {});

} // namespace farebox::text
