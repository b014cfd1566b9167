// The GSM 7 bit default alphabet with its extension table and the national language shift tables
// for Turkish, Spanish and Portuguese: 3GPP TS 23.038 6.2.1 and Annex A. A septet is one octet
// below 0x80 here, as SMPP carries it; `packed` is the form on the air (6.1.2.1).
#pragma once

#include "farebox/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::text {

// The numbers are the National Language Identifiers of TS 23.038 6.2.1.2.4.
enum class national_language : std::uint8_t { none = 0, turkish = 1, spanish = 2, portuguese = 3 };

std::string_view name_of(national_language language);
std::optional<national_language> parse_national_language(std::string_view name);

// A language whose tables are not known here is `none`: its text is read by the default tables, as
// TS 23.038 6.2.1.2.2 asks of a receiver.
national_language national_language_of(std::uint8_t identifier);

// The tables in force. Spanish has no locking table (Annex A.3): as `locking` it means the default.
struct gsm7_tables {
  national_language locking = national_language::none;
  national_language single = national_language::none;
  friend bool operator==(const gsm7_tables&, const gsm7_tables&) = default;
};

inline constexpr std::uint8_t gsm7_escape = 0x1B;

// How many septets the character takes: 1, 2 (with escape), or 0 if the tables do not have it.
std::size_t gsm7_septets(char32_t c, gsm7_tables tables = {});

// How many septets the text takes; nullopt if a character is not in the tables.
std::optional<std::size_t> gsm7_size(std::string_view utf8, gsm7_tables tables = {});

std::optional<bytes> gsm7_encode(std::string_view utf8, gsm7_tables tables = {});

// Appends UTF-8. An octet above 0x7F and an escape at the end become U+FFFD. A second escape after
// the first is a space, and an unassigned extension the same cell of the locking table (6.2.1.1).
void gsm7_decode(bytes_view septets, gsm7_tables tables, std::string& out);

// Bits between a header of `udh_size` octets and the first septet, 0..6 (TS 23.040 9.2.3.24).
constexpr std::size_t gsm7_fill_bits(std::size_t udh_size) { return (7 - udh_size * 8 % 7) % 7; }

// The septets that fit into user data of `octets` octets behind a header of `udh_size` octets.
constexpr std::size_t gsm7_capacity(std::size_t octets, std::size_t udh_size = 0) {
  return udh_size > octets ? 0 : (octets - udh_size) * 8 / 7;
}

// Seven bits a septet, low bits first; unused bits are zero. Bit 7 of a septet is ignored.
bytes gsm7_pack(bytes_view septets, std::size_t fill_bits = 0);

// The count comes from the user data length, which counts septets: the octets alone cannot tell
// seven septets from eight. Septets beyond the data are left out.
bytes gsm7_unpack(bytes_view packed, std::size_t septet_count, std::size_t fill_bits = 0);

} // namespace farebox::text
