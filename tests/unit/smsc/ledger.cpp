// Goal: whatever is missing, doubled or misaddressed is found, and nothing else is. Method: short
// stories as tables: what was sent, acked and answered, and the findings last.
#include "smsc/core/ledger.hpp"

#include "farebox/text/parts.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace farebox;
using namespace farebox::smsc;
using smpp::command_status;
using enum finding_kind;

namespace {

steady_time at(int ms) { return steady_time(milliseconds(ms)); }

ledger_settings judging(std::string expect = "code", std::string code = "code ([A-Z0-9]+)") {
  ledger_settings settings;
  settings.expect_reply = expect;
  if (!code.empty()) settings.unique_code = code;
  return settings;
}

void submit(ledger& book, std::string_view phone, std::string_view text) {
  static std::uint64_t number = 0;
  submitted what;
  what.phone = phone;
  what.sender = "1234";
  what.user_data = as_bytes(text);
  what.number = ++number;
  book.on_submit(what, at(100));
}

std::vector<finding_kind> kinds(const ledger& book) {
  std::vector<finding_kind> found;
  for (const auto& each : book.findings()) found.push_back(each.kind);
  return found;
}

// One MO from one phone: '>' sent, 'a' acked, 'b' refused for a while, 'f' for good, 'r' reply 1,
// 's' reply 2, 'x' a reply that does not match, 'n' our refusal of a submit, 't' our throttle.
void tell(ledger& book, ledger::index which, std::string_view story) {
  const auto phone = book.at(which).message.source;
  for (const char step : story) {
    switch (step) {
    case '>': book.on_sent(which, 0, at(1)); break;
    case 'a': book.on_acked(which, 0, at(2)); break;
    case 'b': book.on_not_acked(which, 0, command_status::ESME_RMSGQFUL, false); break;
    case 'f': book.on_not_acked(which, 0, command_status::ESME_RSYSERR, true); break;
    case 'r': submit(book, phone, fmt::format("code A{}", which)); break;
    case 's': submit(book, phone, fmt::format("code B{}", which)); break;
    case 'x': submit(book, phone, "what?"); break;
    case 'n': book.on_submit_refused(phone); break;
    case 't': book.on_submit_throttled(); break;
    default: FAIL("no such step");
    }
  }
}

} // namespace

TEST_CASE("one MO of one phone") {
  struct row {
    std::string_view story;
    std::vector<finding_kind> expected;
  };
  for (const auto& [story, expected] : {
           row{"", {}},
           row{">ar", {}},
           row{">ra", {}},       // a fast gateway
           row{">a", {missing_reply}},
           row{">", {unacked}},
           row{">r", {unacked}}, // the bill may be there: acks count
           row{">>ar", {}},
           row{">b>ar", {}},
           row{">b", {unacked}},
           row{">f", {refused}},
           row{">fa", {missing_reply}}, // refused, then acked by a late answer
           row{">arr", {}},             // once more, for our answer was lost
           row{">arrr", {doubled_reply}},
           row{">ars", {doubled_reply}},
           row{">ax", {unexpected}},
           row{">arx", {doubled_reply, unexpected}},
           row{">an", {}},       // we would not have it
           row{">at", {missing_reply}},
           row{">atr", {}},
       }) {
    CAPTURE(story);
    ledger book(judging());
    book.open({"7912", "1234", "LOCK"}, 1);
    tell(book, 0, story);
    CHECK(kinds(book) == expected);
    CHECK(book.findings_of(0) == expected);
  }
}

TEST_CASE("without expect_reply only acks are judged") {
  ledger book({});
  book.open({"7912", "1234", "LOCK"}, 1);
  tell(book, 0, ">asrrr");
  submit(book, "7999", "hello");
  CHECK(book.findings().empty());
  CHECK(book.replies_missing() == 0);
}

TEST_CASE("replies to strangers, and codes that two phones got") {
  ledger book(judging());
  for (const auto* phone : {"7001", "7002"}) book.open({phone, "1234", "LOCK"}, 1);
  tell(book, 0, ">a");
  tell(book, 1, ">a");
  CHECK(book.replies_missing() == 2);
  submit(book, "7001", "code SAME");
  submit(book, "7001", "code SAME"); // a repetition
  CHECK(book.replies_missing() == 1);
  CHECK(kinds(book) == std::vector{missing_reply});
  submit(book, "7002", "code SAME");
  submit(book, "7003", "code C");
  CHECK(kinds(book) == std::vector{doubled_code, misaddressed});
  CHECK(book.totals().replies == 4);
  CHECK(book.totals().reply_repeats == 1);
}

