// Money: whole millionths of a currency's unit, never floating point.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox {

// Three upper-case letters of ISO 4217.
struct currency {
  std::array<char, 3> letters{'X', 'X', 'X'};

  friend constexpr auto operator<=>(const currency&, const currency&) = default;
  std::string_view code() const { return {letters.data(), letters.size()}; }
};

std::optional<currency> parse_currency(std::string_view code);

// An amount of some currency, in millionths: 1.50 is 1'500'000. The largest is 9.2 million million.
struct millionths {
  std::int64_t value = 0;

  friend constexpr auto operator<=>(const millionths&, const millionths&) = default;
  friend constexpr millionths operator+(millionths a, millionths b) { return {a.value + b.value}; }
  friend constexpr millionths operator-(millionths a, millionths b) { return {a.value - b.value}; }
  constexpr millionths operator-() const { return {-value}; }
  constexpr millionths& operator+=(millionths other) { return value += other.value, *this; }
};

// A rate in millionths: 20 % is 200'000.
struct rate {
  std::int64_t millionths = 0;
  friend constexpr auto operator<=>(const rate&, const rate&) = default;
};

inline constexpr std::int64_t rate_one = 1'000'000;

// Decimal text, at most six digits after the point: "1.5" -> 1'500'000. No sign but '-', no
// exponent.
std::optional<millionths> parse_amount(std::string_view text);

// "20%" or "20 %" or "0.2" -> 200'000.
std::optional<rate> parse_rate(std::string_view text);

// At least two digits after the point, further ones only as needed: "1.50", "0.000001".
std::string to_text(millionths amount);
std::string to_text(rate r); // "20%"

// amount * numerator / denominator, rounded half up (away from zero for negatives), in 128 bits.
// Throws std::logic_error if the result does not fit.
millionths multiply_divide(millionths amount, std::int64_t numerator, std::int64_t denominator);

} // namespace farebox
