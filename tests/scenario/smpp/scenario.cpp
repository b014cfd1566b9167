#include "scenario/player.hpp"

#include <doctest/doctest.h>

using namespace farebox;
using namespace farebox::scenario;

namespace {

std::string played(std::string_view text) {
  try {
    play(parse_script(text), *session_subject());
    return "it holds";
  } catch (const mistake& what) {
    return what.what();
  }
}

} // namespace

TEST_CASE("scenario: every conversation of tests/scenario holds against the session") {
  // Goal: each file's story comes true. Method: played with a clock of its own.
  const auto files = scenarios_for("session");
  CHECK(files.size() == 35); // all but those that say `only daemon`
  for (const auto& file : files) {
    CAPTURE(file.name);
    CHECK(file.text.starts_with("# "));
    CHECK(played(file.text) == "it holds");
  }
}

TEST_CASE("scenario: every conversation can fail") {
  // Goal: no file passes whatever happens. Method: play it again and again with one step left out;
  // half of them at least must be missed (not every one: a story may state more than its end
  // needs).
  for (const auto& file : scenarios_for("session")) {
    CAPTURE(file.name);
    int failures = 0;
    for (std::size_t i = 0; i < file.script.size(); ++i) {
      auto maimed = file.script;
      maimed.erase(maimed.begin() + static_cast<std::ptrdiff_t>(i));
      try {
        play(maimed, *session_subject());
      } catch (const std::exception&) {
        ++failures;
      }
    }
    CHECK(failures * 2 >= static_cast<int>(file.script.size()));
  }
}

TEST_CASE("scenario: what does not come true is told with its line") {
  // Goal: the player finds each kind of difference. Method: a false conversation a row.
  const std::string bound = "connect\nsmsc< bind_transceiver sequence=$b\n"
                            "smsc> bind_transceiver_resp sequence=$b system_id=c\n";
  const auto said = bound + "app> submit_sm cookie=1 short_message=\"ab1\"\n";
  struct {
    std::string text, expected;
  } const rows[] = {
      {bound, "it holds"},
      {"connect", "line 1: received, but not expected: bind_transceiver"},
      {"connect\nsmsc< bind_receiver", "line 2: bind_receiver: expected bind_receiver, got "
                                       "bind_transceiver"},
      {"connect\nsmsc< bind_transceiver system_id=x",
       "line 2: bind_transceiver: system_id is \"\", expected \"x\""},
      {bound + "smsc< enquire_link", "line 4: enquire_link did not come"},
      {bound + "at +30s\nsmsc< enquire_link sequence=7",
       "line 5: enquire_link: sequence is \"2\", expected \"7\""},
      {bound + "at +30s", "line 4: received, but not expected: enquire_link"},
      {bound + "app< proven", "line 4: the application was not told proven"},
      {bound + "app< nothing", "line 4: the application was told bound"},
      {bound + "app< bound system_id=x", "line 4: system_id is c, expected x"},
      {bound + "expect state=OPEN", "line 4: state is BOUND_TRX, expected OPEN"},
      {bound + "expect weather=fine", "line 4: nobody knows weather"},
      {bound + "smsc> deliver_sm sequence=$x", "line 4: $x has no value yet"},
      {bound + "smsc> hello", "line 4: no such PDU: hello"},
      {bound + "smsc> deliver_sm colour=red", "line 4: no such field or TLV: colour"},
      {bound + "smsc2> enquire_link", "line 4: a session has no other bind"},
      {said + "smsc< submit_sm short_message=like\"a?2*\"",
       "line 5: submit_sm: short_message is \"ab1\", expected like \"a?2*\""},
      {said + "smsc< submit_sm short_message=like\"a*1*\"", "it holds"},
      {bound + "app> submit_sm refused=yes\n", "line 4: submit_sm was not refused"},
      {bound + "app> deliver_sm", "line 4: deliver_sm from the esme in BOUND_TRX"},
      {"sing", "line 1: unknown step \"sing\""},
      {"only smsc # why", "line 1: only session, or only daemon"},
      {"only session", "line 1: only without a reason"},
      {"given colour=red", "line 1: no such setting: colour"},
      {"given system_id=\"x", "line 1: a quotation without its end"},
      {bound + "at 30s", "line 4: a time is written as at +30s"},
      {bound + "at +30parsec", "line 4: not a duration: 30parsec"},
  };
  for (const auto& [text, expected] : rows) CHECK(played(text) == expected);
}

TEST_CASE("scenario: values of the language") {
  // Goal: each way to write a value. Method: the octets that it makes.
  struct {
    std::string_view written;
    std::string_view hex;
  } const rows[] = {
      {"plain", "706c61696e"},       {"\"two words\"", "74776f20776f726473"},
      {R"("\"\\\n\x00\xFF")", "225c0a00ff"}, {"ucs2\"Aж😀\"", "00410436d83dde00"},
      {"hex:0500", "0500"},          {"\"\"", ""},
      {"hex:0500+ucs2\"A\"+\"B\"", "0500004142"},
  };
  for (const auto& [written, hex] : rows) {
    CAPTURE(std::string(written));
    const auto script = parse_script("smsc> deliver_sm short_message=" + std::string(written));
    const auto pdu = make_pdu("deliver_sm", script.at(0).given, {});
    CHECK(to_hex(std::get<smpp::deliver_sm>(pdu.body).short_message) == hex);
  }
}
