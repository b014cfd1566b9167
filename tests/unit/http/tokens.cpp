// Goal: a token opens its partner's door and no other; a ticket is answered exactly once. Method:
// tables over the directory and the desk, with times as numbers.
#include "farebox/http/ports.hpp"
#include "farebox/http/tokens.hpp"

#include <doctest/doctest.h>

using namespace farebox;
using namespace farebox::http;

TEST_CASE("the token's text and its digest") {
  digest256 random;
  random.octets.fill(0xA5);
  const auto token = token_text(random);
  CHECK(token.starts_with("fbx_a5a5"));
  CHECK(token.size() == 68);
  CHECK(token_digest(token) != token_digest(token + " "));
  CHECK(token_digest(token) == hash256(as_bytes(token)));
}

TEST_CASE("digests that begin alike are told apart to the last octet") {
  // Method: digests that share the prefix by which places are found, differing in one octet each.
  token_directory tokens;
  for (std::uint8_t i = 8; i < 32; ++i) {
    token_row row;
    row.id = {i};
    row.partner = {i};
    row.digest.octets[i] = 1;
    tokens.put(row);
  }
  for (std::uint8_t i = 8; i < 32; ++i) {
    digest256 asked;
    asked.octets[i] = 1;
    CHECK(tokens.find(asked) == partner_id{i});
    asked.octets[i] = 2;
    CHECK_FALSE(tokens.find(asked).has_value());
  }
  CHECK_FALSE(tokens.find(digest256{}).has_value());
}

TEST_CASE("a revoked token opens nothing, and is still listed") {
  token_directory tokens;
  token_row row;
  row.id = {1};
  row.partner = {7};
  tokens.put(row);
  CHECK(tokens.find(row.digest) == partner_id{7});
  row.revoked = true;
  tokens.put(row);
  CHECK_FALSE(tokens.find(row.digest).has_value());
  REQUIRE(tokens.of({7}).size() == 1);
  CHECK(tokens.of({7})[0].revoked);
  CHECK(tokens.of({8}).empty());
}

TEST_CASE("tickets: settled once, withdrawn, unknown, too many, too late") {
  ticket_desk desk;
  int answers = 0, failures = 0;
  const auto count = [&](const result<effect>& outcome) { ++(outcome ? answers : failures); };
  const steady_time start{};

  const auto first = desk.issue(count, start);
  CHECK(first != 0);
  desk.settle(first, effect{farebox::alarm{}});
  desk.settle(first, effect{farebox::alarm{}});
  desk.settle(999, effect{farebox::alarm{}});
  CHECK(answers == 1);

  const auto second = desk.issue(count, start);
  desk.withdraw(second);
  desk.settle(second, effect{farebox::alarm{}});
  CHECK(answers == 1);
  CHECK(desk.waiting() == 0);

  for (std::size_t i = 0; i < limits::tickets_max; ++i) CHECK(desk.issue(count, start) != 0);
  CHECK(desk.issue(count, start) == 0);
  CHECK(desk.issue(count, start + limits::answer_timeout) != 0);
  CHECK(failures == limits::tickets_max);
  CHECK(desk.waiting() == 1);
}
