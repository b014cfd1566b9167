// Who may send which PDU in which session state: SMPP 3.4 table 2-1 as data.
#pragma once

#include "farebox/smpp/command.hpp"

#include <cstdint>
#include <string_view>

namespace farebox::smpp {

// The two ends. The ESME is the application (usually us), the SMSC the operator's centre.
enum class session_role : std::uint8_t { esme, smsc };
constexpr session_role other(session_role role) {
  return role == session_role::esme ? session_role::smsc : session_role::esme;
}
std::string_view name_of(session_role role);

// SMPP 3.4, 2.2. Both ends name the state after what the ESME is bound as.
enum class session_state : std::uint8_t { closed, open, bound_tx, bound_rx, bound_trx };
std::string_view name_of(session_state state);
constexpr bool is_bound(session_state state) { return state >= session_state::bound_tx; }

// True if table 2-1 lets `issuer` send `id` in `state`. An id that the table does not know: false.
bool may_send(session_role issuer, command_id id, session_state state);

// A request that gets a response; outbind and alert_notification get none, a nack is no request.
bool expects_response(command_id id);

} // namespace farebox::smpp
