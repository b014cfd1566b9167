// Goal: a script is read in order of time, or refused with its line. Method: tables.
#include "smsc/core/script.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace farebox;
using namespace farebox::smsc;

TEST_CASE("actions") {
  using enum action_kind;
  struct row {
    std::string_view file;
    std::vector<action> expected;
  };
  const auto at = [](int ms, action_kind what) {
    action made;
    made.at = milliseconds(ms);
    made.what = what;
    return made;
  };
  auto sent = at(2'000, send);
  sent.message = {"79121234567", "1234", "say \"hi\"\\ # я\n"};
  auto refuse = at(6'000, refuse_binds);
  refuse.count = 3;
  auto throttled = at(8'000, throttle), answered_late = at(500, late);
  throttled.span = milliseconds(10'000);
  answered_late.span = milliseconds(250);
  for (const auto& [file, expected] : {
           row{"", {}},
           row{"# nothing\n\n   \n", {}},
           row{"at +2s send 79121234567 1234 \"say \\\"hi\\\"\\\\ # я\\n\" # why", {sent}},
           row{"at +5s cut\r\nat +6s refuse-binds 3\n", {at(5'000, cut), refuse}},
           row{"at +8s throttle 10s\nat +500ms late 250ms", {answered_late, throttled}},
           row{"at +1s stop\nat +1s unbind\nat +0 cut",
               {at(0, cut), at(1'000, stop), at(1'000, unbind)}},
       }) {
    CAPTURE(file);
    const auto parsed = parse_script(file);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == expected);
  }
}

TEST_CASE("what is refused") {
  for (const std::string_view line :
       {"cut", "at 5s cut", "at +5x cut", "at +5s", "at +5s dance", "at +5s cut now",
        "at +5s refuse-binds", "at +5s refuse-binds x", "at +5s throttle", "at +5s late soon",
        "at +5s send 79 1234", "at +5s send x 1234 a", "at +5s send 79 1234 a b",
        "at +5s send 79 1234 \"a", "at +5s send 79 1234 \"\xFF\""}) {
    CAPTURE(line);
    const auto parsed = parse_script("at +1s cut\n" + std::string(line) + "\n");
    REQUIRE(!parsed.has_value());
    CHECK(parsed.error().detail.starts_with("line 2: "));
  }
}
