// `farebox smpp decode`: SMPP for people. Hexadecimal lines in, JSON lines out.
#pragma once

#include "farebox/text/charset.hpp"

#include <iosfwd>

namespace farebox::cli {

// Each line of `in` has one PDU or several run together, in hexadecimal; spaces and prefixes 0x are
// ignored, empty lines too. Each PDU becomes one line of JSON:
//
//   {"command_length":..,"command_id":5,"command_id_name":"deliver_sm", every field by its standard
//    name .., "tlvs":[{"tag":1063,"name":"message_state","value":2,"value_name":"DELIVERED"}],
//    "charset":"gsm7","text":"..","udh":[..],"part":{..},"tolerated":{..}}
//
// Octet strings are hexadecimal. What is wrong becomes
//
//   {"error":"..","offset":..,"field":"..","line":..}
//
// and the next line goes on; `offset` counts octets in the line, for a bad digit characters.
// Returns 0 if every line was decoded, else 1. `default_for_zero` is what data_coding 0 means.
int smpp_decode(std::istream& in, std::ostream& out,
                text::charset default_for_zero = text::charset::gsm7);

} // namespace farebox::cli
