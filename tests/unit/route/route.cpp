#include "farebox/route/route.hpp"

#include "unit/route/world.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace farebox;
using namespace farebox::route_test;

namespace {

struct row {
  std::string_view text;
  std::string_view destination;
  outcome result;
  std::int64_t service; // partner ID * 100 + number; 0: none
  std::string_view argument;
};

constexpr auto accepted = outcome::accepted;
constexpr auto unrouted = outcome::unrouted;
constexpr auto refused = outcome::refused;
constexpr auto reserved = outcome::reserved;

void check(const row& wanted, const catalogue& sold) {
  const auto got = route::route(wanted.text, wanted.destination, {1}, sold);
  CAPTURE(wanted.text);
  CAPTURE(got.detail);
  CHECK(name_of(got.result) == name_of(wanted.result));
  CHECK(got.service.value == wanted.service);
  CHECK(got.partner.value == wanted.service / 100);
  CHECK(got.argument == wanted.argument);
  // Whoever is not served is told why; whoever is was not repaired.
  CHECK(got.detail.empty() == (got.result == accepted || got.result == reserved));
  CHECK(got.repair.empty());
}

} // namespace

TEST_CASE("who is meant") {
  // Goal: each rule of the grammar, and each way to write it. Method: one text a row.
  static const row rows[] = {
      // dedicated keywords
      {"BILL", "1234", accepted, alice * 100 + 1, ""},
      {"BILL 20", "1234", accepted, alice * 100 + 1, "20"},
      {"bill 20", "1234", accepted, alice * 100 + 1, "20"},
      {"BiLl\t\r\n20", "1234", accepted, alice * 100 + 1, "20"},
      {"  BILL   20  ", "1234", accepted, alice * 100 + 1, "20"},
      {"BILL20", "1234", accepted, alice * 100 + 1, "20"},
      {"bill20 and more", "1234", accepted, alice * 100 + 1, "20 and more"},
      {"billy", "1234", accepted, alice * 100 + 1, "y"},
      {"BILL Two  Words", "1234", accepted, alice * 100 + 1, "Two  Words"},
      {"BILL: +20", "1234", accepted, alice * 100 + 1, "+20"},
      {"BILL - +20", "1234", accepted, alice * 100 + 1, "+20"},
      {"BILL +20", "1234", accepted, alice * 100 + 1, "+20"},
      {"BILL-20", "1234", accepted, alice * 100 + 1, "20"},
      {"BILL (20)", "1234", accepted, alice * 100 + 1, "(20)"},
      {"BILL 20.", "1234", accepted, alice * 100 + 1, "20."},
      {"BILL ---", "1234", accepted, alice * 100 + 1, ""},
      {"\"BILL\" 20", "1234", accepted, alice * 100 + 1, "20"},
      {"+BILL 20", "1234", accepted, alice * 100 + 1, "20"},
      {"BILL\xC2\xA0\x32\x30", "1234", accepted, alice * 100 + 1, "20"}, // NBSP
      {"BILL\xC2\xA0 20\xC2\xA0", "1234", accepted, alice * 100 + 1, "20"},
      {"BI\xC2\xADLL 20", "1234", accepted, alice * 100 + 1, "20"},      // soft hyphen
      {"\xEF\xBB\xBF" "BILL 20", "1234", accepted, alice * 100 + 1, "20"}, // byte order mark
      {"ＢＩＬＬ　２０", "1234", accepted, alice * 100 + 1, "２０"},     // full width, argument as typed
      {"ＢＩＬＬ２０", "1234", accepted, alice * 100 + 1, "２０"},
      {"BILL привет", "1234", accepted, alice * 100 + 1, "привет"},
      {"BILL 😀", "1234", accepted, alice * 100 + 1, "😀"},
      {"ПРИЗ да", "1234", accepted, bob * 100 + 7, "да"},
      {"приз да", "1234", accepted, bob * 100 + 7, "да"},
      {"Приз5", "1234", accepted, bob * 100 + 7, "5"},
      {"ПРИЗ—да", "1234", accepted, bob * 100 + 7, "да"},
      {"май 1", "1234", accepted, bob * 100 + 0, "1"},
      {"маи\xCC\x86 1", "1234", accepted, bob * 100 + 0, "1"}, // decomposed
      {"маи\xCC\x86" "1", "1234", accepted, bob * 100 + 0, "1"},
      {"маи 1", "1234", unrouted, 0, ""},
      {"free win 5", "1234", accepted, bob * 100 + 0, "5"},
      {"FREE  -  WIN", "1234", accepted, bob * 100 + 0, ""},
      {"free 5", "1234", unrouted, 0, ""},
      {"freewin 5", "1234", unrouted, 0, ""},
      {"free winner", "1234", unrouted, 0, ""},
      {"straße 5", "1234", accepted, bob * 100 + 7, "5"},
      {"STRASSE5", "1234", unrouted, 0, ""}, // not glued
      {"a b c", "1234", accepted, bob * 100 + 7, "c"},
      {"A.B", "1234", accepted, bob * 100 + 7, ""},
      {"a-b-c", "1234", accepted, bob * 100 + 7, "c"},
      {"BIL 20", "1234", unrouted, 0, ""},
      {"B1LL 20", "1234", unrouted, 0, ""},
      {"ВILL 20", "1234", unrouted, 0, ""}, // a Cyrillic В: not exact
      {"my BILL 20", "1234", unrouted, 0, ""},
      // a general keyword, partner ID, service number
      {"RR 104723 3 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 104723 03 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"rr10472303 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"rr10472303blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR-104723-3-blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"rr 104723 3blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"rr104723 3 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 10472303", "1234", accepted, alice * 100 + 3, ""},
      {"RR 104723.23", "1234", accepted, alice * 100 + 23, ""},
      {"RR 10472323", "1234", accepted, alice * 100 + 23, ""},
      {"RR#104723*0#", "1234", accepted, alice * 100 + 0, ""},
      {"RR 10472300 x", "1234", accepted, alice * 100 + 0, "x"},
      {"RR: 104723, 3, Blue Sky", "1234", accepted, alice * 100 + 3, "Blue Sky"},
      {"RR 104723 3 20", "1234", accepted, alice * 100 + 3, "20"},
      {"RR 104723 3 - 20", "1234", accepted, alice * 100 + 3, "20"},
      {"RR\xC2\xA0" "104723\xC2\xA0" "3", "1234", accepted, alice * 100 + 3, ""},
      {"ＲＲ　１０４７２３　３　Blue", "1234", accepted, alice * 100 + 3, "Blue"},
      {"ж 200002 7 да", "1234", accepted, bob * 100 + 7, "да"},
      {"Ж20000207да", "1234", accepted, bob * 100 + 7, "да"},
      {"RR 104 723 3 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 104-723-03 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 1 04723 3 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 1047 2303 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 10472 303 blue", "1234", accepted, alice * 100 + 3, "blue"},
      {"RR 10472 3 3 blue", "1234", unrouted, 0, ""}, // [5] [1]
      {"RR 1 0 4 7 2 3 3", "1234", unrouted, 0, ""},
      {"RR 1047 23 0 3", "1234", accepted, alice * 100 + 0, "3"},
      // wrong and lost digits
      {"RR 104724 3 blue", "1234", unrouted, 0, ""},
      {"RR 140723 3 blue", "1234", unrouted, 0, ""}, // swapped
      {"rr10472403 blue", "1234", unrouted, 0, ""},
      {"RR 14723 3 blue", "1234", unrouted, 0, ""},
      {"RR 14723 3 5", "1234", unrouted, 0, ""}, // would be dave's with the 3 behind
      {"RR 147233 5", "1234", accepted, dave * 100 + 5, ""},
      {"rr1472303 5", "1234", unrouted, 0, ""},
      {"rr1047233 blue", "1234", unrouted, 0, ""},
      {"rr1047230 3", "1234", unrouted, 0, ""},
      {"rr104723035", "1234", unrouted, 0, ""},
      {"RR 104723 320", "1234", unrouted, 0, ""},
      {"RR 104723", "1234", unrouted, 0, ""},
      {"RR 104723 blue", "1234", unrouted, 0, ""},
      {"RR104723blue", "1234", unrouted, 0, ""},
      {"RR", "1234", unrouted, 0, ""},
      {"RR blue", "1234", unrouted, 0, ""},
      {"rrblue", "1234", unrouted, 0, ""},
      {"RR 000000 0", "1234", unrouted, 0, ""}, // a valid check digit, but nobody's
      {"RR 012344 3", "1234", unrouted, 0, ""},
      {"RR 1O4723 3", "1234", unrouted, 0, ""}, // the letter: a later repair
      {"104723 3 blue", "1234", unrouted, 0, ""},
      // there is nobody, or nobody may
      {"RR 555555 1", "1234", unrouted, 0, ""},
      {"RR 104723 77", "1234", unrouted, 0, ""},
      {"GONE", "1234", unrouted, 0, ""},
      {"MISSING", "1234", unrouted, 0, ""},
      {"RR 303031 1 x", "1234", refused, carol * 100 + 1, "x"},
      {"RR 100009 3 x", "1234", refused, erin * 100 + 3, "x"},
      {"RR 104723 9 x", "1234", refused, alice * 100 + 9, "x"},
      {"QUIZ x", "1234", refused, carol * 100 + 1, "x"},
      {"OLD x", "1234", refused, alice * 100 + 9, "x"},
      // reserved words
      {"STOP", "1234", reserved, 0, ""},
      {"stop", "1234", reserved, 0, ""},
      {" Stop. ", "1234", reserved, 0, ""},
      {"STOP, please", "1234", reserved, 0, ""},
      {"stop?", "1234", reserved, 0, ""},
      {"stop!", "1234", reserved, 0, ""},
      {"STOP ALL", "1234", reserved, 0, ""},
      {"STOP BILL 20", "1234", reserved, 0, ""},
      {"\xE2\x80\x9Cstop\xE2\x80\x9D", "1234", reserved, 0, ""}, // quoted
      {"ＳＴＯＰ", "1234", reserved, 0, ""},
      {"СТОП", "1234", reserved, 0, ""},
      {"стоп рассылка", "1234", reserved, 0, ""},
      {"help", "1234", reserved, 0, ""},
      {"?", "1234", reserved, 0, ""},
      {" ? ", "1234", reserved, 0, ""},
      {"? 5", "1234", reserved, 0, ""},
      {"***", "1234", reserved, 0, ""},
      {" *** ", "1234", reserved, 0, ""},
      {"stopwatch", "1234", unrouted, 0, ""},
      {"please stop", "1234", unrouted, 0, ""},
      {"**", "1234", unrouted, 0, ""},
      // nothing to read
      {"", "1234", unrouted, 0, ""},
      {"   ", "1234", unrouted, 0, ""},
      {"...", "1234", unrouted, 0, ""},
      {"\xFF\xFE\xC0", "1234", unrouted, 0, ""},
      {std::string_view("BILL\0" "20", 7), "1234", accepted, alice * 100 + 1, "20"},
      // the default service
      {"anything at all", "4444", accepted, alice * 100 + 1, "anything at all"},
      {" (quoted) ", "4444", accepted, alice * 100 + 1, "(quoted)"},
      {"", "4444", accepted, alice * 100 + 1, ""},
      {"rrblue", "4444", accepted, alice * 100 + 1, "rrblue"},
      {"stop", "4444", reserved, 0, ""},
      {"RR 200002 7 x", "4444", accepted, bob * 100 + 7, "x"},
      {"RR 104724 3", "4444", unrouted, 0, ""}, // somebody's, never the default's
      {"RR10472", "4444", unrouted, 0, ""},
      {"RR 555555 1", "4444", unrouted, 0, ""},
      {"RR 303031 1", "4444", refused, carol * 100 + 1, ""},
      {"hello", "5555", refused, carol * 100 + 1, "hello"},
      // short codes
      {"BILL 20", "+1234", accepted, alice * 100 + 1, "20"},
      {"BILL 20", "12345", unrouted, 0, ""},
      {"BILL 20", "", unrouted, 0, ""},
      {"BILL 20", "+", unrouted, 0, ""},
      {"BILL 20", "++1234", unrouted, 0, ""},
  };
  const auto sold = world();
  for (const auto& wanted : rows) check(wanted, sold);
  MESSAGE(std::size(rows), " texts");
}

