#include "farebox/base/money.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

using namespace farebox;

namespace {
constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t none = smallest; // no amount that can be parsed
} // namespace

TEST_CASE("amounts from text") {
  // Goal: decimals with at most six digits, exactly. Method: text; millionths last.
  struct row {
    std::string_view text;
    std::int64_t wanted;
  };
  const row rows[] = {{"0", 0},
                      {"1", 1'000'000},
                      {"1.5", 1'500'000},
                      {"1.50", 1'500'000},
                      {"0.000001", 1},
                      {"-0.000001", -1},
                      {"-1.5", -1'500'000},
                      {"-0", 0},
                      {"007.10", 7'100'000},
                      {"9223372036854.775807", largest},
                      {"-9223372036854.775807", -largest},
                      {"9223372036854.775808", none},
                      {"99999999999999999999999999999999999999999999", none},
                      {"0.0000001", none},
                      {"0.1234560", none},
                      {"", none},
                      {"-", none},
                      {".", none},
                      {".5", none},
                      {"5.", none},
                      {"1.5.5", none},
                      {"1,5", none},
                      {"+1", none},
                      {" 1", none},
                      {"1 ", none},
                      {"1e3", none},
                      {"--1", none},
                      {"0x1", none}};
  for (const auto& [text, wanted] : rows) {
    CAPTURE(text);
    const auto got = parse_amount(text);
    CHECK(got.has_value() == (wanted != none));
    if (got) CHECK(got->value == wanted);
  }
}

TEST_CASE("amounts as text") {
  // Goal: two decimals at least, more only as needed, and back. Method: millionths; text last.
  struct row {
    std::int64_t value;
    std::string_view wanted;
  };
  const row rows[] = {{0, "0.00"},
                      {1, "0.000001"},
                      {10, "0.00001"},
                      {-1, "-0.000001"},
                      {1'000'000, "1.00"},
                      {1'500'000, "1.50"},
                      {1'230'000, "1.23"},
                      {1'234'000, "1.234"},
                      {-1'234'560, "-1.23456"},
                      {largest, "9223372036854.775807"},
                      {smallest, "-9223372036854.775808"}};
  for (const auto& [value, wanted] : rows) {
    CHECK(to_text(millionths{value}) == wanted);
    if (value != smallest) CHECK(parse_amount(wanted)->value == value);
  }
}

TEST_CASE("rates") {
  // Goal: per cent and plain, exactly, or not at all. Method: text; millionths; text again last.
  struct row {
    std::string_view text;
    std::int64_t value;
    std::string_view shown;
  };
  const row rows[] = {{"20%", 200'000, "20%"},     {"20 %", 200'000, "20%"},
                      {"0.2", 200'000, "20%"},     {"0", 0, "0%"},
                      {"0%", 0, "0%"},             {"100%", 1'000'000, "100%"},
                      {"1", 1'000'000, "100%"},    {"0.9%", 9'000, "0.9%"},
                      {"0.0001%", 1, "0.0001%"},   {"0.000001", 1, "0.0001%"},
                      {"12.5%", 125'000, "12.5%"}, {"-5%", -50'000, "-5%"},
                      {"110 %", 1'100'000, "110%"}};
  for (const auto& [text, value, shown] : rows) {
    CAPTURE(text);
    REQUIRE(parse_rate(text).has_value());
    CHECK(parse_rate(text)->millionths == value);
    CHECK(to_text(*parse_rate(text)) == shown);
  }
  for (const std::string_view wrong :
       {"", "%", " %", "0.00001%", "20%%", "% 20", "20 percent", "0.0000001", "a", "1.%"})
    CHECK_FALSE(parse_rate(wrong).has_value());
}

TEST_CASE("multiply and divide") {
  // Goal: halves go away from zero, products in 128 bits. Method: amount, numerator, denominator;
  // result last.
  struct row {
    std::int64_t amount, numerator, denominator, wanted;
  };
  const row rows[] = {{0, 5, 3, 0},
                      {1, 1, 2, 1},
                      {-1, 1, 2, -1},
                      {1, -1, 2, -1},
                      {-1, -1, 2, 1},
                      {1, 1, 3, 0},
                      {2, 1, 3, 1},
                      {-2, 1, 3, -1},
                      {3, 1, 4, 1},
                      {2, 1, 4, 1},
                      {1, 1, 4, 0},
                      {5, 1, 2, 3},
                      {7, 3, 1, 21},
                      {largest, 1, 1, largest},
                      {largest, largest, largest, largest},
                      {smallest, 1, 1, smallest},
                      {largest, 1, largest, 1},
                      {largest / 2, 1, largest, 0},
                      {largest / 2 + 1, 1, largest, 1},
                      {1'200'000, 200'000, 1'200'000, 200'000}};
  for (const auto& [amount, numerator, denominator, wanted] : rows)
    CHECK(multiply_divide({amount}, numerator, denominator).value == wanted);
  CHECK_THROWS_AS(multiply_divide({largest}, 2, 1), std::logic_error);
  CHECK_THROWS_AS(multiply_divide({smallest}, -1, 1), std::logic_error);
  CHECK_THROWS_AS(multiply_divide({1}, 1, 0), std::logic_error);
  CHECK_THROWS_AS(multiply_divide({1}, 1, -2), std::logic_error);
}

TEST_CASE("currencies") {
  CHECK(parse_currency("EUR")->code() == "EUR");
  CHECK(*parse_currency("EUR") != *parse_currency("RUB"));
  for (const std::string_view wrong : {"", "EU", "EURO", "eur", "E1R", "EU "})
    CHECK_FALSE(parse_currency(wrong).has_value());
  CHECK(currency{}.code() == "XXX");
}
