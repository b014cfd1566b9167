#include "smsc/core/parse.hpp"

#include "farebox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace farebox::smsc {

namespace {

constexpr std::int64_t duration_max_ms = 7 * 24 * 3'600'000LL; // a soak test of a week

bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  struct unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  static constexpr std::array units{unit{"ms", 1}, unit{"s", 1'000}, unit{"m", 60'000},
                                    unit{"h", 3'600'000}, unit{"", 1'000}};
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !is_digit(c) && c != '.'; });
  const auto number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  const auto name = text.substr(number.size());
  for (const auto& each : units) {
    if (each.name != name) continue;
    const auto amount = parse_amount(number);
    if (!amount || amount->value > duration_max_ms * rate_one / each.milliseconds)
      return std::nullopt;
    return milliseconds(amount->value * each.milliseconds / rate_one);
  }
  return std::nullopt;
}

std::optional<rate> parse_share(std::string_view text) {
  const auto share = parse_rate(text);
  if (!share || share->millionths < 0 || share->millionths > rate_one) return std::nullopt;
  return share;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_address(std::string_view text) {
  if (text.size() > limits::address_size_max) return false;
  if (text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

} // namespace farebox::smsc
