#include "route/reading.hpp"

#include <doctest/doctest.h>

#include <string>

using farebox::route::folding_table;
using farebox::route::reading;

TEST_CASE("folded beginning of a text") {
  // Goal: case, width, compatibility forms, invisible characters and separators fold as text::fold
  // and text::is_separator say. Method: one text a row, expected folded text last.
  static const folding_table table;
  struct row {
    std::string_view text, folded;
  };
  const row rows[] = {
      {"", ""},
      {"  ", ""},
      {"--..", ""},
      {"BILL", "bill"},
      {" BILL 20 ", "bill 20"},
      {"A-.-B", "a b"},
      {"(a)", "a"},
      {"a?b", "a?b"},
      {"ПРИВЕТ Ёлка", "привет ёлка"},
      {"Й", "й"},
      {"И\xCC\x86", "й"},     // composed
      {"a\xCC\x81\xCC\xA3", "\xE1\xBA\xA1\xCC\x81"}, // two marks, in canonical order
      {"\xCC\x86x", "\xCC\x86x"}, // a mark without a letter
      {"ＡＢ　１２", "ab 12"},
      {"ﬁx", "fix"},
      {"Straße", "strasse"},
      {"x\xC2\xADy", "xy"},     // soft hyphen
      {"x\xE2\x80\x8By", "xy"}, // zero width space
      {"x\xC2\xA0y", "x y"},
      {"x，y、z。", "x y z"},
      {"x—y…", "x y"},
      {"½", "1\xE2\x81\x84" "2"},
      {"\xFF", "\xEF\xBF\xBD"},
      {"İ", "i\xCC\x87"},
      {"ΣΑΣ", "σασ"},
  };
  for (const auto& [text, folded] : rows) {
    CAPTURE(text);
    CHECK(reading(text, table).folded() == folded);
  }
}

TEST_CASE("the way back to the original") {
  // Goal: what stands behind a place in the folded text, as typed. Method: text, folded octets
  // before the place, the argument.
  static const folding_table table;
  struct row {
    std::string_view text;
    std::size_t position;
    std::string_view argument;
  };
  const row rows[] = {
      {"BILL 20", 4, "20"},
      {"BILL20", 4, "20"},
      {"  BILL  20  ", 4, "20"},
      {"BILL", 4, ""},
      {"BILL ", 4, ""},
      {"BILL...", 4, ""},
      {"BILL: -20", 4, "-20"},
      {"BILL -20", 4, "-20"},
      {"BILL - 20", 4, "20"},
      {"BILL -- 20 -", 4, "20 -"},
      {"BILL (a) b", 4, "(a) b"},
      {"BILL; (a)", 4, "(a)"},
      {"ＢＩＬＬ：ｘ", 4, "ｘ"},
      {"BILL\xC2\xA0\xE3\x80\x80x\xC2\xA0", 4, "x"},
      {"ПРИЗ Да", 8, "Да"},
      {"STRAßE 5", 7, "5"},
      {"И\xCC\x86 5", 2, "5"},
  };
  for (const auto& [text, position, argument] : rows) {
    CAPTURE(text);
    CHECK(reading(text, table).argument_behind(position) == argument);
  }
  CHECK_FALSE(reading("ﬁx", table).can_part_at(1)); // f and i are one character
  CHECK(reading("ﬁx", table).can_part_at(2));
  CHECK(reading(" (a) ", table).trimmed() == "(a)");
  CHECK(reading(" \xC2\xA0 ", table).trimmed() == "");
}

TEST_CASE("only the beginning is read") {
  // Goal: a text of any length fits, and the place where reading stopped is known. Method: sizes
  // around the limit, one and two octets a character.
  static const folding_table table;
  for (std::size_t size = reading::size_max - 3; size < reading::size_max + 4; ++size) {
    const std::string text(size, 'x');
    const reading read(text, table);
    CHECK(read.folded() == text.substr(0, reading::size_max));
    CHECK(read.origin(read.folded().size()) == read.folded().size());
    std::string cyrillic;
    while (cyrillic.size() < size) cyrillic += "ж";
    CHECK(reading("x" + cyrillic, table).folded().size() <= reading::size_max);
    const reading spaced(std::string(size, 'x') + "  y", table);
    CHECK(spaced.origin(spaced.folded().size()) <= size + 3);
  }
}
