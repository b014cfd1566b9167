#include "farebox/model/changes.hpp"

#include <doctest/doctest.h>

using namespace farebox;

TEST_CASE("the hour of a counter is UTC's, at the end of a month too") {
  // Goal: an hour belongs to one month whoever asks, and wherever. Method: both sides of an hour,
  // a month and a year; what a phone's own time zone would say is another one.
  struct {
    const char* at;
    const char* hour; // begins
  } const cases[] = {
      {"2026-11-30T23:59:59.999999Z", "2026-11-30T23:00:00Z"},
      {"2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"},
      {"2026-11-30T21:30:00Z", "2026-11-30T21:00:00Z"}, // the 1st, in Moscow
      {"2026-12-01T02:30:00Z", "2026-12-01T02:00:00Z"}, // the 30th still, in New York
      {"2026-12-31T23:59:59Z", "2026-12-31T23:00:00Z"},
      {"2028-02-29T23:00:00Z", "2028-02-29T23:00:00Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.at);
    const auto at = *parse_iso8601(c.at);
    const auto hour = parse_iso8601(c.hour)->time_since_epoch() / hours(1);
    message_row message;
    message.received_at = at;
    CHECK(counters_of(message, {}).key.hour == hour);
    bill_row bill;
    bill.posted_at = at;
    CHECK(counters_of(bill).key.hour == hour);
    charge_row charge;
    charge.created_at = at;
    CHECK(counters_of_pending(charge, 1).key.hour == hour);
    reply_row reply;
    reply.created_at = at;
    CHECK(counters_of_reply(reply, true).key.hour == hour);
  }
}
