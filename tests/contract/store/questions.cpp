// What the HTTP side asks: pages without holes or doubles, nobody else's rows, sums that add up.
#include "contract/store/samples.hpp"
#include "contract/store/stores.hpp"

using namespace farebox;
using namespace farebox::store;

namespace {

// Messages of three partners and four phones over several blocks of ids, committed in batches.
std::vector<message_row> commit_many(writer& rows) {
  std::vector<message_row> all;
  changes batch;
  for (std::int64_t i = 0; i < 400; ++i) {
    auto row = sample_message(1 + i * 97); // up to 38,704: five blocks
    row.received_at = day_one + minutes(i);
    row.partner = {i % 7 == 0 ? 0 : 100 + i % 3};
    row.source = "7912000000" + std::to_string(i % 4);
    batch.messages.push_back(row);
    all.push_back(row);
    if (i % 50 == 49) must(rows.commit(std::exchange(batch, {})));
  }
  return all;
}

std::vector<std::int64_t> walk(reader& questions, message_query query) {
  std::vector<std::int64_t> ids;
  while (true) {
    const auto page = must(questions.messages(query));
    CHECK(page.size() <= static_cast<std::size_t>(query.limit));
    for (const auto& view : page) ids.push_back(view.message.id.value);
    if (page.size() < static_cast<std::size_t>(query.limit)) return ids;
    query.before = page.back().message.id;
  }
}

} // namespace

