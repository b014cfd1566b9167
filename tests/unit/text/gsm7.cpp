// Goal: every cell of the GSM tables is right in both directions, and packing follows TS 23.038.
// Method: the tables are spelled here a second time, in the standard's own layout (a column of
// sixteen for each high digit); the default and extension tables also against ICU's converter.
#include "farebox/text/gsm7.hpp"
#include "farebox/text/utf8.hpp"

#include <doctest/doctest.h>
#include <unicode/ucnv.h>

#include <array>
#include <random>
#include <sstream>
#include <string>

using namespace farebox;
using namespace farebox::text;
using enum national_language;

namespace {

using cells = std::array<std::string, 128>; // UTF-8; empty: not assigned

// Eight columns, sixteen rows, as the standard prints them; `--` is an empty cell.
cells from_layout(const char* layout) {
  cells table;
  std::istringstream in(layout);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 0; column < 8; ++column) {
      std::string word;
      in >> word;
      REQUIRE_FALSE(word.empty());
      const auto character = word == "SP"                   ? " "
                             : word == "LF"                 ? "\n"
                             : word == "CR"                 ? "\r"
                             : word == "FF"                 ? "\f"
                             : word == "--" || word == "ESC" ? ""
                                                            : word;
      table[column * 16 + row] = character;
    }
  }
  return table;
}

const char* const default_layout = R"(
  @   Δ   SP 0 ¡ P ¿ p
  £   _   !  1 A Q a q
  $   Φ   "  2 B R b r
  ¥   Γ   #  3 C S c s
  è   Λ   ¤  4 D T d t
  é   Ω   %  5 E U e u
  ù   Π   &  6 F V f v
  ì   Ψ   '  7 G W g w
  ò   Σ   (  8 H X h x
  Ç   Θ   )  9 I Y i y
  LF  Ξ   *  : J Z j z
  Ø   ESC +  ; K Ä k ä
  ø   Æ   ,  < L Ö l ö
  CR  æ   -  = M Ñ m ñ
  Å   ß   .  > N Ü n ü
  å   É   /  ? O § o à)";

const char* const turkish_layout = R"(
  @   Δ   SP 0 İ P ç p
  £   _   !  1 A Q a q
  $   Φ   "  2 B R b r
  ¥   Γ   #  3 C S c s
  €   Λ   ¤  4 D T d t
  é   Ω   %  5 E U e u
  ù   Π   &  6 F V f v
  ı   Ψ   '  7 G W g w
  ò   Σ   (  8 H X h x
  Ç   Θ   )  9 I Y i y
  LF  Ξ   *  : J Z j z
  Ğ   ESC +  ; K Ä k ä
  ğ   Ş   ,  < L Ö l ö
  CR  ş   -  = M Ñ m ñ
  Å   ß   .  > N Ü n ü
  å   É   /  ? O § o à)";

