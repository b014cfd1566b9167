// What a text may mean, before anybody has asked whether it is sold.
//
// Generators run in rising order of cost, each only if those before it found nobody. Today there is
// one: the text as it stands. A repair of typos is another function in this list, which says in
// `repair` what it changed. Whatever a generator claims, settle() alone decides.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/route/route.hpp"
#include "route/grammar.hpp"
#include "route/reading.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::route {

struct candidate {
  default_service service; // partner and number that the text names
  const keyword* found = nullptr; // null: the fallback
  std::string_view argument;      // of the original text
  std::string repair;
};

struct findings {
  std::vector<candidate> candidates;
  std::string_view reserved; // the reserved word; then nothing else counts
  bool has_keyword = false; // the text begins with one: it is not for the fallback
  std::string reason;       // why there is no candidate, in one sentence
};

using generator = void(const reading& text, const grammar& rules, findings& out);

// The text as it stands, after folding.
generator find_exact;

inline constexpr generator* generators[] = {find_exact};

// The partner ID and service number at the beginning of folded text, as route.hpp describes.
struct numbers {
  default_service service;
  std::size_t size = 0; // octets read; 0: none, see `reason`
  std::string reason;
};
numbers read_numbers(std::string_view folded);

// Which of the candidates is sold. Exactly one partner and service must be active; of several the
// message is ambiguous. False if none of them exists: the next generator may try.
bool settle(const std::vector<candidate>& candidates, const catalogue& catalogue, routing& out);

} // namespace farebox::route
