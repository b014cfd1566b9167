#include "farebox/model/changes.hpp"
#include "farebox/model/queries.hpp"
#include "farebox/model/rows.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace farebox;

TEST_CASE("names") {
  // Goal: every value has a name of its own, and names that are read come back. Method: all values.
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(outcome::absorbed); ++i) {
    const auto value = static_cast<outcome>(i);
    CHECK(parse_outcome(name_of(value)) == value);
    CHECK(names.insert(name_of(value)).second);
  }
  CHECK_FALSE(parse_outcome("Accepted").has_value());
  for (int i = 0; i <= static_cast<int>(dimension::currency); ++i) {
    const auto value = static_cast<dimension>(i);
    CHECK(parse_dimension(name_of(value)) == value);
    CHECK(names.insert(name_of(value)).second);
  }
  CHECK(name_of(dimension::op) == "operator");
  CHECK_FALSE(parse_dimension("op").has_value());
  for (int i = 0; i <= static_cast<int>(reply_state::given_up); ++i)
    CHECK(names.insert(name_of(static_cast<reply_state>(i))).second);
  names.clear();
  for (int i = 0; i <= static_cast<int>(charge_state::expired); ++i)
    CHECK(names.insert(name_of(static_cast<charge_state>(i))).second);
  for (int i = 0; i <= static_cast<int>(bill_kind::late); ++i)
    CHECK(names.insert(name_of(static_cast<bill_kind>(i))).second);
  CHECK(names.contains("void"));
}

namespace {

constexpr utc_time five_thirty = utc_time{} + hours(5) + minutes(30);
const currency eur = *parse_currency("EUR");

message_row message_of(outcome result) {
  message_row row;
  row.id = {9};
  row.received_at = five_thirty;
  row.op = {1};
  row.code = {2};
  row.result = result;
  row.partner = {104723};
  row.service = {3};
  row.site = "example.org";
  return row;
}

bill_row bill() {
  bill_row row;
  row.id = {1};
  row.posted_at = five_thirty + hours(1);
  row.message = {9};
  row.partner = {104723};
  row.service = {3};
  row.site = "example.org";
  row.op = {1};
  row.code = {2};
  row.tariff = {4};
  row.contract = {5};
  row.unit = eur;
  row.amounts = {{120}, {20}, {50}, {1}, {49}};
  return row;
}

} // namespace

TEST_CASE("what a message adds to the counters") {
  // Goal: requests in the hour of receipt; only what is sold counts for a partner. Method: one
  // outcome a row; requests, absorbed, partner last.
  struct row {
    outcome result;
    int requests, absorbed;
    std::int64_t partner;
  };
  const row rows[] = {{outcome::accepted, 1, 0, 104723}, {outcome::absorbed, 0, 1, 104723},
                      {outcome::unrouted, 1, 0, 0},      {outcome::ambiguous, 1, 0, 0},
                      {outcome::refused, 1, 0, 0},       {outcome::reserved, 1, 0, 0},
                      {outcome::incomplete, 1, 0, 0}};
  for (const auto& [result, requests, absorbed, partner] : rows) {
    const auto got = counters_of(message_of(result), eur);
    CHECK(got.key.hour == 5);
    CHECK(got.key.partner.value == partner);
    CHECK(got.key.service.value == (partner ? 3 : 0));
    CHECK(got.key.site == (partner ? "example.org" : ""));
    CHECK(got.key.op.value == 1);
    CHECK(got.key.code.value == 2);
    CHECK(got.key.unit == eur);
    counter_values wanted;
    wanted.requests = requests;
    wanted.absorbed = absorbed;
    CHECK(got.values == wanted);
  }
}

TEST_CASE("what bills, charges and replies add to the counters") {
  // Goal: money in the hour of posting; what appears as pending goes from where it appeared; a
  // reply in the hour of its creation. Method: one row of each.
  const auto posted = counters_of(bill());
  CHECK(posted.key.hour == 6);
  CHECK(posted.key.partner == partner_id{104723});
  CHECK(posted.values.bills == 1);
  CHECK(posted.values.money == bill().amounts);
  CHECK(posted.values.pending == 0);

  charge_row charge;
  charge.created_at = five_thirty;
  charge.estimate = bill();
  auto sum = counters_of_pending(charge, 1);
  CHECK(sum.key.hour == 5);
  CHECK(sum.values.pending == 1);
  CHECK(sum.values.pending_money == bill().amounts);
  CHECK(sum.values.bills == 0);
  const auto gone = counters_of_pending(charge, -1);
  CHECK(gone.key == sum.key);
  sum.values += gone.values;
  CHECK(sum.values == counter_values{});

  reply_row reply;
  reply.created_at = five_thirty;
  reply.partner = {104723};
  reply.service = {3};
  reply.site = "example.org";
  reply.op = {1};
  reply.code = {2};
  reply.unit = eur;
  CHECK(counters_of_reply(reply, false).key == counters_of(message_of(outcome::accepted), eur).key);
  CHECK(counters_of_reply(reply, false).values.replies == 1);
  CHECK(counters_of_reply(reply, false).values.delivered == 0);
  CHECK(counters_of_reply(reply, true).values.delivered == 1);
  CHECK(counters_of_reply(reply, true).values.replies == 0);
}

