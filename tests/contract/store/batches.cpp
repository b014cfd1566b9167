// A batch is one transaction, and the numbers go on where they stood: commits, failures and starts.
#include "contract/store/samples.hpp"
#include "contract/store/stores.hpp"

using namespace farebox;
using namespace farebox::store;

namespace {

wanted message_wanted(std::int64_t number) {
  wanted what;
  what.messages = {{number}};
  return what;
}

changes with_message(std::int64_t number) {
  changes batch;
  batch.messages = {sample_message(number)};
  return batch;
}

} // namespace

TEST_CASE("a refused batch leaves nothing, and the next one is whole") {
  // The last row of the batch contradicts the store; nothing of the rows before it may stay.
  for_each_store([](store_under_test& store) {
    auto& rows = store.rows();
    must(rows.commit(with_message(10)));
    auto batch = with_message(11);
    batch.facts = {{{{6}, 1, "K"}, {1}, 0, {}}};
    batch.messages.push_back(sample_message(10));
    must(rows.load(message_wanted(10)));
    const auto refused = rows.commit(batch);
    REQUIRE(!refused);
    CHECK(refused.error().kind == failure_kind::conflict);
    rows.rollback();
    CHECK(must(rows.load(message_wanted(11))).messages.empty());
    batch.messages.pop_back();
    must(rows.commit(batch));
    CHECK(must(rows.load(message_wanted(11))).messages.size() == 1);
  });
}

TEST_CASE("rollback is safe at any time, and after it nothing was read in vain") {
  for_each_store([](store_under_test& store) {
    auto& rows = store.rows();
    rows.rollback();
    must(rows.load(message_wanted(10)));
    rows.rollback();
    rows.rollback();
    must(rows.commit({}));
    must(rows.commit(with_message(10)));
    CHECK(must(store.questions().message({10})).message.id.value == 10);
  });
}

TEST_CASE("bills are numbered without gaps, in order of time, with a head") {
  struct {
    const char* what;
    std::int64_t id;
    std::int64_t posted_ms;
    bool head;
    bool good;
  } const cases[] = {
      {"the next", 3, 5, true, true},         {"the same time", 3, 2, true, true},
      {"a gap", 4, 5, true, false},           {"used before", 2, 5, true, false},
      {"earlier than the last", 3, 1, true, false}, {"no head", 3, 5, false, false},
  };
  for_each_store([&](store_under_test& store) {
    digest256 chain;
    must(store.rows().commit(billed({sample_bill(1, 10), sample_bill(2, 11)}, chain)));
    for (const auto& c : cases) {
      CAPTURE(c.what);
      store_under_test fresh(store.name());
      auto now = digest256{};
      must(fresh.rows().commit(billed({sample_bill(1, 10), sample_bill(2, 11)}, now)));
      auto bill = sample_bill(c.id, 12);
      bill.posted_at = day_one + milliseconds(c.posted_ms);
      auto batch = billed({bill}, now);
      if (!c.head) batch.head.reset();
      CHECK(fresh.rows().commit(batch).has_value() == c.good);
    }
  });
}

TEST_CASE("the sequences go on where they stood") {
  for_each_store([](store_under_test& store) {
    auto none = must(store.rows().load_sequences());
    CHECK(none.last_message.value == 0);
    CHECK(none.last_bill.value == 0);
    CHECK(none.chain == digest256{});

    digest256 chain;
    auto batch = billed({sample_bill(1, 10), sample_bill(2, 11)}, chain);
    batch.messages = {sample_message(10), sample_message(11)};
    batch.parts = {sample_part(12, 12)};
    batch.part_sets = {sample_set(12)};
    batch.new_replies = {sample_reply(13)}; // the last of the one sequence
    batch.connections = {{{4}, {2}, "north-1", day_one, {}, {}}};
    batch.services = {{{6}, {104723}, 1, "reply", "", "", true, {}, {}}};
    batch.tariffs.emplace_back().id = {8};
    batch.terms_versions.emplace_back().id = {9};
    batch.tokens.emplace_back().id = {5};
    must(store.rows().commit(batch));
    // One more within the same second, so that the kept head moves on.
    must(store.rows().commit(billed({sample_bill(3, 13)}, chain)));
    store.reopen();

    const auto now = must(store.rows().load_sequences());
    CHECK(now.last_message.value == 13);
    CHECK(now.last_bill.value == 3);
    CHECK(now.last_connection.value == 4);
    CHECK(now.last_service.value == 6);
    CHECK(now.last_tariff.value == 8);
    CHECK(now.last_terms.value == 9);
    CHECK(now.last_token.value == 5);
    CHECK(now.last_posted_at == sample_bill(3, 13).posted_at);
    CHECK(now.chain == chain);
    must(store.rows().commit(billed({sample_bill(4, 13)}, chain)));
  });
}

