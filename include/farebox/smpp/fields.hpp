// The one field list of each PDU, in wire order: size, encode, decode, print and random generation
// are visitors of it, so that they cannot disagree. SMPP 3.4 chapter 4, tables of each paragraph.
//
//   fields(visitor, message);     // const or not, as the visitor needs
//
// A visitor has these verbs; `answer` is the status that refuses a request whose field is bad:
//
//   integer(name, value)                       1 octet or 4, as wide as `value`
//   choice(name, value, lowest, highest, answer)   1 octet in a range
//   text(name, value, size_max, answer)        C-octet string; size_max counts its NUL
//   counted(count_name, name, octets, answer)  a length of 1 octet, then that many
//   list(count_name, name, items, answer)      a count of 1 octet, then items with their own fields
//   tlvs(list)                                 the rest of the PDU
#pragma once

#include "farebox/smpp/pdu.hpp"

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace farebox::smpp {

// Sizes in octets, NUL included. Addresses of data_sm and alert_notification are longer than the
// others' (paragraphs 4.7.1 and 4.12.1), to hold host names.
namespace size_max {
inline constexpr std::size_t system_id = 16;
inline constexpr std::size_t password = 9;
inline constexpr std::size_t system_type = 13;
inline constexpr std::size_t address_range = 41;
inline constexpr std::size_t service_type = 6;
inline constexpr std::size_t address = 21;
inline constexpr std::size_t long_address = 65;
inline constexpr std::size_t dl_name = 21;
inline constexpr std::size_t message_id = 65; // 9 in 3.3
inline constexpr std::size_t time = 17;
inline constexpr std::size_t short_message = 255; // 254 in 3.4, 255 in 5.0: the octet's own limit
} // namespace size_max

template <class Self, class T>
concept is = std::same_as<std::remove_const_t<Self>, T>;

// True for PDUs of a shared layout, such as submit_sm and deliver_sm of message_request.
template <class Self, template <command_id> class Layout>
concept laid_out = std::same_as<std::remove_const_t<Self>, Layout<Self::id>>;

// The three fields of an address, whose names differ by PDU.
template <class Visitor, class Octet, class Text>
void source_address(Visitor& visit, Octet& ton, Octet& npi, Text& address, std::size_t size) {
  visit.integer("source_addr_ton", ton);
  visit.integer("source_addr_npi", npi);
  visit.text("source_addr", address, size, command_status::ESME_RINVSRCADR);
}

template <class Visitor, class Octet, class Text>
void destination_address(Visitor& visit, Octet& ton, Octet& npi, Text& address, std::size_t size) {
  visit.integer("dest_addr_ton", ton);
  visit.integer("dest_addr_npi", npi);
  visit.text("destination_addr", address, size, command_status::ESME_RINVDSTADR);
}

template <class Visitor, laid_out<bind_request> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("system_id", self.system_id, size_max::system_id, ESME_RINVSYSID);
  visit.text("password", self.password, size_max::password, ESME_RINVPASWD);
  visit.text("system_type", self.system_type, size_max::system_type, ESME_RINVSYSTYP);
  visit.integer("interface_version", self.interface_version);
  visit.integer("addr_ton", self.addr_ton);
  visit.integer("addr_npi", self.addr_npi);
  visit.text("address_range", self.address_range, size_max::address_range, ESME_RBINDFAIL);
  visit.tlvs(self.tlvs);
}

template <class Visitor, laid_out<bind_response> Self>
void fields(Visitor& visit, Self& self) {
  visit.text("system_id", self.system_id, size_max::system_id, command_status::ESME_RINVSYSID);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<outbind> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("system_id", self.system_id, size_max::system_id, ESME_RINVSYSID);
  visit.text("password", self.password, size_max::password, ESME_RINVPASWD);
  visit.tlvs(self.tlvs);
}

template <class Visitor, laid_out<header_only> Self>
void fields(Visitor& visit, Self& self) {
  visit.tlvs(self.tlvs);
}

// From esm_class to the end: common to submit_sm, deliver_sm and submit_multi.
template <class Visitor, class Self>
void message_fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.integer("esm_class", self.esm_class);
  visit.integer("protocol_id", self.protocol_id);
  visit.integer("priority_flag", self.priority_flag);
  visit.text("schedule_delivery_time", self.schedule_delivery_time, size_max::time, ESME_RINVSCHED);
  visit.text("validity_period", self.validity_period, size_max::time, ESME_RINVEXPIRY);
  visit.integer("registered_delivery", self.registered_delivery);
  visit.integer("replace_if_present_flag", self.replace_if_present_flag);
  visit.integer("data_coding", self.data_coding);
  visit.integer("sm_default_msg_id", self.sm_default_msg_id);
  visit.counted("sm_length", "short_message", self.short_message, ESME_RINVMSGLEN);
  visit.tlvs(self.tlvs);
}

