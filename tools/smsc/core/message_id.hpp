// Message ids as SMSCs write them, and the receipts that carry them. Pure.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/smpp/pdu.hpp"
#include "farebox/smpp/receipt.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::smsc {

// as_is is decimal too. uuid: a version 4 UUID that follows from the number.
std::string message_id_text(std::uint64_t number, smpp::id_format format);

enum class receipt_style : std::uint8_t { text, tlv, both };
std::optional<receipt_style> parse_receipt_style(std::string_view name);

struct receipt_facts {
  std::string phone, sender; // of the submit: its destination and its source
  std::string message_id;    // as written in receipts
  smpp::message_state state{};
  utc_time submitted_at, done_at;
};

smpp::deliver_sm make_receipt(const receipt_facts& facts, receipt_style style);

} // namespace farebox::smsc
