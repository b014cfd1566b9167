// Optional parameters: SMPP 3.4 paragraph 5.3. A list keeps wire order, and keeps tags and values
// that nobody knows, so that they round-trip. Reading is lenient: peers send integers in other
// widths and strings without their NUL.
//
//    0        2        4              4 + length
//    +--------+--------+-------- ... --------+
//    |  tag   | length |        value        |      big-endian, length of the value alone
//    +--------+--------+-------- ... --------+
#pragma once

#include "farebox/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::smpp {

struct tlv {
  std::uint16_t tag = 0;
  bytes value{};
  friend bool operator==(const tlv&, const tlv&) = default;
};

using tlv_list = std::vector<tlv>;

// SMPP 3.4 paragraph 5.3.2; the last nine are of 5.0.
namespace tag {
inline constexpr std::uint16_t dest_addr_subunit = 0x0005;
inline constexpr std::uint16_t dest_network_type = 0x0006;
inline constexpr std::uint16_t dest_bearer_type = 0x0007;
inline constexpr std::uint16_t dest_telematics_id = 0x0008;
inline constexpr std::uint16_t source_addr_subunit = 0x000D;
inline constexpr std::uint16_t source_network_type = 0x000E;
inline constexpr std::uint16_t source_bearer_type = 0x000F;
inline constexpr std::uint16_t source_telematics_id = 0x0010;
inline constexpr std::uint16_t qos_time_to_live = 0x0017;
inline constexpr std::uint16_t payload_type = 0x0019;
inline constexpr std::uint16_t additional_status_info_text = 0x001D;
inline constexpr std::uint16_t receipted_message_id = 0x001E;
inline constexpr std::uint16_t ms_msg_wait_facilities = 0x0030;
inline constexpr std::uint16_t privacy_indicator = 0x0201;
inline constexpr std::uint16_t source_subaddress = 0x0202;
inline constexpr std::uint16_t dest_subaddress = 0x0203;
inline constexpr std::uint16_t user_message_reference = 0x0204;
inline constexpr std::uint16_t user_response_code = 0x0205;
inline constexpr std::uint16_t source_port = 0x020A;
inline constexpr std::uint16_t destination_port = 0x020B;
inline constexpr std::uint16_t sar_msg_ref_num = 0x020C;
inline constexpr std::uint16_t language_indicator = 0x020D;
inline constexpr std::uint16_t sar_total_segments = 0x020E;
inline constexpr std::uint16_t sar_segment_seqnum = 0x020F;
inline constexpr std::uint16_t sc_interface_version = 0x0210;
inline constexpr std::uint16_t callback_num_pres_ind = 0x0302;
inline constexpr std::uint16_t callback_num_atag = 0x0303;
inline constexpr std::uint16_t number_of_messages = 0x0304;
inline constexpr std::uint16_t callback_num = 0x0381;
inline constexpr std::uint16_t dpf_result = 0x0420;
inline constexpr std::uint16_t set_dpf = 0x0421;
inline constexpr std::uint16_t ms_availability_status = 0x0422;
inline constexpr std::uint16_t network_error_code = 0x0423;
inline constexpr std::uint16_t message_payload = 0x0424;
inline constexpr std::uint16_t delivery_failure_reason = 0x0425;
inline constexpr std::uint16_t more_messages_to_send = 0x0426;
inline constexpr std::uint16_t message_state = 0x0427;
inline constexpr std::uint16_t ussd_service_op = 0x0501;
inline constexpr std::uint16_t display_time = 0x1201;
inline constexpr std::uint16_t sms_signal = 0x1203;
inline constexpr std::uint16_t ms_validity = 0x1204;
inline constexpr std::uint16_t alert_on_message_delivery = 0x130C;
inline constexpr std::uint16_t its_reply_type = 0x1380;
inline constexpr std::uint16_t its_session_info = 0x1383;
inline constexpr std::uint16_t congestion_state = 0x0428;
inline constexpr std::uint16_t billing_identification = 0x060B;
inline constexpr std::uint16_t source_network_id = 0x060D;
inline constexpr std::uint16_t dest_network_id = 0x060E;
inline constexpr std::uint16_t source_node_id = 0x060F;
inline constexpr std::uint16_t dest_node_id = 0x0610;
inline constexpr std::uint16_t dest_addr_np_resolution = 0x0611;
inline constexpr std::uint16_t dest_addr_np_information = 0x0612;
inline constexpr std::uint16_t dest_addr_np_country = 0x0613;
} // namespace tag

// Vendors own this range (paragraph 5.3.2, table 5-7).
constexpr bool is_vendor_tag(std::uint16_t tag) { return tag >= 0x1400 && tag <= 0x3FFF; }

enum class tlv_kind : std::uint8_t { integer, c_octet_string, octet_string };

// What the specification says of one tag. Sizes are in octets; a C-octet string's count its NUL.
struct tlv_definition {
  std::uint16_t tag;
  std::string_view name;
  tlv_kind kind;
  std::uint16_t size_min;
  std::uint16_t size_max;
};

std::span<const tlv_definition> tlv_definitions(); // in ascending order of tag
const tlv_definition* definition_of(std::uint16_t tag);
std::string name_of_tag(std::uint16_t tag);                    // "message_state"; unknown: "0x1401"
std::optional<std::uint16_t> parse_tag(std::string_view text); // a name, "0x1401" or "5121"

// The first one with this tag.
const tlv* find(const tlv_list& list, std::uint16_t tag);

// Big-endian, whatever width of 1 to 4 octets the peer chose; nullopt if absent or of another size.
std::optional<std::uint32_t> integer_of(const tlv_list& list, std::uint16_t tag);

// Up to the first NUL or the end of the value; nullopt if absent.
std::optional<std::string> text_of(const tlv_list& list, std::uint16_t tag);

tlv make_u8(std::uint16_t tag, std::uint8_t value);
tlv make_u16(std::uint16_t tag, std::uint16_t value);
tlv make_u32(std::uint16_t tag, std::uint32_t value);
tlv make_text(std::uint16_t tag, std::string_view text); // appends the NUL
tlv make_octets(std::uint16_t tag, bytes_view value);

// An integer as wide as the specification says for this tag; unknown tags: as narrow as it fits.
tlv make_integer(std::uint16_t tag, std::uint32_t value);

} // namespace farebox::smpp