TEST_CASE("a start finds what the last process left open, and nothing else") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.connections = {{{4}, {2}, "north-1", day_one, {}, {}},
                         {{5}, {2}, "north-2", day_one, day_one + hours(1), {}},
                         {{6}, {2}, "north-3", day_one, {}, {}}};
    batch.messages = {sample_message(10), sample_message(11), sample_message(12)};
    batch.messages[1].connection = {5};
    batch.messages[2].connection = {6};
    must(store.rows().commit(batch));

    changes later; // 10 is proven; 13 and the part 14 came after that, 15 was joined of parts
    later.connections = {{{4}, {2}, "north-1", day_one, {}, {10}}};
    later.messages = {sample_message(13), sample_message(15)};
    later.messages[1].raw = {};
    later.parts = {sample_part(14, 14)};
    auto done = sample_set(99);
    done.state = set_state::complete;
    later.part_sets = {sample_set(14), done};
    later.charges = {sample_charge(10), sample_charge(11)};
    later.charges[1].state = charge_state::void_;
    for (const int state : {0, 1, 2, 3, 4, 8}) {
      later.new_replies.push_back(sample_reply(10 + state));
      later.new_replies.back().state = static_cast<reply_state>(state);
    }
    must(store.rows().commit(later));
    store.reopen();

    wanted what;
    what.at_start = true;
    const auto rows = must(store.rows().load(what));
    CHECK(printed(rows.open_connections) ==
          printed(std::vector{later.connections[0], batch.connections[2]}));
    const auto& mo = later.messages[0];
    const auto& part = later.parts[0];
    const auto& set = later.part_sets[0];
    REQUIRE(rows.unproven.size() == 3);
    CHECK(rows.unproven[0].id.value == 12);
    CHECK(rows.unproven[1].id.value == 13);
    CHECK(rows.unproven[1].connection.value == 4);
    CHECK(rows.unproven[1].key == content_key(mo.op, mo.source, mo.destination, mo.data_coding,
                                              mo.raw, mo.reference));
    CHECK(rows.unproven[2].id.value == 14);
    CHECK(rows.unproven[2].op.value == 2);
    CHECK(rows.unproven[2].key == content_key(set.op, set.source, set.destination,
                                              part.data_coding, part.raw, part.reference));
    REQUIRE(rows.open_replies.size() == 4);
    CHECK(rows.open_replies[3].state == reply_state::unknown);
    CHECK(rows.open_replies[3].text.empty());
    CHECK(printed(rows.pending_charges) == printed(std::vector{later.charges[0]}));
    CHECK(printed(rows.open_part_sets) == printed(std::vector{later.part_sets[0]}));
  });
}

TEST_CASE("what absorbed its redelivery is not found unproven again, whole or part") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.connections = {{{4}, {2}, "north-1", day_one, {}, {}}};
    batch.messages = {sample_message(10), sample_message(11), sample_message(20),
                      sample_message(21)};
    batch.parts = {sample_part(12, 12), sample_part(13, 12)};
    batch.part_sets = {sample_set(12)};
    batch.messages[2].absorbed_by = {10};
    batch.messages[3].absorbed_by = {13};
    must(store.rows().commit(batch));
    wanted what;
    what.at_start = true;
    std::vector<std::int64_t> found;
    for (const auto& mo : must(store.rows().load(what)).unproven) found.push_back(mo.id.value);
    CHECK(found == std::vector<std::int64_t>{11, 12, 20, 21});
  });
}

TEST_CASE("proof and traffic take turns: the start finds exactly what is behind the proof") {
  // Messages of one connection in batches, proven up to different points in between.
  for_each_store([](store_under_test& store) {
    struct {
      std::int64_t message; // 0: none
      std::int64_t proven;  // 0: none
      std::vector<std::int64_t> unproven;
    } const steps[] = {
        {10, 0, {10}}, {11, 0, {10, 11}}, {0, 10, {11}}, {12, 0, {11, 12}}, {0, 12, {}},
        {20, 0, {20}}, {0, 20, {}},       {21, 21, {}},  {22, 0, {22}},
    };
    connection_row connection{{4}, {2}, "north-1", day_one, {}, {}};
    changes first;
    first.connections = {connection};
    must(store.rows().commit(first));
    for (const auto& step : steps) {
      changes batch;
      if (step.message) batch.messages = {sample_message(step.message)};
      if (step.proven) {
        connection.proven = {step.proven};
        batch.connections = {connection};
      }
      must(store.rows().commit(batch));
      wanted what;
      what.at_start = true;
      std::vector<std::int64_t> found;
      for (const auto& mo : must(store.rows().load(what)).unproven) found.push_back(mo.id.value);
      CHECK(found == step.unproven);
    }
  });
}