TEST_CASE("several MOs of one phone are counted") {
  struct row {
    int mos;
    std::vector<std::string> replies;
    std::vector<finding_kind> expected;
  };
  for (const auto& [mos, replies, expected] :
       {row{2, {"code A", "code B"}, {}}, row{2, {"code A", "code A"}, {missing_reply}},
        row{2, {"code A"}, {missing_reply}}, row{2, {"same", "same"}, {}},
        row{2, {"same"}, {missing_reply}},
        row{2, {"same", "same", "same", "same", "same"}, {doubled_reply}},
        row{2, {"code A", "code B", "code C"}, {doubled_reply}}}) {
    CAPTURE(replies.size());
    ledger book(judging("."));
    for (int i = 0; i < mos; ++i) {
      book.open({"7001", "1234", "x"}, 1);
      tell(book, static_cast<ledger::index>(i), ">a");
    }
    for (const auto& each : replies) submit(book, "7001", each);
    CHECK(kinds(book) == expected);
  }
}

TEST_CASE("an MO of several parts is acked with its last part, and redelivered once") {
  ledger book(judging());
  book.open({"7001", "1234", "long"}, 3);
  for (std::uint8_t part = 0; part < 3; ++part) book.on_sent(0, part, at(1));
  CHECK(book.on_acked(0, 2, at(2)));
  CHECK(book.on_acked(0, 0, at(3)));
  CHECK(!book.on_acked(0, 0, at(3))); // twice
  CHECK(!book.at(0).acked());
  book.on_sent(0, 1, at(4));
  book.on_sent(0, 1, at(5));
  CHECK(book.on_acked(0, 1, at(6)));
  CHECK(book.at(0).acked());
  CHECK(book.at(0).acked_at == at(6));
  CHECK(book.totals().mos_redelivered == 1);
  CHECK(book.totals().mos_acked == 1);
  CHECK(book.totals().parts_sent == 5);
}

TEST_CASE("replies of several segments: in any order, one again, all again") {
  const std::string text = "code X1 " + std::string(300, 'y');
  struct row {
    std::vector<std::pair<int, int>> segments; // number from 0, and reference
    std::uint32_t sends;                       // of the whole text
    std::vector<finding_kind> expected;
  };
  for (const auto& [segments, sends, expected] : {
           row{{{0, 1}, {1, 1}}, 0, {missing_reply}},
           row{{{0, 1}, {1, 1}, {2, 1}}, 1, {}},
           row{{{2, 1}, {0, 1}, {1, 1}}, 1, {}},
           row{{{2, 1}, {2, 1}, {0, 1}, {1, 1}}, 1, {}},
           row{{{0, 1}, {1, 1}, {2, 1}, {1, 1}}, 2, {}},
           row{{{0, 1}, {1, 1}, {2, 1}, {0, 1}, {1, 1}, {2, 1}}, 2, {}},
           row{{{0, 1}, {1, 1}, {2, 1}, {0, 2}, {1, 2}, {2, 2}}, 2, {}},
           row{{{0, 1}, {1, 1}, {2, 1}, {1, 1}, {1, 1}}, 3, {doubled_reply}},
       }) {
    CAPTURE(segments.size());
    ledger book(judging());
    book.open({"7001", "1234", "LOCK"}, 1);
    tell(book, 0, ">a");
    for (const auto& [number, reference] : segments) {
      const auto parts = text::split(text, {}, static_cast<std::uint16_t>(reference));
      REQUIRE(parts.size() == 3);
      const auto& part = parts[static_cast<std::size_t>(number)];
      submitted what;
      what.phone = "7001";
      what.sender = "1234";
      what.user_data = part.user_data;
      what.has_udh = part.has_udh;
      what.part = text::part_header_of(true, part.user_data);
      book.on_submit(what, at(9));
    }
    const auto& replies = book.find("7001")->replies;
    CHECK((replies.empty() ? 0 : replies[0].sends) == sends);
    CHECK(replies.size() <= 1);
    CHECK(kinds(book) == expected);
  }
}

TEST_CASE("a regular expression that is none") {
  CHECK_THROWS_AS(ledger{judging("(")}, std::invalid_argument);
  CHECK_THROWS_AS(ledger{judging(".", "[")}, std::invalid_argument);
}

TEST_CASE("latencies within one part in 32") {
  latency taken;
  CHECK(taken.percentile(50) == microseconds(0));
  for (int i = 1; i <= 1'000; ++i) taken.add(microseconds(i * 1'000));
  CHECK(taken.max() == microseconds(1'000'000));
  CHECK(taken.percentile(50) >= microseconds(500'000));
  CHECK(taken.percentile(50) <= microseconds(515'625));
  CHECK(taken.percentile(99.9) >= microseconds(999'000));
  CHECK(taken.percentile(99.9) < microseconds(1'000'000));
  CHECK(taken.percentile(100) == microseconds(1'000'000));
  taken.add(microseconds(-5)); // two clocks of one machine
  CHECK(taken.percentile(0) == microseconds(0));
}