TEST_CASE("what else a routing says") {
  // Goal: keyword as configured, short code, and the reason in words. Method: exact values.
  const auto sold = world();
  const auto detail = [&](std::string_view text) {
    return route::route(text, "1234", {1}, sold).detail;
  };
  CHECK(route::route("bill 20", "1234", {1}, sold).keyword == "BILL");
  CHECK(route::route("free-win", "1234", {1}, sold).keyword == "Free Win");
  CHECK(route::route("rr10472303", "1234", {1}, sold).keyword == "RR");
  CHECK(route::route("Stop it", "1234", {1}, sold).keyword == "STOP");
  CHECK(route::route(" *** ", "1234", {1}, sold).keyword == "***");
  CHECK(route::route("x", "4444", {1}, sold).keyword == "");
  CHECK(route::route("x", "+4444", {1}, sold).code == sold.find_short_code("4444"));
  CHECK(route::route("x", "99", {1}, sold).code == nullptr);
  CHECK(route::route("x", "99", {1}, sold).detail == "the short code is not one of ours");
  CHECK(detail("nonsense") == "the text begins with no keyword");
  CHECK(detail("RR") == "no partner ID");
  CHECK(detail("RR 10472 x") == "10472 is not a partner ID of six digits");
  CHECK(detail("RR 104724 3") == "partner ID 104724 has a wrong digit");
  CHECK(detail("RR 104723") == "no service number behind 104723");
  CHECK(detail("RR 555555 1") == "there is no partner 555555");
  CHECK(detail("RR 104723 77") == "there is no service 77 of partner 104723");
  CHECK(detail("QUIZ") == "partner 303031 is suspended");
  CHECK(detail("OLD") == "service 09 of partner 104723 is disabled");
}

