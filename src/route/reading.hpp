// The beginning of a text, folded, with the place in the original that each octet comes from: what
// a grammar matches against, and how it finds its way back to the argument as it was typed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace farebox::route {

// text::fold for single code points, looked up. Letters beyond Cyrillic and letters with combining
// marks are rare and are folded one by one.
class folding_table {
 public:
  folding_table();

  struct entry {
    std::array<char, 6> octets{};
    std::uint8_t size = 0; // 0: default-ignorable
    bool is_separator = false;
    bool is_known = false; // false: it does not fit, use text::fold
  };
  static constexpr char32_t code_points = 0x530; // Latin, Greek, Cyrillic
  const entry& operator[](char32_t c) const { return entries_[c]; }

 private:
  std::array<entry, code_points> entries_;
};

// Runs of separators are one space, none at either end.
class reading {
 public:
  // A keyword of 64 octets, ten digits with their separators, and what follows them.
  static constexpr std::size_t size_max = 128;

  reading(std::string_view utf8, const folding_table& table);

  std::string_view folded() const { return {folded_.data(), size_}; }
  std::string_view original() const { return original_; }

  // Where the octet at `position` comes from; of a space: where the separators begin. At the end of
  // folded(): where the rest of the text begins.
  std::size_t origin(std::size_t position) const { return origin_[position]; }

  // False if one original character became the octets on both sides of `position`.
  bool can_part_at(std::size_t position) const {
    return position == 0 || origin_[position] != origin_[position - 1];
  }

  // What stands behind `position`, as typed. Punctuation that ends the word before it, or that
  // stands alone between spaces, belongs to neither side: "BILL: +20" and "BILL - +20" give "+20".
  std::string_view argument_behind(std::size_t position) const;

  // The original without white space at its ends.
  std::string_view trimmed() const;

 private:
  bool append(std::string_view octets, bool is_separator, std::size_t from);
  bool append_slowly(std::string_view cluster, std::size_t from);

  const folding_table* table_;
  std::string_view original_;
  std::array<char, size_max> folded_;
  std::array<std::uint32_t, size_max + 1> origin_;
  std::size_t size_ = 0;
  std::size_t separators_from_ = 0; // where the waiting space begins
  bool space_waits_ = false;
};

} // namespace farebox::route
