#include "farebox/service/lock.hpp"

#include "service/lock/code_fact.hpp"
#include "unit/service/world.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <stdexcept>

using namespace farebox;
using namespace farebox::services;
using lock::code_state;
using service_test::fact_map;
using service_test::order_world;

namespace {

order_world lock_world(settings_list settings, charged when = charged::on_mo) {
  start_crypto();
  order_world world("lock", std::move(settings));
  world.price.when = when;
  REQUIRE(parse_settings(world.sold).has_value());
  return world;
}

decision order_code(const order_world& world, fact_map& facts, std::uint8_t seed = 1) {
  auto entropy = world.entropy_of(seed);
  auto decided = find_kind("lock")->decide(world.order(), entropy, facts);
  facts.take(decided.facts);
  return decided;
}

std::string code_in(const decision& decided) {
  const auto code = lock::normalise_code(std::string_view(decided.reply).substr(6)); // "Code: "
  REQUIRE(code.has_value());
  return *code;
}

// What a partner's page does.
lock::code_check check(const order_world& world, fact_map& facts, std::string_view code,
                       utc_time now, bool use_up) {
  const auto key = lock::code_key(world.sold.id, code);
  const auto checked = lock::check_code(facts.find(key), now, use_up);
  REQUIRE(checked.has_value());
  if (checked->changed) facts.rows[key].value = *checked->changed;
  return *checked;
}

void settle(const order_world& world, fact_map& facts, settled how, utc_time now) {
  const auto* kind = find_kind("lock");
  std::vector<fact_key> wanted;
  kind->settle_needs(world.sold.id, world.message.id, wanted);
  CHECK(wanted.size() == 1);
  facts.take(kind->settle(world.sold.id, world.message.id, how, now, facts));
}

} // namespace

TEST_CASE("the alphabet of codes") {
  // Goal: at least 60 random bits, no two characters that look alike, and folding that is
  // unambiguous. Method: counting.
  CHECK(lock::random_characters * std::log2(double(lock::alphabet.size())) >= 60.0);
  for (const std::string_view group : {"0OQ", "1IL", "2Z", "5S", "6G", "8B", "VU"}) {
    CAPTURE(group);
    int present = 0;
    for (const char c : group) present += lock::alphabet.find(c) != lock::alphabet.npos;
    CHECK(present <= 1);
  }
  CHECK(std::set<char>(lock::alphabet.begin(), lock::alphabet.end()).size() ==
        lock::alphabet.size());
}

TEST_CASE("what a subscriber may type for a code") {
  // Goal: case, gaps and look-alikes are forgiven, nothing else. Method: typed; stored form last.
  struct row {
    std::string_view typed, wanted;
  };
  const row rows[] = {
      {"7D4FK-M9QA8-TPXWC", "7D4FKM9QA8TPXWC"},
      {"7d4fkm9qa8tpxwc", "7D4FKM9QA8TPXWC"},
      {"  7d4fk m9qa8\ttpxwc\r\n", "7D4FKM9QA8TPXWC"},
      {"7D4F-KM9Q-A8TP-XWC", "7D4FKM9QA8TPXWC"},
      {"7D4FK\u2013M9QA8\u00A0TPXWC", "7D4FKM9QA8TPXWC"},
      {"ZSGBUZSGBUZSGBU", "2568V2568V2568V"},
      {"zsgbuzsgbuzsgbu", "2568V2568V2568V"},
      {"АВСЕНКМРТХУ2222", "A8CEHKMPTXY2222"}, // Cyrillic
      {"авсенкмртху2222", "A8CEHKMPTXY2222"},
      {"7D4FKM9QA8TPXW", ""},   // one less
      {"7D4FKM9QA8TPXWC2", ""}, // one more
      {"0D4FKM9QA8TPXWC", ""},
      {"7D4FKM9QA8TPXWI", ""},
      {"7D4FKM9QA8TPXW*", ""},
      {"7D4FKM9QA8TPXWЖ", ""},
      {"7D4FKM9QA8TPXW\xD0", ""},
      {"", ""},
      {"---------------", ""},
  };
  for (const auto& [typed, wanted] : rows) {
    CAPTURE(typed);
    CHECK(lock::normalise_code(typed).value_or("") == wanted);
  }
  CHECK(lock::show_code("7D4FKM9QA8TPXWC") == "7D4FK-M9QA8-TPXWC");
}

