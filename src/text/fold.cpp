#include "farebox/text/fold.hpp"

#include "farebox/base/bytes.hpp"
#include "farebox/base/result.hpp"
#include "farebox/text/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <array>

namespace farebox::text {

namespace {

bool is_space(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  return u_isUWhiteSpace(point) || u_charType(point) == U_CONTROL_CHAR;
}

constexpr std::array<char, 128> ascii_folded = [] {
  std::array<char, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const bool is_control_or_space = c <= ' ' || c == 0x7F;
    const bool is_upper = c >= 'A' && c <= 'Z';
    table[c] = is_control_or_space ? ' ' : static_cast<char>(is_upper ? c + ('a' - 'A') : c);
  }
  return table;
}();

// U+0400-U+045F, the letters of Russian and its neighbours, take two octets in either case and have
// no compatibility forms. Returns the folded code point, or 0 for any other two octets.
constexpr unsigned fold_cyrillic(unsigned first, unsigned second) {
  if ((first != 0xD0 && first != 0xD1) || (second & 0xC0) != 0x80) return 0;
  const unsigned c = (first & 0x1F) << 6 | (second & 0x3F);
  if (c > 0x45F) return 0;
  return c < 0x410 ? c + 0x50 : c < 0x430 ? c + 0x20 : c;
}

// Folds ASCII and Cyrillic in one pass; false if something else occurs. A combining mark is
// something else, so no letter is folded away from its mark.
bool fold_simple(bytes_view text, std::string& out) {
  out.resize(text.size());
  char* end = out.data();
  bool space_waits = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = text[at];
    if (octet < 0x80) {
      const char folded = ascii_folded[octet];
      if (folded == ' ') {
        space_waits = end != out.data();
        continue;
      }
      if (space_waits) *end++ = ' ';
      *end++ = folded;
    } else {
      const auto c = at + 1 < text.size() ? fold_cyrillic(octet, text[at + 1]) : 0;
      if (c == 0) return false;
      ++at;
      if (space_waits) *end++ = ' ';
      *end++ = static_cast<char>(0xC0 | c >> 6);
      *end++ = static_cast<char>(0x80 | (c & 0x3F));
    }
    space_waits = false;
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
  return true;
}

// In place: a space never takes more octets than what it stands for.
void collapse_spaces(std::string& text) {
  std::size_t size = 0;
  bool space_waits = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto start = at;
    if (is_space(next_code_point(text, at))) {
      space_waits = size != 0;
      continue;
    }
    if (space_waits) text[size++] = ' ';
    space_waits = false;
    for (auto from = start; from < at; ++from) text[size++] = text[from];
  }
  text.resize(size);
}

void fold_by_icu(std::string_view utf8, std::string& out) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  ensure(U_SUCCESS(status), "ICU has no NFKC_Casefold data");
  const auto valid = to_valid_utf8(utf8);
  out.clear();
  icu::StringByteSink<std::string> sink(&out);
  const icu::StringPiece piece(valid.data(), static_cast<std::int32_t>(valid.size()));
  normalizer->normalizeUTF8(0, piece, sink, nullptr, status);
  ensure(U_SUCCESS(status), "ICU could not fold a text");
  collapse_spaces(out);
}

} // namespace

std::string fold(std::string_view utf8) {
  std::string out;
  fold_into(utf8, out);
  return out;
}

void fold_into(std::string_view utf8, std::string& out) {
  if (!fold_simple(as_bytes(utf8), out)) fold_by_icu(utf8, out);
}

bool is_separator(char32_t c) {
  if (c < 0x80) {
    constexpr std::string_view marks = ".,;:-_/\\|*#+=()[]{}<>'\"`^~!";
    return c <= ' ' || c == 0x7F || marks.find(static_cast<char>(c)) != marks.npos;
  }
  constexpr std::uint32_t punctuation = U_GC_PD_MASK | U_GC_PS_MASK | U_GC_PE_MASK | U_GC_PI_MASK |
                                        U_GC_PF_MASK | U_GC_PC_MASK | U_GC_SM_MASK;
  constexpr std::u32string_view other_marks = U"·•‧、。";
  return is_space(c) || (U_MASK(u_charType(static_cast<UChar32>(c))) & punctuation) != 0 ||
         other_marks.find(c) != other_marks.npos;
}

} // namespace farebox::text
