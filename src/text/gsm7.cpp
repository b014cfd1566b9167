#include "farebox/text/gsm7.hpp"

#include "farebox/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace farebox::text {

namespace {

constexpr char16_t unassigned = 0;
constexpr std::uint8_t not_found = 0xFF;

struct cell {
  std::uint8_t septet;
  char16_t character;
};

// One table in both directions. Most characters are below U+0100 and are found by index.
struct alphabet {
  std::array<char16_t, 128> characters{};
  std::array<std::uint8_t, 256> septets{};

  constexpr alphabet with(std::initializer_list<cell> cells) const {
    auto table = *this;
    for (const auto& [septet, character] : cells) table.characters[septet] = character;
    table.septets.fill(not_found);
    for (std::uint8_t septet = 0; septet < 128; ++septet) {
      const auto character = table.characters[septet];
      if (character != unassigned && character < 256) table.septets[character] = septet;
    }
    return table;
  }

  std::uint8_t septet_of(char32_t c) const {
    if (c < septets.size()) return septets[c];
    if (c > 0xFFFF) return not_found;
    const auto found = std::ranges::find(characters, static_cast<char16_t>(c));
    return found == characters.end() ? not_found
                                     : static_cast<std::uint8_t>(found - characters.begin());
  }
};

constexpr alphabet from_text(const char16_t (&text)[129]) {
  alphabet table;
  std::copy_n(text, 128, table.characters.begin());
  return table.with({{gsm7_escape, unassigned}});
}

// TS 23.038 6.2.1, sixteen septets a line.
constexpr alphabet default_locking = from_text(u"@£$¥èéùìòÇ\nØø\rÅå"
                                               u"Δ_ΦΓΛΩΠΨΣΘΞ\x1BÆæßÉ"
                                               u" !\"#¤%&'()*+,-./"
                                               u"0123456789:;<=>?"
                                               u"¡ABCDEFGHIJKLMNO"
                                               u"PQRSTUVWXYZÄÖÑÜ§"
                                               u"¿abcdefghijklmno"
                                               u"pqrstuvwxyzäöñüà");

// A.3.1
constexpr alphabet turkish_locking = default_locking.with({{0x04, u'€'},
                                                           {0x07, u'ı'},
                                                           {0x0B, u'Ğ'},
                                                           {0x0C, u'ğ'},
                                                           {0x1C, u'Ş'},
                                                           {0x1D, u'ş'},
                                                           {0x40, u'İ'},
                                                           {0x60, u'ç'}});

// A.3.3
constexpr alphabet portuguese_locking = default_locking.with(
    {{0x04, u'ê'}, {0x06, u'ú'}, {0x07, u'í'}, {0x08, u'ó'}, {0x09, u'ç'}, {0x0B, u'Ô'},
     {0x0C, u'ô'}, {0x0E, u'Á'}, {0x0F, u'á'}, {0x12, u'ª'}, {0x13, u'Ç'}, {0x14, u'À'},
     {0x15, u'∞'}, {0x16, u'^'}, {0x17, u'\\'}, {0x18, u'€'}, {0x19, u'Ó'}, {0x1A, u'|'},
     {0x1C, u'Â'}, {0x1D, u'â'}, {0x1E, u'Ê'}, {0x24, u'º'}, {0x40, u'Í'}, {0x5B, u'Ã'},
     {0x5C, u'Õ'}, {0x5D, u'Ú'}, {0x60, u'~'}, {0x7B, u'ã'}, {0x7C, u'õ'}, {0x7D, u'`'}});

// 6.2.1.1. CR2 and the second escape are for the decoder: no character has them.
constexpr alphabet default_single = alphabet{}.with({{0x0A, u'\f'},
                                                     {0x14, u'^'},
                                                     {0x28, u'{'},
                                                     {0x29, u'}'},
                                                     {0x2F, u'\\'},
                                                     {0x3C, u'['},
                                                     {0x3D, u'~'},
                                                     {0x3E, u']'},
                                                     {0x40, u'|'},
                                                     {0x65, u'€'}});

// A.2.1
constexpr alphabet turkish_single = default_single.with({{0x47, u'Ğ'},
                                                         {0x49, u'İ'},
                                                         {0x53, u'Ş'},
                                                         {0x63, u'ç'},
                                                         {0x67, u'ğ'},
                                                         {0x69, u'ı'},
                                                         {0x73, u'ş'}});

// A.2.2
constexpr alphabet spanish_single = default_single.with({{0x09, u'ç'},
                                                         {0x41, u'Á'},
                                                         {0x49, u'Í'},
                                                         {0x4F, u'Ó'},
                                                         {0x55, u'Ú'},
                                                         {0x61, u'á'},
                                                         {0x69, u'í'},
                                                         {0x6F, u'ó'},
                                                         {0x75, u'ú'}});

// A.2.3
constexpr alphabet portuguese_single = default_single.with(
    {{0x05, u'ê'}, {0x09, u'ç'}, {0x0B, u'Ô'}, {0x0C, u'ô'}, {0x0E, u'Á'}, {0x0F, u'á'},
     {0x12, u'Φ'}, {0x13, u'Γ'}, {0x15, u'Ω'}, {0x16, u'Π'}, {0x17, u'Ψ'}, {0x18, u'Σ'},
     {0x19, u'Θ'}, {0x1F, u'Ê'}, {0x41, u'À'}, {0x49, u'Í'}, {0x4F, u'Ó'}, {0x55, u'Ú'},
     {0x5B, u'Ã'}, {0x5C, u'Õ'}, {0x61, u'Â'}, {0x69, u'í'}, {0x6F, u'ó'}, {0x75, u'ú'},
     {0x7B, u'ã'}, {0x7C, u'õ'}, {0x7F, u'â'}});

const alphabet& locking_table(national_language language) {
  switch (language) {
  case national_language::turkish: return turkish_locking;
  case national_language::portuguese: return portuguese_locking;
  default: return default_locking;
  }
}

const alphabet& single_table(national_language language) {
  switch (language) {
  case national_language::turkish: return turkish_single;
  case national_language::spanish: return spanish_single;
  case national_language::portuguese: return portuguese_single;
  default: return default_single;
  }
}

std::size_t septets_of(char32_t c, const alphabet& locking, const alphabet& single) {
  if (locking.septet_of(c) != not_found) return 1;
  return single.septet_of(c) != not_found ? 2 : 0;
}

constexpr std::array<std::string_view, 4> language_names{"none", "turkish", "spanish",
                                                         "portuguese"};

} // namespace

