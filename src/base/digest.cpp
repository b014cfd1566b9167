#include "farebox/base/digest.hpp"

#include "farebox/base/result.hpp"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

namespace farebox {

void start_crypto() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium did not start");
}

digest128 hash128(bytes_view data) {
  digest128 digest;
  crypto_generichash(digest.octets.data(), digest.octets.size(), data.data(), data.size(), nullptr,
                     0);
  return digest;
}

digest256 hash256(bytes_view data) {
  digest256 digest;
  crypto_generichash(digest.octets.data(), digest.octets.size(), data.data(), data.size(), nullptr,
                     0);
  return digest;
}

digest256 hash256(bytes_view data, bytes_view key) {
  digest256 digest;
  crypto_generichash(digest.octets.data(), digest.octets.size(), data.data(), data.size(),
                     key.data(), key.size());
  return digest;
}

bool equal_in_constant_time(bytes_view a, bytes_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::uint64_t entropy::next() {
  if (used_ == block_.size()) {
    std::array<std::uint8_t, 8> number{};
    std::memcpy(number.data(), &counter_, sizeof counter_);
    ++counter_;
    crypto_generichash(block_.data(), block_.size(), number.data(), number.size(),
                       seed_.octets.data(), seed_.octets.size());
    used_ = 0;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, block_.data() + used_, sizeof value);
  used_ += sizeof value;
  return value;
}

std::uint64_t entropy::below(std::uint64_t limit) {
  ensure(limit > 0, "entropy: limit must be positive");
  // Values of the last, incomplete stretch are thrown away: every remainder is equally likely.
  const std::uint64_t rejected = (0 - limit) % limit;
  std::uint64_t value = next();
  while (value < rejected) value = next();
  return value % limit;
}

} // namespace farebox
