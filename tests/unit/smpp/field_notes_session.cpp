// One test for each line of FIELD-NOTES, "Framing", "Flow" and "Delivery receipts", as far as it
// falls to the session or its policies. The line is quoted where its test begins; finer tables are
// in session.cpp, session_timers.cpp, pacing.cpp, link.cpp and receipt.cpp.
#include "session_harness.hpp"

#include "farebox/smpp/link.hpp"
#include "farebox/smpp/pacing.hpp"
#include "farebox/smpp/receipt.hpp"

using namespace farebox;
using namespace farebox::smpp;
using namespace farebox::smpp::test;
using enum command_status;

// --- Framing ------------------------------------------------------------------------------------

TEST_CASE("framing: PDUs arrive coalesced and split at any byte") {
  // "PDUs arrive coalesced and split at any byte; a deliver_sm can ride in the same segment as
  // bind_resp." Goal: the same events whatever the segments. Method: bind_resp, three deliver_sm
  // and an enquire_link as one stream, cut in two at every octet, and octet by octet.
  const auto stream = wire(1, bind_transceiver_resp{"c", {}}) + wire(1, mo("a")) +
                      wire(2, mo("b")) + wire(3, mo("c")) + wire(4, enquire_link{});
  const auto check = [&](harness& h) {
    CHECK(h.it.bound());
    const auto got = h.take<event::request_received>();
    REQUIRE(got.size() == 3);
    CHECK(got[2].request.body == pdu_body(mo("c")));
    CHECK(h.sent().back().sequence == 4);
  };
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    harness h;
    h.connect();
    const auto middle = stream.begin() + static_cast<std::ptrdiff_t>(cut);
    h.feed(bytes(stream.begin(), middle));
    h.feed(bytes(middle, stream.end()));
    check(h);
  }
  harness h;
  h.connect();
  for (const auto octet : stream) h.feed({octet});
  check(h);
}

TEST_CASE("framing: command_length below 16 or above the limit closes the link") {
  // "command_length below 16 or above the limit (64 KiB): close the link; never allocate what the
  // length claims." Goal: both edges. Method: the four lengths around them.
  struct {
    bytes length;
    bool closes;
  } const rows[] = {{{0, 0, 0, 15}, true}, {{0, 0, 0, 16}, false},
                    {{0, 1, 0, 0}, false}, {{0, 1, 0, 1}, true}};
  for (const auto& [length, closes] : rows) {
    auto h = harness::bound();
    h.feed(length);
    CHECK(h.closed().has_value() == closes);
    if (closes) CHECK(h.closed() == close_reason::bad_frame);
  }
}

TEST_CASE("framing: other protocols knock at the port") {
  // "Other protocols knock at the port (`GET `, TLS hello): close, count, log once."
  // Goal: their own reason, one line to log, no answer. Method: both, at a listening session.
  for (const std::string_view knock : {"GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\x01\x00\x01\x01"}) {
    harness h({.role = session_role::smsc});
    h.connect();
    const auto octets = as_bytes(knock);
    h.feed(bytes(octets.begin(), octets.end()));
    h.feed(bytes(octets.begin(), octets.end()));
    CHECK(h.closed() == close_reason::not_smpp);
    CHECK(h.take<event::protocol_error>().size() == 1);
    CHECK(h.sent().empty());
  }
}

// --- Flow ---------------------------------------------------------------------------------------

TEST_CASE("flow: deliver_sm_resp with the status that the operator retries") {
  // "A negative status is retried only if it is one the operator lists ...: per-operator config,
  // default 0x14." Goal: what the session refuses by itself while it drains carries that status.
  // Method: the default, and another operator's.
  CHECK(session_settings{}.busy_status == static_cast<command_status>(0x14));
  for (const auto status : {ESME_RMSGQFUL, ESME_RX_T_APPN, ESME_RDELIVERYFAILURE}) {
    auto h = harness::bound({.busy_status = status});
    h.feed(wire(1, mo())); // keeps the drain from ending
    h.it.begin_unbind(h.now, h.events);
    h.feed(wire(2, mo()));
    CHECK(h.sent().at(0).status == status);
  }
}