const char* const portuguese_layout = R"(
  @   Δ   SP 0 Í P ~ p
  £   _   !  1 A Q a q
  $   ª   "  2 B R b r
  ¥   Ç   #  3 C S c s
  ê   À   º  4 D T d t
  é   ∞   %  5 E U e u
  ú   ^   &  6 F V f v
  í   \   '  7 G W g w
  ó   €   (  8 H X h x
  ç   Ó   )  9 I Y i y
  LF  |   *  : J Z j z
  Ô   ESC +  ; K Ã k ã
  ô   Â   ,  < L Õ l õ
  CR  â   -  = M Ú m `
  Á   Ê   .  > N Ü n ü
  á   É   /  ? O § o à)";

const char* const default_single_layout = R"(
  --  --  -- -- |  -- -- --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  ^   -- -- -- -- -- --
  --  --  -- -- -- -- €  --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  --  {  -- -- -- -- --
  --  --  }  -- -- -- -- --
  FF  --  -- -- -- -- -- --
  --  ESC -- -- -- -- -- --
  --  --  -- [  -- -- -- --
  --  --  -- ~  -- -- -- --
  --  --  -- ]  -- -- -- --
  --  --  \  -- -- -- -- --)";

const char* const turkish_single_layout = R"(
  --  --  -- -- |  -- -- --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- Ş  ç  ş
  --  ^   -- -- -- -- -- --
  --  --  -- -- -- -- €  --
  --  --  -- -- -- -- -- --
  --  --  -- -- Ğ  -- ğ  --
  --  --  {  -- -- -- -- --
  --  --  }  -- İ  -- ı  --
  FF  --  -- -- -- -- -- --
  --  ESC -- -- -- -- -- --
  --  --  -- [  -- -- -- --
  --  --  -- ~  -- -- -- --
  --  --  -- ]  -- -- -- --
  --  --  \  -- -- -- -- --)";

const char* const spanish_single_layout = R"(
  --  --  -- -- |  -- -- --
  --  --  -- -- Á  -- á  --
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  ^   -- -- -- -- -- --
  --  --  -- -- -- Ú  €  ú
  --  --  -- -- -- -- -- --
  --  --  -- -- -- -- -- --
  --  --  {  -- -- -- -- --
  ç   --  }  -- Í  -- í  --
  FF  --  -- -- -- -- -- --
  --  ESC -- -- -- -- -- --
  --  --  -- [  -- -- -- --
  --  --  -- ~  -- -- -- --
  --  --  -- ]  -- -- -- --
  --  --  \  -- Ó  -- ó  --)";

const char* const portuguese_single_layout = R"(
  --  --  -- -- |  -- -- --
  --  --  -- -- À  -- Â  --
  --  Φ   -- -- -- -- -- --
  --  Γ   -- -- -- -- -- --
  --  ^   -- -- -- -- -- --
  ê   Ω   -- -- -- Ú  €  ú
  --  Π   -- -- -- -- -- --
  --  Ψ   -- -- -- -- -- --
  --  Σ   {  -- -- -- -- --
  ç   Θ   }  -- Í  -- í  --
  FF  --  -- -- -- -- -- --
  Ô   ESC -- -- -- Ã  -- ã
  ô   --  -- [  -- Õ  -- õ
  --  --  -- ~  -- -- -- --
  Á   --  -- ]  -- -- -- --
  á   Ê   \  -- Ó  -- ó  â)";

std::string decoded(bytes septets, gsm7_tables tables = {}) {
  std::string out;
  gsm7_decode(septets, tables, out);
  return out;
}

} // namespace

// FIELD-NOTES, Character sets: "Turkish, Spanish, Portuguese national tables exist".
TEST_CASE("every cell of every locking table, both ways") {
  struct row {
    national_language language;
    const char* layout;
  };
  const row rows[] = {{none, default_layout},
                      {turkish, turkish_layout},
                      {spanish, default_layout}, // there is no Spanish locking table
                      {portuguese, portuguese_layout}};
  for (const auto& [language, layout] : rows) {
    const auto expected = from_layout(layout);
    for (std::uint8_t septet = 0; septet < 128; ++septet) {
      if (septet == gsm7_escape) continue;
      const gsm7_tables tables{.locking = language, .single = none};
      CAPTURE(name_of(language));
      CAPTURE(int{septet});
      CHECK(decoded({septet}, tables) == expected[septet]);
      CHECK(gsm7_encode(expected[septet], tables) == bytes{septet});
      CHECK(gsm7_size(expected[septet], tables) == 1);
    }
  }
}

// FIELD-NOTES: "Euro sign and [ ] { } | ^ ~ \ take two septets".
TEST_CASE("every cell of every single shift table, both ways") {
  struct row {
    national_language language;
    const char* layout;
  };
  const row rows[] = {{none, default_single_layout},
                      {turkish, turkish_single_layout},
                      {spanish, spanish_single_layout},
                      {portuguese, portuguese_single_layout}};
  const auto locking = from_layout(default_layout);
  for (const auto& [language, layout] : rows) {
    const auto expected = from_layout(layout);
    const gsm7_tables tables{.locking = none, .single = language};
    for (std::uint8_t septet = 0; septet < 128; ++septet) {
      CAPTURE(name_of(language));
      CAPTURE(int{septet});
      const auto& character = expected[septet];
      if (septet == gsm7_escape) {
        CHECK(decoded({gsm7_escape, septet}, tables) == " ");
      } else if (character.empty()) {
        CHECK(decoded({gsm7_escape, septet}, tables) == locking[septet]);
      } else {
        CHECK(decoded({gsm7_escape, septet}, tables) == character);
        // Portuguese has Greek letters in both tables: the shorter form is written.
        const bool is_short = gsm7_size(character).value_or(2) == 1;
        const auto written = gsm7_encode(character, tables);
        CHECK(written.has_value());
        CHECK(written->size() == (is_short ? 1 : 2));
        CHECK(decoded(*written, tables) == character);
      }
    }
  }
}

TEST_CASE("the default and extension tables agree with ICU's converter") {
  UErrorCode status = U_ZERO_ERROR;
  auto* converter = ucnv_open("gsm-03.38-2009", &status);
  REQUIRE(U_SUCCESS(status));
  const auto by_icu = [&](char32_t c) {
    UChar units[2];
    int32_t size = 0;
    U16_APPEND_UNSAFE(units, size, static_cast<UChar32>(c));
    char octets[8];
    UErrorCode error = U_ZERO_ERROR;
    ucnv_setFromUCallBack(converter, UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
    const auto written = ucnv_fromUChars(converter, octets, sizeof octets, units, size, &error);
    // ICU skips characters that are not shown, such as the joiners: nothing is written for them.
    const bool is_written = U_SUCCESS(error) && written > 0;
    return is_written ? std::string(octets, static_cast<std::size_t>(written)) : "?";
  };
  for (char32_t c = 0; c < 0x3000; ++c) {
    CAPTURE(static_cast<std::uint32_t>(c));
    std::string utf8;
    append_code_point(utf8, c);
    const auto ours = gsm7_encode(utf8);
    // ICU also writes the bare escape.
    if (c != gsm7_escape && ours) {
      CHECK(std::string(as_text(*ours)) == by_icu(c));
    } else if (c != gsm7_escape) {
      CHECK(by_icu(c) == "?");
    }
  }
  ucnv_close(converter);
}

TEST_CASE("both tables together") {
  struct row {
    gsm7_tables tables;
    std::string text;
    std::optional<std::size_t> expected; // septets
  };
  const row rows[] = {
      {{}, "", 0},
      {{}, "RR 104729 3", 11},
      {{}, "a€[]", 7},
      {{}, "ş", std::nullopt},
      {{}, "ж", std::nullopt},
      {{}, "`", std::nullopt}, // ASCII, but not GSM
      {{}, "ç", std::nullopt}, // only the capital is in the default table
      {{}, "😀", std::nullopt},
      {{}, "\x1B", std::nullopt}, // the escape is not a character
      {{}, std::string("\0", 1), std::nullopt},
      {{}, "\xFF", std::nullopt},
      {{.locking = none, .single = turkish}, "ş€", 4},
      {{.locking = turkish, .single = none}, "ş€", 2},
      {{.locking = turkish, .single = none}, "ì", std::nullopt}, // ı has taken its place
      {{.locking = portuguese, .single = spanish}, "ñ", std::nullopt},
      {{.locking = portuguese, .single = portuguese}, "Φ[ã", 5},
  };
  for (const auto& [tables, text, expected] : rows) {
    CAPTURE(text);
    CHECK(gsm7_size(text, tables) == expected);
    const auto septets = gsm7_encode(text, tables);
    CHECK(septets.has_value() == expected.has_value());
    if (septets) {
      CHECK(septets->size() == expected);
      CHECK(decoded(*septets, tables) == text);
    }
  }
}

