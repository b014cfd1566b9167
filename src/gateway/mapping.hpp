// PDUs to events and replies to PDUs: what one bind's operator means by them. Pure; any thread.
#pragma once

#include "farebox/gateway/settings.hpp"
#include "farebox/model/events.hpp"
#include "farebox/smpp/pacing.hpp"
#include "farebox/smpp/receipt.hpp"
#include "farebox/smpp/session.hpp"
#include "farebox/text/parts.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace farebox::gateway {

// A relative validity period counts days within a month (SMPP 3.4 7.1.1.2); a longer one is cut,
// for no SMSC keeps a message longer.
inline constexpr seconds validity_max{30 * 24 * 3600};

// How one bind writes, derived once from the settings.
struct dialect {
  dialect(const operator_settings& owner, const bind_settings& bind);

  operator_id op;
  redelivery_policy redelivery;
  text::charset alphabet = text::charset::gsm7; // of data_coding 0
  smpp::id_formats ids;
  std::uint8_t destination_ton = 1;
  std::uint8_t destination_npi = 1;
};

smpp::session_settings session_settings_of(const operator_settings& owner,
                                           const bind_settings& bind, bool wait_for_outbind);
smpp::pacing_settings pacing_settings_of(const bind_settings& bind);

// When and where a request came in.
struct arrival {
  reply_address answer_to;
  utc_time received_at;
  utc_time previous_read_at;
  steady_time arrived_at;
};

// Tags whose value a reply has to echo, over all tariffs of the operator.
std::vector<std::uint16_t> mo_link_tags(const catalogue& sold, operator_id op);

template <class Message> // smpp::deliver_sm or data_sm
mo_arrived mo_of(const Message& message, const arrival& when, const dialect& how,
                 std::span<const std::uint16_t> link_tags);
template <class Message>
receipt_arrived receipt_of(const Message& message, const arrival& when, const dialect& how);

std::string smsc_id_of(const smpp::pdu& response, const dialect& how); // normalised; may be empty

// One submit of a reply. `covers` are the segments (bits, as in reply_row) that its answer settles:
// more than one if the bind sends the text in fewer pieces than were counted.
struct outgoing {
  smpp::submit_sm message;
  std::uint32_t covers = 0;
  std::uint32_t tokens = 1; // short messages on the air
};

// What this reply needs on the wire; nullptr: no tariff was found. A reply that is not charged must
// not look like one that is: under a tariff that charges replies it goes without what charges.
reply_delivery delivery_of(const reply_row& reply, const tariff* price);

// The submits that send `segments` of the reply. The text's segments were counted with `splitting`;
// the alphabet is the bind's. Invalid: the text or an address does not fit. Rule R10 is asserted.
result<std::vector<outgoing>> submits_of(const reply_row& reply, std::uint32_t segments,
                                         const reply_delivery& delivery,
                                         text::split_settings splitting, const dialect& how,
                                         std::uint8_t smpp_version);

// "000001020000000R" is one day and two hours from now. Empty for 0: the SMSC's default.
std::string relative_validity(seconds validity);

} // namespace farebox::gateway
