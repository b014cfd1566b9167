// Commands and their results: SMPP 3.4 paragraphs 5.1.2.1 (command_id) and 5.1.3, table 5-2
// (command_status). A value outside these lists is legal: it is kept, and named by its number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::smpp {

enum class command_id : std::uint32_t {
  bind_receiver = 0x00000001,
  bind_transmitter = 0x00000002,
  query_sm = 0x00000003,
  submit_sm = 0x00000004,
  deliver_sm = 0x00000005,
  unbind = 0x00000006,
  replace_sm = 0x00000007,
  cancel_sm = 0x00000008,
  bind_transceiver = 0x00000009,
  outbind = 0x0000000B,
  enquire_link = 0x00000015,
  submit_multi = 0x00000021,
  alert_notification = 0x00000102,
  data_sm = 0x00000103,
  broadcast_sm = 0x00000111,        // of 5.0: known by name only
  query_broadcast_sm = 0x00000112,  // of 5.0
  cancel_broadcast_sm = 0x00000113, // of 5.0
  generic_nack = 0x80000000,
  bind_receiver_resp = 0x80000001,
  bind_transmitter_resp = 0x80000002,
  query_sm_resp = 0x80000003,
  submit_sm_resp = 0x80000004,
  deliver_sm_resp = 0x80000005,
  unbind_resp = 0x80000006,
  replace_sm_resp = 0x80000007,
  cancel_sm_resp = 0x80000008,
  bind_transceiver_resp = 0x80000009,
  enquire_link_resp = 0x80000015,
  submit_multi_resp = 0x80000021,
  data_sm_resp = 0x80000103,
  broadcast_sm_resp = 0x80000111,
  query_broadcast_sm_resp = 0x80000112,
  cancel_broadcast_sm_resp = 0x80000113
};

inline constexpr std::uint32_t response_bit = 0x80000000;

// True for generic_nack too, and for unknown ids that have the response bit.
constexpr bool is_response(command_id id) {
  return (static_cast<std::uint32_t>(id) & response_bit) != 0;
}

// The id that answers a request: the response bit set. Meaningless for outbind and
// alert_notification, which nothing answers.
constexpr command_id response_of(command_id id) {
  return static_cast<command_id>(static_cast<std::uint32_t>(id) | response_bit);
}

// The request that a response answers; not for generic_nack, which answers any.
constexpr command_id request_of(command_id id) {
  return static_cast<command_id>(static_cast<std::uint32_t>(id) & ~response_bit);
}

// The spelling is the specification's, so that it can be searched for.
enum class command_status : std::uint32_t {
  ESME_ROK = 0x00,
  ESME_RINVMSGLEN = 0x01,
  ESME_RINVCMDLEN = 0x02,
  ESME_RINVCMDID = 0x03,
  ESME_RINVBNDSTS = 0x04,
  ESME_RALYBND = 0x05,
  ESME_RINVPRTFLG = 0x06,
  ESME_RINVREGDLVFLG = 0x07,
  ESME_RSYSERR = 0x08,
  ESME_RINVSRCADR = 0x0A,
  ESME_RINVDSTADR = 0x0B,
  ESME_RINVMSGID = 0x0C,
  ESME_RBINDFAIL = 0x0D,
  ESME_RINVPASWD = 0x0E,
  ESME_RINVSYSID = 0x0F,
  ESME_RCANCELFAIL = 0x11,
  ESME_RREPLACEFAIL = 0x13,
  ESME_RMSGQFUL = 0x14,
  ESME_RINVSERTYP = 0x15,
  ESME_RINVNUMDESTS = 0x33,
  ESME_RINVDLNAME = 0x34,
  ESME_RINVDESTFLAG = 0x40,
  ESME_RINVSUBREP = 0x42,
  ESME_RINVESMCLASS = 0x43,
  ESME_RCNTSUBDL = 0x44,
  ESME_RSUBMITFAIL = 0x45,
  ESME_RINVSRCTON = 0x48,
  ESME_RINVSRCNPI = 0x49,
  ESME_RINVDSTTON = 0x50,
  ESME_RINVDSTNPI = 0x51,
  ESME_RINVSYSTYP = 0x53,
  ESME_RINVREPFLAG = 0x54,
  ESME_RINVNUMMSGS = 0x55,
  ESME_RTHROTTLED = 0x58,
  ESME_RINVSCHED = 0x61,
  ESME_RINVEXPIRY = 0x62,
  ESME_RINVDFTMSGID = 0x63,
  ESME_RX_T_APPN = 0x64,
  ESME_RX_P_APPN = 0x65,
  ESME_RX_R_APPN = 0x66,
  ESME_RQUERYFAIL = 0x67,
  ESME_RINVOPTPARSTREAM = 0xC0,
  ESME_ROPTPARNOTALLWD = 0xC1,
  ESME_RINVPARLEN = 0xC2,
  ESME_RMISSINGOPTPARAM = 0xC3,
  ESME_RINVOPTPARAMVAL = 0xC4,
  ESME_RDELIVERYFAILURE = 0xFE,
  ESME_RUNKNOWNERR = 0xFF
};

// "submit_sm", "ESME_RTHROTTLED"; a number that the lists lack as "0x00001234".
std::string name_of(command_id id);
std::string name_of(command_status status);

// The name if the lists have it, else empty: allocates nothing.
std::string_view known_name_of(command_id id);
std::string_view known_name_of(command_status status);

// The reverse of name_of for the listed names; also accepts "0x58" and "88".
std::optional<command_status> parse_command_status(std::string_view text);

} // namespace farebox::smpp
