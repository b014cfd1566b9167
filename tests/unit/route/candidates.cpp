#include "route/candidates.hpp"

#include "unit/route/world.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <random>
#include <string>
#include <unordered_set>

using namespace farebox;
using namespace farebox::route_test;

TEST_CASE("digits behind a general keyword") {
  // Goal: which rows of digits are an ID and a number. Method: folded text; ID and number, and how
  // much of the text they take, last. The ID is 104723 wherever there is one.
  struct row {
    std::string_view text;
    int number;
    std::size_t size;
  };
  const row rows[] = {
      {"104723 3", 3, 8},         {" 104723 3", 3, 9},      {" 104723 03", 3, 10},
      {"10472303", 3, 8},         {" 10472303", 3, 9},      {"10472303x", 3, 8},
      {"10472303 5", 3, 8},       {"104723 3x", 3, 8},      {"104723 99 1", 99, 9},
      {"104723 100", -1, 0},      {"104723", -1, 0},        {"104723 ", -1, 0},
      {"104723x3", -1, 0},        {"1047233", -1, 0},       {"104723033", -1, 0},
      {"1 04723 3", 3, 9},        {"10 4723 3", 3, 9},      {"104 723 3", 3, 9},
      {"1047 23 3", 3, 9},        {"10472 3 3", -1, 0},     {"1 0472303", 3, 9},
      {"10 472303", 3, 9},        {"104 72303", 3, 9},      {"1047 2303", 3, 9},
      {"10472 303", 3, 9},        {"104723 03", 3, 9},      {"1047230 3", -1, 0},
      {"10472 30", -1, 0},        {"1 0 4723 3", -1, 0},    {"104 723", -1, 0},
      {"104 723 x", -1, 0},       {"104 724 3", -1, 0},     {"104  723 3", -1, 0},
      {"", -1, 0},                {" ", -1, 0},             {"x", -1, 0},
      {"104724 3", -1, 0},        {"10472403", -1, 0},
  };
  for (const auto& [text, number, size] : rows) {
    CAPTURE(text);
    const auto got = route::read_numbers(text);
    CHECK(got.size == size);
    CHECK(got.reason.empty() == (size != 0));
    if (size == 0) continue;
    CHECK(got.service.partner == partner_id{alice});
    CHECK(got.service.service_number == number);
  }
}

namespace {

// One substitution, swap, insertion or deletion; characters that people type by mistake here.
std::string with_typo(std::string text, std::mt19937& random) {
  constexpr std::string_view typed = "0123456789 -.abrx";
  const auto below = [&](std::size_t limit) { return random() % limit; };
  const auto letter = typed[below(typed.size())];
  switch (below(4)) {
  case 0: text[below(text.size())] = letter; break;
  case 1: {
    const auto at = below(text.size() - 1);
    std::swap(text[at], text[at + 1]);
    break;
  }
  case 2: text.insert(below(text.size() + 1), 1, letter); break;
  default: text.erase(below(text.size()), 1);
  }
  return text;
}

std::string order_text(partner_id partner, int number, std::size_t form) {
  const auto digits = fmt::format("{}", partner.value);
  const auto cut = 1 + form / 8 % 4; // an ID broken before its last two digits or earlier
  switch (form % 8) {
  case 0: return fmt::format("RR {} {} blue", digits, number);
  case 1: return fmt::format("rr{}{:02} blue", digits, number);
  case 2: return fmt::format("RR-{}-{:02}-5", digits, number);
  case 3: return fmt::format("RR {} {} 5 17", digits, number);
  case 4: return fmt::format("RR {}{:02} 20", digits, number);
  case 5: return fmt::format("RR {} {} {} 3", digits.substr(0, cut), digits.substr(cut), number);
  case 6: return fmt::format("RR {} {}{:02} 4", digits.substr(0, cut), digits.substr(cut), number);
  default: return fmt::format("RR {} {}", digits, number);
  }
}

} // namespace

TEST_CASE("one typo never makes another partner's number") {
  // Goal: no substitution, swap, insertion or deletion in any accepted form names another partner
  // that could exist. Method: 400,000 seeded typos; all 90,000 IDs count as given out.
  std::mt19937 random(20'261);
  std::size_t understood = 0;
  for (int i = 0; i < 400'000; ++i) {
    const auto partner = make_partner_id(10'000 + static_cast<std::int64_t>(random() % 90'000));
    const auto text = order_text(partner, static_cast<int>(random() % 100), random());
    const auto wrong = with_typo(text, random);
    static const route::folding_table table;
    const route::reading exact(text, table);
    const route::reading typed(wrong, table);
    REQUIRE(route::read_numbers(exact.folded().substr(2)).service.partner == partner);
    if (!typed.folded().starts_with("rr")) continue;
    const auto got = route::read_numbers(typed.folded().substr(2));
    if (got.size == 0) continue;
    ++understood;
    if (got.service.partner == partner) continue;
    CAPTURE(text);
    CAPTURE(wrong);
    FAIL_CHECK("another partner: ", got.service.partner.value);
  }
  CHECK(understood > 100'000);
}

TEST_CASE("which candidate is sold") {
  // Goal: accepted before refused before unrouted; two that are sold are never guessed between.
  // Method: lists of partner ID * 100 + number; the result and whose it is last.
  const auto sold = world();
  struct row {
    std::vector<std::int64_t> meant;
    bool settled;
    outcome result;
    std::int64_t service;
    std::string_view detail;
  };
  const std::int64_t a = alice * 100 + 3, b = bob * 100 + 7, suspended = carol * 100 + 1,
                     disabled = alice * 100 + 9, absent = nobody * 100 + 1;
  const row rows[] = {
      {{}, false, outcome::unrouted, 0, ""},
      {{a}, true, outcome::accepted, a, ""},
      {{a, a}, true, outcome::accepted, a, ""},
      {{a, b}, true, outcome::ambiguous, 0,
       "service 03 of partner 104723 or service 07 of partner 200002"},
      {{a, absent, b, a}, true, outcome::ambiguous, 0,
       "service 03 of partner 104723 or service 07 of partner 200002"},
      {{absent}, false, outcome::unrouted, 0, "there is no partner 555555"},
      {{absent, a}, true, outcome::accepted, a, ""},
      {{suspended, a}, true, outcome::accepted, a, ""},
      {{a, suspended}, true, outcome::accepted, a, ""},
      {{absent, suspended}, true, outcome::refused, suspended, "partner 303031 is suspended"},
      {{suspended, disabled}, true, outcome::refused, suspended, "partner 303031 is suspended"},
      {{disabled, absent}, true, outcome::refused, disabled,
       "service 09 of partner 104723 is disabled"},
  };
  for (const auto& [meant, settled, result, service, detail] : rows) {
    std::vector<route::candidate> candidates;
    for (const auto key : meant)
      candidates.push_back({{{key / 100}, static_cast<int>(key % 100)}, nullptr, "", ""});
    route::routing out;
    out.code = &sold.short_codes()[0];
    CHECK(route::settle(candidates, sold, out) == settled);
    CHECK(name_of(out.result) == name_of(result));
    CHECK(out.service.value == service);
    CHECK(out.detail == detail);
    CHECK(out.code == &sold.short_codes()[0]);
  }
}
