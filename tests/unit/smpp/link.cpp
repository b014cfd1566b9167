#include "farebox/smpp/link.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace farebox;
using namespace farebox::smpp;

namespace {

constexpr steady_time start{};
constexpr jitter longest{1'000'000}, shortest{0};

milliseconds wait(const connect_attempt& attempt, steady_time now) {
  return std::chrono::duration_cast<milliseconds>(attempt.at - now);
}

} // namespace

TEST_CASE("link: the first attempt is at once, at the preferred host") {
  // Goal: a start loses no time. Method: start.
  link_policy policy({.hosts = 3});
  CHECK(policy.start(start) == connect_attempt{0, start});
}

TEST_CASE("link: hosts in order of preference, then exponential back-off, for ever") {
  // Goal: host and wait of each attempt of a long outage. Method: fail with the longest jitter.
  link_policy policy({.hosts = 2, .backoff_max = milliseconds(8'000)});
  policy.start(start);
  struct {
    std::size_t host;
    int wait_ms;
  } const rows[] = {{1, 500}, {0, 1'000}, {1, 500}, {0, 2'000}, {1, 500},
                    {0, 4'000}, {1, 500}, {0, 8'000}, {1, 500}, {0, 8'000}};
  for (const auto& [host, wait_ms] : rows) {
    const auto next = policy.on_connect_failed(start, longest);
    CHECK(next.host == host);
    CHECK(wait(next, start) == milliseconds(wait_ms));
  }
  for (int i = 0; i < 100'000; ++i) policy.on_connect_failed(start, longest); // days
  CHECK(wait(policy.on_connect_failed(start, longest), start) == milliseconds(500));
  CHECK(wait(policy.on_connect_failed(start, longest), start) == milliseconds(8'000));
}

TEST_CASE("link: jitter draws between half of the wait and the whole") {
  // Goal: links do not come back in step, nor later than said. Method: both ends, middle, too much.
  struct {
    std::uint32_t draw;
    int wait_ms;
  } const rows[] = {{0, 500}, {500'000, 750}, {1'000'000, 1'000}, {4'000'000'000, 1'000}};
  for (const auto& [draw, wait_ms] : rows) {
    link_policy policy({});
    policy.start(start);
    CHECK(wait(policy.on_connect_failed(start, {draw}), start) == milliseconds(wait_ms));
  }
}

TEST_CASE("link: what a refused bind means") {
  // FIELD-NOTES, Flow: "Bind refused with ESME_RALYBND ... Bad password: keep trying slowly,
  // alarm".
  // Goal: wait and alarm by status. Method: one refusal, a second one, both with longest jitter.
  struct {
    command_status status;
    int first_ms, second_ms;
    bool alarm;
  } const rows[] = {
      {command_status::ESME_RINVPASWD, 300'000, 300'000, true},
      {command_status::ESME_RINVSYSID, 300'000, 300'000, true},
      {command_status::ESME_RBINDFAIL, 300'000, 300'000, true},
      {command_status::ESME_RALYBND, 30'000, 30'000, false},
      {command_status::ESME_RSYSERR, 1'000, 2'000, false},
      {command_status::ESME_RTHROTTLED, 1'000, 2'000, false},
  };
  for (const auto& [status, first_ms, second_ms, alarm] : rows) {
    CAPTURE(name_of(status));
    link_policy policy({});
    policy.start(start);
    CHECK(wait(policy.on_bind_refused(status, start, longest), start) == milliseconds(first_ms));
    CHECK(policy.credentials_alarm() == alarm);
    CHECK(wait(policy.on_bind_refused(status, start, longest), start) == milliseconds(second_ms));
  }
}

TEST_CASE("link: a wrong password never stops it, and a success ends the alarm") {
  // FIELD-NOTES, Flow: "never stop for ever". Goal and method: a thousand refusals, then a bind.
  link_policy policy({});
  policy.start(start);
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(wait(policy.on_bind_refused(command_status::ESME_RINVPASWD, start, longest), start) ==
            milliseconds(300'000));
  CHECK(policy.credentials_alarm());
  policy.on_bound(start);
  CHECK_FALSE(policy.credentials_alarm());
}

TEST_CASE("link: the slowest failure of a round decides the wait after it") {
  // Goal: a wrong password at one host is not hammered because another is down. Method: both
  // orders.
  for (const bool password_first : {true, false}) {
    link_policy policy({.hosts = 2});
    policy.start(start);
    connect_attempt next;
    for (const bool password : {password_first, !password_first})
      next = password ? policy.on_bind_refused(command_status::ESME_RINVPASWD, start, longest)
                      : policy.on_connect_failed(start, longest);
    CHECK(next == connect_attempt{0, start + milliseconds(300'000)});
    policy.on_connect_failed(start, longest);
    next = policy.on_connect_failed(start, longest); // a round of its own: two failed now
    CHECK(next == connect_attempt{0, start + milliseconds(2'000)});
  }
}

TEST_CASE("link: a stable session resets, an early loss goes on backing off") {
  // Goal: a flapping SMSC is not hammered. Method: three failed rounds, a bind, a loss after it.
  struct {
    int held_ms;
    std::size_t host;
    int wait_ms;
  } const rows[] = {{59'999, 0, 8'000}, {60'000, 0, 1'000}, {3'600'000, 0, 1'000}};
  for (const auto& [held_ms, host, wait_ms] : rows) {
    CAPTURE(held_ms);
    link_policy policy({});
    policy.start(start);
    for (int i = 0; i < 3; ++i) policy.on_connect_failed(start, longest);
    policy.on_bound(start);
    CHECK(policy.bound_since() == start);
    const auto lost = start + milliseconds(held_ms);
    const auto next = policy.on_lost(lost, longest);
    CHECK_FALSE(policy.bound_since());
    CHECK(next.host == host);
    CHECK(wait(next, lost) == milliseconds(wait_ms));
  }
}

TEST_CASE("link: after a stable session on a lesser host, the preferred one is tried first") {
  // Goal: preference survives a failover. Method: bind on the second of two, lose it an hour later.
  link_policy policy({.hosts = 2});
  policy.start(start);
  REQUIRE(policy.on_connect_failed(start, shortest).host == 1);
  policy.on_bound(start);
  const auto lost = start + hours(1);
  CHECK(policy.on_lost(lost, shortest) == connect_attempt{0, lost + milliseconds(500)});
  CHECK(policy.rounds_failed() == 0);
}

TEST_CASE("silence: nothing is unusual before something is usual") {
  // Goal: no alarm on a new bind. Method: twenty arrivals make nineteen gaps; one more makes it.
  silence_watch watch({});
  watch.on_bound(start);
  CHECK_FALSE(watch.alarm_at());
  auto now = start;
  for (int i = 0; i < 20; ++i) watch.on_arrival(now += seconds(10));
  CHECK_FALSE(watch.alarm_at());
  watch.on_arrival(now += seconds(10));
  CHECK(watch.alarm_at());
}

TEST_CASE("silence: steady traffic that stops alarms after the stated time") {
  // Goal: the rule of the header, in figures. Method: a hundred equal gaps, then nothing; with
  // equal gaps the deviation decays to nearly nothing, so the usual gap nears the gap itself.
  struct {
    int gap_s, alarm_after_s;
  } const rows[] = {{1, 900}, {10, 900}, {600, 2'400}, {3'600, 14'400}};
  for (const auto& [gap_s, alarm_after_s] : rows) {
    CAPTURE(gap_s);
    silence_watch watch({});
    watch.on_bound(start);
    auto now = start;
    for (int i = 0; i < 100; ++i) watch.on_arrival(now += seconds(gap_s));
    const auto due = *watch.alarm_at();
    CHECK(std::chrono::round<seconds>(due - now) == seconds(alarm_after_s));
    CHECK_FALSE(watch.silent(due - microseconds(1)));
    CHECK(watch.silent(due));
    watch.on_arrival(due + seconds(1));
    CHECK_FALSE(watch.silent(due + seconds(1)));
  }
}

TEST_CASE("silence: bursts alternate with pauses, and the pauses become usual") {
  // Goal: uneven traffic raises no false alarm. Method: nine gaps of 1 s, one of 30 min, repeated.
  silence_watch watch({.least = milliseconds(60'000)});
  watch.on_bound(start);
  auto now = start;
  for (int i = 0; i < 200; ++i) watch.on_arrival(now += seconds(i % 10 == 9 ? 1'800 : 1));
  CHECK_FALSE(watch.silent(now + seconds(1'800)));
  CHECK(watch.silent(now + hours(12)));
}

TEST_CASE("silence: an outage is neither silence nor a gap") {
  // Goal: no alarm while unbound or right after. Method: a day without a bind amid steady traffic.
  silence_watch watch({});
  watch.on_bound(start);
  auto now = start;
  for (int i = 0; i < 50; ++i) watch.on_arrival(now += seconds(10));
  const auto usual = watch.usual_gap();
  watch.on_lost();
  CHECK_FALSE(watch.silent(now + hours(24)));
  watch.on_arrival(now + hours(1)); // of a session that is gone: says nothing
  now += hours(24);
  watch.on_bound(now);
  CHECK_FALSE(watch.silent(now));
  watch.on_arrival(now + seconds(5));
  CHECK(watch.usual_gap() == usual);
  CHECK(watch.silent(now + hours(1)));
}
