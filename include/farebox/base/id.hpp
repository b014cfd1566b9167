// Numbers that name things. Two kinds of id do not mix, and 0 means "none".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace farebox {

template <class Tag>
struct id {
  std::int64_t value = 0;

  friend constexpr auto operator<=>(const id&, const id&) = default;
  constexpr explicit operator bool() const { return value != 0; }
};

using operator_id = id<struct operator_tag>;
using short_code_id = id<struct short_code_tag>;
using partner_id = id<struct partner_tag>; // the six digits themselves, check digit included
using service_id = id<struct service_tag>;
using site_id = id<struct site_tag>;
using tariff_id = id<struct tariff_tag>;
using terms_id = id<struct terms_tag>;
using connection_id = id<struct connection_tag>; // one TCP connection that was bound, for ever
using message_id = id<struct message_tag>;       // one sequence for MOs, parts and replies
using bill_id = id<struct bill_tag>;             // in order of posting, without gaps
using token_id = id<struct token_tag>;

} // namespace farebox

template <class Tag>
struct std::hash<farebox::id<Tag>> {
  std::size_t operator()(const farebox::id<Tag>& key) const noexcept {
    return std::hash<std::int64_t>{}(key.value);
  }
};
