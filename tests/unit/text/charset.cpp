// Goal: each data_coding is read as the field notes say, and each character set as ICU reads it.
// Method: tables of codings and octets; all 256 octets of each 8-bit set against ICU's converters.
#include "farebox/text/charset.hpp"
#include "farebox/text/utf8.hpp"

#include <doctest/doctest.h>
#include <unicode/ucnv.h>

#include <memory>
#include <random>
#include <string>

using namespace farebox;
using namespace farebox::text;
using enum charset;

namespace {

using converter = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

converter open_converter(const char* name) {
  UErrorCode status = U_ZERO_ERROR;
  converter opened(ucnv_open(name, &status), &ucnv_close);
  REQUIRE(U_SUCCESS(status));
  return opened;
}

std::string decode_by_icu(UConverter* from, bytes_view octets) {
  UErrorCode status = U_ZERO_ERROR;
  std::u16string units(octets.size() * 2 + 2, u'\0');
  const auto data = as_text(octets);
  const auto size = ucnv_toUChars(from, units.data(), static_cast<int32_t>(units.size()),
                                  data.data(), static_cast<int32_t>(data.size()), &status);
  REQUIRE(U_SUCCESS(status));
  std::string out;
  for (int32_t at = 0; at < size;) {
    UChar32 c;
    U16_NEXT(units.data(), at, size, c);
    append_code_point(out, static_cast<char32_t>(c));
  }
  return out;
}

std::string decoded(bytes octets, charset set) { return decode(octets, set); }

} // namespace

TEST_CASE("what a data_coding means") {
  struct row {
    int first, last;
    charset default_for_zero;
    charset expected;
  };
  const row rows[] = {
      // FIELD-NOTES: "data_coding 0 means GSM 03.38 for some, Latin-1 or ASCII for others: per-bind
      // setting"; "Cyrillic ... sometimes Windows-1251 under 0".
      {0x00, 0x00, gsm7, gsm7},
      {0x00, 0x00, latin1, latin1},
      {0x00, 0x00, ascii, ascii},
      {0x00, 0x00, windows_1251, windows_1251},
      // FIELD-NOTES: "1, 3, 4, 8 and 0xF0-class values occur"; "ISO-8859-5 (6)". The setting for 0
      // does not touch what says its own coding.
      {0x01, 0x01, latin1, ascii},
      {0x02, 0x02, gsm7, binary},
      {0x03, 0x03, gsm7, latin1},
      {0x04, 0x05, gsm7, binary},
      {0x06, 0x06, gsm7, iso_8859_5},
      {0x07, 0x07, gsm7, binary},
      {0x08, 0x08, windows_1251, ucs2},
      {0x09, 0x0A, gsm7, binary},
      {0x0B, 0x0C, gsm7, gsm7},
      {0x0D, 0x0E, gsm7, binary},
      {0x0F, 0x0F, gsm7, gsm7},
      // FIELD-NOTES: "mask the DCS group before deciding". General groups, with class.
      {0x10, 0x13, gsm7, gsm7},
      {0x10, 0x13, latin1, latin1},
      {0x14, 0x17, gsm7, binary},
      {0x18, 0x1B, gsm7, ucs2},
      {0x1C, 0x1F, gsm7, gsm7}, // reserved alphabet
      {0x20, 0x3F, gsm7, binary}, // compressed
      {0x40, 0x43, gsm7, gsm7}, // marked for automatic deletion
      {0x44, 0x47, gsm7, binary},
      {0x48, 0x4B, gsm7, ucs2},
      {0x50, 0x53, gsm7, gsm7},
      {0x58, 0x5B, gsm7, ucs2},
      {0x60, 0x7F, gsm7, binary},
      {0x80, 0xBF, gsm7, gsm7}, // reserved groups
      {0xC0, 0xDF, gsm7, gsm7}, // message waiting
      {0xC0, 0xDF, latin1, latin1},
      {0xE0, 0xEF, gsm7, ucs2},
      {0xF0, 0xF3, gsm7, gsm7}, // class: 0 is a flash message
      {0xF0, 0xF3, windows_1251, windows_1251},
      {0xF4, 0xF7, gsm7, binary},
      {0xF8, 0xFB, gsm7, gsm7},
      {0xFC, 0xFF, gsm7, binary},
  };
  for (const auto& [first, last, default_for_zero, expected] : rows) {
    for (int value = first; value <= last; ++value) {
      CAPTURE(value);
      CAPTURE(name_of(default_for_zero));
      CHECK(charset_of(static_cast<std::uint8_t>(value), default_for_zero) == expected);
    }
  }
}

TEST_CASE("names round-trip") {
  for (const auto set : {gsm7, ascii, latin1, iso_8859_5, windows_1251, ucs2, binary}) {
    CHECK(parse_charset(name_of(set)) == set);
  }
  CHECK_FALSE(parse_charset("utf9"));
}

