// Goal: what the writer thread does between batches. Method: its rounds are turned by hand, on a
// clock in the test's hand.
#include "small_world.hpp"

#include "farebox/engine/loop.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

struct turned {
  turned() {
    engine::surroundings around;
    around.now = [this] { return world.now; };
    around.sold = [this] { return world.sold; };
    around.perform = [this](std::vector<effect>&& all) { performed += all.size(); };
    around.store_able = [this](bool able) { told.push_back(able); };
    around.fatal = [this](const std::string& why) { fatal = why; };
    writer.emplace(world.rows, *world.process, world.slots, std::move(around));
  }

  // Turns until nothing is due, as the thread would without sleeping.
  bool settle() {
    bool more = true;
    for (int i = 0; more && i < 10 && writer->next_due() <= world.now; ++i) more = writer->turn();
    return more;
  }
  void fail_next(failure_kind kind) { world.rows.fail_next_commit({kind, "a test"}); }

  small_world world;
  std::size_t performed = 0;
  std::vector<bool> told;
  std::string fatal;
  std::optional<engine::loop> writer;
};

} // namespace

TEST_CASE("a store that cannot write is asked again after a pause, and no sooner") {
  turned t;
  t.settle();
  t.fail_next(failure_kind::unavailable);
  REQUIRE(t.writer->offer(connection_opened{{first, op_mo, "bind", t.world.now, {}, {}}}));
  t.settle();
  CHECK_FALSE(t.writer->store_is_able());
  CHECK(t.writer->next_due() == t.world.now + engine::loop::unable_pause);
  REQUIRE(t.writer->offer(t.world.mo(first, "RR 104723 1 blue")));
  CHECK(t.writer->turn());
  CHECK(t.world.messages().empty());
  t.world.now += engine::loop::unable_pause;
  t.settle();
  CHECK(t.world.messages().size() == 1);
  CHECK(t.writer->store_is_able());
  CHECK(t.told.empty()); // it was too short to tell
}

TEST_CASE("a clock that is set back does not make a pause longer") {
  turned t;
  t.settle();
  t.fail_next(failure_kind::unavailable);
  REQUIRE(t.writer->offer(t.world.mo(first, "RR 104723 1 blue")));
  t.settle();
  t.world.now -= hours{1};
  CHECK(t.writer->next_due() <= t.world.now + engine::loop::idle_after);
}

TEST_CASE("a store that fails for good while it is probed ends the process") {
  turned t;
  t.settle();
  t.fail_next(failure_kind::unavailable);
  REQUIRE(t.writer->offer(t.world.mo(first, "RR 104723 1 blue")));
  t.settle();
  t.fail_next(failure_kind::fatal);
  t.world.now += seconds{1};
  CHECK_FALSE(t.settle());
  CHECK(t.fatal.find("a test") != t.fatal.npos);
}

TEST_CASE("what is queued is decided before the end, and what comes later is refused") {
  turned t;
  REQUIRE(t.writer->offer(t.world.mo(first, "RR 104723 1 blue")));
  t.writer->finish();
  CHECK_FALSE(t.writer->offer(t.world.mo(first, "RR 104723 1 red")));
  CHECK_FALSE(t.settle());
  CHECK(t.world.messages().size() == 1);
}