std::string_view name_of(national_language language) {
  return language_names[static_cast<std::size_t>(language)];
}

std::optional<national_language> parse_national_language(std::string_view name) {
  const auto found = std::ranges::find(language_names, name);
  if (found == language_names.end()) return std::nullopt;
  return static_cast<national_language>(found - language_names.begin());
}

national_language national_language_of(std::uint8_t identifier) {
  return identifier < language_names.size() ? static_cast<national_language>(identifier)
                                            : national_language::none;
}

std::size_t gsm7_septets(char32_t c, gsm7_tables tables) {
  return septets_of(c, locking_table(tables.locking), single_table(tables.single));
}

std::optional<std::size_t> gsm7_size(std::string_view utf8, gsm7_tables tables) {
  const auto& locking = locking_table(tables.locking);
  const auto& single = single_table(tables.single);
  std::size_t size = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto septets = septets_of(next_code_point(utf8, at), locking, single);
    if (septets == 0) return std::nullopt;
    size += septets;
  }
  return size;
}

std::optional<bytes> gsm7_encode(std::string_view utf8, gsm7_tables tables) {
  const auto& locking = locking_table(tables.locking);
  const auto& single = single_table(tables.single);
  bytes septets;
  septets.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const auto c = next_code_point(utf8, at);
    auto septet = locking.septet_of(c);
    if (septet == not_found) {
      septet = single.septet_of(c);
      if (septet == not_found) return std::nullopt;
      septets.push_back(gsm7_escape);
    }
    septets.push_back(septet);
  }
  return septets;
}

void gsm7_decode(bytes_view septets, gsm7_tables tables, std::string& out) {
  const auto& locking = locking_table(tables.locking).characters;
  const auto& single = single_table(tables.single).characters;
  for (std::size_t at = 0; at < septets.size(); ++at) {
    const bool escaped = septets[at] == gsm7_escape;
    if (escaped) ++at;
    if (at == septets.size() || septets[at] > 0x7F) {
      append_code_point(out, replacement_character);
    } else if (escaped && septets[at] == gsm7_escape) {
      out.push_back(' ');
    } else {
      const auto extension = escaped ? single[septets[at]] : unassigned;
      append_code_point(out, extension != unassigned ? extension : locking[septets[at]]);
    }
  }
}

bytes gsm7_pack(bytes_view septets, std::size_t fill_bits) {
  bytes packed((fill_bits + septets.size() * 7 + 7) / 8);
  auto bit = fill_bits;
  for (const auto septet : septets) {
    const auto shifted = static_cast<unsigned>(septet & 0x7F) << bit % 8;
    packed[bit / 8] |= static_cast<std::uint8_t>(shifted);
    if (shifted > 0xFF) packed[bit / 8 + 1] |= static_cast<std::uint8_t>(shifted >> 8);
    bit += 7;
  }
  return packed;
}

bytes gsm7_unpack(bytes_view packed, std::size_t septet_count, std::size_t fill_bits) {
  const auto bits = packed.size() * 8;
  const auto available = bits > fill_bits ? (bits - fill_bits) / 7 : 0;
  bytes septets(std::min(septet_count, available));
  auto bit = fill_bits;
  for (auto& septet : septets) {
    unsigned pair = packed[bit / 8];
    if (bit % 8 > 1) pair |= static_cast<unsigned>(packed[bit / 8 + 1]) << 8;
    septet = static_cast<std::uint8_t>(pair >> bit % 8 & 0x7F);
    bit += 7;
  }
  return septets;
}

} // namespace farebox::text