TEST_CASE("long and wild texts") {
  // Goal: no text is too long or too strange. Method: sizes around the reading's limit, octets.
  const auto sold = world();
  const std::string spaces(5'000, ' ');
  const auto far = route::route(spaces + "RR" + spaces + "104723" + spaces + "3" + spaces + "blue",
                                "1234", {1}, sold);
  CHECK(far.result == outcome::accepted);
  CHECK(far.argument == "blue");
  for (std::size_t size = 100; size < 160; ++size) {
    const std::string argument(size, 'x');
    CHECK(route::route("BILL " + argument, "1234", {1}, sold).argument == argument);
    CHECK(route::route("BILL" + argument, "1234", {1}, sold).argument == argument);
    CHECK(route::route(argument, "1234", {1}, sold).result == outcome::unrouted);
    CHECK(route::route(argument, "4444", {1}, sold).argument == argument);
  }
  std::uint32_t random = 1;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 ? "RR " : "BILL";
    for (int k = 0; k < i % 40; ++k) {
      random = random * 1'664'525 + 1'013'904'223;
      text.push_back(static_cast<char>(random >> 24));
    }
    const auto got = route::route(text, "1234", {1}, sold);
    CHECK(text.find(got.argument) != text.npos); // always a piece of what was typed
  }
}

TEST_CASE("a catalogue without grammars is a mistake of ours") {
  const catalogue sold(parts());
  CHECK_THROWS_AS(route::route("BILL", "1234", {1}, sold), std::logic_error);
}