TEST_CASE("flow: throttled answers slow the whole bind and keep the order") {
  // "ESME_RTHROTTLED and ESME_RMSGQFUL: slow the whole bind, keep order, retry the same message;
  // other negative statuses are per message and may be final." Goal: session and pacing together
  // send 1..6 in order, each accepted once. Method: an SMSC that refuses the third one twice.
  auto h = harness::bound({.window_max = 4});
  pacing pace({.rate = 100}, h.now);
  std::vector<std::uint64_t> waiting{1, 2, 3, 4, 5, 6}, accepted;
  int refusals = 2;
  for (int round = 0; round < 2'000 && accepted.size() < 6; ++round) {
    while (!waiting.empty() && h.it.outstanding() < pace.in_flight_max(1) && pace.take(1, h.now)) {
      h.ask(waiting.front());
      waiting.erase(waiting.begin());
    }
    for (const auto& sent : h.sent()) {
      if (id_of(sent) != command_id::submit_sm) continue;
      const bool refuse = accepted.size() == 2 && refusals > 0;
      refusals -= refuse;
      h.feed(wire(sent.sequence, submit_sm_resp{"id", {}},
                  !refuse ? ESME_ROK : refusals ? ESME_RTHROTTLED : ESME_RMSGQFUL));
    }
    for (const auto& got : h.take<event::response_received>()) {
      if (is_throttle(got.response.status)) {
        pace.on_throttled(h.now);
        waiting.insert(waiting.begin(), got.cookie);
      } else {
        pace.on_accepted(h.now);
        accepted.push_back(got.cookie);
      }
    }
    h.now += milliseconds(10);
  }
  CHECK(accepted == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  CHECK(h.it.counters().throttled == 2);
  CHECK(pace.throttled(h.now));
}

TEST_CASE("flow: a long message counts as its number of parts") {
  // "A long message counts as its number of parts against the operator's rate limit."
  // Goal: ten messages of three parts take three seconds at ten a second. Method: take them all.
  steady_time now{};
  pacing pace({.rate = 10, .burst = 1}, now);
  for (int i = 0; i < 10; ++i) {
    now = pace.next_at(3, now);
    REQUIRE(pace.take(3, now));
  }
  CHECK(pace.next_at(1, now) == steady_time{} + seconds(3));
}

TEST_CASE("flow: responses come late, twice, in another order, or for an unknown sequence") {
  // "Responses come late (after our time-out), twice, in another order, or for an unknown sequence:
  // the first for (session, sequence) counts." Goal: one outcome each, all others counted.
  // Method: three requests; the first is answered after its time-out.
  auto h = harness::bound({.enquire_link_interval = milliseconds(0)});
  const auto first = h.ask(1);
  h.pass(seconds(30));
  const auto second = h.ask(2), third = h.ask(3);
  h.events.clear();
  h.feed(wire(third, submit_sm_resp{"c", {}}) + wire(second, submit_sm_resp{"b", {}}) +
         wire(second, submit_sm_resp{"b2", {}}) + wire(4'711, submit_sm_resp{"?", {}}) +
         wire(first, submit_sm_resp{"a", {}}) + wire(first, submit_sm_resp{"a2", {}}));
  const auto got = h.take<event::response_received>();
  REQUIRE(got.size() == 2);
  CHECK(got[0].cookie == 3);
  CHECK(got[1].cookie == 2);
  CHECK(std::get<submit_sm_resp>(got[1].response.body).message_id == "b");
  const auto late = h.take<event::late_response>();
  REQUIRE(late.size() == 1);
  CHECK(std::get<submit_sm_resp>(late[0].response.body).message_id == "a");
  CHECK(h.events.empty());
  CHECK(h.it.counters().responses_duplicate == 2);
  CHECK(h.it.counters().responses_unknown == 1);
  CHECK(h.it.counters().responses_late == 1);
}

TEST_CASE("flow: a response of an old connection meets no request of the new one") {
  // The same line: "(session, sequence)". Goal: sequence numbers begin anew, yet nothing mixes.
  // Method: a new session per connection; the old answer comes to the new one before it asks.
  auto before = harness::bound();
  const auto sequence = before.ask(1);
  before.it.on_closed(before.now, before.events);
  CHECK(before.take<event::request_abandoned>().size() == 1);
  auto after = harness::bound();
  after.feed(wire(sequence, submit_sm_resp{"old", {}}));
  CHECK(after.events.empty());
  CHECK(after.it.counters().responses_unknown == 1);
}

TEST_CASE("flow: ESME_RALYBND after a drop, and a bad password") {
  // "Bind refused with ESME_RALYBND after a drop: the old session lives on for minutes. Bad
  // password: keep trying slowly, alarm; never stop for ever." Goal: session and link policy
  // together come back in both cases. Method: five refusals, then consent.
  for (const auto status : {ESME_RALYBND, ESME_RINVPASWD}) {
    link_policy policy({});
    steady_time now{seconds(1)};
    auto next = policy.start(now);
    for (int attempt = 0;; ++attempt) {
      REQUIRE(next.at >= now);
      now = next.at;
      session it(session_settings{});
      session_events events;
      it.on_connected(now, events);
      const bool consent = attempt == 5;
      it.on_bytes(wire(1, bind_transceiver_resp{}, consent ? ESME_ROK : status), now, events);
      if (consent) {
        CHECK(it.bound());
        policy.on_bound(now);
        break;
      }
      const auto* refused = std::get_if<event::bind_refused>(&events.at(0));
      REQUIRE(refused);
      next = policy.on_bind_refused(refused->status, now, {500'000});
      CHECK(policy.credentials_alarm() == (status == ESME_RINVPASWD));
      CHECK(next.at - now >= seconds(15));
    }
    CHECK_FALSE(policy.credentials_alarm());
  }
}

TEST_CASE("flow: enquire_link unanswered twice is a dead link, any PDU is life") {
  // "enquire_link unanswered twice: the link is dead even if TCP does not say so. Some SMSCs never
  // answer while a submit is pending: any PDU proves life." Goal: silence closes; traffic without a
  // single enquire_link_resp does not. Method: ten minutes of each.
  auto dead = harness::bound();
  dead.pass(minutes(10));
  CHECK(dead.closed() == close_reason::dead_link);

  auto busy = harness::bound();
  for (int i = 0; i < 24; ++i) { // each submit is answered after 25 s, no enquire_link ever
    const auto sequence = busy.ask(static_cast<std::uint64_t>(i));
    busy.pass(seconds(25));
    busy.feed(wire(sequence, submit_sm_resp{"x", {}}));
  }
  CHECK_FALSE(busy.closed());
  CHECK(busy.take<event::response_received>().size() == 24);
}

TEST_CASE("flow: unbind in mid-window") {
  // "unbind in mid-window: finish what was taken, answer, reconnect." Goal: the taken MO is
  // answered, then the unbind, then the link closes. Method: two taken, one of ours outstanding.
  auto h = harness::bound();
  const auto ours = h.ask(1);
  h.feed(wire(20, mo()) + wire(21, mo()) + wire(22, unbind{}));
  CHECK(h.take<event::unbinding>().at(0).by_peer);
  CHECK(ids(h.sent()) == "submit_sm");
  CHECK(h.answer(20));
  h.feed(wire(23, mo())); // it should not; it gets what makes it try again
  CHECK(h.answer(21));
  h.it.on_tick(h.now, h.events);
  CHECK_FALSE(h.closed()); // ours may still be answered
  h.feed(wire(ours, submit_sm_resp{"id", {}}));
  CHECK(h.take<event::response_received>().size() == 1);
  const auto sent = h.sent();
  CHECK(ids(sent) == "deliver_sm_resp deliver_sm_resp deliver_sm_resp unbind_resp");
  CHECK(sent[1].sequence == 23);
  CHECK(sent[1].status == ESME_RMSGQFUL);
  CHECK(sent[3].sequence == 22);
  CHECK(h.take<event::unbound>().size() == 1);
  CHECK(h.closed() == close_reason::unbound);
}

// --- Delivery receipts --------------------------------------------------------------------------

TEST_CASE("receipts: text that looks like one but has esm_class 0 is an ordinary MO") {
  // "Only esm_class says that a deliver_sm is a receipt". Goal and method: the same text, twice.
  auto h = harness::bound();
  auto forged = mo("id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
  auto real = forged;
  real.esm_class = 0x04;
  h.feed(wire(1, forged) + wire(2, real));
  const auto got = h.take<event::request_received>();
  REQUIRE(got.size() == 2);
  CHECK_FALSE(is_receipt(std::get<deliver_sm>(got[0].request.body).esm_class));
  CHECK(is_receipt(std::get<deliver_sm>(got[1].request.body).esm_class));
}

TEST_CASE("receipts: one before the submit_sm_resp") {
  // "A receipt may come before the submit_sm_resp, three times, or for an id nobody knows."
  // Goal: the session passes all of them up, in order, and the response as well: to match them is
  // the store's. Method: three receipts, then the response, then one for another id.
  auto h = harness::bound();
  const auto sequence = h.ask(1);
  auto receipt = mo("id:M1 stat:DELIVRD");
  receipt.esm_class = 0x04;
  auto stranger = mo("id:ZZ stat:DELIVRD");
  stranger.esm_class = 0x04;
  h.feed(wire(1, receipt) + wire(2, receipt) + wire(3, receipt) +
         wire(sequence, submit_sm_resp{"M1", {}}) + wire(4, stranger));
  REQUIRE(h.events.size() == 5);
  CHECK(std::holds_alternative<event::response_received>(h.events[3]));
  CHECK(h.take<event::request_received>().size() == 4);
}
