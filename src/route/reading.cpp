#include "route/reading.hpp"

#include "farebox/text/fold.hpp"
#include "farebox/text/utf8.hpp"

#include <algorithm>
#include <string>

namespace farebox::route {

namespace {

constexpr bool is_combining_mark(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489);
}

// text::fold takes white space off both ends; between two full stops it stays.
std::string fold_between_stops(std::string_view cluster) {
  std::string guarded = ".";
  guarded.append(cluster).push_back('.');
  const auto folded = text::fold(guarded);
  return folded.substr(1, folded.size() - 2);
}

bool are_separators(std::string_view folded) {
  if (folded.empty()) return false;
  for (std::size_t at = 0; at < folded.size();)
    if (!text::is_separator(text::next_code_point(folded, at))) return false;
  return true;
}

enum class character : std::uint8_t { space, mark, other };

character kind_of(std::string_view code_point, const folding_table& table) {
  std::size_t end = 0;
  const auto c = text::next_code_point(code_point, end);
  if (c <= ' ' || c == 0x7F) return character::space;
  if (c < folding_table::code_points && table[c].is_known) {
    if (table[c].size == 0) return character::space;
    if (!table[c].is_separator) return character::other;
  }
  const auto folded = fold_between_stops(code_point);
  if (folded.empty() || folded == " ") return character::space;
  return are_separators(folded) ? character::mark : character::other;
}

// Walks over the characters of one kind.
std::size_t skip(character kind, std::string_view utf8, std::size_t at,
                 const folding_table& table) {
  while (at < utf8.size()) {
    const auto start = at;
    text::next_code_point(utf8, at);
    if (kind_of(utf8.substr(start, at - start), table) != kind) return start;
  }
  return at;
}

std::string_view without_spaces_at_end(std::string_view utf8, const folding_table& table) {
  while (!utf8.empty()) {
    auto start = utf8.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(utf8[start]) & 0xC0) == 0x80) --start;
    if (kind_of(utf8.substr(start), table) != character::space) break;
    utf8 = utf8.substr(0, start);
  }
  return utf8;
}

} // namespace

folding_table::folding_table() {
  std::string code_point;
  for (char32_t c = 0; c < code_points; ++c) {
    auto& row = entries_[c];
    if (is_combining_mark(c)) continue;
    code_point.clear();
    text::append_code_point(code_point, c);
    const auto folded = fold_between_stops(code_point);
    if (folded.size() > row.octets.size()) continue;
    std::copy(folded.begin(), folded.end(), row.octets.begin());
    row.size = static_cast<std::uint8_t>(folded.size());
    row.is_separator = are_separators(folded);
    row.is_known = row.is_separator || folded.find(' ') == folded.npos; // "¨" is a space and a mark
  }
}

reading::reading(std::string_view utf8, const folding_table& table)
    : table_(&table), original_(utf8) {
  std::size_t at = 0;
  while (at < utf8.size()) {
    const auto from = at;
    const auto c = text::next_code_point(utf8, at);
    auto behind = at;
    while (behind < utf8.size() && static_cast<unsigned char>(utf8[behind]) >= 0x80) {
      auto next = behind;
      if (!is_combining_mark(text::next_code_point(utf8, next))) break;
      behind = next;
    }
    const bool is_known = c < folding_table::code_points && behind == at && table[c].is_known;
    at = behind;
    const bool fits =
        is_known ? append({table[c].octets.data(), table[c].size}, table[c].is_separator, from)
                 : append_slowly(utf8.substr(from, at - from), from);
    if (!fits) {
      at = space_waits_ ? separators_from_ : from;
      break;
    }
  }
  origin_[size_] = static_cast<std::uint32_t>(space_waits_ ? separators_from_ : at);
}

bool reading::append_slowly(std::string_view cluster, std::size_t from) {
  const auto folded = fold_between_stops(cluster);
  for (std::size_t at = 0; at < folded.size();) {
    const auto start = at;
    const auto c = text::next_code_point(folded, at);
    if (!append(std::string_view(folded).substr(start, at - start), text::is_separator(c), from))
      return false;
  }
  return true;
}

bool reading::append(std::string_view octets, bool is_separator, std::size_t from) {
  if (is_separator) {
    if (!space_waits_) separators_from_ = from;
    space_waits_ = true;
    return true;
  }
  if (octets.empty()) return true;
  const bool needs_space = space_waits_ && size_ != 0;
  if (size_ + octets.size() + (needs_space ? 1 : 0) > size_max) return false;
  if (needs_space) {
    folded_[size_] = ' ';
    origin_[size_++] = static_cast<std::uint32_t>(separators_from_);
  }
  space_waits_ = false;
  for (const char octet : octets) {
    folded_[size_] = octet;
    origin_[size_++] = static_cast<std::uint32_t>(from);
  }
  return true;
}

std::string_view reading::argument_behind(std::size_t position) const {
  const auto rest = original_.substr(origin(position));
  const auto& table = *table_;
  auto at = skip(character::mark, rest, 0, table);
  at = skip(character::space, rest, at, table);
  const auto behind_marks = skip(character::mark, rest, at, table);
  const auto behind_spaces = skip(character::space, rest, behind_marks, table);
  if (behind_spaces != behind_marks || behind_spaces == rest.size()) at = behind_spaces;
  return without_spaces_at_end(rest.substr(at), table);
}

std::string_view reading::trimmed() const {
  const auto start = skip(character::space, original_, 0, *table_);
  return without_spaces_at_end(original_.substr(start), *table_);
}

} // namespace farebox::route