TEST_CASE("pages hold every message once, newest first, whatever is asked for") {
  for_each_store([](store_under_test& store) {
    const auto all = commit_many(store.rows());
    const std::optional<partner_id> partners[] = {{}, partner_id{0}, partner_id{101},
                                                  partner_id{999}};
    const std::optional<std::string> phones[] = {{}, "79120000002", "4"};
    const utc_time froms[] = {{}, day_one + minutes(123), day_one + hours(999)};
    for (const auto& partner : partners)
      for (const auto& phone : phones)
        for (const auto from : froms)
          for (const int limit : {1, 7, 500}) {
            std::vector<std::int64_t> expected;
            for (auto row = all.rbegin(); row != all.rend(); ++row) {
              if (partner && row->partner != *partner) continue;
              if (phone && row->source != *phone) continue;
              if (row->received_at >= from) expected.push_back(row->id.value);
            }
            CHECK(walk(store.questions(), {partner, {}, phone, from, limit}) == expected);
          }
    CHECK(must(store.questions().messages({{}, {}, {}, {}, 0})).size() == 1);
    CHECK(must(store.questions().messages({{}, {}, {}, {}, 10'000})).size() == 400);
    CHECK(must(store.questions().messages({{}, {98}, {}, {}, 50})).size() == 1); // before 98
  });
}

TEST_CASE("a message that was filed late is found where its number stands") {
  // A long MO is filed when its last part is there: received earlier than its neighbours.
  for_each_store([](store_under_test& store) {
    changes batch;
    for (const std::int64_t number : {8'000, 8'100, 9'000, 20'000})
      batch.messages.push_back(sample_message(number));
    batch.messages[2].received_at = day_one; // 9000, in the second block
    must(store.rows().commit(batch));
    const auto from = sample_message(8'050).received_at;
    CHECK(walk(store.questions(), {{}, {}, {}, from, 2}) ==
          std::vector<std::int64_t>{20'000, 8'100});
    CHECK(walk(store.questions(), {{}, {}, {}, day_one, 3}) ==
          std::vector<std::int64_t>{20'000, 9'000, 8'100, 8'000});
  });
}

TEST_CASE("a message is shown with its bill, charge and reply") {
  for_each_store([](store_under_test& store) {
    digest256 chain;
    auto reversal = sample_bill(3, 11);
    reversal.kind = bill_kind::reversal;
    reversal.reverses = {2};
    reversal.amounts = -reversal.amounts;
    auto late = sample_bill(4, 12);
    late.kind = bill_kind::late;
    auto batch = billed({sample_bill(1, 10), sample_bill(2, 11), reversal, late}, chain);
    for (const std::int64_t number : {10, 11, 12, 13})
      batch.messages.push_back(sample_message(number));
    batch.new_replies = {sample_reply(10)};
    batch.charges = {sample_charge(12)};
    must(store.rows().commit(batch));
    auto& questions = store.questions();

    const auto first = must(questions.message({10}));
    CHECK(printed(first.message) == printed(batch.messages[0]));
    REQUIRE(first.bill);
    CHECK(printed(*first.bill) == printed(batch.bills[0]));
    REQUIRE(first.reply);
    CHECK(printed(*first.reply) == printed(batch.new_replies[0]));
    CHECK(!first.charge);
    const auto reversed = must(questions.message({11}));
    REQUIRE(reversed.bill);
    CHECK(reversed.bill->id.value == 2);
    const auto page = must(questions.messages({{}, {}, {}, {}, 2}));
    REQUIRE(page.size() == 2);
    CHECK(!page[0].bill);
    REQUIRE(page[1].bill);
    CHECK(page[1].bill->kind == bill_kind::late);
    REQUIRE(page[1].charge);
    CHECK(page[1].charge->expires_at == day_one + hours(72));
    const auto absent = questions.message({14});
    REQUIRE(!absent);
    CHECK(absent.error().kind == failure_kind::not_found);
  });
}

TEST_CASE("statistics are cut by every dimension, for one partner or all") {
  for_each_store([](store_under_test& store) {
    const auto hour = hour_of(day_one); // 10 o'clock: the next day begins 14 hours later
    const auto key = [&](std::int64_t h, std::int64_t partner, std::int64_t service,
                         const char* site, std::int64_t op, std::int64_t code, currency unit) {
      return counter_key{hour + h, {partner}, {service}, site, {op}, {code}, unit};
    };
    const currency dollar{{'U', 'S', 'D'}};
    const auto requests = [](std::int64_t count) {
      counter_values values;
      values.requests = count;
      values.money.gross = {count * 1'000'000};
      values.pending_money.partner_share = {-count};
      return values;
    };
    changes batch;
    batch.services = {{{6}, {101}, 1, "lock", "", "", true, {}, {}},
                      {{7}, {101}, 2, "reply", "", "", true, {}, {}}};
    batch.counters = {{key(0, 101, 6, "a", 1, 3, euro), requests(1)},
                      {key(0, 101, 7, "b", 2, 4, euro), requests(2)},
                      {key(1, 101, 6, "a", 1, 3, euro), requests(4)},
                      {key(14, 101, 6, "a", 1, 3, dollar), requests(8)},
                      {key(1, 102, 9, "a", 1, 3, euro), requests(16)},
                      {key(1, 0, 0, "", 1, 0, euro), requests(32)}};
    must(store.rows().commit(batch));
    must(store.rows().commit(batch)); // counters are added, not replaced

    struct {
      std::optional<partner_id> partner;
      std::int64_t from, to;
      std::vector<dimension> by;
      std::vector<std::int64_t> expected; // requests of the rows, halved
    } const cases[] = {
        {partner_id{101}, 0, 99, {}, {7, 8}}, // currencies are apart
        {partner_id{101}, 0, 14, {}, {7}},
        {partner_id{101}, 1, 14, {}, {4}},
        {partner_id{101}, 2, 14, {}, {}},
        {partner_id{101}, 0, 99, {dimension::hour}, {3, 4, 8}},
        {partner_id{101}, 0, 99, {dimension::day}, {7, 8}},
        {partner_id{101}, 0, 99, {dimension::service}, {5, 8, 2}},
        {partner_id{101}, 0, 99, {dimension::kind}, {5, 2, 8}},
        {partner_id{101}, 0, 99, {dimension::site}, {5, 8, 2}},
        {partner_id{101}, 0, 99, {dimension::op}, {5, 8, 2}},
        {partner_id{101}, 0, 99, {dimension::code}, {5, 8, 2}},
        {partner_id{101}, 0, 99, {dimension::currency}, {7, 8}},
        {partner_id{101}, 0, 99, {dimension::hour, dimension::site}, {1, 2, 4, 8}},
        {partner_id{102}, 0, 99, {}, {16}},
        {partner_id{103}, 0, 99, {}, {}},
        {partner_id{0}, 0, 99, {}, {32}},
        {{}, 0, 14, {}, {55}},
        {{}, 0, 14, {dimension::service}, {32, 5, 2, 16}},
    };
    for (const auto& c : cases) {
      const auto rows =
          must(store.questions().statistics({c.partner, hour + c.from, hour + c.to, c.by}));
      std::vector<std::int64_t> found;
      for (const auto& row : rows) {
        found.push_back(row.values.requests / 2);
        CHECK(row.values.money.gross.value == row.values.requests * 1'000'000);
        CHECK(row.values.pending_money.partner_share.value == -row.values.requests);
      }
      CHECK(found == c.expected);
    }
    const auto kinds = must(
        store.questions().statistics({partner_id{101}, hour, hour + 14, {dimension::kind}}));
    REQUIRE(kinds.size() == 2);
    CHECK(kinds[0].kind == "lock");
    const auto days = must(
        store.questions().statistics({partner_id{101}, hour, hour + 99, {dimension::day}}));
    REQUIRE(days.size() == 2);
    CHECK(days[1].key.hour == hour + 14);
  });
}

TEST_CASE("a reader sees a batch as soon as it is committed, and not before") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.messages = {sample_message(10)};
    must(store.rows().load({}));
    CHECK(!store.questions().message({10}));
    must(store.rows().commit(batch));
    CHECK(store.questions().message({10}).has_value());
  });
}
