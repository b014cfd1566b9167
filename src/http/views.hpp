// Rows as they are shown to partners and to the administrator.
#pragma once

#include "farebox/http/message.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/model/queries.hpp"
#include "http/json.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::http {

enum class audience : std::uint8_t {
  partner,            // his own messages; the phone masked
  administrator,      // everything; the phone masked
  administrator_full  // everything, the whole phone
};

json::object message_json(const message_view& view, const catalogue& known, audience who);
json::object partner_json(const partner& row);
json::object service_json(const service& row);
json::object token_json(const token_row& row); // without the token, which nobody knows any more

struct statistics_shape {
  std::vector<dimension> by;
  bool show_partner = false;
};
// Rows in order of their columns; those that differ in nothing that is shown are added up.
json::object statistics_json(std::span<const statistics_row> rows, const statistics_shape& shape,
                             const catalogue& known);

// The place after a message in the list, opaque to the asker; and back. nullopt: not one of ours.
std::string cursor_after(message_id last);
std::optional<message_id> parse_cursor(std::string_view cursor);

} // namespace farebox::http
