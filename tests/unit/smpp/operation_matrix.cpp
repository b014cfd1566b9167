#include "farebox/smpp/operation_matrix.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace farebox::smpp;

namespace {

// The five columns are CLOSED, OPEN, BOUND_TX, BOUND_RX, BOUND_TRX; in each stands who may issue
// the PDU: e = the ESME, s = the SMSC, b = both, - = nobody.
struct row {
  command_id id;
  std::string_view who;
};

constexpr row table_2_1[] = {
    {command_id::bind_transmitter, "-e---"},
    {command_id::bind_transmitter_resp, "-s---"},
    {command_id::bind_receiver, "-e---"},
    {command_id::bind_receiver_resp, "-s---"},
    {command_id::bind_transceiver, "-e---"},
    {command_id::bind_transceiver_resp, "-s---"},
    {command_id::outbind, "-s---"},
    {command_id::unbind, "--bbb"},
    {command_id::unbind_resp, "--bbb"},
    {command_id::submit_sm, "--e-e"},
    {command_id::submit_sm_resp, "--s-s"},
    {command_id::submit_multi, "--e-e"},
    {command_id::submit_multi_resp, "--s-s"},
    {command_id::data_sm, "--bbb"},
    {command_id::data_sm_resp, "--bbb"},
    {command_id::deliver_sm, "---ss"},
    {command_id::deliver_sm_resp, "---ee"},
    {command_id::query_sm, "--e-e"},
    {command_id::query_sm_resp, "--s-s"},
    {command_id::cancel_sm, "--e-e"},
    {command_id::cancel_sm_resp, "--s-s"},
    {command_id::replace_sm, "--e-e"},
    {command_id::replace_sm_resp, "--s-s"},
    {command_id::enquire_link, "--bbb"},
    {command_id::enquire_link_resp, "--bbb"},
    {command_id::alert_notification, "---ss"},
    {command_id::generic_nack, "--bbb"},
    {command_id::broadcast_sm, "-----"}, // of 5.0: not spoken here
    {static_cast<command_id>(0x7777), "-----"},
};

constexpr session_state states[] = {session_state::closed, session_state::open,
                                    session_state::bound_tx, session_state::bound_rx,
                                    session_state::bound_trx};

} // namespace

TEST_CASE("operation matrix: the whole of SMPP 3.4 table 2-1") {
  // Goal: every PDU is allowed exactly where the specification says. Method: its table, spelled.
  for (const auto& [id, who] : table_2_1) {
    for (std::size_t i = 0; i < std::size(states); ++i) {
      CAPTURE(name_of(id));
      CAPTURE(std::string(name_of(states[i])));
      CHECK(may_send(session_role::esme, id, states[i]) == (who[i] == 'e' || who[i] == 'b'));
      CHECK(may_send(session_role::smsc, id, states[i]) == (who[i] == 's' || who[i] == 'b'));
    }
  }
}

TEST_CASE("operation matrix: what is answered") {
  // Goal: only requests use a window slot. Method: the exceptions of paragraph 2.1, and one each.
  struct {
    command_id id;
    bool answered;
  } const rows[] = {
      {command_id::submit_sm, true},       {command_id::deliver_sm, true},
      {command_id::enquire_link, true},    {command_id::unbind, true},
      {command_id::outbind, false},        {command_id::alert_notification, false},
      {command_id::generic_nack, false},   {command_id::submit_sm_resp, false},
      {command_id::bind_transceiver, true},
  };
  for (const auto& [id, answered] : rows) {
    CAPTURE(name_of(id));
    CHECK(expects_response(id) == answered);
  }
}
