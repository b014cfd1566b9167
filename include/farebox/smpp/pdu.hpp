// One struct per PDU of SMPP 3.4 (chapter 4), fields in the specification's order and by its names.
// Lengths and counts (sm_length, number_of_dests, no_unsuccess) are not stored: the codec derives
// them. Limits and wire types of the fields: fields.hpp. PDUs of the same layout are one template,
// yet different types.
//
// Every body ends in TLVs, also where 3.4 defines none: what a peer appends, round-trips. Every
// member has an initializer, so that `submit_sm{.source_addr = "4242"}` compiles without warnings.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/smpp/command.hpp"
#include "farebox/smpp/tlv.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace farebox::smpp {

// Paragraph 5.2.4; 5.0 continues the scheme. A peer's value up to 0x33 means "3.3, no TLVs".
namespace interface_version {
inline constexpr std::uint8_t v3_3 = 0x33;
inline constexpr std::uint8_t v3_4 = 0x34;
inline constexpr std::uint8_t v5_0 = 0x50;
} // namespace interface_version

// Paragraph 4.1.
template <command_id Id>
struct bind_request {
  static constexpr command_id id = Id;
  std::string system_id{};
  std::string password{};
  std::string system_type{};
  std::uint8_t interface_version = interface_version::v3_4;
  std::uint8_t addr_ton = 0;
  std::uint8_t addr_npi = 0;
  std::string address_range{};
  tlv_list tlvs{};
  friend bool operator==(const bind_request&, const bind_request&) = default;
};

template <command_id Id>
struct bind_response {
  static constexpr command_id id = Id;
  std::string system_id{};
  tlv_list tlvs{}; // sc_interface_version
  friend bool operator==(const bind_response&, const bind_response&) = default;
};

using bind_receiver = bind_request<command_id::bind_receiver>;
using bind_receiver_resp = bind_response<command_id::bind_receiver_resp>;
using bind_transmitter = bind_request<command_id::bind_transmitter>;
using bind_transmitter_resp = bind_response<command_id::bind_transmitter_resp>;
using bind_transceiver = bind_request<command_id::bind_transceiver>;
using bind_transceiver_resp = bind_response<command_id::bind_transceiver_resp>;

struct outbind {
  static constexpr command_id id = command_id::outbind;
  std::string system_id{};
  std::string password{};
  tlv_list tlvs{};
  friend bool operator==(const outbind&, const outbind&) = default;
};

// Paragraphs 4.2, 4.3, 4.9.2, 4.10.2, 4.11: nothing but the header.
template <command_id Id>
struct header_only {
  static constexpr command_id id = Id;
  tlv_list tlvs{};
  friend bool operator==(const header_only&, const header_only&) = default;
};

using unbind = header_only<command_id::unbind>;
using unbind_resp = header_only<command_id::unbind_resp>;
using generic_nack = header_only<command_id::generic_nack>;
using cancel_sm_resp = header_only<command_id::cancel_sm_resp>;
using replace_sm_resp = header_only<command_id::replace_sm_resp>;
using enquire_link = header_only<command_id::enquire_link>;
using enquire_link_resp = header_only<command_id::enquire_link_resp>;

// Paragraphs 4.4.1 (submit_sm) and 4.6.1 (deliver_sm).
template <command_id Id>
struct message_request {
  static constexpr command_id id = Id;
  std::string service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string destination_addr{};
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string schedule_delivery_time{};
  std::string validity_period{};
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  bytes short_message{}; // at most 255 octets
  tlv_list tlvs{};
  friend bool operator==(const message_request&, const message_request&) = default;
};

// Paragraphs 4.4.2, 4.6.2 and 4.7.2. deliver_sm_resp leaves message_id empty.
template <command_id Id>
struct message_response {
  static constexpr command_id id = Id;
  std::string message_id{};
  tlv_list tlvs{};
  friend bool operator==(const message_response&, const message_response&) = default;
};

using submit_sm = message_request<command_id::submit_sm>;
using submit_sm_resp = message_response<command_id::submit_sm_resp>;
using deliver_sm = message_request<command_id::deliver_sm>;
using deliver_sm_resp = message_response<command_id::deliver_sm_resp>;

// Paragraph 4.5.1.1: a phone number or the name of a distribution list.
struct dest_address {
  static constexpr std::uint8_t sme_address = 1;
  static constexpr std::uint8_t distribution_list = 2;
  std::uint8_t dest_flag = sme_address;
  std::uint8_t dest_addr_ton = 0; // these three with sme_address only
  std::uint8_t dest_addr_npi = 0;
  std::string destination_addr{};
  std::string dl_name{}; // with distribution_list only
  friend bool operator==(const dest_address&, const dest_address&) = default;
};

