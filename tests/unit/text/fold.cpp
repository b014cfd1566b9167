// Goal: texts that a person would call the same fold to the same octets, others do not. Method: a
// table; then seeded random text, where the quick path must agree with ICU's.
#include "farebox/text/fold.hpp"
#include "farebox/text/utf8.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace farebox::text;

TEST_CASE("case, width, compatibility forms, invisible characters and spaces") {
  struct row {
    std::string text;
    std::string expected;
  };
  const row rows[] = {
      {"", ""},
      {" ", ""},
      {"bill 20", "bill 20"},
      {"BILL20", "bill20"},
      {"  Bill \t\r\n 20  ", "bill 20"},
      {"bill\f20", "bill 20"},
      {std::string("BILL 20\0", 8), "bill 20"}, // a NUL that an SMSC left at the end
      {std::string("\0BILL\0\0" "20", 9), "bill 20"},
      {"BILL\x7F", "bill"},
      {"СТОП", "стоп"},
      {"Помощь Ёлка", "помощь ёлка"},
      {"ЀЏ АЯ ая ѐџ", "ѐџ ая ая ѐџ"},
      {"Їжак Ґанок", "їжак ґанок"}, // Ґ is beyond the quick path
      {"Ѡ", "ѡ"},
      {"И\u0306од", "йод"}, // a letter and its mark are one letter
      {"Е\u0308", "ё"},
      {"ＢＩＬＬ　２０", "bill 20"}, // full width, ideographic space
      {"BILL\u00A020", "bill 20"},   // no-break space
      {"\u2003BILL\u2009\u202F20\u205F", "bill 20"},
      {"BILL\u202820\u2029", "bill 20"}, // line and paragraph separator
      {"BILL\u168020", "bill 20"},       // a space of Ogham that NFKC does not touch
      {"BILL\u008520", "bill 20"},
      {"BI\u200BLL\u00AD \u200E20\uFEFF", "bill 20"}, // zero width, soft hyphen, marks
      {"BILL \u200B 20", "bill 20"},                  // spaces that only look apart
      {"ﬁ Straße ²", "fi strasse 2"},
      {"CAFÉ Cafe\u0301", "café café"},
      {"①⑳ ⅫⅣ", "120 xiiiv"},
      {"№ 5", "no 5"},
      {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
      {"İI ıi", "i\u0307i ıi"}, // the default folding, not the Turkish one
      {"DŽ ǅ", "dž dž"},
      {"😀 OK", "😀 ok"},
      {"RR-104729.3 BLUE", "rr-104729.3 blue"}, // punctuation stays
      {"а a", "а a"}, // look-alikes of two scripts are not the same: that is for the repairs
      {"\xD0", "\uFFFD"},
      {"A\xFF B", "a\uFFFD b"},
      {"\xD0 A", "\uFFFD a"},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(fold(text) == expected);
    CHECK(fold(fold(text)) == expected);
  }
}

TEST_CASE("a reused buffer keeps nothing of the text before") {
  std::string out;
  for (const auto* text : {"a much longer text than the next", "B", "ＷＩＤＥ", "", "ж"}) {
    fold_into(text, out);
    CHECK(out == fold(text));
  }
}

TEST_CASE("the quick path agrees with ICU's, and folding twice changes nothing") {
  const char32_t letters[] = {U'A',  U'z',   U'Z',    U'0',    U' ',    U'\t',   0,      0x7F,
                              U'-',  U'А',   U'я',    U'Р',    U'п',    U'Ё',    U'Ѐ',   U'Џ',
                              U'џ',  0x460,  U'Ґ',    0x306,   0x301,   U'É',    0xA0,   0x2003,
                              U'ß',  0x200B, U'Ａ',   0x3000,  0xAC00,  0x1100,  0x1161, U'´',
                              U'😀', 0x2028, 0xFDFA,  0x3164,  0x180E,  0xFFFD};
  const std::size_t simple = 17; // how many of the letters the quick path takes
  std::mt19937_64 random(5);
  for (int round = 0; round < 50'000; ++round) {
    const auto kinds = round % 2 ? simple : std::size(letters);
    std::string text;
    for (auto size = random() % 16; size > 0; --size) {
      append_code_point(text, letters[random() % kinds]);
    }
    const auto once = fold(text);
    REQUIRE(fold(once) == once);
    REQUIRE(once.find("  ") == once.npos);
    // A sharp s is beyond the quick path and combines with nothing.
    if (kinds == simple) REQUIRE(fold(text + "xß") == fold(text + "xss"));
  }
}

TEST_CASE("what separates a keyword, an ID and a number") {
  const std::string_view separators = " .,;:-_/\\|*#+=()[]{}<>'\"`^~!";
  for (char32_t c = 0; c < 0x80; ++c) {
    CAPTURE(static_cast<std::uint32_t>(c));
    const bool expected = c < 0x20 || c == 0x7F || separators.find(static_cast<char>(c)) < 99;
    CHECK(is_separator(c) == expected);
  }
  struct row {
    char32_t c;
    bool expected;
  };
  const row rows[] = {
      {0xA0, true},   {0x85, true},   {0x3000, true},    {U'—', true},      {U'–', true},
      {U'«', true},   {U'”', true},   {U'•', true},      {U'·', true},      {U'−', true},
      {U'、', true},  {U'ж', false},  {U'é', false},     {U'€', false},     {U'¿', false},
      {U'٣', false},  {U'😀', false}, {0xFFFD, false},   {0x301, false},    {0x10FFFF, false},
      {0x110000, false}};
  for (const auto& [c, expected] : rows) {
    CAPTURE(static_cast<std::uint32_t>(c));
    CHECK(is_separator(c) == expected);
  }
}
