// Goal: a recording asks of another store exactly what was asked of the first. Method: rows with
// another value in every member go through the recorder into one store in memory, the recording
// into a second; both give the same rows to the same question, which is recorded too.
#include "bench/recording.hpp"
#include "contract/store/samples.hpp"
#include "contract/store/stores.hpp"

#include "farebox/store/memory.hpp"

using namespace farebox;
using namespace farebox::store;

namespace {

changes everything() {
  digest256 chain;
  auto batch = billed({sample_bill(1, 10), sample_bill(2, 11)}, chain);
  batch.connections = {{{4}, {2}, "bind", day_one, day_one + hours(1), {9}}};
  batch.messages = {sample_message(10), sample_message(11)};
  batch.part_sets = {sample_set(20)};
  batch.parts = {sample_part(20, 20)};
  batch.charges = {sample_charge(10)};
  batch.new_replies = {sample_reply(10)};
  batch.attempts = {sample_attempt("4711", 10)};
  batch.new_orphans = {sample_orphan("4712")};
  batch.new_doubts = {sample_doubt(7, 10)};
  batch.facts = {{{{6}, 1, "key"}, {1, 2, 3}, 4, day_one}};
  counter_values values;
  values.requests = 2;
  values.money.gross = {3'000'000};
  batch.counters = {{{490'000, {104723}, {6}, "example.org", {2}, {3}, euro}, values}};
  return batch;
}

wanted all_of_it() {
  wanted what;
  what.messages = {{10}, {11}};
  what.replies = {{10}};
  what.charges = {{10}};
  what.sets = {{20}};
  what.facts = {{{6}, 1, "key"}};
  what.attempts = {{{2}, "4711"}, {{2}, "4712"}};
  what.doubts = {sample_doubt(7, 10).key};
  return what;
}

std::string shown(const loaded& rows) {
  std::string all;
  const auto add = [&](const auto& list) {
    for (const auto& line : printed(list)) all += line + '\n';
  };
  add(rows.messages);
  add(rows.replies);
  add(rows.charges);
  add(rows.facts);
  add(rows.attempts);
  add(rows.orphans);
  add(rows.doubts);
  for (const auto& set : rows.sets) {
    add(std::vector{set.row});
    add(set.parts);
    add(set.bills);
  }
  return all;
}

} // namespace

TEST_CASE("what is replayed is what was recorded") {
  const scratch_folder folder;
  const auto file = folder.path() / "recording";
  std::string first;
  {
    const auto recorded = bench::record(std::make_unique<memory_store>(), file);
    must(recorded->commit(everything()));
    auto more = everything();
    more.bills.clear(); // their numbers are taken
    CHECK(!recorded->commit(more)); // refused: not recorded
    recorded->rollback();
    first = shown(must(recorded->load(all_of_it())));
  }
  memory_store again;
  bench::recording recording(file);
  const auto commit = recording.next();
  REQUIRE(commit.has_value());
  must(again.commit(std::get<changes>(*commit)));
  const auto load = recording.next();
  REQUIRE(load.has_value());
  CHECK(shown(must(again.load(std::get<wanted>(*load)))) == first);
  CHECK(first.find("79121234345") != first.npos);
  CHECK(std::get<changes>(*commit).counters == everything().counters);
  CHECK(std::get<changes>(*commit).head == everything().head);
  CHECK(!recording.next());
}