// FIELD-NOTES: "Cyrillic arrives as UCS-2 (8), ISO-8859-5 (6), sometimes Windows-1251 under 0."
TEST_CASE("all 256 octets of each 8-bit set agree with ICU, both ways") {
  struct row {
    charset set;
    const char* converter;
  };
  const row rows[] = {{ascii, "US-ASCII"},
                      {latin1, "ISO-8859-1"},
                      {iso_8859_5, "ISO-8859-5"},
                      {windows_1251, "windows-1251"}};
  for (const auto& [set, name] : rows) {
    const auto by_icu = open_converter(name);
    for (int octet = 0; octet < 256; ++octet) {
      CAPTURE(name);
      CAPTURE(octet);
      const bytes one{static_cast<std::uint8_t>(octet)};
      const auto text = decode(one, set);
      if (set == windows_1251 && octet == 0x98) { // unassigned; ICU makes it a control character
        CHECK(text == "\uFFFD");
        continue;
      }
      CHECK(text == decode_by_icu(by_icu.get(), one));
      if (text == "\uFFFD") continue;
      CHECK(encode(text, set) == one);
    }
    CHECK_FALSE(encode("\uFFFD", set));
    CHECK_FALSE(encode("😀", set));
    CHECK_FALSE(encode("\xFF", set));
  }
}

TEST_CASE("the same Cyrillic text in each coding that it arrives in") {
  struct row {
    std::uint8_t data_coding;
    charset default_for_zero;
    const char* octets;
  };
  const row rows[] = {{8, gsm7, "04210442043e043f0020041104180422041b00200031"},
                      {6, gsm7, "c1e2dedf20b1b8c2bb2031"},
                      {0, windows_1251, "d1f2eeef20c1c8d2cb2031"},
                      {0xF0, windows_1251, "d1f2eeef20c1c8d2cb2031"},
                      {0x18, gsm7, "04210442043e043f0020041104180422041b00200031"}};
  for (const auto& [data_coding, default_for_zero, octets] : rows) {
    CAPTURE(int{data_coding});
    bytes data;
    REQUIRE(from_hex(octets, data));
    CHECK(decode(data, charset_of(data_coding, default_for_zero)) == "Стоп БИТЛ 1");
  }
}

// FIELD-NOTES: "UTF-16 surrogates occur in UCS-2."
TEST_CASE("UCS-2: surrogates, odd octets, byte order marks") {
  struct row {
    const char* octets;
    std::string expected;
  };
  const row rows[] = {
      {"", ""},
      {"0416", "Ж"},
      {"d83dde00", "😀"},
      {"0041d83dde000042", "A😀B"},
      {"dbffdfff", "\U0010FFFF"},
      {"d83d", "\uFFFD"},         // a high surrogate at the end
      {"d83dde", "\uFFFD\uFFFD"}, // one octet less than a pair
      {"d83d0041", "\uFFFDA"},    // before something else
      {"de000041", "\uFFFDA"},    // a low one alone
      {"de00d83d", "\uFFFD\uFFFD"}, // in the wrong order
      {"d83dd83dde00", "\uFFFD😀"},
      {"041604", "Ж\uFFFD"}, // one octet less
      {"04160041ff", "ЖA\uFFFD"}, // one octet more
      {"041600", "Ж"}, // a terminator of half a character
      {"04", "\uFFFD"},
      {"feff0416", "Ж"},
      {"fffe1604", "Ж"}, // little-endian
      {"fffe3dd800de", "😀"},
      {"0416feff", "Ж\uFEFF"}, // a mark elsewhere is a character
  };
  for (const auto& [octets, expected] : rows) {
    CAPTURE(octets);
    bytes data;
    REQUIRE(from_hex(octets, data));
    CHECK(decode(data, ucs2) == expected);
  }
}

TEST_CASE("UCS-2 agrees with ICU on every code point") {
  const auto by_icu = open_converter("UTF-16BE");
  for (char32_t c = 1; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 37) {
    if ((c & 0xFFFFF800) == 0xD800 || c == 0xFEFF || c == 0xFFFE) continue;
    std::string text;
    append_code_point(text, c);
    const auto octets = encode(text, ucs2);
    REQUIRE(octets.has_value());
    REQUIRE(decode_by_icu(by_icu.get(), *octets) == text);
    REQUIRE(decode(*octets, ucs2) == text);
  }
}

TEST_CASE("octets that are no text") {
  // FIELD-NOTES: "1, 3, 4 ... occur": under 4 (octets) some SMSCs send plain text.
  CHECK(decoded({'R', 'R', ' ', '1', 0xFF}, binary) == "RR 1\uFFFD");
  CHECK(decoded({'R', 0x80}, ascii) == "R\uFFFD");
  CHECK_FALSE(encode("RR 1", binary));
  CHECK_FALSE(encode("ж", ascii));
  CHECK_FALSE(encode("ж", latin1));
}

TEST_CASE("any octets in any set give valid UTF-8") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20'000; ++round) {
    bytes octets(random() % 24);
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random());
    const auto data_coding = static_cast<std::uint8_t>(random());
    for (const auto default_for_zero : {gsm7, ascii, latin1, windows_1251}) {
      const auto set = charset_of(data_coding, default_for_zero);
      REQUIRE(is_valid_utf8(decode(octets, set)));
    }
  }
}
