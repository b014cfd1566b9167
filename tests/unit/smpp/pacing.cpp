#include "farebox/smpp/pacing.hpp"

#include <doctest/doctest.h>

using namespace farebox;
using namespace farebox::smpp;

namespace {

constexpr steady_time start{};
steady_time at_ms(std::int64_t ms) { return start + milliseconds(ms); }

// How many single parts leave in [from, until) if something always waits; asks next_at each time.
int leave_between(pacing& bucket, steady_time from, steady_time until) {
  int count = 0;
  for (auto now = from; (now = bucket.next_at(1, now)) < until; ++count)
    REQUIRE(bucket.take(1, now));
  return count;
}

} // namespace

TEST_CASE("pacing: messages per second, exactly") {
  // Goal: neither more nor fewer than the rate. Method: take as fast as next_at allows for 10 s.
  struct {
    std::uint32_t rate, burst;
    int expected; // the burst at once, then the rate
  } const rows[] = {{1, 1, 10}, {7, 1, 70}, {10, 1, 100}, {10, 5, 104}, {300, 30, 3029}};
  for (const auto& [rate, burst, expected] : rows) {
    CAPTURE(rate);
    CAPTURE(burst);
    pacing bucket({.rate = rate, .burst = burst}, start);
    CHECK(leave_between(bucket, start, at_ms(10'000)) == expected);
  }
}

TEST_CASE("pacing: what waits for nothing is not saved up beyond the burst") {
  // Goal: an hour of silence is no licence for a flood. Method: available before and after it.
  pacing bucket({.rate = 10, .burst = 3}, start);
  CHECK(bucket.available(start) == 3);
  REQUIRE(bucket.take(3, start));
  CHECK(bucket.available(start) == 0);
  CHECK(bucket.available(at_ms(99)) == 0);
  CHECK(bucket.available(at_ms(100)) == 1);
  CHECK(bucket.available(at_ms(3'600'000)) == 3);
}

TEST_CASE("pacing: a long message counts as its number of parts") {
  // FIELD-NOTES, Flow: "A long message counts as its number of parts against the rate limit".
  // Goal: the average holds with long ones too. Method: the time at which the next may leave.
  struct {
    std::uint32_t parts, burst;
    int next_ms; // for one part more, at 10 a second
  } const rows[] = {{1, 1, 100}, {3, 1, 300}, {3, 5, 0}, {5, 5, 100}, {10, 5, 600}};
  for (const auto& [parts, burst, next_ms] : rows) {
    CAPTURE(parts);
    CAPTURE(burst);
    pacing bucket({.rate = 10, .burst = burst}, start);
    REQUIRE(bucket.take(parts, start));
    CHECK(bucket.next_at(1, start) == at_ms(next_ms));
    if (next_ms > 0) CHECK_FALSE(bucket.take(1, at_ms(next_ms) - microseconds(1)));
    CHECK(bucket.take(1, at_ms(next_ms)));
  }
}

TEST_CASE("pacing: tokens given back are not lost, and are no more than were there") {
  // Goal: a failed send costs nothing. Method: give back after a take, and once without one.
  pacing bucket({.rate = 1, .burst = 2}, start);
  REQUIRE(bucket.take(2, start));
  bucket.give_back(1);
  CHECK(bucket.available(start) == 1);
  bucket.give_back(5);
  CHECK(bucket.available(start) == 2);
}

TEST_CASE("pacing: rate 0 is no limit, yet a throttle still slows it") {
  // Goal: an unpaced bind is never blocked, but obeys. Method: a large take, then a throttle.
  pacing bucket({.rate = 0}, start);
  CHECK(bucket.take(100'000, start));
  CHECK(bucket.take(100'000, start));
  bucket.on_throttled(start);
  CHECK_FALSE(bucket.take(1, start));
  CHECK(bucket.take(1, at_ms(1'000)));
}

TEST_CASE("pacing: ESME_RTHROTTLED and ESME_RMSGQFUL slow the bind, others do not") {
  // FIELD-NOTES, Flow: "slow the whole bind ...; other negative statuses are per message".
  // Goal and method: the two statuses, and some others.
  CHECK(is_throttle(command_status::ESME_RTHROTTLED));
  CHECK(is_throttle(command_status::ESME_RMSGQFUL));
  CHECK_FALSE(is_throttle(command_status::ESME_ROK));
  CHECK_FALSE(is_throttle(command_status::ESME_RSYSERR));
  CHECK_FALSE(is_throttle(command_status::ESME_RX_T_APPN));
}

TEST_CASE("pacing: a throttle pauses, halves, and comes back by eighths") {
  // Goal: the whole curve of one episode. Method: the rate at each time; nothing is sent.
  pacing bucket({.rate = 80, .burst = 8, .rate_min = 5}, start);
  bucket.on_throttled(start);
  CHECK(bucket.available(at_ms(999)) == 0);
  CHECK(bucket.next_at(1, start) == at_ms(1'000)); // the pause
  struct {
    int ms;
    std::uint32_t rate;
  } const rows[] = {{0, 40},     {1'000, 40},  {5'999, 40},  {6'000, 50},
                    {11'000, 60}, {16'000, 70}, {21'000, 80}, {99'000, 80}};
  for (const auto& [ms, rate] : rows) {
    CAPTURE(ms);
    CHECK(bucket.rate_at(at_ms(ms)) == rate);
  }
}

TEST_CASE("pacing: the halved rate is what really leaves") {
  // Goal: rate_at is no mere label. Method: count for the five seconds before the first step.
  pacing bucket({.rate = 80}, start);
  bucket.on_throttled(start);
  CHECK(leave_between(bucket, start, at_ms(6'000)) == 200);
}

TEST_CASE("pacing: a window full of refusals is one episode") {
  // Goal: ten requests in flight that are all throttled do not halve ten times. Method: ten calls.
  pacing bucket({.rate = 80}, start);
  for (int i = 0; i < 10; ++i) bucket.on_throttled(at_ms(i * 10));
  CHECK(bucket.rate_at(at_ms(100)) == 40);
  CHECK(bucket.next_at(1, at_ms(100)) == at_ms(1'000));
}

TEST_CASE("pacing: each further episode waits longer and slows more, down to the least") {
  // Goal: exponential pause with a cap, rate with a floor. Method: throttle at the end of each.
  pacing bucket({.rate = 80, .rate_min = 10, .pause_max = milliseconds(5'000)}, start);
  struct {
    std::uint32_t rate;
    int pause_ms;
  } const rows[] = {{40, 1'000}, {20, 2'000}, {10, 4'000}, {10, 5'000}, {10, 5'000}};
  auto now = start;
  for (const auto& [rate, pause_ms] : rows) {
    bucket.on_throttled(now);
    CHECK(bucket.rate_at(now) == rate);
    CHECK(bucket.next_at(1, now) == now + milliseconds(pause_ms));
    now += milliseconds(pause_ms);
  }
  bucket.on_accepted(now);
  bucket.on_throttled(now);
  CHECK(bucket.next_at(1, now) == now + milliseconds(1'000));
}

TEST_CASE("pacing: order is kept while throttled") {
  // FIELD-NOTES, Flow: "keep order, retry the same message". Goal: nothing overtakes the retry.
  // Method: the number that may be in flight.
  pacing bucket({.rate = 80}, start);
  CHECK(bucket.in_flight_max(10) == 10);
  bucket.on_throttled(start);
  CHECK(bucket.in_flight_max(10) == 1);
  bucket.on_accepted(at_ms(500)); // sent before the throttle: says nothing
  CHECK(bucket.in_flight_max(10) == 1);
  CHECK(bucket.throttled(at_ms(500)));
  bucket.on_accepted(at_ms(1'200));
  CHECK(bucket.in_flight_max(10) == 10);
  CHECK(bucket.throttled(at_ms(1'200))); // still under its full rate
  CHECK_FALSE(bucket.throttled(at_ms(60'000)));
}
