#include "farebox/model/catalogue.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace farebox;

namespace {

constexpr utc_time day(int n) { return utc_time{} + hours(24 * n); }

catalogue_parts parts() {
  catalogue_parts all;
  all.operators.resize(2);
  all.operators[0].id = {1};
  all.operators[0].name = "north";
  all.operators[1].id = {2};
  all.operators[1].name = "south";
  all.short_codes.resize(2);
  all.short_codes[0].id = {10};
  all.short_codes[0].number = "1234";
  all.short_codes[1].id = {11};
  all.short_codes[1].number = "4444";
  all.partners = {{{104723}, "A", partner_state::active, ""},
                  {{200002}, "B", partner_state::suspended, "why"}};
  const auto add_service = [&](std::int64_t id, std::int64_t partner, int number) {
    service row;
    row.id = {id};
    row.partner = {partner};
    row.number = number;
    all.services.push_back(row);
  };
  add_service(1, 104723, 0);
  add_service(2, 104723, 99);
  add_service(3, 200002, 0);
  const auto add_tariff = [&](std::int64_t id, std::int64_t op, std::int64_t code, int from) {
    tariff row;
    row.id = {id};
    row.op = {op};
    row.code = {code};
    row.from = day(from);
    all.tariffs.push_back(row);
  };
  // Not in order of their dates, and two from the same moment.
  add_tariff(3, 1, 10, 20);
  add_tariff(1, 1, 10, 0);
  add_tariff(5, 1, 10, 10);
  add_tariff(4, 1, 10, 10);
  add_tariff(6, 2, 10, 0);
  all.terms_versions = {{{1}, {0}, day(0), {10'000}, share_base::gross},
                        {{2}, {0}, day(10), {9'000}, share_base::gross},
                        {{3}, {104723}, day(5), {5'000}, share_base::gross}};
  all.unknown_code_help = "help";
  return all;
}

template <class Row>
std::int64_t id_of(const Row* row) {
  return row ? row->id.value : 0;
}

} // namespace

TEST_CASE("finding rows") {
  // Goal: each index finds its rows and no others. Method: known keys and their neighbours.
  const catalogue all(parts(), 7);
  CHECK(all.generation() == 7);
  CHECK(all.unknown_code_help() == "help");
  CHECK(id_of(all.find_operator(operator_id{2})) == 2);
  CHECK(id_of(all.find_operator(operator_id{3})) == 0);
  CHECK(id_of(all.find_operator("north")) == 1);
  CHECK(id_of(all.find_operator("North")) == 0);
  CHECK(id_of(all.find_short_code("4444")) == 11);
  CHECK(id_of(all.find_short_code("444")) == 0);
  CHECK(id_of(all.find_short_code("")) == 0);
  CHECK(id_of(all.find_short_code(short_code_id{10})) == 10);
  CHECK(id_of(all.find_short_code(short_code_id{0})) == 0);
  CHECK(id_of(all.find_partner({200002})) == 200002);
  CHECK(id_of(all.find_partner({0})) == 0);
  CHECK(id_of(all.find_service({3})) == 3);
  CHECK(id_of(all.find_service({4})) == 0);
  CHECK(id_of(all.find_service({104723}, 0)) == 1);
  CHECK(id_of(all.find_service({104723}, 99)) == 2);
  CHECK(id_of(all.find_service({200002}, 0)) == 3);
  CHECK(id_of(all.find_service({200002}, 1)) == 0);
  CHECK(id_of(all.find_service({104722}, 100)) == 0); // would be the key of 104723's number 0
  CHECK(id_of(all.find_service({104724}, -1)) == 0);
  CHECK(id_of(all.find_tariff({4})) == 4);
  CHECK(id_of(all.find_tariff({2})) == 0);
}

TEST_CASE("versions by date") {
  // Goal: the latest version that is in force; the partner's own terms before the general ones.
  // Method: a moment a row, the id last.
  const catalogue all(parts());
  struct tariff_case {
    std::int64_t op, code;
    utc_time at;
    std::int64_t wanted;
  };
  const tariff_case tariffs[] = {
      {1, 10, day(0) - microseconds(1), 0},  {1, 10, day(0), 1},   {1, 10, day(9), 1},
      {1, 10, day(10) - microseconds(1), 1}, {1, 10, day(10), 5},  {1, 10, day(19), 5},
      {1, 10, day(20), 3},                   {1, 10, day(999), 3}, {2, 10, day(10), 6},
      {2, 11, day(10), 0},                   {3, 10, day(10), 0},
  };
  for (const auto& [op, code, at, wanted] : tariffs)
    CHECK(id_of(all.tariff_at({op}, {code}, at)) == wanted);
  struct terms_case {
    std::int64_t partner;
    utc_time at;
    std::int64_t wanted;
  };
  const terms_case terms_cases[] = {
      {104723, day(-1), 0}, {104723, day(4), 1}, {104723, day(5), 3}, {104723, day(50), 3},
      {200002, day(4), 1},  {200002, day(10), 2}, {0, day(10), 2},
  };
  for (const auto& [partner, at, wanted] : terms_cases)
    CHECK(id_of(all.terms_at({partner}, at)) == wanted);
}

TEST_CASE("a catalogue that contradicts itself") {
  // Goal: nothing is there twice. Method: one double a row.
  using spoil = void (*)(catalogue_parts&);
  const spoil doubles[] = {
      [](catalogue_parts& p) { p.operators[1].id = p.operators[0].id; },
      [](catalogue_parts& p) { p.short_codes[1].id = p.short_codes[0].id; },
      [](catalogue_parts& p) { p.short_codes[1].number = p.short_codes[0].number; },
      [](catalogue_parts& p) { p.partners[1].id = p.partners[0].id; },
      [](catalogue_parts& p) { p.services[1].id = p.services[0].id; },
      [](catalogue_parts& p) { p.services[1].number = p.services[0].number; },
      [](catalogue_parts& p) { p.services[0].number = 100; },
      [](catalogue_parts& p) { p.services[0].number = -1; },
      [](catalogue_parts& p) { p.tariffs[1].id = p.tariffs[0].id; },
  };
  for (const auto& change : doubles) {
    auto all = parts();
    change(all);
    CHECK_THROWS_AS(catalogue{all}, std::logic_error);
  }
}

TEST_CASE("partner IDs") {
  // Goal: six digits, the first not 0, the last the check digit. Method: texts; the ID or 0 last.
  struct row {
    std::string_view digits;
    std::int64_t wanted;
  };
  const row rows[] = {{"104723", 104723}, {"999999", 999999}, {"100009", 100009}, {"104724", 0},
                      {"10472", 0},       {"1047230", 0},     {"000000", 0},      {"012340", 0},
                      {"10472x", 0},      {"", 0},            {" 104723", 0},     {"-04723", 0}};
  for (const auto& [digits, wanted] : rows) {
    CAPTURE(digits);
    CHECK(parse_partner_id(digits).value_or(partner_id{}).value == wanted);
  }
  for (std::int64_t first = 10'000; first < 100'000; first += 7) {
    const auto id = make_partner_id(first);
    REQUIRE(id.value / 10 == first);
    REQUIRE(is_partner_id(id));
    REQUIRE_FALSE(is_partner_id({first * 10 + (id.value + 1) % 10}));
    REQUIRE(parse_partner_id(std::to_string(id.value)) == id);
  }
  CHECK_THROWS_AS(make_partner_id(9'999), std::logic_error);
  CHECK_THROWS_AS(make_partner_id(100'000), std::logic_error);
  for (const std::int64_t wrong : {-104723, 0, 4, 99'999, 1'047'230})
    CHECK_FALSE(is_partner_id({wrong}));
}

TEST_CASE("names of partner states") {
  for (const auto state : {partner_state::pending, partner_state::active, partner_state::rejected,
                           partner_state::suspended})
    CHECK(parse_partner_state(name_of(state)) == state);
  CHECK(name_of(partner_state::active) == "active");
  CHECK_FALSE(parse_partner_state("Active").has_value());
  CHECK_FALSE(parse_partner_state("").has_value());
}
