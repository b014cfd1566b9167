#include "farebox/smpp/operation_matrix.hpp"

#include <algorithm>
#include <array>

namespace farebox::smpp {
namespace {

enum states : unsigned {
  nowhere = 0,
  open = 1u << static_cast<unsigned>(session_state::open),
  tx = 1u << static_cast<unsigned>(session_state::bound_tx),
  rx = 1u << static_cast<unsigned>(session_state::bound_rx),
  trx = 1u << static_cast<unsigned>(session_state::bound_trx),
};

struct row {
  command_id id;
  unsigned esme; // the states in which the ESME may issue it
  unsigned smsc;
};

// In the order of the specification. It lists replace_sm under BOUND_TX alone, but its paragraph
// 2.2.4 gives a transceiver all that a transmitter may do, and 5.0 says so in its table.
constexpr std::array table{
    row{command_id::bind_transmitter, open, nowhere},
    row{command_id::bind_transmitter_resp, nowhere, open},
    row{command_id::bind_receiver, open, nowhere},
    row{command_id::bind_receiver_resp, nowhere, open},
    row{command_id::bind_transceiver, open, nowhere},
    row{command_id::bind_transceiver_resp, nowhere, open},
    row{command_id::outbind, nowhere, open},
    row{command_id::unbind, tx | rx | trx, tx | rx | trx},
    row{command_id::unbind_resp, tx | rx | trx, tx | rx | trx},
    row{command_id::submit_sm, tx | trx, nowhere},
    row{command_id::submit_sm_resp, nowhere, tx | trx},
    row{command_id::submit_multi, tx | trx, nowhere},
    row{command_id::submit_multi_resp, nowhere, tx | trx},
    row{command_id::data_sm, tx | rx | trx, tx | rx | trx},
    row{command_id::data_sm_resp, tx | rx | trx, tx | rx | trx},
    row{command_id::deliver_sm, nowhere, rx | trx},
    row{command_id::deliver_sm_resp, rx | trx, nowhere},
    row{command_id::query_sm, tx | trx, nowhere},
    row{command_id::query_sm_resp, nowhere, tx | trx},
    row{command_id::cancel_sm, tx | trx, nowhere},
    row{command_id::cancel_sm_resp, nowhere, tx | trx},
    row{command_id::replace_sm, tx | trx, nowhere},
    row{command_id::replace_sm_resp, nowhere, tx | trx},
    row{command_id::enquire_link, tx | rx | trx, tx | rx | trx},
    row{command_id::enquire_link_resp, tx | rx | trx, tx | rx | trx},
    row{command_id::alert_notification, nowhere, rx | trx},
    row{command_id::generic_nack, tx | rx | trx, tx | rx | trx},
};

} // namespace

bool may_send(session_role issuer, command_id id, session_state state) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const row& candidate) { return candidate.id == id; });
  if (found == table.end()) return false;
  const auto allowed = issuer == session_role::esme ? found->esme : found->smsc;
  return (allowed & 1u << static_cast<unsigned>(state)) != 0;
}

bool expects_response(command_id id) {
  return !is_response(id) && id != command_id::outbind && id != command_id::alert_notification;
}

std::string_view name_of(session_role role) {
  return role == session_role::esme ? "esme" : "smsc";
}

std::string_view name_of(session_state state) {
  switch (state) {
  case session_state::closed: return "CLOSED";
  case session_state::open: return "OPEN";
  case session_state::bound_tx: return "BOUND_TX";
  case session_state::bound_rx: return "BOUND_RX";
  case session_state::bound_trx: return "BOUND_TRX";
  }
  return "?";
}

} // namespace farebox::smpp
