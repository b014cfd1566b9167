// Bytes of one whole frame <-> pdu. Pure; any thread. SMPP 3.4 chapters 3.2 and 4.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/result.hpp"
#include "farebox/smpp/pdu.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace farebox::smpp {

// Why a frame is not a PDU. The link lives on: refusal(id, sequence, answer) is what to send, if
// anything. `sequence` is the peer's own, also 0 and above 0x7FFFFFFF.
struct decode_failure {
  command_id id{};
  std::uint32_t sequence = 0;
  command_status answer = command_status::ESME_RINVCMDLEN;
  std::string field;      // by its standard name
  std::size_t offset = 0; // of that field, in the frame
  std::string why;
};

[[noreturn]] void throw_exception_from_error(const decode_failure& error,
                                             const boost::source_location&);

// What was wrong but did no harm. Counters: one object may collect for a whole connection.
struct decode_notes {
  std::uint64_t nul_after_short_message = 0; // one NUL beyond sm_length: skipped
  std::uint64_t tlvs_cut_short = 0;          // the last TLV's value runs over the end: dropped
  std::uint64_t trailing_octets = 0;         // up to three at the end, no TLV's header: ignored
  std::uint64_t unterminated_strings = 0;    // in a response, ended by the end of the PDU
  std::uint64_t missing_bodies = 0;          // a positive response that ended after its header
  friend bool operator==(const decode_notes&, const decode_notes&) = default;
};

using decode_result = boost::system::result<pdu, decode_failure>;

// `frame` is one whole PDU, header included, as framer::next() gives it. A command that 3.4 lacks
// is a success, as unknown_pdu. Responses are read more leniently than requests, for refusing one
// helps nobody: they may lack their body, and their last string its NUL.
decode_result decode(bytes_view frame, decode_notes* notes = nullptr);

// Appends one frame to `out`; TLVs and strings go out as they are. On failure (a field over its
// limit, a NUL inside a C-octet string, more than limits::pdu_size_max) the detail names the field
// and `out` is unchanged: nothing is ever cut silently. A negative response whose body is empty
// goes out without one, as paragraphs 4.1.2 and 4.4.2 say; deliver_sm_resp keeps its one NUL.
result<void> encode(const pdu& message, bytes& out);

} // namespace farebox::smpp
