// The kinds of services: what a partner can sell. A kind is one folder in src/service and one
// constexpr entry in src/service/kinds.cpp; it is pure, and keeps its state as facts.
//
// (The namespace is `services`, since farebox::service is the thing that is sold.)
#pragma once

#include "farebox/base/digest.hpp"
#include "farebox/base/result.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/model/rows.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::services {

// Content is paid out on the first business day, online services on the 1st.
enum class due_class : std::uint8_t { content, online };
std::string_view name_of(due_class due);

// An accepted message, as its service sees it. Everything outlives the call.
struct order {
  const message_row& message;
  std::string_view argument; // as typed, trimmed
  std::string_view keyword;  // as configured; empty for a default service
  const partner& seller;
  const farebox::service& sold;
  const tariff* price = nullptr; // null: nothing is charged, and {price} is empty
  utc_time now;
};

// The facts that `needs` asked for, with what the batch has changed in them so far.
struct fact_reader {
  virtual ~fact_reader() = default;
  virtual const fact_row* find(const fact_key& key) const = 0; // null: there is none
};

struct fact_changes {
  std::vector<fact_row> written; // inserted or replaced
  std::vector<fact_key> erased;
};

struct decision {
  std::string reply; // UTF-8; empty: no reply
  fact_changes facts;
};

// What became of a charge that waited for its receipt.
enum class settled : std::uint8_t { posted, voided };

// Checks settings as the partner wrote them. An error names the key and says what would be right.
using parse_fn = result<std::shared_ptr<const parsed_settings>>(const settings_list& settings);

// Appends the facts that `decide` will read. Both get entropy of the same seed, which belongs to
// the message, so that they mint the same codes, and a rerun mints them again.
using needs_fn = void(const order& order, entropy& entropy, std::vector<fact_key>& out);
using decide_fn = decision(const order& order, entropy& entropy, const fact_reader& facts);

// The same for the settlement of a charge that was pending. The service may have changed or gone
// since: only the facts count.
using settle_needs_fn = void(service_id service, message_id message, std::vector<fact_key>& out);
using settle_fn = fact_changes(service_id service, message_id message, settled how, utc_time now,
                               const fact_reader& facts);

// No function pointer is null.
struct kind {
  std::string_view name;
  due_class due;
  bool valid_on_post; // what an order charged on its reply gives counts only once that is posted
  parse_fn* parse;
  needs_fn* needs;
  decide_fn* decide;
  settle_needs_fn* settle_needs;
  settle_fn* settle;
};

std::span<const kind> kinds();
const kind* find_kind(std::string_view name); // null: there is none

// Fills service.parsed by its kind. An error names the kinds there are, or the setting.
result<void> parse_settings(farebox::service& service);

} // namespace farebox::services
