// Goal: values of the command line are read or refused, and nothing in between. Method: tables.
#include "smsc/core/parse.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace farebox;
using namespace farebox::smsc;

TEST_CASE("durations") {
  struct row {
    std::string_view text;
    std::int64_t milliseconds; // -1: refused
  };
  for (const auto& [text, expected] : {
           row{"250ms", 250}, row{"5s", 5'000}, row{"1.5s", 1'500}, row{"2m", 120'000},
           row{"1h", 3'600'000}, row{"7", 7'000}, row{"0", 0}, row{"168h", 604'800'000},
           row{"169h", -1}, row{"", -1}, row{"s", -1}, row{"5 s", -1}, row{"5d", -1},
           row{"-5s", -1}, row{"1.s", -1}, row{"99999999999999999999s", -1}, row{"5ss", -1}}) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    CHECK((parsed ? parsed->count() : -1) == expected);
  }
}

TEST_CASE("shares") {
  struct row {
    std::string_view text;
    std::int64_t millionths; // -1: refused
  };
  for (const auto& [text, expected] :
       {row{"5%", 50'000}, row{"0.5%", 5'000}, row{"0.05", 50'000}, row{"0", 0},
        row{"100%", 1'000'000}, row{"1", 1'000'000}, row{"101%", -1}, row{"5", -1}, row{"-1%", -1},
        row{"%", -1}, row{"", -1}, row{"half", -1}}) {
    CAPTURE(text);
    const auto parsed = parse_share(text);
    CHECK((parsed ? parsed->millionths : -1) == expected);
  }
}

TEST_CASE("addresses") {
  struct row {
    std::string_view text;
    bool expected;
  };
  for (const auto& [text, expected] :
       {row{"1234", true}, row{"+79121234567", true}, row{"12345678901234567890", true},
        row{"123456789012345678901", false}, row{"", false}, row{"+", false}, row{"12a", false},
        row{"1 2", false}, row{"INFO", false}}) {
    CAPTURE(text);
    CHECK(is_address(text) == expected);
  }
}
