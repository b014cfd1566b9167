// Goal: every octet string is read as the same code points as by ICU's own UTF-8 reader, and
// nothing ill-formed gets through. Method: a table of the known traps, then seeded random octets.
#include "farebox/text/utf8.hpp"

#include <doctest/doctest.h>
#include <unicode/unistr.h>

#include <random>
#include <string>

using namespace farebox::text;

TEST_CASE("ill-formed UTF-8 becomes U+FFFD, one for each maximal piece") {
  struct row {
    std::string octets;
    bool is_valid;
    std::string expected;
  };
  const row rows[] = {
      {"", true, ""},
      {"abc", true, "abc"},
      {"ж€😀", true, "ж€😀"},
      {"\xF4\x8F\xBF\xBF", true, "\U0010FFFF"},
      {"a\x80z", false, "a\uFFFDz"},                          // a continuation octet alone
      {"\xD0", false, "\uFFFD"},                              // cut after the first octet
      {"\xE2\x82", false, "\uFFFD"},                          // cut after the second
      {"\xF0\x9F\x98", false, "\uFFFD"},                      // cut after the third
      {"\xD0z", false, "\uFFFDz"},                            // the next character is kept
      {"\xC0\xAF", false, "\uFFFD\uFFFD"},                    // overlong
      {"\xED\xA0\x80", false, "\uFFFD\uFFFD\uFFFD"},          // a surrogate
      {"\xF4\x90\x80\x80", false, "\uFFFD\uFFFD\uFFFD\uFFFD"}, // above U+10FFFF
      {"\xFF\xFE", false, "\uFFFD\uFFFD"},
  };
  for (const auto& [octets, is_valid, expected] : rows) {
    CAPTURE(expected);
    CHECK(is_valid_utf8(octets) == is_valid);
    CHECK(to_valid_utf8(octets) == expected);
  }
}

TEST_CASE("random octets are read as ICU reads them") {
  std::mt19937_64 random(1);
  const std::string leads = "aZ\x80\xBF\xC2\xD0\xE0\xE2\xED\xF0\xF4\xF5\xFF\x8F\x9F\x90";
  for (int round = 0; round < 20'000; ++round) {
    std::string octets;
    for (auto size = random() % 12; size > 0; --size) octets += leads[random() % leads.size()];
    std::string expected;
    icu::UnicodeString::fromUTF8(octets).toUTF8String(expected);
    REQUIRE(to_valid_utf8(octets) == expected);
    REQUIRE(is_valid_utf8(octets) == (octets == expected));
  }
}

TEST_CASE("a code point is appended in its shortest form, nonsense as U+FFFD") {
  struct row {
    char32_t c;
    std::string expected;
  };
  const row rows[] = {{'A', "A"},           {0x7F, "\x7F"},           {0x80, "\xC2\x80"},
                      {0x7FF, "\xDF\xBF"},  {0x800, "\xE0\xA0\x80"},  {0xD7FF, "\xED\x9F\xBF"},
                      {0xD800, "\uFFFD"},   {0xDFFF, "\uFFFD"},       {0xE000, "\xEE\x80\x80"},
                      {0xFFFF, "\uFFFF"},   {0x10000, "\U00010000"},  {0x10FFFF, "\U0010FFFF"},
                      {0x110000, "\uFFFD"}, {0xFFFFFFFF, "\uFFFD"}};
  for (const auto& [c, expected] : rows) {
    CAPTURE(static_cast<std::uint32_t>(c));
    std::string out;
    append_code_point(out, c);
    CHECK(out == expected);
  }
}

TEST_CASE("a prefix ends at the end of a code point") {
  struct row {
    std::string text;
    std::size_t octets_max;
    std::size_t expected;
  };
  const row rows[] = {{"abc", 2, 2}, {"abc", 3, 3}, {"abc", 9, 3}, {"жя", 3, 2},  {"жя", 4, 4},
                      {"жя", 1, 0},  {"€", 2, 0},   {"a😀", 4, 1}, {"a😀", 5, 5}, {"", 0, 0},
                      {"a", 0, 0},   {"\x80\x80\x80", 1, 0}};
  for (const auto& [text, octets_max, expected] : rows) {
    CAPTURE(text);
    CAPTURE(octets_max);
    CHECK(utf8_prefix(text, octets_max) == expected);
  }
}
