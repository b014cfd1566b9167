#include "farebox/billing/split.hpp"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>
#include <string>

using namespace farebox;
using namespace farebox::billing;

namespace {

tariff tariff_of(std::int64_t vat, std::int64_t share, share_base base) {
  tariff row;
  row.id = {4};
  row.price = {1'000'000};
  row.vat = {vat};
  row.operator_share = {share};
  row.operator_base = base;
  return row;
}

terms terms_of(std::int64_t fee, share_base base) {
  terms row;
  row.id = {9};
  row.platform_fee = {fee};
  row.fee_base = base;
  return row;
}

constexpr auto on_gross = share_base::gross;
constexpr auto on_net = share_base::net;

} // namespace

TEST_CASE("known splits") {
  // Goal: the formulas and their rounding. Method: figures worked out by hand; the four parts last.
  struct row {
    std::int64_t gross, vat_rate, operator_rate;
    share_base operator_base;
    std::int64_t fee_rate; // -1: no terms
    share_base fee_base;
    std::int64_t vat, operator_share, platform_fee, partner_share;
  };
  const row rows[] = {
      {0, 200'000, 500'000, on_net, 10'000, on_gross, 0, 0, 0, 0},
      // 1.20 with 20 % VAT: 0.20; half of 1.00; 1 % of 1.20
      {1'200'000, 200'000, 500'000, on_net, 10'000, on_gross, 200'000, 500'000, 12'000, 488'000},
      {1'200'000, 200'000, 500'000, on_gross, 10'000, on_gross, 200'000, 600'000, 12'000, 388'000},
      {1'200'000, 200'000, 500'000, on_gross, 10'000, on_net, 200'000, 600'000, 10'000, 390'000},
      {1'200'000, 200'000, 500'000, on_net, -1, on_net, 200'000, 500'000, 0, 500'000},
      {1'200'000, 0, 0, on_net, 0, on_gross, 0, 0, 0, 1'200'000},
      // 100.00 with 18 %: 15.254237(288); net 84.745763; 45 % of it 38.135593(35); 0.9 % of gross
      {100'000'000, 180'000, 450'000, on_net, 9'000, on_gross, 15'254'237, 38'135'593, 900'000,
       45'710'170},
      // halves go up: 0.010001 * 50 % = 0.0050005
      {10'001, 0, 500'000, on_gross, 0, on_gross, 0, 5'001, 0, 5'000},
      {10'001, 0, 250'000, on_gross, 250'000, on_gross, 0, 2'500, 2'500, 5'001},
      {10'002, 0, 250'000, on_gross, 250'000, on_gross, 0, 2'501, 2'501, 5'000},
      // just below and just above a half: 10'000 / 3 and 20'000 / 3
      {10'000, 500'000, 0, on_net, 0, on_net, 3'333, 0, 0, 6'667},
      {20'000, 500'000, 0, on_net, 0, on_net, 6'667, 0, 0, 13'333},
      // 128 bits: the largest gross
      {gross_max.value, 200'000, 500'000, on_net, 10'000, on_gross, 42'500'000'000'000,
       106'250'000'000'000, 2'550'000'000'000, 103'700'000'000'000},
  };
  for (const auto& r : rows) {
    CAPTURE(r.gross);
    const auto price = tariff_of(r.vat_rate, r.operator_rate, r.operator_base);
    const auto contract = terms_of(r.fee_rate, r.fee_base);
    const auto got = split_of({r.gross}, price, r.fee_rate < 0 ? nullptr : &contract);
    const split wanted{{r.gross}, {r.vat}, {r.operator_share}, {r.platform_fee}, {r.partner_share}};
    CHECK(got.vat.value == wanted.vat.value);
    CHECK(got.operator_share.value == wanted.operator_share.value);
    CHECK(got.platform_fee.value == wanted.platform_fee.value);
    CHECK(got.partner_share.value == wanted.partner_share.value);
    CHECK(got == wanted);
  }
}

TEST_CASE("gross out of range") {
  const auto price = tariff_of(200'000, 500'000, on_net);
  CHECK_THROWS_AS(split_of({-1}, price, nullptr), std::logic_error);
  CHECK_THROWS_AS(split_of({1}, price, nullptr), std::logic_error);
  CHECK_THROWS_AS(split_of({gross_min.value - 1}, price, nullptr), std::logic_error);
  CHECK_NOTHROW(split_of({0}, price, nullptr));
  CHECK_NOTHROW(split_of(gross_min, price, nullptr));
  CHECK_NOTHROW(split_of(gross_max, price, nullptr));
  CHECK_THROWS_AS(split_of({gross_max.value + 1}, price, nullptr), std::logic_error);
}

TEST_CASE("tariffs that are refused") {
  // Goal: each limit on both sides. Method: one tariff a row; a piece of the error last.
  struct row {
    std::int64_t price, vat, share;
    share_base base;
    std::string_view wanted;
  };
  const row rows[] = {
      {1'000'000, 200'000, 500'000, on_net, ""},
      {0, 200'000, 500'000, on_net, ""},
      {-1, 200'000, 500'000, on_net, "price -0.000001 is neither 0 nor from 0.01 to 1000000.00"},
      {9'999, 0, 0, on_net, "price 0.009999"},
      {10'000, 0, 0, on_net, ""},
      {price_max.value, 0, 0, on_net, ""},
      {price_max.value + 1, 0, 0, on_net, "price 1000000.000001"},
      {1'000'000, -1, 0, on_net, "VAT -0.0001% is not from 0% to 100%"},
      {1'000'000, 1'000'000, 0, on_net, ""},
      {1'000'000, 1'000'001, 0, on_net, "VAT 100.0001%"},
      {1'000'000, 0, -1, on_net, "operator share -0.0001%"},
      {1'000'000, 0, 1'000'001, on_net, "operator share 100.0001%"},
      {1'000'000, 0, 1'000'000, on_net, "leave less than 0.015% of the price"},
      {1'000'000, 0, 999'850, on_net, ""},
      {1'000'000, 0, 999'851, on_net, "leave less than"},
      {1'000'000, 250'000, 799'850, on_gross, ""}, // VAT is a fifth of the gross
      {1'000'000, 250'000, 799'851, on_gross, "VAT 25% and operator share 79.9851% leave less"},
  };
  for (const auto& [price, vat, share, base, wanted] : rows) {
    auto tested = tariff_of(vat, share, base);
    tested.price = {price};
    const auto checked = check_tariff(tested);
    const auto error = checked ? std::string() : checked.error().detail;
    CAPTURE(error);
    CHECK(checked.has_value() == wanted.empty());
    CHECK(error.find(wanted) != error.npos);
  }
}

TEST_CASE("terms that are refused") {
  // Goal: the condition of check_terms to the last millionth, on every base. Method: the largest
  // fee that passes and the next; the piece of the error last.
  struct row {
    std::int64_t vat, share;
    share_base operator_base;
    std::int64_t fee;
    share_base fee_base;
    std::string_view wanted;
  };
  const row rows[] = {
      {0, 500'000, on_gross, 499'850, on_gross, ""},
      {0, 500'000, on_gross, 499'851, on_gross, "leave the partner less than 0.015% of the price"},
      {0, 500'000, on_gross, -1, on_gross, "platform fee -0.0001% is not from 0% to 100%"},
      {0, 0, on_gross, 1'000'001, on_gross, "platform fee 100.0001%"},
      // v = 1/5: net bases count four fifths
      {250'000, 500'000, on_net, 399'850, on_gross, ""},
      {250'000, 500'000, on_net, 399'851, on_gross, "leave the partner less"},
      {250'000, 500'000, on_net, 499'812, on_net, ""}, // 0.8 - 0.4 - 0.8 * f >= 0.00015
      {250'000, 500'000, on_net, 499'813, on_net, "leave the partner less"},
      {250'000, 500'000, on_gross, 299'850, on_gross, ""},
      {250'000, 500'000, on_gross, 299'851, on_gross, "leave the partner less"},
      {250'000, 500'000, on_gross, 374'812, on_net, ""},
      {250'000, 500'000, on_gross, 374'813, on_net, "leave the partner less"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.fee);
    const auto checked =
        check_terms(tariff_of(r.vat, r.share, r.operator_base), terms_of(r.fee, r.fee_base));
    const auto error = checked ? std::string() : checked.error().detail;
    CAPTURE(error);
    CHECK(checked.has_value() == r.wanted.empty());
    CHECK(error.find(r.wanted) != error.npos);
  }
}

TEST_CASE("every tariff and every terms are checked together") {
  catalogue_parts parts;
  parts.tariffs = {tariff_of(0, 100'000, on_gross), tariff_of(0, 600'000, on_gross)};
  parts.tariffs[1].id = {5};
  parts.terms_versions = {terms_of(10'000, on_gross), terms_of(450'000, on_gross)};
  parts.terms_versions[1].id = {10};
  const auto checked = check_prices(catalogue(parts));
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().detail.starts_with("terms 10: with tariff 5,"));
  parts.terms_versions.pop_back();
  CHECK(check_prices(catalogue(parts)).has_value());
  parts.tariffs[0].price = {1};
  CHECK(check_prices(catalogue(parts)).error().detail.starts_with("tariff 4: price"));
}

TEST_CASE("parts of any accepted tariff") {
  // Goal: the parts add up to the last unit, none is negative, and the partner's share grows with
  // the gross but for 3 units of rounding. Method: 200,000 seeded tariffs, many at the very edge of
  // what check_terms takes, with gross amounts from the least on.
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  const auto base = [&] { return below(2) ? on_gross : on_net; };
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto price = tariff_of(below(4) ? below(300'000) : below(rate_one + 1),
                                 below(rate_one + 1), base());
    auto contract = terms_of(below(rate_one + 1), base());
    if (i % 2) // the largest fee that is taken: down from a random one by halves
      for (auto step = rate_one; step > 0; step /= 2) {
        auto more = contract;
        more.platform_fee.millionths += check_terms(price, contract) ? step : -step;
        if (more.platform_fee.millionths >= 0 && more.platform_fee.millionths <= rate_one)
          contract = more;
      }
    if (!check_tariff(price) || !check_terms(price, contract)) continue;
    ++taken;
    const auto gross = millionths{gross_min.value + (i % 3 ? below(300) : below(5'000'000'000))};
    const auto got = split_of(gross, price, &contract);
    CHECK(got.vat + got.operator_share + got.platform_fee + got.partner_share == gross);
    CHECK(std::min({got.vat, got.operator_share, got.platform_fee, got.partner_share}).value >= 0);
    const auto next = split_of({gross.value + 1 + below(1'000)}, price, &contract);
    CHECK(next.partner_share.value >= got.partner_share.value - 3);
    const auto unsettled = split_of(gross, price, nullptr);
    CHECK(unsettled.platform_fee.value == 0);
    CHECK(unsettled.partner_share == got.partner_share + got.platform_fee);
  }
  CHECK(taken > 50'000);
}

TEST_CASE("what the operator owes") {
  // Goal: VAT stays with whom the tariff says. Method: one split, both remitters.
  auto price = tariff_of(200'000, 500'000, on_net);
  const auto amounts = split_of({1'200'000}, price, nullptr);
  CHECK(operator_owes(amounts, price) == millionths{500'000});
  price.vat_remitter = remitter::by_platform;
  CHECK(operator_owes(amounts, price) == millionths{700'000});
}
