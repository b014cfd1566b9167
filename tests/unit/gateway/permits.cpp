#include "gateway/permits.hpp"

#include <doctest/doctest.h>

using farebox::gateway::permits;

TEST_CASE("what is reserved, on its way or queued is never granted twice") {
  // Goal: available permits after each step of link and writer. Method: one script, step by step.
  permits grants(10);
  CHECK_FALSE(grants.is_open());
  CHECK_FALSE(grants.enough(1));

  grants.grant(3); // bound, room for three
  CHECK(grants.available() == 3);
  grants.take(1);
  grants.take(1);
  CHECK(grants.available() == 1);
  CHECK(grants.held() == 2);

  grants.grant(3); // the link saw neither of them yet: its room is still three
  CHECK(grants.available() == 1);

  grants.use(1); // one is on its way, arrives and is sent
  grants.arrived(1);
  grants.grant(2);
  CHECK(grants.available() == 1);

  grants.give_back(1); // the other was not needed
  CHECK(grants.available() == 2);
  CHECK(grants.held() == 0);

  grants.grant(-4); // a throttle: the queue is longer than the room
  CHECK_FALSE(grants.enough(1));
  grants.grant(2);
  CHECK(grants.available() == 2);

  grants.close();
  CHECK_FALSE(grants.is_open());
  CHECK_FALSE(grants.enough(1));
  grants.grant(5); // connected again: the counts went on
  CHECK(grants.available() == 5);
}

TEST_CASE("a reply of more segments than a bind ever grants does not wait for ever") {
  // Goal: enough() of table rows. Method: whole, granted, segments, expected.
  struct row {
    std::int64_t whole, granted, segments;
    bool enough;
  };
  for (const auto& [whole, granted, segments, expected] : {
           row{1, 1, 1, true},
           row{1, 1, 5, true},
           row{1, 0, 5, false},
           row{4, 3, 3, true},
           row{4, 3, 5, false},
           row{4, 4, 5, true},
           row{0, 1, 1, true},
       }) {
    permits grants(whole);
    grants.grant(granted);
    CHECK(grants.enough(segments) == expected);
  }
}

TEST_CASE("a bind that can do less than at first still takes a long reply") {
  // Goal: no reply waits for ever behind a throttle. Method: whole falls below the segments.
  permits grants(10);
  grants.grant(1);
  CHECK_FALSE(grants.enough(2));
  grants.set_whole(1);
  CHECK(grants.enough(2));
  grants.set_whole(0); // never nothing
  CHECK(grants.enough(2));
  grants.grant(0);
  CHECK_FALSE(grants.enough(2));
}

TEST_CASE("a refused writer is told once that there are permits") {
  // Goal: no polling, no storm. Method: refuse, then grants of nothing and of something.
  permits grants(2);
  CHECK_FALSE(grants.grant(1));
  grants.refuse();
  CHECK_FALSE(grants.grant(0));
  CHECK(grants.grant(1));
  CHECK_FALSE(grants.grant(1));
}
