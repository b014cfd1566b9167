// Values as the command line and the script write them. Pure.
#pragma once

#include "farebox/base/money.hpp"
#include "farebox/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace farebox::smsc {

// "250ms", "5s", "1.5s", "2m", "1h"; a bare number is seconds. At most a week.
std::optional<milliseconds> parse_duration(std::string_view text);

// "5%", "0.5%" or "0.05": from 0 to 100 %.
std::optional<rate> parse_share(std::string_view text);

// Decimal digits and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);

// A phone number or a short code: digits, at most 20, perhaps a '+' before them.
bool is_address(std::string_view text);

} // namespace farebox::smsc
