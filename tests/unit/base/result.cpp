#include "farebox/base/result.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

using namespace farebox;

TEST_CASE("failures") {
  // Goal: kinds have names of their own; a failure that nobody looked at becomes an exception with
  // its detail; a broken invariant throws. Method: one of each.
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(failure_kind::fatal); ++i)
    CHECK(names.insert(name_of(static_cast<failure_kind>(i))).second);
  CHECK(invalid("a").kind == failure_kind::invalid);
  CHECK(not_found("a").kind == failure_kind::not_found);
  CHECK(conflict("a").kind == failure_kind::conflict);
  CHECK(unavailable("a").kind == failure_kind::unavailable);
  const result<int> wrong = invalid("no number");
  CHECK(wrong.error().detail == "no number");
  CHECK_THROWS_WITH_AS(wrong.value(), "invalid: no number", std::runtime_error);
  CHECK_NOTHROW(ensure(true, "x"));
  CHECK_THROWS_WITH_AS(ensure(false, "x"), "broken invariant: x", std::logic_error);
}
