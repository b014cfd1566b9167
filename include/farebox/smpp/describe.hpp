// A PDU for people: every field and TLV by its standard name, in wire order, told to a sink that
// makes JSON, a table or a trace line of it. No text is decoded here: module text does that.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/smpp/pdu.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace farebox::smpp {

// Views are valid during the call.
struct description_sink {
  virtual ~description_sink() = default;
  // `meaning` is the standard's word for the number ("ESME_ROK", "international"), or empty.
  virtual void integer(std::string_view name, std::uint32_t value, std::string_view meaning) = 0;
  virtual void text(std::string_view name, std::string_view value) = 0; // any octets but NUL
  virtual void octets(std::string_view name, bytes_view value) = 0;
  // A list has items, an item has fields.
  virtual void open_list(std::string_view name) = 0;
  virtual void open_item() = 0;
  virtual void close_item() = 0;
  virtual void close_list() = 0;
};

// Header, fields, then the list "tlvs", if there are any, whose items have `tag` (its meaning is
// the name) and `value`, an integer, a text or octets by the tag's definition; octets also where
// the value does not fit its definition. An unknown PDU has `body`.
void describe(const pdu& message, description_sink& sink);

// On one line: "submit_sm sequence_number=7 source_addr=4242 ... tlvs=[{tag=message_state
// value=DELIVERED}]". Fields that are 0 or empty are left out. Phone numbers and passwords are
// masked, and octets replaced by their number, so that the line may go into a log.
std::string to_log_line(const pdu& message);

// The standard's word for a number of this field or TLV, or empty: ("source_addr_ton", 1) gives
// "international".
std::string meaning_of(std::string_view field, std::uint32_t value);

} // namespace farebox::smpp
