#include "farebox/route/route.hpp"
#include "route/grammar.hpp"
#include "unit/route/world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace farebox;
using namespace farebox::route_test;

TEST_CASE("what a grammar refuses") {
  // Goal: every check of build_grammars, and the nearest setting that passes. Method: one grammar a
  // row; the expected piece of the error last, empty if it is to be built.
  using edit = std::function<void(grammar_settings&)>;
  const auto dedicated = [](std::string keyword, bool glued) {
    return dedicated_keyword{std::move(keyword), {alice}, 1, glued};
  };
  const std::string long_64(64, 'x');
  struct row {
    const char* name;
    edit change;
    std::string_view wanted;
  };
  const row rows[] = {
      {"nothing", [](auto&) {}, ""},
      {"empty keyword", [&](auto& g) { g.dedicated = {dedicated("", false)}; },
       "keyword \"\" has no letter or digit"},
      {"empty after folding", [&](auto& g) { g.dedicated = {dedicated(" - \xC2\xAD", false)}; },
       "has no letter or digit"},
      {"empty general", [](auto& g) { g.general = {" "}; }, "has no letter or digit"},
      {"empty reserved", [](auto& g) { g.reserved = {" "}; }, "a reserved word is empty"},
      {"reserved punctuation", [](auto& g) { g.reserved = {"+", "?"}; }, ""},
      {"longest", [&](auto& g) { g.dedicated = {dedicated(long_64, false)}; }, ""},
      {"too long", [&](auto& g) { g.dedicated = {dedicated(long_64 + "x", false)}; },
       "is longer than 64 octets"},
      {"far too long", [&](auto& g) { g.dedicated = {dedicated(std::string(500, 'x'), false)}; },
       "is longer than 64 octets"},
      {"twice", [&](auto& g) { g.dedicated = {dedicated("WIN", false), dedicated("win", false)}; },
       "keyword \"win\" is the same as keyword \"WIN\""},
      {"twice by width",
       [&](auto& g) { g.dedicated = {dedicated("WIN", false), dedicated("ＷＩＮ", false)}; },
       "is the same as"},
      {"twice by spaces",
       [&](auto& g) { g.dedicated = {dedicated("a b", false), dedicated("A-B", false)}; },
       "is the same as"},
      {"dedicated and general",
       [&](auto& g) { g.general = {"WIN"}; g.dedicated = {dedicated("Win", false)}; },
       "keyword \"Win\" is the same as keyword \"WIN\""},
      {"general twice", [](auto& g) { g.general = {"RR", "rr"}; }, "is the same as"},
      {"reserved twice is harmless", [](auto& g) { g.reserved = {"STOP", "Stop"}; }, ""},
      {"dedicated and reserved",
       [&](auto& g) { g.reserved = {"STOP"}; g.dedicated = {dedicated("stop", false)}; },
       "keyword \"stop\" is the same as reserved word \"STOP\""},
      {"general and reserved", [](auto& g) { g.reserved = {"?"}; g.general = {"?"}; },
       "is the same as reserved word"},
      {"out of reach",
       [&](auto& g) { g.reserved = {"STOP"}; g.dedicated = {dedicated("stop it", false)}; },
       "keyword \"stop it\" begins with the reserved word \"STOP\""},
      {"within reach",
       [&](auto& g) { g.reserved = {"STOP ALL"}; g.dedicated = {dedicated("stop it", false)}; },
       ""},
      {"wrong check digit", [](auto& g) { g.dedicated = {{"WIN", {104724}, 1, false}}; },
       "keyword \"WIN\": partner ID 104724 is not six digits with the right check digit"},
      {"five digits", [](auto& g) { g.dedicated = {{"WIN", {10472}, 1, false}}; },
       "partner ID 10472"},
      {"no partner", [](auto& g) { g.dedicated = {{"WIN", {0}, 1, false}}; }, "partner ID 0"},
      {"service 100", [](auto& g) { g.dedicated = {{"WIN", {alice}, 100, false}}; },
       "keyword \"WIN\": service number 100 is not from 0 to 99"},
      {"service 99", [](auto& g) { g.dedicated = {{"WIN", {alice}, 99, false}}; }, ""},
      {"service -1", [](auto& g) { g.dedicated = {{"WIN", {alice}, -1, false}}; }, "number -1"},
      {"fallback's ID", [](auto& g) { g.fallback = default_service{{1}, 1}; },
       "default service: partner ID 1 is not"},
      {"fallback's number", [](auto& g) { g.fallback = default_service{{alice}, 100}; },
       "default service: service number 100"},
      // glued text: within one edit of another's beginning
      {"neither glued",
       [&](auto& g) { g.dedicated = {dedicated("BILL", false), dedicated("BILLS", false)}; }, ""},
      {"the same beginning",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BILLION", false)}; },
       "keyword \"BILL\" may have text glued to it, but is within one edit of the beginning of "
       "\"BILLION\""},
      {"the shorter is not glued",
       [&](auto& g) { g.dedicated = {dedicated("BILL", false), dedicated("BILLION", true)}; }, ""},
      {"one replaced",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BALLOON", false)}; },
       "\"BALLOON\""},
      {"the last replaced",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BILT", false)}; },
       "\"BILT\""},
      {"two replaced",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BALM", false)}; }, ""},
      {"one left out",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("ILLNESS", false)}; },
       "\"ILLNESS\""},
      {"the last left out",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BIL", false)}; },
       "\"BIL\""},
      {"two left out",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BI", false)}; }, ""},
      {"one added",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("BRILLIANT", false)}; },
       "\"BRILLIANT\""},
      {"one added in front",
       [&](auto& g) { g.dedicated = {dedicated("BILL", true), dedicated("ABILL", false)}; },
       "\"ABILL\""},
      {"in Russian",
       [&](auto& g) { g.dedicated = {dedicated("ПРИЗ", true), dedicated("ПРИМА", false)}; },
       "\"ПРИМА\""},
      {"two letters of Russian are two edits",
       [&](auto& g) { g.dedicated = {dedicated("ПРИЗ", true), dedicated("ПРОБА", false)}; }, ""},
      {"beside a reserved word",
       [&](auto& g) { g.reserved = {"STOP"}; g.dedicated = {dedicated("STEP", true)}; },
       "\"STOP\""},
      {"one letter",
       [&](auto& g) { g.dedicated = {dedicated("X", true), dedicated("BILL", false)}; },
       "\"BILL\""},
      {"one letter alone", [&](auto& g) { g.dedicated = {dedicated("X", true)}; }, ""},
      // a general keyword has only digits glued to it
      {"general beside a word",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("ROCK", false)}; }, ""},
      {"general beside the same beginning",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("RROCK", false)}; }, ""},
      {"general beside a digit",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("RR7", false)}; }, "\"RR7\""},
      {"general beside a digit in another word",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("RR 7", false)}; }, "\"RR 7\""},
      {"general, one replaced, then a digit",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("RT10", false)}; }, "\"RT10\""},
      {"general beside a whole word",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("RT", false)}; }, "\"RT\""},
      {"general beside general", [](auto& g) { g.general = {"RR", "RT", "R"}; }, ""},
      {"general beside reserved", [](auto& g) { g.general = {"R"}; g.reserved = {"?", "RS"}; }, ""},
      {"glued beside general",
       [&](auto& g) { g.general = {"RR"}; g.dedicated = {dedicated("BR", true)}; }, "\"RR\""},
  };
  for (const auto& [name, change, wanted] : rows) {
    CAPTURE(name);
    catalogue_parts all;
    short_code code;
    code.id = {7};
    code.number = "7788";
    change(code.grammar);
    all.short_codes = {code};
    const auto built = route::build_grammars(catalogue(all));
    const auto error = built ? std::string() : built.error().detail;
    CAPTURE(error);
    CHECK(built.has_value() == wanted.empty());
    if (!built) {
      CHECK(error.find(wanted) != error.npos);
      CHECK(error.starts_with("short code 7788: "));
    }
  }
}

