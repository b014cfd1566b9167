#include "farebox/base/digest.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <unordered_set>

using namespace farebox;

TEST_CASE("hashes") {
  // Goal: BLAKE2b in the sizes that are stored for ever. Method: digests computed by Python's
  // hashlib.
  start_crypto();
  start_crypto(); // twice does no harm
  CHECK(to_hex(hash128(as_bytes("abc")).octets) == "cf4ab791c62b8d2b2109c90275287816");
  CHECK(to_hex(hash256(as_bytes("abc")).octets) ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  CHECK(to_hex(hash256({}).octets) ==
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(to_hex(hash256(as_bytes("abc"), as_bytes("key of sixteen o")).octets) ==
        "a3385b51bdc6b1c8c9e5e9885ab7ca078b2d814ccf9eff7ee34da6b10d39a01e");
  CHECK(std::unordered_set<digest128>{hash128(as_bytes("a")), hash128(as_bytes("b"))}.size() == 2);
}

TEST_CASE("comparison in constant time") {
  CHECK(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abcd")));
  CHECK(equal_in_constant_time({}, {}));
}

TEST_CASE("entropy") {
  // Goal: one seed, one stream, across blocks; another seed, another stream. Method: the first
  // values, computed by Python's hashlib.
  start_crypto();
  entropy stream{digest256{}};
  CHECK(stream.next() == 13922786690188167679u);
  CHECK(stream.next() == 10226794690110024112u);
  CHECK(stream.next() == 2280866489603937175u);
  for (int i = 3; i < 8; ++i) stream.next();
  CHECK(stream.next() == 15062989157226635003u); // the second block
  digest256 other;
  other.octets[31] = 1;
  CHECK(entropy(other).next() != entropy(digest256{}).next());
}

TEST_CASE("numbers below a limit") {
  // Goal: in range, and each as likely as the next. Method: 26,000 draws out of 26; a deviation of
  // six standard deviations would be one in a thousand million.
  start_crypto();
  entropy stream{digest256{}};
  std::array<int, 26> drawn{};
  for (int i = 0; i < 26'000; ++i) ++drawn.at(stream.below(drawn.size()));
  for (const int count : drawn) CHECK(std::abs(count - 1'000) < 6 * 32);
  for (int i = 0; i < 100; ++i) CHECK(stream.below(1) == 0);
  std::set<bool> halves; // a limit above half of the range, where values are thrown away
  const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
  for (int i = 0; i < 100; ++i) {
    const auto value = stream.below(large);
    CHECK(value < large);
    halves.insert(value > large / 2);
  }
  CHECK(halves.size() == 2);
  CHECK_THROWS_AS(stream.below(0), std::logic_error);
}
