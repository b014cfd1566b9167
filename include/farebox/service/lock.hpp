// Unlock codes: what the partner's page asks about a code that a subscriber typed.
//
// A code is 15 characters in three groups, "7D4FK-M9QA8-TPXWC". The first two say the day on which
// it was minted (modulo 676), so that new codes are stored side by side; the other 13 are random:
// 61 bits. The alphabet has one of each group of look-alikes (of 2 Z, 5 S, 6 G, 8 B, V U) and none
// of 0 O, 1 I L, so that what was misread can be folded back without guessing.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::services::lock {

enum class code_state : std::uint8_t {
  valid,
  unknown,
  expired,
  used_up,
  not_yet_paid, // charged on its reply, and the charge is not posted
  not_paid      // the charge is void: it will never be valid
};
std::string_view name_of(code_state state);

struct code_check {
  code_state state = code_state::unknown;
  std::optional<std::int64_t> uses_left; // after this use; nullopt: not limited
  std::optional<utc_time> expires_at;    // nullopt: not limited, or not paid yet
  message_id message;                    // the order that it was minted for
  std::optional<bytes> changed;          // the fact's new value, if a use was taken
};

// The form in which a code is stored: 15 characters of the alphabet, upper case. Case, spaces,
// dashes and look-alikes are forgiven, Cyrillic ones too. nullopt: it cannot be a code.
std::optional<std::string> normalise_code(std::string_view typed);

// "7D4FKM9QA8TPXWC" -> "7D4FK-M9QA8-TPXWC".
std::string show_code(std::string_view normalised);

// Where the fact of a code is kept.
fact_key code_key(service_id service, std::string_view normalised);

// `fact` is the row at code_key, or null. A code that is valid for a time is expired at the very
// end of it. `use_up` takes one use of a valid code, if its uses are limited. Fails only if the
// stored value cannot be read (corrupt).
result<code_check> check_code(const fact_row* fact, utc_time now, bool use_up);

} // namespace farebox::services::lock