TEST_CASE("counters and splits add up") {
  // Goal: no field is forgotten. Method: different values in all of them, twice.
  const split parts{{1}, {2}, {3}, {4}, {5}};
  counter_values one{1, 2, 3, 4, 5, 6, parts, parts + parts};
  auto two = one;
  two += one;
  const split twice{{2}, {4}, {6}, {8}, {10}};
  CHECK(two == counter_values{2, 4, 6, 8, 10, 12, twice, twice + twice});
  CHECK(twice - parts == parts);
  CHECK(-parts == split{} - parts);
  CHECK(parts + -parts == split{});
}

TEST_CASE("the hash chain covers every field of a bill") {
  // Goal: no field can be changed, and no bill left out or moved, without another digest. Method:
  // change each field by itself; all digests must differ.
  start_crypto();
  using edit = void (*)(bill_row&);
  const edit edits[] = {
      [](bill_row&) {},
      [](bill_row& b) { b.id.value++; },
      [](bill_row& b) { b.posted_at += microseconds(1); },
      [](bill_row& b) { b.message.value++; },
      [](bill_row& b) { b.kind = bill_kind::late; },
      [](bill_row& b) { b.reverses.value++; },
      [](bill_row& b) { b.reason = outcome::refused; },
      [](bill_row& b) { b.partner.value++; },
      [](bill_row& b) { b.service.value++; },
      [](bill_row& b) { b.site += "x"; },
      [](bill_row& b) { b.site.clear(); },
      [](bill_row& b) { b.op.value++; },
      [](bill_row& b) { b.code.value++; },
      [](bill_row& b) { b.tariff.value++; },
      [](bill_row& b) { b.contract.value++; },
      [](bill_row& b) { b.unit = *parse_currency("USD"); },
      [](bill_row& b) { b.amounts.gross.value++; },
      [](bill_row& b) { b.amounts.vat.value++; },
      [](bill_row& b) { b.amounts.operator_share.value++; },
      [](bill_row& b) { b.amounts.platform_fee.value++; },
      [](bill_row& b) { b.amounts.partner_share.value++; },
  };
  std::set<digest256> seen;
  for (const auto& change : edits) {
    auto row = bill();
    change(row);
    CHECK(seen.insert(chain_after({}, row)).second);
    CHECK(seen.insert(chain_after(chain_after({}, bill()), row)).second);
  }
}

TEST_CASE("the key of a message's content") {
  // Goal: every part of the content counts, and no two run together. Method: change each one, and
  // move an octet from one field to the next.
  start_crypto();
  const auto key = [](std::int64_t op, std::string_view from, std::string_view to, int coding,
                      std::string_view raw, std::string_view reference) {
    return content_key({op}, from, to, static_cast<std::uint8_t>(coding), as_bytes(raw), reference);
  };
  CHECK(key(1, "79", "1234", 0, "BILL", "") == key(1, "79", "1234", 0, "BILL", ""));
  const std::set<digest128> all{
      key(1, "79", "1234", 0, "BILL", ""),  key(2, "79", "1234", 0, "BILL", ""),
      key(1, "78", "1234", 0, "BILL", ""),  key(1, "79", "1235", 0, "BILL", ""),
      key(1, "79", "1234", 8, "BILL", ""),  key(1, "79", "1234", 0, "BILM", ""),
      key(1, "79", "1234", 0, "BILL", "1"), key(1, "791", "234", 0, "BILL", ""),
      key(1, "79", "1234B", 0, "ILL", ""),  key(1, "79", "1234", 0, "BIL", "L")};
  CHECK(all.size() == 10);
}

TEST_CASE("empty changes") {
  changes none;
  CHECK(none.empty());
  none.head = chain_head{};
  CHECK_FALSE(none.empty());
  changes facts;
  facts.erased_facts.push_back({});
  CHECK_FALSE(facts.empty());
}
