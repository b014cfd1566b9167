// Reads query parameters with known names. The first error sticks, like byte_reader's.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/http/message.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::http {

class parameters {
 public:
  // A parameter that is not known, or comes twice, is an error: a typo must not widen an answer.
  parameters(const request& what, std::initializer_list<std::string_view> names);

  std::optional<std::string_view> text(std::string_view name) const;
  std::int64_t integer_or(std::string_view name, std::int64_t otherwise, std::int64_t min,
                          std::int64_t max);
  std::optional<utc_time> time(std::string_view name);
  std::optional<std::string> phone(std::string_view name); // whole, digits only
  bool flag(std::string_view name);                        // "1" or "0"; false without it

  bool ok() const { return !error_; }
  response error() const { return *error_; }
  void fail(std::string_view message, std::string_view name);

 private:
  const parameter_list& list_;
  std::optional<response> error_;
};

// Decimal digits only, no sign, no leading zero but "0" itself.
std::optional<std::int64_t> parse_number(std::string_view text);

} // namespace farebox::http
