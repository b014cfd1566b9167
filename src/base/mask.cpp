#include "farebox/base/mask.hpp"

#include <algorithm>

namespace farebox {

std::string mask_msisdn(std::string_view address) {
  const std::size_t plus = address.starts_with('+') ? 1 : 0;
  const auto digits = address.substr(plus);
  const bool number = !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  std::string masked(address);
  if (!number) return masked;
  const std::size_t head = digits.size() < 9 ? std::min<std::size_t>(2, digits.size() / 2) : 4;
  const std::size_t tail = digits.size() < 9 ? 0 : 3;
  for (std::size_t i = plus + head; i < masked.size() - tail; ++i) masked[i] = 'x';
  return masked;
}

} // namespace farebox
