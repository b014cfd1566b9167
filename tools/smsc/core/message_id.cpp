#include "smsc/core/message_id.hpp"

#include "smsc/core/random.hpp"

#include <fmt/format.h>

#include <chrono>

namespace farebox::smsc {

namespace {

constexpr std::uint8_t esm_class_receipt = 0x04; // SMPP 3.4 5.2.12

// Appendix B: YYMMDDhhmm.
std::string short_date(utc_time at) {
  using namespace std::chrono;
  const auto since = floor<minutes>(at.time_since_epoch());
  const auto day = floor<days>(since);
  const year_month_day date{sys_days{day}};
  const auto minute = (since - day).count();
  return fmt::format("{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()) % 100,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     minute / 60, minute % 60);
}

} // namespace

std::string message_id_text(std::uint64_t number, smpp::id_format format) {
  if (format == smpp::id_format::hexadecimal) return fmt::format("{:X}", number);
  if (format != smpp::id_format::uuid) return fmt::format("{:010}", number);
  random bits(number);
  const auto high = bits.next(), low = bits.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFF, (low >> 48 & 0x3FFF) | 0x8000, low & 0xFFFF'FFFF'FFFF);
}

std::optional<receipt_style> parse_receipt_style(std::string_view name) {
  if (name == "text") return receipt_style::text;
  if (name == "tlv") return receipt_style::tlv;
  if (name == "both") return receipt_style::both;
  return std::nullopt;
}

smpp::deliver_sm make_receipt(const receipt_facts& facts, receipt_style style) {
  const bool delivered = facts.state == smpp::message_state::delivered;
  smpp::deliver_sm receipt;
  receipt.source_addr_ton = 1;
  receipt.source_addr_npi = 1;
  receipt.source_addr = facts.phone;
  receipt.destination_addr = facts.sender;
  receipt.esm_class = esm_class_receipt;
  if (style != receipt_style::tlv) {
    const auto text = fmt::format(
        "id:{} sub:001 dlvrd:{} submit date:{} done date:{} stat:{} err:{} text:",
        facts.message_id, delivered ? "001" : "000", short_date(facts.submitted_at),
        short_date(facts.done_at), smpp::name_of(facts.state), delivered ? "000" : "001");
    const auto octets = as_bytes(text);
    receipt.short_message.assign(octets.begin(), octets.end());
  }
  if (style != receipt_style::text) {
    receipt.tlvs.push_back(smpp::make_text(smpp::tag::receipted_message_id, facts.message_id));
    receipt.tlvs.push_back(
        smpp::make_u8(smpp::tag::message_state, static_cast<std::uint8_t>(facts.state)));
  }
  return receipt;
}

} // namespace farebox::smsc