TEST_CASE("octets that are no septets, and escapes in odd places") {
  struct row {
    bytes octets;
    std::string expected;
  };
  const row rows[] = {
      {{0x80}, "\uFFFD"},
      {{0x41, 0xFF, 0x42}, "A\uFFFDB"},
      {{0x41, 0x1B}, "A\uFFFD"}, // cut after the escape
      {{0x1B, 0x80, 0x41}, "\uFFFDA"},
      {{0x1B, 0x1B, 0x65}, " e"}, // a further table that does not exist
      {{0x1B, 0x41}, "A"},        // no such extension
      {{0x1B, 0x0D}, "\r"},       // CR2
      {{0x00, 0x00}, "@@"},
  };
  for (const auto& [octets, expected] : rows) {
    CAPTURE(expected);
    CHECK(decoded(octets) == expected);
  }
}

TEST_CASE("a language without tables here is read by the default tables") {
  struct row {
    int identifier;
    national_language expected;
  };
  const row rows[] = {{0, none},  {1, turkish}, {2, spanish}, {3, portuguese},
                      {4, none},  {13, none},   {255, none}};
  for (const auto& [identifier, expected] : rows) {
    CHECK(national_language_of(static_cast<std::uint8_t>(identifier)) == expected);
  }
  for (const auto language : {none, turkish, spanish, portuguese}) {
    CHECK(parse_national_language(name_of(language)) == language);
  }
  CHECK_FALSE(parse_national_language("klingon"));
}

