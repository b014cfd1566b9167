// Input: what a connection brings. However it is cut into reads, the framer gives the same frames,
// the same error and the same rest: those that a plain reading of the lengths gives.
#include "farebox/smpp/framer.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/base/limits.hpp"
#include "fuzz/allocations.hpp"
#include "fuzz/fuzz.hpp"

#include <vector>

using namespace farebox;
using namespace farebox::smpp;

namespace {

struct outcome {
  std::vector<bytes> frames;
  bool failed = false;
  std::size_t rest = 0; // octets of a frame that is not whole
  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome plain_reading(bytes_view stream) {
  outcome out;
  while (stream.size() >= 4) {
    const auto size = byte_reader(stream).u32();
    out.failed = size < limits::pdu_size_min || size > limits::pdu_size_max;
    if (out.failed) return out;
    if (size > stream.size()) break;
    out.frames.emplace_back(stream.begin(), stream.begin() + size);
    stream = stream.subspan(size);
  }
  out.rest = stream.size();
  return out;
}

// Two buffers that grow by doubling, old rooms counted too.
constexpr std::size_t memory_per_octet = 2 * 4;

struct framing {
  outcome seen;
  framing_error error = framing_error::none;
};

// `next_size` says how long the next read is.
template <class NextSize>
framing framed(bytes_view stream, NextSize next_size) {
  framing out;
  framer cut;
  std::size_t pushed = 0, taken = 0; // octets: that came, and of memory
  for (fuzz::input in(stream); !in.at_end() && cut.error() == framing_error::none;) {
    const auto part = in.take(next_size());
    const bytes read(part.begin(), part.end()); // gone when the next one comes
    pushed += read.size();
    cut.push(read);
    for (bool more = true; more;) {
      const auto before = fuzz::allocated;
      const auto frame = cut.next();
      taken += fuzz::allocated - before;
      more = frame.has_value();
      if (more) out.seen.frames.emplace_back(frame->begin(), frame->end());
    }
    fuzz::require(cut.buffered() <= pushed && taken <= memory_per_octet * pushed,
                  "memory follows what came");
  }
  fuzz::require(!cut.next().has_value(), "no frame without a push");
  out.error = cut.error();
  out.seen.failed = out.error != framing_error::none;
  out.seen.rest = out.seen.failed ? 0 : cut.buffered();
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view stream(data, size);
  const auto whole = framed(stream, [&] { return size; });
  fuzz::require(whole.seen == plain_reading(stream), "frames are what their lengths say");

  const auto octets = framed(stream, [] { return 1; });
  std::uint32_t dice = static_cast<std::uint32_t>(size);
  const auto pieces = framed(stream, [&] {
    dice = dice * 1'664'525 + 1'013'904'223; // Knuth's LCG: the same input, the same cuts
    return 1 + (dice >> 24) % 40;
  });
  for (const auto& other : {octets, pieces})
    fuzz::require(other.seen == whole.seen && other.error == whole.error,
                  "any split gives the same PDUs");
  return 0;
}
