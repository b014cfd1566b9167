// The User Data Header in front of a message's text: 3GPP TS 23.040 9.2.3.24.
//
//   +------+-----+------+---------+-----+------+---------+----
//   | UDHL | IEI | IEDL | data ...| IEI | IEDL | data ...| text
//   +------+-----+------+---------+-----+------+---------+----
//     UDHL counts the octets behind it up to the text
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/text/gsm7.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace farebox::text {

// Information element identifiers that are read here; all others are kept as they are.
namespace element {
inline constexpr std::uint8_t concatenation_8_bit = 0x00;
inline constexpr std::uint8_t port_8_bit = 0x04;
inline constexpr std::uint8_t port_16_bit = 0x05;
inline constexpr std::uint8_t concatenation_16_bit = 0x08;
inline constexpr std::uint8_t single_shift = 0x24;
inline constexpr std::uint8_t locking_shift = 0x25;
} // namespace element

struct information_element {
  std::uint8_t id = 0;
  bytes data;
  friend bool operator==(const information_element&, const information_element&) = default;
};

// Which part of which long message. `number` counts from 1.
struct part_header {
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  std::uint8_t number = 0;

  // TS 23.040 9.2.3.24.1: anything else is to be ignored by the receiver.
  constexpr bool is_valid() const { return number >= 1 && number <= total; }
  friend bool operator==(const part_header&, const part_header&) = default;
};

struct application_port {
  std::uint16_t destination = 0;
  std::uint16_t source = 0;
  friend bool operator==(const application_port&, const application_port&) = default;
};

enum class udh_status : std::uint8_t {
  ok,
  no_data,          // flagged, but there is not even a length octet
  longer_than_data, // UDHL runs beyond the user data: taken for text without a header
  element_cut       // an element runs beyond the header: those before it stand
};
std::string_view name_of(udh_status status);

struct user_data_header {
  udh_status status = udh_status::ok;
  std::size_t size = 0; // octets before the text, UDHL included; 0 if there is no usable header
  std::vector<information_element> elements; // in their order, unknown ones too

  // Read from the elements. Of repeated or contradicting ones the last valid one counts.
  std::optional<part_header> concatenation;
  std::optional<application_port> port;
  gsm7_tables tables;
};

// Never fails: see `status`. Call it only if the UDH indicator of esm_class is set.
user_data_header parse_udh(bytes_view user_data);

// UDHL and the elements; nullopt if they do not fit the length octets.
std::optional<bytes> build_udh(std::span<const information_element> elements);

// The 8-bit form keeps the low octet of the reference.
information_element concatenation_element(const part_header& part, bool reference_16_bit);
information_element port_element(application_port port); // 16-bit addressing
information_element single_shift_element(national_language language);
information_element locking_shift_element(national_language language);

} // namespace farebox::text
