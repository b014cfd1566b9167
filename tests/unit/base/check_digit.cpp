#include "farebox/base/check_digit.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace farebox;

TEST_CASE("known check digits") {
  // Goal: Damm's table as published (572 has 4). Method: digits; check digit last, - for none.
  struct row {
    std::string_view digits;
    char wanted;
  };
  const row rows[] = {{"572", '4'}, {"0", '0'},  {"10472", '3'}, {"20000", '2'}, {"99999", '9'},
                      {"", '-'},    {"5x", '-'}, {" 5", '-'},    {"-5", '-'}};
  for (const auto& [digits, wanted] : rows) {
    CAPTURE(digits);
    CHECK(damm_check_digit(digits).value_or('-') == wanted);
    if (wanted != '-') CHECK(damm_is_valid(std::string(digits) + wanted));
  }
  for (const std::string_view wrong : {"", "0", "5723", "572", "572 4", "572x"})
    CHECK_FALSE(damm_is_valid(wrong));
}

TEST_CASE("every wrong digit and every swap is found") {
  // Goal: what a check digit is for. Method: every 7th number of five digits; each of its digits
  // replaced by each other one, each pair of neighbours swapped.
  for (int number = 10'000; number < 100'000; number += 7) {
    auto id = std::to_string(number);
    id.push_back(*damm_check_digit(id));
    REQUIRE(damm_is_valid(id));
    for (std::size_t i = 0; i < id.size(); ++i) {
      auto wrong = id;
      for (char digit = '0'; digit <= '9'; ++digit) {
        wrong[i] = digit;
        REQUIRE(damm_is_valid(wrong) == (wrong == id));
      }
      if (i == 0 || id[i] == id[i - 1]) continue;
      wrong = id;
      std::swap(wrong[i], wrong[i - 1]);
      REQUIRE_FALSE(damm_is_valid(wrong));
    }
  }
}
