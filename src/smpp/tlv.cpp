#include "farebox/smpp/tlv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace farebox::smpp {
namespace {

using enum tlv_kind;

// SMPP 3.4 paragraph 5.3.2, sizes of each sub-paragraph.
constexpr tlv_definition definitions[] = {
    {tag::dest_addr_subunit, "dest_addr_subunit", integer, 1, 1},
    {tag::dest_network_type, "dest_network_type", integer, 1, 1},
    {tag::dest_bearer_type, "dest_bearer_type", integer, 1, 1},
    {tag::dest_telematics_id, "dest_telematics_id", integer, 2, 2},
    {tag::source_addr_subunit, "source_addr_subunit", integer, 1, 1},
    {tag::source_network_type, "source_network_type", integer, 1, 1},
    {tag::source_bearer_type, "source_bearer_type", integer, 1, 1},
    {tag::source_telematics_id, "source_telematics_id", integer, 1, 1},
    {tag::qos_time_to_live, "qos_time_to_live", integer, 4, 4},
    {tag::payload_type, "payload_type", integer, 1, 1},
    {tag::additional_status_info_text, "additional_status_info_text", c_octet_string, 1, 256},
    {tag::receipted_message_id, "receipted_message_id", c_octet_string, 1, 65},
    {tag::ms_msg_wait_facilities, "ms_msg_wait_facilities", integer, 1, 1},
    {tag::privacy_indicator, "privacy_indicator", integer, 1, 1},
    {tag::source_subaddress, "source_subaddress", octet_string, 2, 23},
    {tag::dest_subaddress, "dest_subaddress", octet_string, 2, 23},
    {tag::user_message_reference, "user_message_reference", integer, 2, 2},
    {tag::user_response_code, "user_response_code", integer, 1, 1},
    {tag::source_port, "source_port", integer, 2, 2},
    {tag::destination_port, "destination_port", integer, 2, 2},
    {tag::sar_msg_ref_num, "sar_msg_ref_num", integer, 2, 2},
    {tag::language_indicator, "language_indicator", integer, 1, 1},
    {tag::sar_total_segments, "sar_total_segments", integer, 1, 1},
    {tag::sar_segment_seqnum, "sar_segment_seqnum", integer, 1, 1},
    {tag::sc_interface_version, "sc_interface_version", integer, 1, 1},
    {tag::callback_num_pres_ind, "callback_num_pres_ind", integer, 1, 1},
    {tag::callback_num_atag, "callback_num_atag", octet_string, 0, 65},
    {tag::number_of_messages, "number_of_messages", integer, 1, 1},
    {tag::callback_num, "callback_num", octet_string, 4, 19},
    {tag::dpf_result, "dpf_result", integer, 1, 1},
    {tag::set_dpf, "set_dpf", integer, 1, 1},
    {tag::ms_availability_status, "ms_availability_status", integer, 1, 1},
    {tag::network_error_code, "network_error_code", octet_string, 3, 3},
    {tag::message_payload, "message_payload", octet_string, 0, 65535},
    {tag::delivery_failure_reason, "delivery_failure_reason", integer, 1, 1},
    {tag::more_messages_to_send, "more_messages_to_send", integer, 1, 1},
    {tag::message_state, "message_state", integer, 1, 1},
    {tag::congestion_state, "congestion_state", integer, 1, 1},
    {tag::ussd_service_op, "ussd_service_op", octet_string, 1, 1},
    {tag::billing_identification, "billing_identification", octet_string, 1, 1024},
    {tag::source_network_id, "source_network_id", c_octet_string, 7, 65},
    {tag::dest_network_id, "dest_network_id", c_octet_string, 7, 65},
    {tag::source_node_id, "source_node_id", octet_string, 6, 6},
    {tag::dest_node_id, "dest_node_id", octet_string, 6, 6},
    {tag::dest_addr_np_resolution, "dest_addr_np_resolution", integer, 1, 1},
    {tag::dest_addr_np_information, "dest_addr_np_information", octet_string, 10, 10},
    {tag::dest_addr_np_country, "dest_addr_np_country", integer, 1, 4},
    {tag::display_time, "display_time", integer, 1, 1},
    {tag::sms_signal, "sms_signal", integer, 2, 2},
    {tag::ms_validity, "ms_validity", integer, 1, 1},
    {tag::alert_on_message_delivery, "alert_on_message_delivery", octet_string, 0, 0},
    {tag::its_reply_type, "its_reply_type", integer, 1, 1},
    {tag::its_session_info, "its_session_info", octet_string, 2, 2},
};
static_assert(std::ranges::is_sorted(definitions, std::less{}, &tlv_definition::tag));

tlv big_endian(std::uint16_t tag, std::uint32_t value, std::size_t size) {
  tlv made{tag, bytes(size)};
  for (std::size_t i = size; i-- > 0; value >>= 8) made.value[i] = static_cast<std::uint8_t>(value);
  return made;
}

} // namespace

std::span<const tlv_definition> tlv_definitions() { return definitions; }

const tlv_definition* definition_of(std::uint16_t tag) {
  const auto* found = std::ranges::lower_bound(definitions, tag, {}, &tlv_definition::tag);
  return found != std::end(definitions) && found->tag == tag ? found : nullptr;
}

std::string name_of_tag(std::uint16_t tag) {
  const auto* definition = definition_of(tag);
  return definition ? std::string(definition->name) : fmt::format("0x{:04x}", tag);
}

std::optional<std::uint16_t> parse_tag(std::string_view text) {
  const auto* found = std::ranges::find(definitions, text, &tlv_definition::name);
  if (found != std::end(definitions)) return found->tag;
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint16_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

const tlv* find(const tlv_list& list, std::uint16_t tag) {
  const auto found = std::ranges::find(list, tag, &tlv::tag);
  return found == list.end() ? nullptr : &*found;
}

std::optional<std::uint32_t> integer_of(const tlv_list& list, std::uint16_t tag) {
  const auto* found = find(list, tag);
  if (found == nullptr || found->value.empty() || found->value.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const auto octet : found->value) value = value << 8 | octet;
  return value;
}

std::optional<std::string> text_of(const tlv_list& list, std::uint16_t tag) {
  const auto* found = find(list, tag);
  if (found == nullptr) return std::nullopt;
  const auto text = as_text(found->value);
  return std::string(text.substr(0, text.find('\0')));
}

tlv make_u8(std::uint16_t tag, std::uint8_t value) { return big_endian(tag, value, 1); }
tlv make_u16(std::uint16_t tag, std::uint16_t value) { return big_endian(tag, value, 2); }
tlv make_u32(std::uint16_t tag, std::uint32_t value) { return big_endian(tag, value, 4); }

tlv make_text(std::uint16_t tag, std::string_view text) {
  tlv made{tag, bytes(text.begin(), text.end())};
  made.value.push_back(0);
  return made;
}

tlv make_octets(std::uint16_t tag, bytes_view value) {
  return {tag, bytes(value.begin(), value.end())};
}

tlv make_integer(std::uint16_t tag, std::uint32_t value) {
  const auto* definition = definition_of(tag);
  if (definition != nullptr && definition->kind == tlv_kind::integer)
    return big_endian(tag, value, definition->size_max);
  return big_endian(tag, value, value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : 4);
}

} // namespace farebox::smpp
