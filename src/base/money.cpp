#include "farebox/base/money.hpp"

#include "farebox/base/result.hpp"

#include <fmt/format.h>

#include <limits>

namespace farebox {

namespace {

constexpr std::int64_t unit = 1'000'000;
constexpr int decimals_max = 6;
__extension__ using int128 = __int128;

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == text.npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || (point != text.npos && fraction.empty()) || fraction.size() > decimals_max)
    return {};
  int128 value = 0;
  const auto digit = [&](char c) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
    return value <= std::numeric_limits<std::int64_t>::max();
  };
  for (const char c : whole)
    if (!digit(c)) return {};
  for (std::size_t i = 0; i < decimals_max; ++i)
    if (!digit(i < fraction.size() ? fraction[i] : '0')) return {};
  return static_cast<std::int64_t>(negative ? -value : value);
}

} // namespace

std::optional<currency> parse_currency(std::string_view code) {
  currency parsed;
  if (code.size() != parsed.letters.size()) return {};
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] < 'A' || code[i] > 'Z') return {};
    parsed.letters[i] = code[i];
  }
  return parsed;
}

std::optional<millionths> parse_amount(std::string_view text) {
  const auto value = parse_decimal(text);
  if (!value) return {};
  return millionths{*value};
}

std::optional<rate> parse_rate(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) {
    text.remove_suffix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  const auto value = parse_decimal(text);
  if (!value) return {};
  if (percent && *value % 100 != 0) return {}; // finer than a millionth: it would not be kept
  return rate{percent ? *value / 100 : *value};
}

std::string to_text(millionths amount) {
  const bool negative = amount.value < 0;
  const auto bits = static_cast<std::uint64_t>(amount.value);
  const auto magnitude = negative ? 0 - bits : bits;
  auto text = fmt::format("{}{}.{:06}", negative ? "-" : "", magnitude / unit, magnitude % unit);
  const std::size_t shortest = text.size() - 4;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return text;
}

std::string to_text(rate r) {
  const auto hundredfold = r.millionths * 100;
  auto text = to_text(millionths{hundredfold});
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "%";
}

millionths multiply_divide(millionths amount, std::int64_t numerator, std::int64_t denominator) {
  ensure(denominator > 0, "multiply_divide: denominator must be positive");
  const int128 product = static_cast<int128>(amount.value) * numerator;
  const int128 half = denominator / 2 + denominator % 2;
  const int128 magnitude = product < 0 ? -product : product;
  int128 quotient = magnitude / denominator;
  if (magnitude % denominator >= half) ++quotient;
  if (product < 0) quotient = -quotient;
  ensure(quotient <= std::numeric_limits<std::int64_t>::max() &&
             quotient >= std::numeric_limits<std::int64_t>::min(),
         "multiply_divide: overflow");
  return {static_cast<std::int64_t>(quotient)};
}

} // namespace farebox
