#include "farebox/base/time.hpp"

#include <doctest/doctest.h>

using namespace farebox;

namespace {
constexpr utc_time at(std::int64_t value) { return utc_time{microseconds{value}}; }
constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr std::int64_t none = -1;
} // namespace

TEST_CASE("times as text and back") {
  // Goal: both directions are exact. Method: microseconds since 1970; text last.
  struct row {
    std::int64_t value;
    std::string_view text;
  };
  const row rows[] = {{0, "1970-01-01T00:00:00Z"},
                      {1, "1970-01-01T00:00:00.000001Z"},
                      {second, "1970-01-01T00:00:01Z"},
                      {day - 1, "1970-01-01T23:59:59.999999Z"},
                      {-1, "1969-12-31T23:59:59.999999Z"},
                      {-day, "1969-12-31T00:00:00Z"},
                      {951'782'400 * second, "2000-02-29T00:00:00Z"},
                      {1'795'446'245 * second + 123'456, "2026-11-23T15:04:05.123456Z"},
                      {253'402'300'799 * second, "9999-12-31T23:59:59Z"}};
  for (const auto& [value, text] : rows) {
    CHECK(to_iso8601(at(value)) == text);
    REQUIRE(parse_iso8601(text).has_value());
    CHECK(*parse_iso8601(text) == at(value));
  }
}

TEST_CASE("times from text") {
  // Goal: what is taken beside what is written, and what is not. Method: text; microseconds last.
  struct row {
    std::string_view text;
    std::int64_t wanted;
  };
  const row rows[] = {{"1970-01-02", day},
                      {"1970-01-01T00:00:00.1Z", 100'000},
                      {"1970-01-01T00:00:00.100000Z", 100'000},
                      {"1972-02-29", 789 * day},
                      {"1971-02-29", none},
                      {"1970-13-01", none},
                      {"1970-00-01", none},
                      {"1970-01-32", none},
                      {"1970-01-00", none},
                      {"1970-1-01", none},
                      {"70-01-01", none},
                      {"1970-01-01 ", none},
                      {"1970-01-01T", none},
                      {"1970-01-01T00:00Z", none},
                      {"1970-01-01T00:00:00", none},
                      {"1970-01-01 00:00:00Z", none},
                      {"1970-01-01t00:00:00Z", none},
                      {"1970-01-01T24:00:00Z", none},
                      {"1970-01-01T00:60:00Z", none},
                      {"1970-01-01T00:00:60Z", none},
                      {"1970-01-01T00:00:00.Z", none},
                      {"1970-01-01T00:00:00.1234567Z", none},
                      {"1970-01-01T00:00:00+00:00", none},
                      {"1970-01-01T00:00:00ZZ", none},
                      {"1970-01-01T00:00:-1Z", none},
                      {"", none}};
  for (const auto& [text, wanted] : rows) {
    CAPTURE(text);
    const auto got = parse_iso8601(text);
    CHECK(got.has_value() == (wanted != none));
    if (got) CHECK(*got == at(wanted));
  }
}

TEST_CASE("hours and days") {
  // Goal: whole ones, rounded down before 1970 too. Method: microseconds; hour, day last.
  struct row {
    std::int64_t value, hour, day;
  };
  const row rows[] = {{0, 0, 0},
                      {day - 1, 23, 0},
                      {day, 24, 1},
                      {-1, -1, -1},
                      {-day, -24, -1},
                      {-day - 1, -25, -2}};
  for (const auto& r : rows) {
    CHECK(hour_of(at(r.value)) == r.hour);
    CHECK(day_of(at(r.value)) == r.day);
  }
}