template <class Visitor, laid_out<message_request> Self>
void fields(Visitor& visit, Self& self) {
  visit.text("service_type", self.service_type, size_max::service_type,
             command_status::ESME_RINVSERTYP);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::address);
  destination_address(visit, self.dest_addr_ton, self.dest_addr_npi, self.destination_addr,
                      size_max::address);
  message_fields(visit, self);
}

template <class Visitor, laid_out<message_response> Self>
void fields(Visitor& visit, Self& self) {
  visit.text("message_id", self.message_id, size_max::message_id, command_status::ESME_RINVMSGID);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<dest_address> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.choice("dest_flag", self.dest_flag, dest_address::sme_address,
               dest_address::distribution_list, ESME_RINVDESTFLAG);
  if (self.dest_flag == dest_address::sme_address)
    destination_address(visit, self.dest_addr_ton, self.dest_addr_npi, self.destination_addr,
                        size_max::address);
  else
    visit.text("dl_name", self.dl_name, size_max::dl_name, ESME_RINVDLNAME);
}

template <class Visitor, is<unsuccess_sme> Self>
void fields(Visitor& visit, Self& self) {
  destination_address(visit, self.dest_addr_ton, self.dest_addr_npi, self.destination_addr,
                      size_max::address);
  visit.integer("error_status_code", self.error_status_code);
}

template <class Visitor, is<submit_multi> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("service_type", self.service_type, size_max::service_type, ESME_RINVSERTYP);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::address);
  visit.list("number_of_dests", "dest_addresses", self.dest_addresses, ESME_RINVNUMDESTS);
  message_fields(visit, self);
}

template <class Visitor, is<submit_multi_resp> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("message_id", self.message_id, size_max::message_id, ESME_RINVMSGID);
  visit.list("no_unsuccess", "unsuccess_smes", self.unsuccess_smes, ESME_RINVNUMDESTS);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<data_sm> Self>
void fields(Visitor& visit, Self& self) {
  visit.text("service_type", self.service_type, size_max::service_type,
             command_status::ESME_RINVSERTYP);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::long_address);
  destination_address(visit, self.dest_addr_ton, self.dest_addr_npi, self.destination_addr,
                      size_max::long_address);
  visit.integer("esm_class", self.esm_class);
  visit.integer("registered_delivery", self.registered_delivery);
  visit.integer("data_coding", self.data_coding);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<query_sm> Self>
void fields(Visitor& visit, Self& self) {
  visit.text("message_id", self.message_id, size_max::message_id, command_status::ESME_RINVMSGID);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::address);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<query_sm_resp> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("message_id", self.message_id, size_max::message_id, ESME_RINVMSGID);
  visit.text("final_date", self.final_date, size_max::time, ESME_RQUERYFAIL);
  visit.integer("message_state", self.message_state);
  visit.integer("error_code", self.error_code);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<cancel_sm> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("service_type", self.service_type, size_max::service_type, ESME_RINVSERTYP);
  visit.text("message_id", self.message_id, size_max::message_id, ESME_RINVMSGID);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::address);
  destination_address(visit, self.dest_addr_ton, self.dest_addr_npi, self.destination_addr,
                      size_max::address);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<replace_sm> Self>
void fields(Visitor& visit, Self& self) {
  using enum command_status;
  visit.text("message_id", self.message_id, size_max::message_id, ESME_RINVMSGID);
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::address);
  visit.text("schedule_delivery_time", self.schedule_delivery_time, size_max::time, ESME_RINVSCHED);
  visit.text("validity_period", self.validity_period, size_max::time, ESME_RINVEXPIRY);
  visit.integer("registered_delivery", self.registered_delivery);
  visit.integer("sm_default_msg_id", self.sm_default_msg_id);
  visit.counted("sm_length", "short_message", self.short_message, ESME_RINVMSGLEN);
  visit.tlvs(self.tlvs);
}

template <class Visitor, is<alert_notification> Self>
void fields(Visitor& visit, Self& self) {
  source_address(visit, self.source_addr_ton, self.source_addr_npi, self.source_addr,
                 size_max::long_address);
  visit.integer("esme_addr_ton", self.esme_addr_ton);
  visit.integer("esme_addr_npi", self.esme_addr_npi);
  visit.text("esme_addr", self.esme_addr, size_max::long_address,
             command_status::ESME_RINVDSTADR);
  visit.tlvs(self.tlvs);
}

} // namespace farebox::smpp