// Paragraph 4.5.2.1.
struct unsuccess_sme {
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string destination_addr{};
  command_status error_status_code = command_status::ESME_ROK;
  friend bool operator==(const unsuccess_sme&, const unsuccess_sme&) = default;
};

// Paragraph 4.5.
struct submit_multi {
  static constexpr command_id id = command_id::submit_multi;
  std::string service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::vector<dest_address> dest_addresses{}; // at most 255
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string schedule_delivery_time{};
  std::string validity_period{};
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  bytes short_message{};
  tlv_list tlvs{};
  friend bool operator==(const submit_multi&, const submit_multi&) = default;
};

struct submit_multi_resp {
  static constexpr command_id id = command_id::submit_multi_resp;
  std::string message_id{};
  std::vector<unsuccess_sme> unsuccess_smes{}; // at most 255
  tlv_list tlvs{};
  friend bool operator==(const submit_multi_resp&, const submit_multi_resp&) = default;
};

// Paragraph 4.7.
struct data_sm {
  static constexpr command_id id = command_id::data_sm;
  std::string service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string destination_addr{};
  std::uint8_t esm_class = 0;
  std::uint8_t registered_delivery = 0;
  std::uint8_t data_coding = 0;
  tlv_list tlvs{}; // message_payload has the text
  friend bool operator==(const data_sm&, const data_sm&) = default;
};

using data_sm_resp = message_response<command_id::data_sm_resp>;

// Paragraph 4.8.
struct query_sm {
  static constexpr command_id id = command_id::query_sm;
  std::string message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  tlv_list tlvs{};
  friend bool operator==(const query_sm&, const query_sm&) = default;
};

struct query_sm_resp {
  static constexpr command_id id = command_id::query_sm_resp;
  std::string message_id{};
  std::string final_date{};
  std::uint8_t message_state = 0;
  std::uint8_t error_code = 0;
  tlv_list tlvs{};
  friend bool operator==(const query_sm_resp&, const query_sm_resp&) = default;
};

// Paragraph 4.9.
struct cancel_sm {
  static constexpr command_id id = command_id::cancel_sm;
  std::string service_type{};
  std::string message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string destination_addr{};
  tlv_list tlvs{};
  friend bool operator==(const cancel_sm&, const cancel_sm&) = default;
};

// Paragraph 4.10.
struct replace_sm {
  static constexpr command_id id = command_id::replace_sm;
  std::string message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::string schedule_delivery_time{};
  std::string validity_period{};
  std::uint8_t registered_delivery = 0;
  std::uint8_t sm_default_msg_id = 0;
  bytes short_message{};
  tlv_list tlvs{};
  friend bool operator==(const replace_sm&, const replace_sm&) = default;
};

// Paragraph 4.12. Nothing answers it.
struct alert_notification {
  static constexpr command_id id = command_id::alert_notification;
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string source_addr{};
  std::uint8_t esme_addr_ton = 0;
  std::uint8_t esme_addr_npi = 0;
  std::string esme_addr{};
  tlv_list tlvs{}; // ms_availability_status
  friend bool operator==(const alert_notification&, const alert_notification&) = default;
};

// A command that 3.4 does not have, kept whole. The session answers a request of this kind with
// generic_nack and ESME_RINVCMDID.
struct unknown_pdu {
  command_id id{};
  bytes body{}; // everything after the header
  friend bool operator==(const unknown_pdu&, const unknown_pdu&) = default;
};

using pdu_body =
    std::variant<enquire_link, enquire_link_resp, deliver_sm, deliver_sm_resp, submit_sm,
                 submit_sm_resp, data_sm, data_sm_resp, generic_nack, bind_receiver,
                 bind_receiver_resp, bind_transmitter, bind_transmitter_resp, bind_transceiver,
                 bind_transceiver_resp, unbind, unbind_resp, outbind, submit_multi,
                 submit_multi_resp, query_sm, query_sm_resp, cancel_sm, cancel_sm_resp, replace_sm,
                 replace_sm_resp, alert_notification, unknown_pdu>;

struct pdu {
  command_status status = command_status::ESME_ROK;
  std::uint32_t sequence = 0;
  pdu_body body;
  friend bool operator==(const pdu&, const pdu&) = default;
};

command_id id_of(const pdu& message);

// The response that refuses a request: the request's own response with an empty body, generic_nack
// for an unknown command. nullopt where nothing may be answered: responses of any kind (or two
// peers would nack each other for ever), outbind and alert_notification.
std::optional<pdu> refusal(command_id request, std::uint32_t sequence, command_status status);

// What the person wrote, UDH included: short_message, or message_payload if short_message is
// empty. The view lives as long as the PDU.
bytes_view user_data(const submit_sm& message);
bytes_view user_data(const deliver_sm& message);
bytes_view user_data(const submit_multi& message);
bytes_view user_data(const replace_sm& message);
bytes_view user_data(const data_sm& message);

} // namespace farebox::smpp
