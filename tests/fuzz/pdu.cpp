// Input: one frame, whatever its command_length says; and once more the dice from which a PDU is
// made. What is decoded, encodes to the same octets or to their normal form:
//
// - what `decode_notes` counts as tolerated is left out or completed;
// - a refusal that says nothing but its status has no body, but deliver_sm_resp has its NUL.
//
// The normal form decodes to the same PDU. A PDU that was made decodes to itself. Memory follows
// the octets that are there, not what a length or a count claims.
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/describe.hpp"
#include "farebox/smpp/fields.hpp"
#include "fuzz/allocations.hpp"
#include "fuzz/fuzz.hpp"
#include "unit/smpp/random_pdu.hpp"

#include <algorithm>

using namespace farebox;
using namespace farebox::smpp;
using fuzz::require;

namespace {

// The worst is a submit_multi full of empty list names: a struct for 2 octets of wire, in a vector
// that grows by doubling, old rooms counted too. What a failure says takes memory of its own.
constexpr std::size_t memory_per_octet = 4 * sizeof(dest_address) / 2;
constexpr std::size_t memory_of_failure = 1'024;

bool says_only_its_status(const pdu& message) {
  return std::visit(
      [&](const auto& body) {
        if constexpr (requires { body.body; }) return false;
        else return is_response(body.id) && message.status != command_status::ESME_ROK &&
                    body == std::remove_cvref_t<decltype(body)>{};
      },
      message.body);
}

void check_frame(const bytes& frame) {
  decode_notes notes;
  const auto before = fuzz::allocated;
  const auto decoded = decode(frame, &notes);
  require(fuzz::allocated - before <= memory_per_octet * frame.size() + memory_of_failure,
          "memory follows the octets that are there");
  if (!decoded) {
    require(!decoded.error().field.empty() && !decoded.error().why.empty() &&
                decoded.error().offset <= frame.size(),
            "a failure names its field and its place");
    return;
  }
  const auto line = to_log_line(*decoded);
  require(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }),
          "a PDU is one line of the log");

  bytes normal;
  require(encode(*decoded, normal).has_value(), "what was decoded can be encoded");
  if (notes == decode_notes{} && !says_only_its_status(*decoded))
    require(normal == frame, "decode, encode: the same octets");
  decode_notes none;
  const auto again = decode(normal, &none);
  require(again.has_value() && *again == *decoded, "the normal form is the same PDU");
  require(none == decode_notes{}, "in the normal form nothing is tolerated");
  bytes twice;
  require(encode(*again, twice).has_value() && twice == normal, "the normal form is its own");
}

void check_made(bytes_view data) {
  fuzz::input in(data);
  const auto dice = [&] { return in.u16(); };
  const auto made = random_pdu(dice);
  bytes frame{1, 2, 3};
  if (!encode(made, frame)) {
    require(frame.size() == 3, "a PDU that cannot be encoded leaves no octets");
    return;
  }
  decode_notes none;
  const auto decoded = decode(bytes_view(frame).subspan(3), &none);
  require(decoded.has_value() && *decoded == made, "encode, decode: the same PDU");
  require(none == decode_notes{}, "what we encode needs no tolerance");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes frame(data, data + size);
  check_frame(frame);
  if (size >= 4) { // else hardly an input would come beyond the length
    for (std::size_t i = 0; i < 4; ++i) frame[i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
    check_frame(frame);
  }
  check_made({data, size});
  return 0;
}
