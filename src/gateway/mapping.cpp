#include "gateway/mapping.hpp"

#include "farebox/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace farebox::gateway {
namespace {

constexpr std::uint8_t udh_indicator = 0x40; // of esm_class, SMPP 3.4 5.2.12
using limits::reply_segments_max;

smpp::id_format format_of(id_format format) {
  switch (format) {
  case id_format::text: return smpp::id_format::as_is;
  case id_format::decimal: return smpp::id_format::decimal;
  case id_format::hexadecimal: return smpp::id_format::hexadecimal;
  }
  return smpp::id_format::as_is;
}

// Everyone behind us knows a phone or a short code by its digits alone.
std::string phone_of(std::string_view address) {
  if (address.starts_with('+')) address.remove_prefix(1);
  return std::string(address);
}

// An id of printable characters as it stands, any other in hexadecimal.
std::string printable(bytes_view value) {
  if (!value.empty() && value.back() == 0) value = value.first(value.size() - 1);
  const bool plain = std::all_of(value.begin(), value.end(),
                                 [](std::uint8_t octet) { return octet > 0x20 && octet < 0x7F; });
  return plain ? std::string(as_text(value)) : to_hex(value);
}

template <class Integer>
std::optional<Integer> tlv_as(const smpp::tlv_list& tlvs, std::uint16_t tag) {
  const auto value = smpp::integer_of(tlvs, tag);
  if (!value || *value > std::numeric_limits<Integer>::max()) return std::nullopt;
  return static_cast<Integer>(*value);
}

std::optional<part_place> part_of(bool has_udh, bytes_view user_data, const smpp::tlv_list& tlvs) {
  const auto part = text::part_header_of(
      has_udh, user_data, tlv_as<std::uint16_t>(tlvs, smpp::tag::sar_msg_ref_num),
      tlv_as<std::uint8_t>(tlvs, smpp::tag::sar_total_segments),
      tlv_as<std::uint8_t>(tlvs, smpp::tag::sar_segment_seqnum));
  if (!part) return std::nullopt;
  return part_place{part->reference, part->total, part->number};
}

// "000", "3:1042" (network:code), "A1".
std::uint32_t error_number(std::string_view error) {
  if (const auto colon = error.find(':'); colon != error.npos) error.remove_prefix(colon + 1);
  const bool decimal = error.find_first_not_of("0123456789") == error.npos;
  std::uint32_t number = 0;
  const auto* end = error.data() + error.size();
  const auto parsed = std::from_chars(error.data(), end, number, decimal ? 10 : 16);
  return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

smpp::submit_sm frame_of(const reply_row& reply, const reply_delivery& delivery,
                         const dialect& how) {
  smpp::submit_sm message;
  message.source_addr_ton = delivery.source_ton;
  message.source_addr_npi = delivery.source_npi;
  message.source_addr = reply.source;
  message.dest_addr_ton = how.destination_ton;
  message.dest_addr_npi = how.destination_npi;
  message.destination_addr = reply.destination;
  message.service_type = delivery.service_type;
  message.validity_period = relative_validity(delivery.validity);
  message.registered_delivery = delivery.receipts || reply.charged_on_mt ? 1 : 0;
  message.tlvs.push_back(
      smpp::make_u16(smpp::tag::user_message_reference, reference_of(reply.id)));
  for (const auto& extra : delivery.tlvs) {
    const auto& value = extra.is_mo_link ? reply.mo_link : extra.value;
    if (!extra.is_mo_link || !value.empty())
      message.tlvs.push_back(smpp::make_octets(extra.tag, as_bytes(value)));
  }
  return message;
}

void put_text(smpp::submit_sm& message, text::segment&& piece) {
  message.data_coding = piece.data_coding;
  message.esm_class = piece.has_udh ? udh_indicator : 0;
  if (piece.sar) {
    message.tlvs.push_back(smpp::make_u16(smpp::tag::sar_msg_ref_num, piece.sar->reference));
    message.tlvs.push_back(smpp::make_u8(smpp::tag::sar_total_segments, piece.sar->total));
    message.tlvs.push_back(smpp::make_u8(smpp::tag::sar_segment_seqnum, piece.sar->number));
  }
  if (piece.as_payload)
    message.tlvs.push_back(smpp::make_octets(smpp::tag::message_payload, piece.user_data));
  else message.short_message = std::move(piece.user_data);
}

} // namespace

dialect::dialect(const operator_settings& owner, const bind_settings& bind)
    : op(owner.info.id), redelivery(owner.info.redelivery), alphabet(bind.charset),
      ids{format_of(bind.submit_id), format_of(bind.receipt_id)},
      destination_ton(owner.destination_ton), destination_npi(owner.destination_npi) {}

smpp::session_settings session_settings_of(const operator_settings& owner,
                                           const bind_settings& bind, bool wait_for_outbind) {
  smpp::session_settings settings;
  settings.role = smpp::session_role::esme;
  settings.bind = bind.type;
  settings.system_id = bind.system_id;
  settings.password = bind.password;
  settings.system_type = bind.system_type;
  settings.address_ton = bind.address_ton;
  settings.address_npi = bind.address_npi;
  settings.address_range = bind.address_range;
  settings.wait_for_outbind = wait_for_outbind;
  settings.version = bind.interface_version;
  settings.window_max = std::max<std::size_t>(bind.window, 1);
  settings.busy_status = static_cast<smpp::command_status>(owner.info.retry_status);
  settings.response_timeout = bind.response_timeout;
  settings.enquire_link_interval = bind.enquire_link_interval;
  settings.inactivity_timeout = bind.inactivity_timeout;
  settings.session_init_timeout = bind.session_init_timeout;
  settings.unbind_timeout = bind.unbind_timeout;
  settings.proof_delay = owner.info.redelivery.proof_delay;
  return settings;
}

smpp::pacing_settings pacing_settings_of(const bind_settings& bind) {
  smpp::pacing_settings settings;
  settings.rate = bind.rate_per_second;
  settings.burst = bind.burst;
  return settings;
}

std::vector<std::uint16_t> mo_link_tags(const catalogue& sold, operator_id op) {
  std::vector<std::uint16_t> tags;
  for (const auto& tariff : sold.tariffs()) {
    if (tariff.op != op) continue;
    for (const auto& extra : tariff.reply.tlvs)
      if (extra.is_mo_link && std::find(tags.begin(), tags.end(), extra.mo_tag) == tags.end())
        tags.push_back(extra.mo_tag);
  }
  return tags;
}

template <class Message>
mo_arrived mo_of(const Message& message, const arrival& when, const dialect& how,
                 std::span<const std::uint16_t> link_tags) {
  const auto user_data = smpp::user_data(message);
  const bool has_udh = (message.esm_class & udh_indicator) != 0;
  mo_arrived mo;
  mo.answer_to = when.answer_to;
  mo.op = how.op;
  mo.received_at = when.received_at;
  mo.previous_read_at = when.previous_read_at;
  mo.arrived_at = when.arrived_at;
  mo.source = phone_of(message.source_addr);
  mo.destination = phone_of(message.destination_addr);
  mo.esm_class = message.esm_class;
  mo.data_coding = message.data_coding;
  mo.alphabet = static_cast<std::uint8_t>(how.alphabet);
  mo.raw.assign(user_data.begin(), user_data.end());
  text::text_of({mo.raw, message.data_coding, has_udh}, how.alphabet, mo.text);
  mo.part = part_of(has_udh, mo.raw, message.tlvs);
  if (how.redelivery.id_tlv)
    if (const auto* found = smpp::find(message.tlvs, *how.redelivery.id_tlv))
      mo.operator_message_id = printable(found->value);
  if (how.redelivery.user_message_reference)
    if (const auto found = smpp::integer_of(message.tlvs, smpp::tag::user_message_reference))
      mo.reference = std::to_string(*found);
  for (const auto tag : link_tags) {
    const auto* found = smpp::find(message.tlvs, tag);
    if (!found) continue;
    mo.mo_link = as_text(found->value);
    break;
  }
  mo.key = content_key(mo.op, mo.source, mo.destination, mo.data_coding, mo.raw, mo.reference);
  return mo;
}

template mo_arrived mo_of(const smpp::deliver_sm&, const arrival&, const dialect&,
                          std::span<const std::uint16_t>);
template mo_arrived mo_of(const smpp::data_sm&, const arrival&, const dialect&,
                          std::span<const std::uint16_t>);

template <class Message>
receipt_arrived receipt_of(const Message& message, const arrival& when, const dialect& how) {
  const auto read = smpp::parse_receipt(message);
  receipt_arrived receipt;
  receipt.answer_to = when.answer_to;
  receipt.op = how.op;
  receipt.received_at = when.received_at;
  receipt.smsc_id = smpp::normalise_message_id(read.message_id, how.ids.in_receipt);
  receipt.state = static_cast<std::uint8_t>(read.state.value_or(smpp::message_state::unknown));
  receipt.error = error_number(read.error);
  receipt.source = phone_of(message.source_addr);
  receipt.destination = phone_of(message.destination_addr);
  receipt.reference = read.user_message_reference;
  return receipt;
}

template receipt_arrived receipt_of(const smpp::deliver_sm&, const arrival&, const dialect&);
template receipt_arrived receipt_of(const smpp::data_sm&, const arrival&, const dialect&);

std::string smsc_id_of(const smpp::pdu& response, const dialect& how) {
  const auto* body = std::get_if<smpp::submit_sm_resp>(&response.body);
  return body ? smpp::normalise_message_id(body->message_id, how.ids.in_response) : std::string{};
}

reply_delivery delivery_of(const reply_row& reply, const tariff* price) {
  if (!price) return {};
  auto delivery = price->reply;
  if (price->when == charged::on_mt && !reply.charged_on_mt) {
    delivery.service_type.clear();
    delivery.tlvs.clear();
  }
  return delivery;
}

result<std::vector<outgoing>> submits_of(const reply_row& reply, std::uint32_t segments,
                                         const reply_delivery& delivery,
                                         text::split_settings splitting, const dialect& how,
                                         std::uint8_t smpp_version) {
  if (reply.destination.empty() || reply.destination.size() > limits::address_size_max ||
      reply.source.size() > limits::address_size_max)
    return invalid("an address is empty or longer than SMPP allows");
  if (smpp_version < smpp::interface_version::v3_4 && splitting.style > text::long_message::udh16)
    splitting.style = text::long_message::udh8; // without TLVs there is no other way
  splitting.default_alphabet = how.alphabet;
  const auto count = static_cast<std::size_t>(std::clamp(reply.segments, 1, reply_segments_max));
  const auto text = splitting.style == text::long_message::payload
                        ? std::string_view(reply.text)
                        : text::truncate_to_segments(reply.text, count, splitting);
  auto pieces = text::split(text, splitting, reference_of(reply.id));
  if (pieces.empty()) return invalid("the text cannot be split into segments");

  const auto frame = frame_of(reply, delivery, how);
  std::vector<outgoing> out;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    const auto mine = last ? ~std::uint32_t{0} << i : std::uint32_t{1} << i;
    if ((segments & mine) == 0) continue;
    auto& next = out.emplace_back(outgoing{frame, segments & mine, 1});
    if (pieces[i].as_payload)
      next.tokens = static_cast<std::uint32_t>(text::segment_count(text, splitting));
    put_text(next.message, std::move(pieces[i]));
    ensure(next.message.destination_addr == reply.destination,
           "a reply goes to the phone of its own message");
  }
  return out;
}

std::string relative_validity(seconds validity) {
  if (validity <= seconds(0)) return {};
  const auto total = std::min(validity, validity_max).count();
  return fmt::format("0000{:02}{:02}{:02}{:02}000R", total / 86'400, total / 3'600 % 24,
                     total / 60 % 60, total % 60);
}

} // namespace farebox::gateway
