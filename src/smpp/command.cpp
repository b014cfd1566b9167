#include "farebox/smpp/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace farebox::smpp {
namespace {

struct named_status {
  std::uint32_t value;
  std::string_view name;
};

// In ascending order. From 0x100 on: SMPP 5.0 table 4-45, by name only.
constexpr named_status statuses[] = {
    {0x00, "ESME_ROK"},
    {0x01, "ESME_RINVMSGLEN"},
    {0x02, "ESME_RINVCMDLEN"},
    {0x03, "ESME_RINVCMDID"},
    {0x04, "ESME_RINVBNDSTS"},
    {0x05, "ESME_RALYBND"},
    {0x06, "ESME_RINVPRTFLG"},
    {0x07, "ESME_RINVREGDLVFLG"},
    {0x08, "ESME_RSYSERR"},
    {0x0A, "ESME_RINVSRCADR"},
    {0x0B, "ESME_RINVDSTADR"},
    {0x0C, "ESME_RINVMSGID"},
    {0x0D, "ESME_RBINDFAIL"},
    {0x0E, "ESME_RINVPASWD"},
    {0x0F, "ESME_RINVSYSID"},
    {0x11, "ESME_RCANCELFAIL"},
    {0x13, "ESME_RREPLACEFAIL"},
    {0x14, "ESME_RMSGQFUL"},
    {0x15, "ESME_RINVSERTYP"},
    {0x33, "ESME_RINVNUMDESTS"},
    {0x34, "ESME_RINVDLNAME"},
    {0x40, "ESME_RINVDESTFLAG"},
    {0x42, "ESME_RINVSUBREP"},
    {0x43, "ESME_RINVESMCLASS"},
    {0x44, "ESME_RCNTSUBDL"},
    {0x45, "ESME_RSUBMITFAIL"},
    {0x48, "ESME_RINVSRCTON"},
    {0x49, "ESME_RINVSRCNPI"},
    {0x50, "ESME_RINVDSTTON"},
    {0x51, "ESME_RINVDSTNPI"},
    {0x53, "ESME_RINVSYSTYP"},
    {0x54, "ESME_RINVREPFLAG"},
    {0x55, "ESME_RINVNUMMSGS"},
    {0x58, "ESME_RTHROTTLED"},
    {0x61, "ESME_RINVSCHED"},
    {0x62, "ESME_RINVEXPIRY"},
    {0x63, "ESME_RINVDFTMSGID"},
    {0x64, "ESME_RX_T_APPN"},
    {0x65, "ESME_RX_P_APPN"},
    {0x66, "ESME_RX_R_APPN"},
    {0x67, "ESME_RQUERYFAIL"},
    {0xC0, "ESME_RINVOPTPARSTREAM"},
    {0xC1, "ESME_ROPTPARNOTALLWD"},
    {0xC2, "ESME_RINVPARLEN"},
    {0xC3, "ESME_RMISSINGOPTPARAM"},
    {0xC4, "ESME_RINVOPTPARAMVAL"},
    {0xFE, "ESME_RDELIVERYFAILURE"},
    {0xFF, "ESME_RUNKNOWNERR"},
    {0x100, "ESME_RSERTYPUNAUTH"},
    {0x101, "ESME_RPROHIBITED"},
    {0x102, "ESME_RSERTYPUNAVAIL"},
    {0x103, "ESME_RSERTYPDENIED"},
    {0x104, "ESME_RINVDCS"},
    {0x105, "ESME_RINVSRCADDRSUBUNIT"},
    {0x106, "ESME_RINVDSTADDRSUBUNIT"},
    {0x107, "ESME_RINVBCASTFREQINT"},
    {0x108, "ESME_RINVBCASTALIAS_NAME"},
    {0x109, "ESME_RINVBCASTAREAFMT"},
    {0x10A, "ESME_RINVNUMBCAST_AREAS"},
    {0x10B, "ESME_RINVBCASTCNTTYPE"},
    {0x10C, "ESME_RINVBCASTMSGCLASS"},
    {0x10D, "ESME_RBCASTFAIL"},
    {0x10E, "ESME_RBCASTQUERYFAIL"},
    {0x10F, "ESME_RBCASTCANCELFAIL"},
    {0x110, "ESME_RINVBCAST_REP"},
    {0x111, "ESME_RINVBCASTSRVGRP"},
    {0x112, "ESME_RINVBCASTCHANIND"},
};
static_assert(std::ranges::is_sorted(statuses, {}, &named_status::value));

std::string hexadecimal(std::uint32_t value) { return fmt::format("0x{:08x}", value); }

} // namespace

std::string_view known_name_of(command_id id) {
  switch (id) {
  case command_id::bind_receiver: return "bind_receiver";
  case command_id::bind_transmitter: return "bind_transmitter";
  case command_id::query_sm: return "query_sm";
  case command_id::submit_sm: return "submit_sm";
  case command_id::deliver_sm: return "deliver_sm";
  case command_id::unbind: return "unbind";
  case command_id::replace_sm: return "replace_sm";
  case command_id::cancel_sm: return "cancel_sm";
  case command_id::bind_transceiver: return "bind_transceiver";
  case command_id::outbind: return "outbind";
  case command_id::enquire_link: return "enquire_link";
  case command_id::submit_multi: return "submit_multi";
  case command_id::alert_notification: return "alert_notification";
  case command_id::data_sm: return "data_sm";
  case command_id::broadcast_sm: return "broadcast_sm";
  case command_id::query_broadcast_sm: return "query_broadcast_sm";
  case command_id::cancel_broadcast_sm: return "cancel_broadcast_sm";
  case command_id::generic_nack: return "generic_nack";
  case command_id::bind_receiver_resp: return "bind_receiver_resp";
  case command_id::bind_transmitter_resp: return "bind_transmitter_resp";
  case command_id::query_sm_resp: return "query_sm_resp";
  case command_id::submit_sm_resp: return "submit_sm_resp";
  case command_id::deliver_sm_resp: return "deliver_sm_resp";
  case command_id::unbind_resp: return "unbind_resp";
  case command_id::replace_sm_resp: return "replace_sm_resp";
  case command_id::cancel_sm_resp: return "cancel_sm_resp";
  case command_id::bind_transceiver_resp: return "bind_transceiver_resp";
  case command_id::enquire_link_resp: return "enquire_link_resp";
  case command_id::submit_multi_resp: return "submit_multi_resp";
  case command_id::data_sm_resp: return "data_sm_resp";
  case command_id::broadcast_sm_resp: return "broadcast_sm_resp";
  case command_id::query_broadcast_sm_resp: return "query_broadcast_sm_resp";
  case command_id::cancel_broadcast_sm_resp: return "cancel_broadcast_sm_resp";
  }
  return {};
}

std::string_view known_name_of(command_status status) {
  const auto value = static_cast<std::uint32_t>(status);
  const auto* found = std::ranges::lower_bound(statuses, value, {}, &named_status::value);
  return found != std::end(statuses) && found->value == value ? found->name : std::string_view{};
}

std::string name_of(command_id id) {
  const auto name = known_name_of(id);
  return name.empty() ? hexadecimal(static_cast<std::uint32_t>(id)) : std::string(name);
}

std::string name_of(command_status status) {
  const auto name = known_name_of(status);
  return name.empty() ? hexadecimal(static_cast<std::uint32_t>(status)) : std::string(name);
}

std::optional<command_status> parse_command_status(std::string_view text) {
  const auto* found = std::ranges::find(statuses, text, &named_status::name);
  if (found != std::end(statuses)) return static_cast<command_status>(found->value);
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return static_cast<command_status>(value);
}

} // namespace farebox::smpp
