// SMPP 3.4 paragraph 3.2.1: command_length is the size of the whole PDU, itself included.
//
//    0                4                8               12               16     command_length
//    +----------------+----------------+----------------+----------------+--- ... ---+
//    | command_length |   command_id   | command_status | sequence_number|   body    |
//    +----------------+----------------+----------------+----------------+--- ... ---+
#include "farebox/smpp/framer.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/base/limits.hpp"

#include <algorithm>

namespace farebox::smpp {
namespace {

constexpr std::size_t length_size = 4;

// What the first four octets of a connection are, if they make no sense as a length.
framing_error other_protocol(bytes_view begin, framing_error otherwise) {
  const auto text = as_text(begin.first(length_size));
  for (const std::string_view method : {"GET ", "POST", "HEAD", "PUT ", "OPTI", "PRI "})
    if (text == method) return framing_error::http;
  if (text == "SSH-") return framing_error::ssh;
  // A TLS record: handshake, version 3.x. As a length it would be above any limit.
  if (begin[0] == 0x16 && begin[1] == 0x03) return framing_error::tls;
  return otherwise;
}

} // namespace

std::string_view name_of(framing_error error) {
  switch (error) {
  case framing_error::none: return "none";
  case framing_error::length_too_small: return "command_length below 16";
  case framing_error::length_too_large: return "command_length above the limit";
  case framing_error::http: return "HTTP instead of SMPP";
  case framing_error::ssh: return "SSH instead of SMPP";
  case framing_error::tls: return "TLS instead of plain SMPP";
  }
  return "unknown";
}

void framer::push(bytes_view data) { input_ = data; }

std::optional<bytes_view> framer::next() {
  if (error_ != framing_error::none) return std::nullopt;
  if (!partial_.empty()) {
    if (!fill_partial(length_size)) return std::nullopt;
    const auto size = frame_size(partial_);
    if (!size || !fill_partial(*size)) return std::nullopt;
    // Kept apart from the next beginning, so that the view outlives the calls until the next push.
    completed_.swap(partial_);
    partial_.clear();
    return completed_;
  }
  if (input_.size() >= length_size) {
    const auto size = frame_size(input_);
    if (!size) return std::nullopt;
    if (input_.size() >= *size) {
      const auto frame = input_.first(*size);
      input_ = input_.subspan(*size);
      return frame;
    }
  }
  fill_partial(input_.size());
  return std::nullopt;
}

// Reads and checks the length at the beginning of a frame; sets the error.
std::optional<std::size_t> framer::frame_size(bytes_view begin) {
  const auto size = byte_reader(begin).u32();
  if (size < limits::pdu_size_min) error_ = framing_error::length_too_small;
  if (size > limits::pdu_size_max) error_ = framing_error::length_too_large;
  if (error_ == framing_error::none) return first_ = false, size;
  if (first_) error_ = other_protocol(begin, error_);
  return std::nullopt;
}

// Moves input until the frame's beginning has `size` octets; false if the input was not enough.
bool framer::fill_partial(std::size_t size) {
  if (partial_.size() >= size) return true;
  const auto taken = input_.first(std::min(size - partial_.size(), input_.size()));
  partial_.insert(partial_.end(), taken.begin(), taken.end());
  input_ = input_.subspan(taken.size());
  return partial_.size() == size;
}

} // namespace farebox::smpp
