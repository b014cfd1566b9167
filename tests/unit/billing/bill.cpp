#include "farebox/billing/bill.hpp"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>

using namespace farebox;
using namespace farebox::billing;

namespace {

constexpr utc_time day(int n) { return utc_time{} + hours(24 * n); }

tariff tariff_from(std::int64_t id, utc_time from, std::int64_t price) {
  tariff row;
  row.id = {id};
  row.op = {1};
  row.code = {2};
  row.from = from;
  row.unit = *parse_currency("EUR");
  row.price = {price};
  row.vat = {200'000};
  row.operator_share = {500'000};
  return row;
}

terms terms_from(std::int64_t id, std::int64_t partner, utc_time from, std::int64_t fee) {
  terms row;
  row.id = {id};
  row.partner = {partner};
  row.from = from;
  row.platform_fee = {fee};
  return row;
}

catalogue world() {
  catalogue_parts parts;
  parts.tariffs = {tariff_from(1, day(0), 1'200'000), tariff_from(2, day(10), 2'400'000)};
  parts.terms_versions = {terms_from(1, 0, day(0), 10'000), terms_from(2, 104723, day(5), 5'000)};
  return catalogue(parts);
}

message_row message_at(utc_time at, outcome result) {
  message_row row;
  row.id = {77};
  row.received_at = at;
  row.op = {1};
  row.code = {2};
  row.result = result;
  row.partner = {104723};
  row.service = {31};
  row.site = "example.org";
  return row;
}

} // namespace

TEST_CASE("which tariff and terms") {
  // Goal: versions by time of receipt, the partner's own terms before the general ones, none in
  // suspense, none before the first version. Method: outcome and day; ids and gross last.
  const auto sold = world();
  struct row {
    outcome result;
    int on_day;
    std::int64_t code, tariff, contract, gross;
  };
  const row rows[] = {
      {outcome::accepted, 0, 2, 1, 1, 1'200'000},   {outcome::accepted, 4, 2, 1, 1, 1'200'000},
      {outcome::accepted, 5, 2, 1, 2, 1'200'000},   {outcome::accepted, 9, 2, 1, 2, 1'200'000},
      {outcome::accepted, 10, 2, 2, 2, 2'400'000},  {outcome::accepted, -1, 2, 0, 0, 0},
      {outcome::accepted, 5, 3, 0, 2, 0},           {outcome::unrouted, 5, 2, 1, 0, 1'200'000},
      {outcome::refused, 5, 2, 1, 0, 1'200'000},    {outcome::reserved, 5, 2, 1, 0, 1'200'000},
      {outcome::ambiguous, 5, 2, 1, 0, 1'200'000},  {outcome::incomplete, 5, 2, 1, 0, 1'200'000},
      {outcome::absorbed, 5, 2, 1, 0, 0},
  };
  for (const auto& r : rows) {
    CAPTURE(r.on_day);
    CAPTURE(name_of(r.result));
    auto message = message_at(day(r.on_day), r.result);
    message.code = {r.code};
    const auto got = price_of(sold, message);
    CHECK((got.price ? got.price->id.value : 0) == r.tariff);
    CHECK((got.contract ? got.contract->id.value : 0) == r.contract);
    CHECK(got.gross.value == r.gross);
  }
}

TEST_CASE("what several parts cost") {
  // Goal: counted by message or by part; reserved words free where the tariff says. Method: one
  // tariff a row, gross last.
  struct row {
    counted_per per;
    bool free;
    outcome result;
    int parts;
    std::int64_t gross;
  };
  const row rows[] = {
      {counted_per::message, false, outcome::accepted, 1, 1'000'000},
      {counted_per::message, false, outcome::accepted, 3, 1'000'000},
      {counted_per::part, false, outcome::accepted, 1, 1'000'000},
      {counted_per::part, false, outcome::accepted, 3, 3'000'000},
      {counted_per::part, false, outcome::incomplete, 2, 2'000'000},
      {counted_per::part, false, outcome::reserved, 2, 2'000'000},
      {counted_per::part, true, outcome::reserved, 2, 0},
      {counted_per::message, true, outcome::reserved, 1, 0},
      {counted_per::message, true, outcome::accepted, 1, 1'000'000},
      {counted_per::message, true, outcome::unrouted, 1, 1'000'000},
      {counted_per::part, false, outcome::absorbed, 2, 0},
  };
  for (const auto& r : rows) {
    catalogue_parts parts;
    parts.tariffs = {tariff_from(1, day(0), 1'000'000)};
    parts.tariffs[0].per = r.per;
    parts.tariffs[0].reserved_words_free = r.free;
    auto message = message_at(day(1), r.result);
    message.parts = r.parts;
    CHECK(price_of(catalogue(parts), message).gross.value == r.gross);
    parts.tariffs[0].when = charged::on_mt; // then only what is sold costs anything
    CHECK(price_of(catalogue(parts), message).gross.value ==
          (r.result == outcome::accepted ? r.gross : 0));
  }
  CHECK_THROWS_AS(price_of(world(), {1}, {2}, day(1), outcome::accepted, {1}, 0), std::logic_error);
}

TEST_CASE("when it is billed") {
  auto price = tariff_from(1, day(0), 1'000'000);
  CHECK(is_billed_at_once(price, outcome::accepted));
  price.when = charged::on_mt;
  CHECK_FALSE(is_billed_at_once(price, outcome::accepted));
  CHECK(is_billed_at_once(price, outcome::unrouted));
}

TEST_CASE("the bill of a message") {
  // Goal: an accepted message pays its partner by its terms; any other goes to suspense whole, with
  // its reason and without a platform fee. Method: exact rows.
  const auto sold = world();
  auto message = message_at(day(6), outcome::accepted);
  const auto bill = bill_of(message, price_of(sold, message), day(7));
  CHECK(bill.id == bill_id{});
  CHECK(bill.posted_at == day(7));
  CHECK(bill.message == message.id);
  CHECK(bill.kind == bill_kind::original);
  CHECK(bill.reason == outcome::accepted);
  CHECK(bill.partner == partner_id{104723});
  CHECK(bill.service == service_id{31});
  CHECK(bill.site == "example.org");
  CHECK(bill.op == operator_id{1});
  CHECK(bill.code == short_code_id{2});
  CHECK(bill.tariff == tariff_id{1});
  CHECK(bill.contract == terms_id{2});
  CHECK(bill.unit.code() == "EUR");
  CHECK(bill.amounts == split{{1'200'000}, {200'000}, {500'000}, {6'000}, {494'000}});

  message.result = outcome::refused;
  const auto suspense = bill_of(message, price_of(sold, message), day(7));
  CHECK(suspense.reason == outcome::refused);
  CHECK(suspense.partner == partner_id{});
  CHECK(suspense.service == service_id{});
  CHECK(suspense.site.empty());
  CHECK(suspense.contract == terms_id{});
  CHECK(suspense.amounts == split{{1'200'000}, {200'000}, {500'000}, {0}, {500'000}});

  CHECK_THROWS_AS(bill_of(message, pricing{}, day(7)), std::logic_error);
  message.result = outcome::accepted;
  message.partner = {};
  CHECK_THROWS_AS(bill_of(message, price_of(sold, message), day(7)), std::logic_error);
}

TEST_CASE("a pending charge") {
  const auto sold = world();
  auto message = message_at(day(6), outcome::accepted);
  const auto charge = charge_of(message, price_of(sold, message), day(6));
  CHECK(charge.id == message.id);
  CHECK(charge.state == charge_state::pending);
  CHECK(charge.expires_at == day(9));
  CHECK(charge.bill == bill_id{});
  CHECK(charge.estimate.amounts.gross == millionths{1'200'000});
  message.result = outcome::unrouted;
  CHECK_THROWS_AS(charge_of(message, price_of(sold, message), day(6)), std::logic_error);
}

TEST_CASE("a reversal is the exact negative") {
  const auto sold = world();
  auto bill = bill_of(message_at(day(6), outcome::accepted),
                      price_of(sold, message_at(day(6), outcome::accepted)), day(7));
  CHECK_THROWS_AS(reversal_of(bill, day(8)), std::logic_error); // not posted: it has no number
  bill.id = {500};
  const auto back = reversal_of(bill, day(8));
  CHECK(back.id == bill_id{});
  CHECK(back.kind == bill_kind::reversal);
  CHECK(back.reverses == bill.id);
  CHECK(back.posted_at == day(8));
  CHECK(back.partner == bill.partner);
  CHECK(back.amounts + bill.amounts == split{});
  auto posted = back;
  posted.id = {501};
  CHECK_THROWS_AS(reversal_of(posted, day(9)), std::logic_error);
}

TEST_CASE("partial reversals") {
  // Goal: whatever the steps, what stands is the split of what is left, to the unit. Method: seeded
  // tariffs and random walks down to zero.
  std::mt19937_64 random(11);
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  for (int i = 0; i < 5'000; ++i) {
    auto price = tariff_from(1, day(0), 0);
    price.vat = {below(250'000)};
    price.operator_share = {below(600'000)};
    const auto contract = terms_from(1, 0, day(0), below(100'000));
    bill_row bill;
    bill.id = {1};
    bill.tariff = price.id;
    bill.contract = contract.id;
    bill.amounts = split_of({gross_min.value + below(10'000'000)}, price, &contract);
    auto standing = bill.amounts;
    while (standing.gross.value > 0) {
      auto after = millionths{below(standing.gross.value)};
      if (after < gross_min) after = {};
      const auto back =
          partial_reversal_of(bill, standing.gross, after, price, &contract, day(1));
      REQUIRE(back.has_value());
      CHECK(back->reverses == bill.id);
      standing += back->amounts;
      CHECK(standing == split_of(after, price, &contract));
    }
    CHECK(standing == split{});
  }
}

TEST_CASE("partial reversals that are refused") {
  const auto price = tariff_from(1, day(0), 1'200'000);
  bill_row bill;
  bill.id = {1};
  bill.tariff = price.id;
  bill.amounts = split_of({1'200'000}, price, nullptr);
  struct row {
    std::int64_t before, after;
    bool is_taken;
  };
  const row rows[] = {{1'200'000, 600'000, true},    {1'200'000, 0, true},
                      {1'200'000, 10'000, true},     {1'200'000, 9'999, false},
                      {1'200'000, -1, false},        {1'200'000, 1'200'000, false},
                      {600'000, 700'000, false},     {1'200'001, 600'000, false},
                      {9'999, 0, false},             {10'000, 0, true}};
  for (const auto& [before, after, is_taken] : rows) {
    CAPTURE(before);
    CAPTURE(after);
    CHECK(partial_reversal_of(bill, {before}, {after}, price, nullptr, day(1)).has_value() ==
          is_taken);
  }
  auto other = price;
  other.id = {2};
  CHECK_THROWS_AS(partial_reversal_of(bill, {1'200'000}, {0}, other, nullptr, day(1)),
                  std::logic_error);
}
