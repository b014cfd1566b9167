// What is stored of a code, and how codes are spelled.
//
//   +---------+-------+---------+---------+------------+---------+
//   | version | state | message | minutes | expires_at | uses    |
//   | u8 = 1  | u8    | u64     | u32     | i64 us     | u32     |
//   +---------+-------+---------+---------+------------+---------+
//   minutes, uses: all ones = not limited; expires_at: 0 = not limited, or not paid yet
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/digest.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::services::lock {

inline constexpr std::string_view alphabet = "23456789ACDEFHJKMNPQRTVWXY";
inline constexpr std::size_t day_characters = 2;
inline constexpr std::size_t random_characters = 13; // 26^13 > 2^61
inline constexpr std::size_t code_characters = day_characters + random_characters;

inline constexpr std::uint16_t codes_space = 1;
inline constexpr std::uint16_t pending_space = 2;

std::string mint_code(utc_time now, entropy& entropy);

enum class paid : std::uint8_t { yes, not_yet, never };

struct code_fact {
  paid state = paid::yes;
  message_id message;
  std::optional<std::uint32_t> minutes;
  std::optional<utc_time> expires_at;
  std::optional<std::uint32_t> uses_left;
  friend bool operator==(const code_fact&, const code_fact&) = default;
};

bytes encode(const code_fact& fact);
result<code_fact> decode(bytes_view value);

} // namespace farebox::services::lock
