#include "farebox/text/charset.hpp"

#include "farebox/text/utf8.hpp"

#include <algorithm>
#include <array>

namespace farebox::text {

namespace {

constexpr std::array<std::string_view, 7> charset_names{
    "gsm7", "ascii", "latin1", "iso_8859_5", "windows_1251", "ucs2", "binary"};

// The characters of 0x80-0xFF; 0x00-0x7F are ASCII in each of these sets.
using upper_half = std::array<char16_t, 128>;
constexpr char16_t undefined = 0xFFFD;

constexpr upper_half latin1_upper = [] {
  upper_half table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<char16_t>(0x80 + i);
  return table;
}();

// ISO/IEC 8859-5: controls as in Latin-1, then U+0401-U+045F in order but for four places.
constexpr upper_half iso_8859_5_upper = [] {
  auto table = latin1_upper;
  for (std::size_t octet = 0xA1; octet <= 0xFF; ++octet) {
    table[octet - 0x80] = static_cast<char16_t>(octet + 0x360);
  }
  table[0xAD - 0x80] = 0xAD; // soft hyphen
  table[0xF0 - 0x80] = u'№';
  table[0xFD - 0x80] = u'§';
  return table;
}();

// 0x98 is not assigned.
constexpr upper_half windows_1251_upper = [] {
  constexpr char16_t lower[] = u"ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏ"
                               u"ђ‘’“”•–—\uFFFD™љ›њќћџ"
                               u"\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї"
                               u"°±Ііґµ¶·ё№є»јЅѕї";
  upper_half table{};
  std::copy_n(lower, 64, table.begin());
  for (std::size_t octet = 0xC0; octet <= 0xFF; ++octet) {
    table[octet - 0x80] = static_cast<char16_t>(u'А' + (octet - 0xC0));
  }
  return table;
}();

constexpr upper_half ascii_upper = [] {
  upper_half table{};
  table.fill(undefined);
  return table;
}();

const upper_half& upper_half_of(charset set) {
  switch (set) {
  case charset::latin1: return latin1_upper;
  case charset::iso_8859_5: return iso_8859_5_upper;
  case charset::windows_1251: return windows_1251_upper;
  default: return ascii_upper;
  }
}

constexpr bool is_high_surrogate(unsigned unit) { return (unit & 0xFC00) == 0xD800; }
constexpr bool is_low_surrogate(unsigned unit) { return (unit & 0xFC00) == 0xDC00; }

void decode_utf16(bytes_view data, std::string& out) {
  bool swapped = false;
  const auto unit_at = [&](std::size_t at) {
    const unsigned first = data[at], second = data[at + 1];
    return swapped ? second << 8 | first : first << 8 | second;
  };
  std::size_t at = 0;
  if (data.size() >= 2) {
    swapped = unit_at(0) == 0xFFFE;
    if (unit_at(0) == 0xFEFF) at = 2;
  }
  for (; at + 1 < data.size(); at += 2) {
    char32_t c = unit_at(at);
    if (is_high_surrogate(c) && at + 3 < data.size() && is_low_surrogate(unit_at(at + 2))) {
      c = 0x10000 + ((c & 0x3FF) << 10 | (unit_at(at + 2) & 0x3FF));
      at += 2;
    }
    append_code_point(out, c);
  }
  if (at < data.size() && data[at] != 0) append_code_point(out, replacement_character);
}

bytes encode_utf16(std::string_view utf8) {
  bytes out;
  out.reserve(utf8.size() * 2);
  const auto put = [&out](char32_t unit) {
    out.push_back(static_cast<std::uint8_t>(unit >> 8));
    out.push_back(static_cast<std::uint8_t>(unit));
  };
  for (std::size_t at = 0; at < utf8.size();) {
    const auto c = next_code_point(utf8, at);
    if (c > 0xFFFF) {
      put(0xD800 | (c - 0x10000) >> 10);
      put(0xDC00 | (c & 0x3FF));
    } else {
      put(c);
    }
  }
  return out;
}

void decode_octets(bytes_view data, const upper_half& upper, std::string& out) {
  for (const auto octet : data) {
    append_code_point(out, octet < 0x80 ? octet : upper[octet - 0x80]);
  }
}

std::optional<bytes> encode_octets(std::string_view utf8, const upper_half& upper) {
  bytes out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const auto c = next_code_point(utf8, at);
    if (c < 0x80) {
      out.push_back(static_cast<std::uint8_t>(c));
      continue;
    }
    const auto found = c < undefined ? std::ranges::find(upper, c) : upper.end();
    if (found == upper.end()) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(0x80 + (found - upper.begin())));
  }
  return out;
}

// 0x00-0x0F, where SMPP has a list of its own.
charset charset_of_smpp(std::uint8_t data_coding, charset default_for_zero) {
  switch (data_coding) {
  case 1: return charset::ascii;
  case 3: return charset::latin1;
  case 6: return charset::iso_8859_5;
  case 8: return charset::ucs2;
  case 0:
  case 11:
  case 12:
  case 15: return default_for_zero;
  default: return charset::binary;
  }
}

} // namespace

std::string_view name_of(charset set) { return charset_names[static_cast<std::size_t>(set)]; }

std::optional<charset> parse_charset(std::string_view name) {
  const auto found = std::ranges::find(charset_names, name);
  if (found == charset_names.end()) return std::nullopt;
  return static_cast<charset>(found - charset_names.begin());
}

charset charset_of(std::uint8_t data_coding, charset default_for_zero) {
  if (data_coding < 0x10) return charset_of_smpp(data_coding, default_for_zero);
  const auto group = data_coding >> 4;
  const auto alphabet = data_coding >> 2 & 3; // of the general groups and of 0xF0
  if (group == 0xF) return alphabet & 1 ? charset::binary : default_for_zero;
  if (group == 0xE) return charset::ucs2;
  if (group >= 0x8) return default_for_zero;
  const bool is_compressed = data_coding & 0x20;
  if (is_compressed || alphabet == 1) return charset::binary;
  return alphabet == 2 ? charset::ucs2 : default_for_zero;
}

void decode_into(bytes_view user_data, charset set, gsm7_tables tables, std::string& out) {
  out.reserve(out.size() + user_data.size());
  switch (set) {
  case charset::gsm7: return gsm7_decode(user_data, tables, out);
  case charset::ucs2: return decode_utf16(user_data, out);
  default: return decode_octets(user_data, upper_half_of(set), out);
  }
}

std::string decode(bytes_view user_data, charset set, gsm7_tables tables) {
  std::string out;
  decode_into(user_data, set, tables, out);
  return out;
}

std::optional<bytes> encode(std::string_view utf8, charset set, gsm7_tables tables) {
  switch (set) {
  case charset::gsm7: return gsm7_encode(utf8, tables);
  case charset::ucs2: return encode_utf16(utf8);
  case charset::binary: return std::nullopt;
  default: return encode_octets(utf8, upper_half_of(set));
  }
}

} // namespace farebox::text
