#include "scenario/daemon.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace farebox;
using namespace farebox::scenario;

namespace {

constexpr std::size_t players = 6; // at once: most of their time is waiting

struct outcome {
  std::string told = "it holds";
  bool late = false; // too late to say that something did not come
};

outcome played(const std::vector<step>& script, seconds patience) {
  const auto daemon = daemon_subject(patience);
  outcome out;
  try {
    play(script, *daemon);
  } catch (const std::exception& what) {
    out.told = what.what();
  }
  out.late = !daemon->on_time();
  return out;
}

// Each script against a daemon of its own.
std::vector<outcome> played_all(const std::vector<std::vector<step>>& scripts, seconds patience) {
  std::vector<outcome> out(scripts.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < players; ++i)
    threads.emplace_back([&] {
      for (auto at = next++; at < scripts.size(); at = next++)
        out[at] = played(scripts[at], patience);
    });
  threads.clear();
  return out;
}

} // namespace

TEST_CASE("scenario: every conversation of tests/scenario holds against the real daemon") {
  // Goal: each file's story comes true over TCP, with a store and a clock. Method: each against a
  // fareboxd of its own, several at once.
  const auto files = scenarios_for("daemon");
  CHECK(files.size() == 39); // all but those that say `only session`
  std::vector<std::vector<step>> scripts;
  for (const auto& file : files) scripts.push_back(file.script);
  const auto outcomes = played_all(scripts, seconds{20});
  for (std::size_t i = 0; i < files.size(); ++i) {
    CAPTURE(files[i].name);
    CHECK(outcomes[i].told == "it holds");
  }
  const auto late = std::ranges::count(outcomes, true, &outcome::late);
  MESSAGE(files.size() << " scenarios, of which " << late << " ran late on this machine");
}

TEST_CASE("scenario: what a daemon does not do is told with its line") {
  // Goal: the daemon's subject finds each kind of difference. Method: a false conversation a row,
  // with little patience.
  const std::string bound = "connect\nsmsc< bind_transceiver sequence=$b\n"
                            "smsc> bind_transceiver_resp sequence=$b system_id=c\n";
  const std::string order =
      bound + "smsc> deliver_sm sequence=7 source_addr=79121234567 destination_addr=4242 "
              "short_message=\"SAY a\"\n";
  struct {
    std::string text, expected;
  } const rows[] = {
      {bound, "it holds"},
      {"connect\nat +1s\ncut", "line 3: received, but not expected: bind_transceiver"},
      {bound + "smsc< enquire_link", "line 4: enquire_link did not come"},
      {order + "smsc< deliver_sm_resp sequence=7 status=ESME_RMSGQFUL",
       "line 5: deliver_sm_resp: status is \"0\", expected \"20\""},
      {order + "smsc< deliver_sm_resp sequence=8", "line 5: deliver_sm_resp did not come"},
      {order + "smsc< submit_sm short_message=\"b\"",
       "line 5: submit_sm: short_message is \"a\", expected \"b\""},
      {order + "smsc< submit_sm short_message=\"a\"",
       "line 5: received, but not expected: deliver_sm_resp"},
      {bound + "app< request_received short_message=\"c\"",
       "line 4: the application was not told request_received"},
      {bound + "app< close_now", "line 4: the application was not told close_now"},
      {bound + "expect state=BOUND_RX", "line 4: state is BOUND_TRX, expected BOUND_RX"},
      {bound + "expect closed=unbound", "line 4: closed is no, expected unbound"},
      {bound + "raw> 0000000f\napp< close_now why=unbound",
       "line 5: the application was not told close_now"},
      {bound + "raw> 0000000f\nat +1s\nexpect closed=no",
       "line 6: closed is bad frame, expected no"},
      {order + "smsc< deliver_sm_resp\nsmsc< submit_sm\nexpect accepted=2",
       "line 7: accepted is 1, expected 2"},
      {bound + "expect weather=fine", "line 4: nobody knows weather"},
      {bound + "app> dance", "line 4: the daemon is not made to do this: dance"},
      {"given role=smsc", "line 1: the daemon has no such setting: role"},
  };
  std::vector<std::vector<step>> scripts;
  for (const auto& row : rows) scripts.push_back(parse_script(row.text));
  const auto outcomes = played_all(scripts, seconds{3});
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (outcomes[i].late) continue; // nothing is said about what should not come
    CHECK(outcomes[i].told == rows[i].expected);
  }
}
