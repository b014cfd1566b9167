// What the HTTP side asks the store, on its own read-only connections.
#pragma once

#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace farebox {

// Statistics are sums of counters, cut by one or two of these.
enum class dimension : std::uint8_t { hour, day, service, kind, site, op, code, currency };
std::string_view name_of(dimension d);
std::optional<dimension> parse_dimension(std::string_view name);

struct statistics_query {
  std::optional<partner_id> partner; // none: all partners and suspense (administrator)
  std::int64_t hour_from = 0;        // inclusive
  std::int64_t hour_to = 0;          // exclusive
  std::vector<dimension> by;         // order of the columns; currency is always separate
};

struct statistics_row {
  counter_key key; // only the asked-for fields are set (hour: start of the hour or of the day)
  std::string kind; // of the service, if asked for
  counter_values values;
};

// One message as a partner sees it.
struct message_view {
  message_row message;
  std::optional<bill_row> bill;
  std::optional<charge_row> charge;
  std::optional<reply_row> reply;
  std::vector<fact_row> decisions; // of support, where one message is asked for
};

struct message_query {
  std::optional<partner_id> partner; // none: every message (administrator)
  message_id before;                 // 0: from the newest
  std::optional<std::string> phone;  // whole number
  utc_time from;                     // no older ones
  int limit = 50;
};

inline constexpr int message_page_max = 500; // a page that a browser still shows at once

} // namespace farebox