TEST_CASE("packing: known octets") {
  struct row {
    std::string text;
    std::size_t fill_bits;
    std::string expected;
  };
  // The first three are the usual examples; with one fill bit each septet starts a bit later.
  const row rows[] = {
      {"", 0, ""},
      {"1", 0, "31"},
      {"hellohello", 0, "e8329bfd4697d9ec37"},
      {"1234567", 0, "31d98c56b3dd00"},
      {"12345678", 0, "31d98c56b3dd70"},
      {"1", 1, "62"},
      {"1", 2, "c400"}, // the seventh bit goes over into a second octet
      {"Tz", 6, "00550f"},
  };
  for (const auto& [text, fill_bits, expected] : rows) {
    CAPTURE(text);
    CAPTURE(fill_bits);
    CHECK(to_hex(gsm7_pack(as_bytes(text), fill_bits)) == expected);
  }
}

TEST_CASE("fill bits bring the first septet to a septet boundary") {
  struct row {
    std::size_t udh_size;
    std::size_t fill_bits;
    std::size_t capacity; // septets left in 140 octets
  };
  const row rows[] = {{0, 0, 160}, {4, 3, 155}, {6, 1, 153},
                      {7, 0, 152}, {9, 5, 149}, {12, 2, 146}};
  for (const auto& [udh_size, fill_bits, capacity] : rows) {
    CAPTURE(udh_size);
    CHECK(gsm7_fill_bits(udh_size) == fill_bits);
    CHECK(gsm7_capacity(140, udh_size) == capacity);
    const auto packed = gsm7_pack(bytes(capacity, 0x7F), fill_bits);
    CHECK(udh_size + packed.size() <= 140);
    CHECK(udh_size + gsm7_pack(bytes(capacity + 1, 0x7F), fill_bits).size() > 140);
  }
  CHECK(gsm7_capacity(3, 4) == 0);
}

TEST_CASE("packed and unpacked: round trip with every number of fill bits") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 5'000; ++round) {
    bytes septets(random() % 40);
    for (auto& septet : septets) septet = static_cast<std::uint8_t>(random() & 0x7F);
    const auto fill_bits = random() % 7;
    const auto packed = gsm7_pack(septets, fill_bits);
    REQUIRE(packed.size() == (fill_bits + septets.size() * 7 + 7) / 8);
    REQUIRE(gsm7_unpack(packed, septets.size(), fill_bits) == septets);
    // One more septet than the data holds is left out, one octet less loses only the last ones.
    REQUIRE(gsm7_unpack(packed, septets.size() + 9, fill_bits).size() <= septets.size() + 1);
    if (packed.empty()) continue;
    const bytes shorter(packed.begin(), packed.end() - 1);
    const auto rest = gsm7_unpack(shorter, septets.size(), fill_bits);
    REQUIRE(rest.size() <= septets.size());
    REQUIRE(std::equal(rest.begin(), rest.end(), septets.begin()));
  }
  CHECK(gsm7_unpack({}, 8).empty());
  CHECK(gsm7_unpack({}, 8, 6).empty());
}
