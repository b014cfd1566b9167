#include "farebox/base/mask.hpp"

#include <algorithm>

namespace farebox {

std::string mask_msisdn(std::string_view address) {
  const std::size_t plus = address.starts_with('+') ? 1 : 0;
  const auto digits = address.substr(plus);
  // "7912-123-43-45" is a number too; "Bank24" is a name.
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto count = std::count_if(digits.begin(), digits.end(), is_digit);
  const bool number = count >= 5 || (!digits.empty() && std::size_t(count) == digits.size());
  std::string masked(address);
  if (!number) return masked;
  const std::size_t head = digits.size() < 9 ? std::min<std::size_t>(2, digits.size() / 2) : 4;
  const std::size_t tail = digits.size() < 9 ? 0 : 3;
  for (std::size_t i = plus + head; i < masked.size() - tail; ++i) masked[i] = 'x';
  return masked;
}

} // namespace farebox
