// From a command id to its struct.
#pragma once

#include "farebox/smpp/pdu.hpp"

#include <type_traits>
#include <variant>

namespace farebox::smpp {

template <class Body>
inline constexpr bool is_known = !std::is_same_v<Body, unknown_pdu>;

// Calls f(std::type_identity<Body>{}) for the struct of this command; false if 3.4 has none. The
// compiler makes a switch of it.
template <class F>
bool with_body_type(command_id id, F&& f) {
  const auto try_one = [&]<class Body>(std::type_identity<Body> type) {
    if constexpr (is_known<Body>) {
      if (Body::id == id) return f(type), true;
    }
    return false;
  };
  return [&]<class... Bodies>(std::type_identity<std::variant<Bodies...>>) {
    return (try_one(std::type_identity<Bodies>{}) || ...);
  }(std::type_identity<pdu_body>{});
}

} // namespace farebox::smpp
