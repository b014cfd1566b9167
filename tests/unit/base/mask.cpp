#include "farebox/base/mask.hpp"

#include <doctest/doctest.h>

using namespace farebox;

TEST_CASE("masked numbers") {
  // Goal: enough to recognise, too little to call. Method: address; masked last.
  struct row {
    std::string_view address, wanted;
  };
  const row rows[] = {{"79121234345", "7912xxxx345"},
                      {"+79121234345", "+7912xxxx345"},
                      {"123456789", "1234xx789"},
                      {"12345678", "12xxxxxx"},
                      {"1234", "12xx"},
                      {"123", "1xx"},
                      {"12", "1x"},
                      {"1", "x"},
                      {"", ""},
                      {"+", "+"},
                      {"SHOP", "SHOP"},
                      {"7912abc4345", "7912xxxx345"},
                      {"7912-123-43-45", "7912xxxxxxx-45"},
                      {"Bank24", "Bank24"},
                      {"441234567890123", "4412xxxxxxxx123"}};
  for (const auto& [address, wanted] : rows) CHECK(mask_msisdn(address) == wanted);
}
