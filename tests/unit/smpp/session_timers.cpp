#include "session_harness.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace farebox;
using namespace farebox::smpp;
using namespace farebox::smpp::test;
using enum command_status;

namespace {

session_settings smsc() { return {.role = session_role::smsc, .system_id = "centre"}; }

// Only the timer in question runs.
session_settings quiet() {
  session_settings settings;
  settings.enquire_link_interval = milliseconds(0);
  return settings;
}

std::vector<std::uint64_t> cookies(std::vector<event::proven> events) {
  std::vector<std::uint64_t> out;
  for (const auto& proven : events) out.push_back(proven.cookie);
  return out;
}

// The enquire_links written while time passed, as milliseconds after `from`.
std::vector<std::int64_t> enquiries_ms(const harness& h, steady_time from) {
  std::vector<std::int64_t> out;
  for (const auto& [at, message] : h.passed)
    if (id_of(message) == command_id::enquire_link)
      out.push_back(std::chrono::duration_cast<milliseconds>(at - from).count());
  return out;
}

std::uint32_t last_enquiry(const harness& h) {
  REQUIRE_FALSE(h.passed.empty());
  REQUIRE(id_of(h.passed.back().second) == command_id::enquire_link);
  return h.passed.back().second.sequence;
}

} // namespace

TEST_CASE("timers: the session must start in time") {
  // Goal: session_init_timeout for both roles, again after a bind came. Method: a microsecond
  // before and at the end.
  for (const auto& settings : {session_settings{}, smsc()}) {
    harness h(settings);
    h.connect();
    h.pass(seconds(10) - microseconds(1));
    CHECK_FALSE(h.closed());
    h.pass(microseconds(1));
    CHECK(h.closed() == close_reason::session_init_timeout);
  }
  harness h(smsc());
  h.connect();
  h.pass(seconds(9));
  h.feed(wire(1, bind_receiver{}));
  h.pass(seconds(9));
  CHECK_FALSE(h.closed());
  h.pass(seconds(1)); // the application never said yes or no
  CHECK(h.closed() == close_reason::session_init_timeout);
}

TEST_CASE("timers: a request is abandoned once, its slot stays used, its late response comes up") {
  // Goal: R7, one slot. Method: time out, answer late, answer again.
  auto h = harness::bound(quiet());
  const auto sequence = h.ask(5);
  h.pass(seconds(30) - microseconds(1));
  CHECK(h.take<event::request_abandoned>().empty());
  h.pass(microseconds(1));
  const auto abandoned = h.take<event::request_abandoned>();
  REQUIRE(abandoned.size() == 1);
  CHECK(abandoned[0].cookie == 5);
  CHECK(abandoned[0].why == abandon_reason::timeout);
  CHECK(h.it.window_free() == 9);
  CHECK(h.it.abandoned() == 1);
  h.pass(hours(1));
  CHECK(h.events.empty());
  h.feed(wire(sequence, submit_sm_resp{"late", {}}) + wire(sequence, submit_sm_resp{"again", {}}));
  const auto late = h.take<event::late_response>();
  REQUIRE(late.size() == 1);
  CHECK(late[0].cookie == 5);
  CHECK(std::get<submit_sm_resp>(late[0].response.body).message_id == "late");
  CHECK(h.events.empty());
  CHECK(h.it.window_free() == 10);
  CHECK(h.it.counters().responses_late == 1);
  CHECK(h.it.counters().responses_duplicate == 1);
}

TEST_CASE("timers: half of the window abandoned closes for a reconnect") {
  // Goal: the exact half. Method: windows of several sizes, requests that are never answered.
  struct {
    std::size_t window, unanswered;
    bool closes;
  } const rows[] = {{1, 1, true},  {2, 1, true},  {3, 1, false}, {3, 2, true},
                    {10, 4, false}, {10, 5, true}, {11, 5, false}, {11, 6, true}};
  for (const auto& [window, unanswered, closes] : rows) {
    CAPTURE(window);
    CAPTURE(unanswered);
    auto settings = quiet();
    settings.window_max = window;
    auto h = harness::bound(settings);
    for (std::uint64_t i = 1; i <= unanswered; ++i) h.ask(i);
    h.pass(seconds(30));
    CHECK(h.take<event::request_abandoned>().size() == unanswered);
    CHECK(h.closed().has_value() == closes);
    if (closes) CHECK(h.closed() == close_reason::window_abandoned);
  }
}

