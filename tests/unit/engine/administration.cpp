// Goal: what is sold changes as a whole or not at all. Method: changes of the catalogue, each
// against a store that has the versions of the small world.

#include "small_world.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

tariff tariff_from(const char* date, std::int64_t price = 118'000'000) {
  tariff t;
  t.op = op_mo;
  t.code = short_code_id{77};
  t.unit = *parse_currency("RUB");
  t.from = *parse_iso8601(date);
  t.price = {price};
  t.vat = {180'000};
  t.operator_share = {500'000};
  return t;
}

terms terms_from(const char* date, std::int64_t fee) {
  terms t;
  t.partner = seller;
  t.from = *parse_iso8601(date);
  t.platform_fee = {fee};
  return t;
}

// Commits the change, and gives the next one a catalogue that has it.
std::optional<failure> apply(small_world& w, catalogue_change change) {
  w.run({std::move(change)});
  const auto done = w.effects<catalogue_changed>();
  REQUIRE(done.size() == 1);
  if (done[0].refused) return done[0].refused;
  catalogue_parts parts;
  auto stored = w.rows.load_catalogue();
  REQUIRE(stored.has_value());
  parts.operators.assign(w.sold->operators().begin(), w.sold->operators().end());
  parts.short_codes.assign(w.sold->short_codes().begin(), w.sold->short_codes().end());
  parts.tariffs = stored->tariffs;
  parts.terms_versions = stored->terms_versions;
  w.sold = std::make_shared<catalogue>(std::move(parts));
  return {};
}

} // namespace

TEST_CASE("versions: the same again changes nothing, others only with a later date") {
  struct row {
    const char* what;
    tariff given;
    bool taken;
    std::size_t stored;
  };
  const row table[] = {
      {"the first", tariff_from("2026-01-01"), true, 1},
      {"the same again", tariff_from("2026-01-01"), true, 1},
      {"another price from the same date", tariff_from("2026-01-01", 60'000'000), false, 1},
      {"another price later", tariff_from("2026-02-01", 60'000'000), true, 2},
      {"the first again, behind a later one", tariff_from("2026-01-01"), true, 2},
      {"one between", tariff_from("2026-01-15", 60'000'000), false, 2},
      {"charged on the reply, by part",
       [] {
         auto t = tariff_from("2026-03-01");
         t.when = charged::on_mt;
         t.per = counted_per::part;
         return t;
       }(),
       false, 2},
  };
  small_world w;
  w.sold = std::make_shared<catalogue>(catalogue_parts{});
  for (const auto& r : table) {
    CAPTURE(r.what);
    catalogue_change change;
    change.tariffs = {r.given};
    CHECK(apply(w, change).has_value() != r.taken);
    CHECK(w.rows.load_catalogue()->tariffs.size() == r.stored);
  }
}

TEST_CASE("terms that could take more than there is are refused before a row is made") {
  small_world w;
  w.sold = std::make_shared<catalogue>(catalogue_parts{});
  catalogue_change change;
  change.tariffs = {tariff_from("2026-01-01")};
  CHECK_FALSE(apply(w, change).has_value());
  change = {};
  change.terms_versions = {terms_from("2026-01-01", 900'000)};
  CHECK(apply(w, change).has_value());
  CHECK(w.rows.load_catalogue()->terms_versions.empty());
  change.terms_versions = {terms_from("2026-01-01", 10'000)};
  CHECK_FALSE(apply(w, change).has_value());
  CHECK(w.rows.load_catalogue()->terms_versions.size() == 1);
}
