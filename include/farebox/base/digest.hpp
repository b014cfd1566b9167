// Hashes and secrets, all by libsodium (BLAKE2b, SipHash). Call start_crypto once before any other.
#pragma once

#include "farebox/base/bytes.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace farebox {

void start_crypto(); // throws std::runtime_error if libsodium cannot start

// 16 octets: the key of what was said, not of who said it. Collisions are out of reach.
struct digest128 {
  std::array<std::uint8_t, 16> octets{};
  friend auto operator<=>(const digest128&, const digest128&) = default;
};

struct digest256 {
  std::array<std::uint8_t, 32> octets{};
  friend auto operator<=>(const digest256&, const digest256&) = default;
};

digest128 hash128(bytes_view data);
digest256 hash256(bytes_view data);
digest256 hash256(bytes_view data, bytes_view key); // a keyed hash: a MAC

bool equal_in_constant_time(bytes_view a, bytes_view b);

// A stream of pseudo-random octets from one seed: a rerun of the same event gives the same codes.
class entropy {
 public:
  explicit entropy(const digest256& seed) : seed_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t limit); // uniform, limit > 0

 private:
  digest256 seed_;
  std::uint64_t counter_ = 0;
  std::array<std::uint8_t, 64> block_{};
  std::size_t used_ = 64;
};

} // namespace farebox

template <>
struct std::hash<farebox::digest128> {
  std::size_t operator()(const farebox::digest128& key) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | key.octets[i];
    return value;
  }
};