TEST_CASE("one edit from a beginning") {
  // Goal: is_near_beginning against its definition. Method: all words of two letters up to length
  // 4, compared with a plain edit distance to each beginning.
  const auto distance = [](std::u32string_view a, std::u32string_view b) {
    std::vector<std::size_t> line(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) line[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      auto diagonal = line[0];
      line[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
        diagonal = line[j];
        line[j] = std::min({replaced, line[j] + 1, line[j - 1] + 1});
      }
    }
    return line[b.size()];
  };
  const auto starts_with_b = [](std::u32string_view rest) { return rest.starts_with(U'b'); };
  std::vector<std::u32string> words;
  for (std::size_t size = 1; size <= 5; ++size)
    for (std::size_t bits = 0; bits < (std::size_t{1} << size); ++bits) {
      std::u32string word;
      for (std::size_t i = 0; i < size; ++i) word.push_back(bits >> i & 1 ? U'a' : U'b');
      words.push_back(word);
    }
  for (const auto& word : words)
    for (const auto& text : words) {
      bool wanted_any = false, wanted_b = false;
      for (std::size_t end = 0; end <= text.size(); ++end) {
        if (distance(word, text.substr(0, end)) > 1) continue;
        wanted_any = true;
        wanted_b |= starts_with_b(text.substr(end));
      }
      CHECK(route::is_near_beginning(word, text, [](std::u32string_view) { return true; }) ==
            wanted_any);
      CHECK(route::is_near_beginning(word, text, starts_with_b) == wanted_b);
    }
}
