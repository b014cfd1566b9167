// What may be written to one short code, folded and indexed.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/model/catalogue.hpp"
#include "route/reading.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace farebox::route {

struct keyword {
  enum class role : std::uint8_t { reserved, dedicated, general };
  role is = role::reserved;
  bool glued = false;       // dedicated: an argument may follow without a separator
  std::string shown;        // as configured
  default_service service;  // dedicated: whose
};

class grammar {
 public:
  // All checks of build_grammars, for one short code.
  static result<grammar> build(const grammar_settings& settings, const folding_table& table);

  // The whole folded words, or null.
  const keyword* find(std::string_view folded) const;

  std::size_t words_max() const { return words_max_; }
  // Octets that keywords with glued text have, longest first.
  const std::vector<std::size_t>& glued_sizes() const { return glued_sizes_; }
  // Of a whole text of punctuation: the reserved word as configured, or null.
  const std::string* find_reserved_mark(std::string_view text) const;
  const std::optional<default_service>& fallback() const { return fallback_; }

 private:
  struct string_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  result<void> add_reserved(const std::string& word, const folding_table& table);
  result<void> add_keyword(keyword added, const folding_table& table);
  result<void> check_reachable() const;
  result<void> check_glued() const;
  void measure();

  std::unordered_map<std::string, keyword, string_hash, std::equal_to<>> keywords_;
  std::vector<std::pair<std::string, std::string>> reserved_marks_; // folded, as configured
  std::optional<default_service> fallback_;
  std::size_t words_max_ = 0;
  std::vector<std::size_t> glued_sizes_;
};

// What catalogue.grammars points to.
struct grammar_set {
  folding_table table;
  std::unordered_map<std::int64_t, grammar> by_code; // short_code_id

  static const grammar_set& of(const catalogue& catalogue); // throws if there is none
};

// True if one edit at most (a code point replaced, left out or added) makes `word` a beginning of
// `text` whose rest `is_clash` confirms.
bool is_near_beginning(std::u32string_view word, std::u32string_view text,
                       bool (*is_clash)(std::u32string_view rest));

} // namespace farebox::route