TEST_CASE("timers: enquire_link after silence, and only then") {
  // Goal: asked 30 s after the last PDU of the peer. Method: a PDU at 20 s moves it to 50 s.
  auto h = harness::bound({});
  const auto from = h.now;
  h.pass(seconds(20));
  h.feed(wire(1, enquire_link{}));
  h.sent();
  h.pass(seconds(35));
  CHECK(enquiries_ms(h, from) == std::vector<std::int64_t>{50'000});
  h.feed(wire(last_enquiry(h), enquire_link_resp{})); // at 55 s
  h.pass(seconds(40));
  CHECK(enquiries_ms(h, from) == std::vector<std::int64_t>{50'000, 85'000});
}

TEST_CASE("timers: enquire_link_interval 0 asks never") {
  // Goal and method: a day of silence.
  auto h = harness::bound(quiet());
  h.pass(hours(24));
  CHECK(h.passed.empty());
  CHECK_FALSE(h.closed());
}

TEST_CASE("timers: two enquire_links unanswered are a dead link") {
  // Goal: when, exactly, and not earlier. Method: nothing comes at all: 30 s, ask, 30 s, ask, 30 s.
  auto h = harness::bound({});
  const auto from = h.now;
  h.pass(seconds(90) - microseconds(1));
  CHECK(enquiries_ms(h, from) == std::vector<std::int64_t>{30'000, 60'000});
  CHECK_FALSE(h.closed());
  h.pass(microseconds(1));
  CHECK(h.closed() == close_reason::dead_link);
  CHECK(h.it.counters().enquire_links_unanswered == 2);
}

TEST_CASE("timers: enquire_links side by side are one miss, not two") {
  // Goal: a probe beside a keep-alive does not halve the patience. Method: probe right after one.
  auto h = harness::bound({});
  h.pass(seconds(30));
  h.it.probe(h.now);
  h.it.probe(h.now + milliseconds(1));
  h.pass(seconds(31));
  CHECK_FALSE(h.closed());
  h.pass(seconds(30));
  CHECK(h.closed() == close_reason::dead_link);
}

TEST_CASE("timers: whatever is nonsense but framed proves life, too") {
  // Goal: any PDU counts. Method: an unknown response each 40 s, never an enquire_link_resp.
  auto h = harness::bound({});
  for (int i = 0; i < 20; ++i) {
    h.pass(seconds(40));
    h.feed(wire(9'999, unknown_pdu{static_cast<command_id>(0x80000777), {}}));
  }
  CHECK_FALSE(h.closed());
}

TEST_CASE("timers: inactivity unbinds, keep-alives are no activity") {
  // Goal: the timer of 3.4 paragraph 7.2. Method: traffic at 50 s, then enquire_links alone.
  auto settings = quiet();
  settings.inactivity_timeout = seconds(60);
  auto h = harness::bound(settings);
  const auto from = h.now;
  h.pass(seconds(50));
  h.feed(wire(1, mo()));
  CHECK(h.answer(1));
  h.sent();
  for (int i = 0; i < 6; ++i) {
    h.pass(milliseconds(9'990));
    h.feed(wire(2, enquire_link{}));
    h.sent();
  }
  CHECK(h.take<event::unbinding>().empty());
  h.pass(seconds(1));
  CHECK(h.take<event::unbinding>().size() == 1);
  REQUIRE(h.passed.size() == 1);
  CHECK(id_of(h.passed[0].second) == command_id::unbind);
  CHECK(h.passed[0].first == from + seconds(110));
}

TEST_CASE("timers: a drain ends, whatever the peer or the application leaves out") {
  // Goal: each wait of the way out is bounded. Method: nobody answers anything.
  auto h = harness::bound(quiet());
  const auto from = h.now;
  h.ask(1);
  h.feed(wire(9, mo()));
  h.sent();
  h.it.begin_unbind(h.now, h.events);
  h.pass(seconds(8) - microseconds(1));
  REQUIRE(h.passed.size() == 1);
  CHECK(id_of(h.passed[0].second) == command_id::unbind);
  CHECK(h.passed[0].first == from + seconds(5));
  CHECK_FALSE(h.closed());
  h.pass(microseconds(1));
  CHECK(h.closed() == close_reason::unbind_timeout);
}

TEST_CASE("timers: the peer's unbind is answered though something stays open") {
  // Goal: bounded in that direction, too. Method: unbind with one request of each side in flight.
  auto h = harness::bound(quiet());
  h.ask(1);
  h.feed(wire(9, mo()) + wire(10, unbind{}));
  h.sent();
  h.pass(seconds(5) - microseconds(1));
  CHECK(h.passed.empty());
  h.pass(microseconds(1));
  REQUIRE(h.passed.size() == 1);
  CHECK(id_of(h.passed[0].second) == command_id::unbind_resp);
  CHECK(h.passed[0].second.sequence == 10);
  CHECK(h.closed() == close_reason::unbound);
  h.it.on_closed(h.now, h.events);
  CHECK(h.take<event::request_abandoned>().at(0).cookie == 1);
}

TEST_CASE("timers: an abandoned request does not hold up a drain") {
  // Goal: what nobody expects any more is not waited for. Method: abandon, then drain.
  auto h = harness::bound(quiet());
  h.ask(1);
  h.pass(seconds(30));
  h.sent();
  h.it.begin_unbind(h.now, h.events);
  CHECK(ids(h.sent()) == "unbind");
}

// --- R3: proof ----------------------------------------------------------------------------------

TEST_CASE("proof: an enquire_link of our own comes proof_interval after the response") {
  // Goal: time of asking, time of proof, its cookie. Method: one MO, answered at 0.
  auto h = harness::bound(quiet());
  const auto from = h.now;
  h.feed(wire(1, mo()));
  CHECK(h.answer(1, 71));
  h.sent();
  CHECK(h.it.unproven() == 1);
  h.pass(seconds(3));
  CHECK(enquiries_ms(h, from) == std::vector<std::int64_t>{2'000});
  CHECK(h.take<event::proven>().empty()); // not by asking
  h.feed(wire(last_enquiry(h), enquire_link_resp{}));
  CHECK(cookies(h.take<event::proven>()) == std::vector<std::uint64_t>{71});
  CHECK(h.it.unproven() == 0);
  h.pass(hours(1));
  CHECK(h.passed.size() == 1); // nothing is left to ask for
}

TEST_CASE("proof: what an answer covers") {
  // Goal: exactly the responses written proof_delay before the question. Method: responses at
  // 0, 1000, ... ms; a probe at 3500 ms.
  auto h = harness::bound(quiet());
  for (std::uint32_t i = 1; i <= 4; ++i) {
    h.feed(wire(i, mo()));
    CHECK(h.answer(i, i));
    h.sent();
    h.now += seconds(1); // no tick: nothing but the probe is asked
  }
  h.now -= milliseconds(500);
  const auto probe = h.it.probe(h.now);
  h.now += seconds(60); // how late it is answered does not matter
  h.feed(wire(probe, enquire_link_resp{}));
  CHECK(cookies(h.take<event::proven>()) == std::vector<std::uint64_t>{2});
  CHECK(h.take<event::probe_answered>().at(0).sequence == probe);
}

TEST_CASE("proof: the boundary of proof_delay") {
  // Goal: 2 s are enough, a microsecond less is not. Method: probes at both times.
  struct {
    std::int64_t delay_us;
    bool proves;
  } const rows[] = {{1'999'999, false}, {2'000'000, true}, {2'000'001, true}, {0, false}};
  for (const auto& [delay_us, proves] : rows) {
    CAPTURE(delay_us);
    auto h = harness::bound(quiet());
    h.feed(wire(1, mo()));
    CHECK(h.answer(1, 1));
    h.sent();
    h.now += microseconds(delay_us);
    const auto probe = h.it.probe(h.now);
    h.feed(wire(probe, enquire_link_resp{}));
    CHECK(h.take<event::proven>().size() == (proves ? 1 : 0));
  }
}

TEST_CASE("proof: what proves nothing") {
  // Goal: only an enquire_link_resp with ESME_ROK to an enquire_link of ours. Method: the others.
  struct {
    const char* what;
    pdu_body body;
    command_status status;
    std::uint32_t off; // added to the right sequence number
  } const rows[] = {
      {"generic_nack", generic_nack{}, ESME_RINVCMDID, 0},
      {"error", enquire_link_resp{}, ESME_RINVBNDSTS, 0},
      {"another sequence", enquire_link_resp{}, ESME_ROK, 1},
      {"another PDU", submit_sm_resp{}, ESME_ROK, 0},
      {"a question", enquire_link{}, ESME_ROK, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.what));
    auto h = harness::bound(quiet());
    h.feed(wire(1, mo()));
    CHECK(h.answer(1, 1));
    h.sent();
    h.pass(seconds(3));
    h.feed(wire(last_enquiry(h) + row.off, row.body, row.status));
    CHECK(h.take<event::proven>().empty());
    CHECK(h.it.unproven() == 1);
  }
}

TEST_CASE("proof: a response counts as written when it was taken for writing") {
  // Goal: a slow socket cannot make proof early. Method: answered at 0, taken at 5 s, probed at
  // 6 and at 7 s.
  auto h = harness::bound(quiet());
  h.feed(wire(1, mo()));
  CHECK(h.answer(1, 1));
  h.now += seconds(5);
  CHECK(h.it.unproven() == 0);
  h.sent();
  h.now += seconds(1);
  h.feed(wire(h.it.probe(h.now), enquire_link_resp{}));
  CHECK(h.take<event::proven>().empty());
  h.now += seconds(1);
  h.feed(wire(h.it.probe(h.now), enquire_link_resp{}));
  CHECK(h.take<event::proven>().size() == 1);
}

TEST_CASE("proof: the ordinary keep-alive proves as well") {
  // Goal: no second question where one will do. Method: proof is wanted at 60 s, silence asks at
  // 30.
  session_settings settings;
  settings.proof_interval = seconds(60);
  auto h = harness::bound(settings);
  const auto from = h.now;
  h.feed(wire(1, mo()));
  CHECK(h.answer(1, 9));
  h.sent();
  h.pass(seconds(31));
  CHECK(enquiries_ms(h, from) == std::vector<std::int64_t>{30'000});
  h.feed(wire(last_enquiry(h), enquire_link_resp{}));
  CHECK(cookies(h.take<event::proven>()) == std::vector<std::uint64_t>{9});
}

TEST_CASE("proof: a stream of messages costs one enquire_link per interval") {
  // Goal: no flood of questions, and a bounded delay of proof. Method: 100 MO a second for 20 s,
  // every question answered after 50 ms.
  auto h = harness::bound(quiet());
  const auto from = h.now;
  std::uint64_t cookie = 0, proven = 0;
  std::uint32_t answer_to = 0;
  steady_time answer_at{};
  std::vector<steady_time> written;
  for (int i = 0; i < 2'000; ++i) {
    h.pass(milliseconds(10));
    if (!h.passed.empty() && id_of(h.passed.back().second) == command_id::enquire_link &&
        h.passed.back().second.sequence != answer_to) {
      answer_to = h.passed.back().second.sequence;
      answer_at = h.passed.back().first + milliseconds(50);
    }
    if (answer_at != steady_time{} && answer_at <= h.now) {
      h.feed(wire(answer_to, enquire_link_resp{}));
      answer_at = steady_time{};
    }
    for (const auto& event : h.take<event::proven>()) {
      REQUIRE(event.cookie > proven);
      for (; proven < event.cookie; ++proven) {
        CHECK(h.now - written.at(proven) >= seconds(2));
        CHECK(h.now - written.at(proven) <= milliseconds(4'300));
      }
    }
    h.feed(wire(static_cast<std::uint32_t>(i), mo()));
    CHECK(h.answer(static_cast<std::uint32_t>(i), ++cookie));
    h.take<event::request_received>();
    written.push_back(h.now);
    h.sent();
  }
  CHECK(proven > 1'500);
  CHECK(enquiries_ms(h, from).size() <= 10);
  CHECK(h.it.unproven() <= 60); // groups of 100 ms
}

TEST_CASE("proof: memory is bounded though nothing is ever proven") {
  // Goal: hours of traffic with an SMSC that answers no enquire_link. Method: 6 an s for 3 h.
  auto h = harness::bound(quiet());
  std::uint64_t cookie = 0;
  for (int i = 0; i < 60'000; ++i) {
    h.feed(wire(1, mo()));
    CHECK(h.answer(1, ++cookie));
    h.sent();
    h.now += milliseconds(180);
    h.events.clear();
  }
  CHECK(h.it.unproven() == 4'096);
  h.now += seconds(2);
  h.feed(wire(h.it.probe(h.now), enquire_link_resp{}));
  CHECK(cookies(h.take<event::proven>()) == std::vector<std::uint64_t>{cookie});
}

TEST_CASE("proof: cookies that decrease are a broken invariant") {
  // Goal: proven{n} means all up to n, so n may not go back. Method: 5, 5, then 4.
  auto h = harness::bound(quiet());
  h.feed(wire(1, mo()) + wire(2, mo()) + wire(3, mo()));
  CHECK(h.answer(1, 5));
  CHECK(h.answer(2, 5));
  CHECK_THROWS(h.answer(3, 4));
}

TEST_CASE("proof: answers without a cookie want none") {
  // Goal: an SMSC's session asks for nothing. Method: answered with 0, then an hour.
  auto h = harness::bound(quiet());
  h.feed(wire(1, mo()));
  CHECK(h.answer(1));
  h.sent();
  h.pass(hours(1));
  CHECK(h.passed.empty());
}

TEST_CASE("probe: at once, answered by its own response alone") {
  // Goal: the question of R3 about another bind. Method: two probes, answered out of order.
  auto h = harness::bound(quiet());
  const auto first = h.it.probe(h.now), second = h.it.probe(h.now);
  CHECK(ids(h.sent()) == "enquire_link enquire_link");
  h.feed(wire(9, mo())); // life, but no answer
  CHECK(h.take<event::probe_answered>().empty());
  h.feed(wire(second, enquire_link_resp{}));
  CHECK(h.take<event::probe_answered>().at(0).sequence == second);
  h.pass(seconds(40)); // expired: its answer still counts
  h.feed(wire(first, enquire_link_resp{}));
  CHECK(h.take<event::probe_answered>().at(0).sequence == first);
  h.feed(wire(first, enquire_link_resp{}));
  CHECK(h.take<event::probe_answered>().empty());
  harness closed;
  CHECK(closed.it.probe(closed.now) == 0);
}

TEST_CASE("probe: a refusal is an answer too, though it proves nothing") {
  // Goal: an SMSC without enquire_link is alive. Method: answer a probe by a nack, by a status.
  for (const bool by_nack : {true, false}) {
    auto h = harness::bound(quiet());
    const auto asked = h.it.probe(h.now);
    if (by_nack) h.feed(wire(asked, generic_nack{}, command_status::ESME_RINVCMDID));
    else h.feed(wire(asked, enquire_link_resp{}, command_status::ESME_RSYSERR));
    CHECK(h.take<event::probe_answered>().size() == 1);
    CHECK(h.take<event::proven>().empty());
  }
}

// --- next_tick ----------------------------------------------------------------------------------

TEST_CASE("timers: next_tick is neither early nor for ever, under random use") {
  // Goal: a tick before next_tick does nothing; after it, next_tick lies in the future; no cookie
  // is lost or told twice. Method: 200 seeded runs of 300 random steps.
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    session_settings settings;
    settings.window_max = 1 + static_cast<std::size_t>(below(8));
    settings.inactivity_timeout = seconds(below(2) * 120);
    settings.first_sequence = below(2) ? 1 : 0x7FFFFFF0;
    harness h(settings);
    h.connect();
    h.feed(wire(h.sent().at(0).sequence, bind_transceiver_resp{"c", {}}));
    std::vector<pdu> seen; // what the peer got and might answer
    std::set<std::uint64_t> open, abandoned;
    std::uint64_t cookie = 0, proof = 0, proven = 0;
    std::uint32_t peer_sequence = 0;
    std::vector<std::uint32_t> taken;

    const auto settle = [&] {
      for (auto& sent : h.sent()) seen.push_back(std::move(sent));
      for (auto& e : h.events) {
        if (auto* got = std::get_if<event::response_received>(&e)) REQUIRE(open.erase(got->cookie));
        if (auto* late = std::get_if<event::late_response>(&e))
          REQUIRE(abandoned.erase(late->cookie));
        if (auto* lost = std::get_if<event::request_abandoned>(&e)) {
          REQUIRE(open.erase(lost->cookie));
          if (lost->why == abandon_reason::timeout) abandoned.insert(lost->cookie);
        }
        if (auto* got = std::get_if<event::proven>(&e)) {
          REQUIRE(got->cookie > proven);
          REQUIRE(got->cookie <= proof);
          proven = got->cookie;
        }
      }
      const bool over = h.closed().has_value();
      h.events.clear();
      return over;
    };

    for (int step = 0; step < 300; ++step) {
      switch (below(8)) {
      case 0:
        if (auto sequence = h.it.request(mt(), cookie + 1, h.now)) open.insert(++cookie);
        break;
      case 1:
        h.feed(wire(++peer_sequence, mo()));
        if (!h.it.draining()) taken.push_back(peer_sequence);
        break;
      case 2:
        if (!taken.empty()) {
          CHECK(h.answer(taken.back(), ++proof));
          taken.pop_back();
        }
        break;
      case 3:
      case 4: // the peer answers something that it got, perhaps for the second time
        if (!seen.empty()) {
          const auto& asked = seen[static_cast<std::size_t>(below(static_cast<int>(seen.size())))];
          if (auto answer = refusal(id_of(asked), asked.sequence, ESME_ROK)) h.feed(wire(*answer));
        }
        break;
      case 5: h.it.probe(h.now); break;
      case 6:
        if (below(60) == 0) h.it.begin_unbind(h.now, h.events);
        break;
      case 7: break;
      }
      if (settle()) break;
      const auto until = h.now + milliseconds(below(4'000));
      bool over = false;
      while (!over) {
        const auto due = h.it.next_tick();
        REQUIRE(due); // the keep-alive runs always
        if (*due > h.now) {
          const auto early = h.now + (std::min(*due, until) - h.now) / 2;
          const auto before = h.it.counters().pdus_out;
          if (early < *due) h.it.on_tick(early, h.events);
          REQUIRE(h.events.empty());
          REQUIRE(h.it.counters().pdus_out == before);
        }
        if (*due > until) break;
        h.now = std::max(h.now, *due);
        h.it.on_tick(h.now, h.events);
        over = settle();
        if (!over) REQUIRE(*h.it.next_tick() > h.now);
      }
      if (over) break;
      h.now = until;
    }
    h.it.on_closed(h.now, h.events);
    settle();
    CHECK(open.empty());
  }
}
