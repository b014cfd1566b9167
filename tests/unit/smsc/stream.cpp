// Goal: the same seed gives the same MOs, phones do not repeat, and files are read as written.
// Method: long streams compared with themselves, then tables of lines.
#include "smsc/core/stream.hpp"

#include "farebox/text/parts.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace farebox;
using namespace farebox::smsc;

namespace {

std::vector<mo> take(const stream_settings& settings, std::size_t count) {
  stream from(settings);
  std::vector<mo> taken;
  while (taken.size() < count) {
    auto next = from.next();
    if (!next) break;
    taken.push_back(std::move(*next));
  }
  return taken;
}

} // namespace

TEST_CASE("a seed decides all; each MO has its own phone of eleven digits") {
  stream_settings settings;
  settings.templates = {"LOCK {n}", "RR {digits} {word} {phone}"};
  settings.destinations = {"1234", "5678"};
  const auto first = take(settings, 20'000);
  CHECK(first == take(settings, 20'000));
  std::set<std::string> phones, destinations;
  for (const auto& each : first) {
    phones.insert(each.source);
    destinations.insert(each.destination);
    CHECK(each.source.size() == 11);
    CHECK(each.source.starts_with("7912"));
    CHECK(each.text.find('{') == std::string::npos);
  }
  CHECK(phones.size() == first.size());
  CHECK(destinations.size() == 2);
  settings.seed = 2;
  CHECK(first != take(settings, 20'000));
}

TEST_CASE("counts: of phones, of MOs, of lines") {
  struct row {
    std::vector<mo> lines;
    std::vector<std::string> templates;
    std::uint64_t count, phones;
    std::size_t mos, different_phones; // of the first 100
  };
  const std::vector<mo> two{{"79", "1234", "a"}, {"", "", "b"}};
  for (const auto& [lines, templates, count, phones, mos, different] :
       {row{{}, {"a"}, 0, 0, 100, 100}, row{{}, {"a"}, 7, 0, 7, 7}, row{{}, {"a"}, 0, 5, 100, 5},
        row{{}, {"a"}, 0, 1, 100, 1}, row{two, {}, 0, 0, 2, 2}, row{two, {}, 5, 0, 5, 3},
        row{two, {"a"}, 1, 0, 1, 1}, row{{}, {}, 0, 0, 0, 0}, row{{}, {}, 9, 0, 0, 0}}) {
    stream_settings settings;
    settings.lines = lines;
    settings.templates = templates;
    settings.count = count;
    settings.phones = phones;
    const auto taken = take(settings, 100);
    std::set<std::string> seen;
    for (const auto& each : taken) seen.insert(each.source);
    CHECK(taken.size() == mos);
    CHECK(seen.size() == different);
    CHECK(stream(settings).empty() == (mos == 0));
  }
}

TEST_CASE("the Cyrillic share takes two or three parts, the rest one") {
  stream_settings settings;
  settings.templates = {"RR 104723 3 {word}"};
  settings.cyrillic_multipart = rate{50'000};
  std::size_t longer = 0;
  for (const auto& each : take(settings, 10'000)) {
    const auto parts = text::segment_count(each.text, {});
    CHECK(parts >= 1);
    CHECK(parts <= 3);
    longer += parts > 1;
  }
  CHECK(longer > 400);
  CHECK(longer < 600);
}

TEST_CASE("placeholders and prefixes that cannot be") {
  for (const auto* text : {"{m}", "a {n", "{}", "{ n}"}) {
    CAPTURE(text);
    stream_settings settings;
    settings.templates = {text};
    CHECK_THROWS_AS(stream{settings}, std::invalid_argument);
  }
  for (const auto* prefix : {"79a", "123456789012"}) {
    CAPTURE(prefix);
    stream_settings settings;
    settings.source_prefix = prefix;
    CHECK_THROWS_AS(stream{settings}, std::invalid_argument);
  }
}

TEST_CASE("the lines of a file") {
  struct row {
    std::string_view file;
    std::vector<mo> expected;
  };
  for (const auto& [file, expected] :
       {row{"", {}}, row{"LOCK", {{"", "", "LOCK"}}},
        row{"a\r\n\nb\n", {{"", "", "a"}, {"", "", "b"}}},
        row{"\xEF\xBB\xBF" "a\n", {{"", "", "a"}}},
        row{"79121|1234|text|more", {{"79121", "1234", "text|more"}}},
        row{"|1234|text", {{"", "1234", "text"}}}, row{"79||", {{"79", "", ""}}},
        row{"a|b|c", {{"", "", "a|b|c"}}}, row{"79|c", {{"", "", "79|c"}}},
        row{"я", {{"", "", "я"}}}}) {
    CAPTURE(file);
    const auto parsed = parse_lines(file);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == expected);
  }
  const auto bad = parse_lines("a\n\n\xFF\n");
  REQUIRE(!bad.has_value());
  CHECK(bad.error().detail == "line 3: not UTF-8");
}