TEST_CASE("minting") {
  // Goal: codes of the alphabet, the day in front, none twice, each the same when run again.
  // Method: 10,000 of one seed, and the days around the end of their cycle.
  start_crypto();
  const utc_time now = utc_time{} + hours(24 * 20'000);
  auto random = order_world::entropy_of(1);
  std::set<std::string> minted;
  for (int i = 0; i < 10'000; ++i) {
    const auto code = lock::mint_code(now, random);
    CHECK(lock::normalise_code(code) == code);
    CHECK(lock::normalise_code(lock::show_code(code)) == code);
    CHECK(code.starts_with("K8")); // 20,000 modulo 676 is 15 * 26 + 6
    minted.insert(code);
  }
  CHECK(minted.size() == 10'000);
  auto again = order_world::entropy_of(1);
  CHECK(minted.contains(lock::mint_code(now, again)));
  const auto day = [&](int n) {
    auto fixed = order_world::entropy_of(1);
    return lock::mint_code(utc_time{} + hours(24 * n), fixed);
  };
  CHECK(day(0).substr(0, 2) == "22");
  CHECK(day(1).substr(0, 2) == "23");
  CHECK(day(675).substr(0, 2) == "YY");
  CHECK(day(676) == day(0));
  CHECK(day(-1) == day(675));
}

TEST_CASE("a code paid for by the message") {
  // Goal: valid at once, for a time, a number of uses, or both; looking changes nothing. Method:
  // settings, then checks in order: minutes since the order, use it up or not; state, uses left.
  struct step {
    int minute;
    bool use_up;
    code_state state;
    std::int64_t uses_left; // -1: not limited
  };
  struct row {
    settings_list settings;
    std::vector<step> steps;
  };
  const row rows[] = {
      {{{"minutes", "60"}},
       {{0, false, code_state::valid, -1}, {0, true, code_state::valid, -1},
        {59, true, code_state::valid, -1}, {60, true, code_state::expired, -1},
        {61, false, code_state::expired, -1}}},
      {{{"uses", "2"}},
       {{0, false, code_state::valid, 2}, {1, true, code_state::valid, 1},
        {2, false, code_state::valid, 1}, {999'999, true, code_state::valid, 0},
        {999'999, false, code_state::used_up, 0}, {999'999, true, code_state::used_up, 0}}},
      {{{"minutes", "60"}, {"uses", "1"}},
       {{0, false, code_state::valid, 1}, {1, true, code_state::valid, 0},
        {2, true, code_state::used_up, 0}, {60, false, code_state::expired, 0}}},
      {{{"minutes", "60"}, {"uses", "1"}}, {{60, true, code_state::expired, 1}}},
  };
  for (const auto& [settings, steps] : rows) {
    const auto world = lock_world(settings);
    fact_map facts;
    const auto code = code_in(order_code(world, facts));
    CHECK(facts.rows.size() == 1);
    for (const auto& [minute, use_up, state, uses_left] : steps) {
      CAPTURE(minute);
      const auto got = check(world, facts, code, world.now + minutes(minute), use_up);
      CHECK(lock::name_of(got.state) == lock::name_of(state));
      CHECK(got.uses_left.value_or(-1) == uses_left);
      CHECK(got.message == world.message.id);
      CHECK(got.changed.has_value() == (use_up && state == code_state::valid && uses_left >= 0));
    }
  }
}

TEST_CASE("a code that nobody minted") {
  const auto got = lock::check_code(nullptr, utc_time{}, true);
  CHECK(got->state == code_state::unknown);
  CHECK_FALSE(got->changed.has_value());
  CHECK_FALSE(got->uses_left.has_value());
}

TEST_CASE("a code paid for by its reply") {
  // Goal: valid only once the charge posts; its time runs from then; never valid if the charge is
  // void; settling twice changes nothing. Method: order, check, settle, check.
  const auto world = lock_world({{"minutes", "60"}, {"uses", "1"}}, charged::on_mt);
  fact_map facts;
  const auto code = code_in(order_code(world, facts));
  CHECK(facts.rows.size() == 2);
  const auto posted_at = world.now + minutes(600);

  CHECK(check(world, facts, code, world.now, true).state == code_state::not_yet_paid);
  CHECK_FALSE(check(world, facts, code, world.now, true).expires_at.has_value());
  CHECK(check(world, facts, code, posted_at, true).state == code_state::not_yet_paid);

  auto voided = facts;
  settle(world, voided, settled::voided, posted_at);
  CHECK(check(world, voided, code, posted_at, true).state == code_state::not_paid);
  CHECK(voided.rows.size() == 1); // the code stays known, and is never issued again
  settle(world, voided, settled::posted, posted_at);
  CHECK(check(world, voided, code, posted_at, true).state == code_state::not_paid);

  settle(world, facts, settled::posted, posted_at);
  CHECK(check(world, facts, code, posted_at, false).expires_at == posted_at + minutes(60));
  CHECK(check(world, facts, code, posted_at + minutes(59), true).state == code_state::valid);
  settle(world, facts, settled::posted, posted_at + minutes(1));
  CHECK(check(world, facts, code, posted_at + minutes(59), true).state == code_state::used_up);
}

TEST_CASE("a code is never issued twice") {
  // Goal: what needs() asks for is what decide() looks at, and a code that is taken is passed over.
  // Method: the same entropy again, with the first code taken, then both.
  const auto world = lock_world({{"uses", "1"}});
  fact_map facts;
  const auto first = code_in(order_code(world, facts));
  const auto second = code_in(order_code(world, facts));
  CHECK(first != second);
  auto entropy = world.entropy_of(1);
  std::vector<fact_key> wanted;
  find_kind("lock")->needs(world.order(), entropy, wanted);
  CHECK(wanted == std::vector<fact_key>{lock::code_key(world.sold.id, first),
                                        lock::code_key(world.sold.id, second)});
  CHECK_THROWS_AS(order_code(world, facts), std::logic_error);
  fact_map other;
  CHECK(code_in(order_code(world, other, 2)) != first);
  auto elsewhere = world;
  elsewhere.sold.id = {32}; // another service has codes of its own
  CHECK(code_in(order_code(elsewhere, facts)) == first);
}

TEST_CASE("the reply carries the code and the template") {
  const auto world = lock_world({{"uses", "1"}, {"text", "{code} costs {price} {currency}"}});
  fact_map facts;
  const auto reply = order_code(world, facts).reply;
  CHECK(reply.substr(17) == " costs 1.50 EUR");
  CHECK(facts.find(lock::code_key(world.sold.id, *lock::normalise_code(reply.substr(0, 17)))));
}

TEST_CASE("what is stored of a code") {
  // Goal: every field survives; any other length, version or state is refused. Method: encode,
  // decode, one octet more, one less, in exactly sized buffers.
  const lock::code_fact facts[] = {
      {},
      {lock::paid::not_yet, {4711}, 60, std::nullopt, 3},
      {lock::paid::never, {1LL << 40}, std::nullopt, std::nullopt, 0},
      {lock::paid::yes, {1}, 60, utc_time{} + hours(5), std::nullopt},
      {lock::paid::yes, {1}, 5'270'400, utc_time{} - hours(5), 1'000'000},
  };
  for (const auto& fact : facts) {
    const auto value = lock::encode(fact);
    CHECK(value.size() == 26);
    const auto read = lock::decode(value);
    REQUIRE(read.has_value());
    CHECK(*read == fact);
    for (std::size_t size = 0; size < value.size(); ++size) {
      const bytes cut(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(lock::decode(cut).has_value());
    }
    auto longer = value;
    longer.push_back(0);
    CHECK_FALSE(lock::decode(longer).has_value());
  }
  auto value = lock::encode({});
  value[0] = 2;
  CHECK(lock::decode(value).error().kind == failure_kind::corrupt);
  value[0] = 1;
  value[1] = 3;
  fact_row row;
  row.value = value;
  CHECK(lock::check_code(&row, utc_time{}, true).error().kind == failure_kind::corrupt);
}
