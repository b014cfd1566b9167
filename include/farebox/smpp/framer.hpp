// Cuts a byte stream into frames (SMPP 3.4 paragraph 3.2: command_length counts itself). Memory
// follows the octets that came, never the length that was claimed. One per connection; no threads.
//
//   framer.push(received);
//   while (auto frame = framer.next()) ...decode(*frame)...
//   if (framer.error() != framing_error::none) close the link
#pragma once

#include "farebox/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace farebox::smpp {

enum class framing_error : std::uint8_t {
  none,
  length_too_small, // command_length below the header's own 16
  length_too_large, // above limits::pdu_size_max
  http,             // the first octets are another protocol's: somebody knocked at the wrong port
  ssh,
  tls
};

std::string_view name_of(framing_error error);

class framer {
 public:
  // Borrows `data`: it must stay in place until next() has returned nullopt. A frame that lies
  // whole in one push is never copied.
  void push(bytes_view data);

  // The next whole frame, header included; valid until the next push. nullopt: no more for now, or
  // an error, after which there is never another.
  std::optional<bytes_view> next();

  framing_error error() const { return error_; }
  std::size_t buffered() const { return partial_.size(); } // octets of a frame that is incomplete

 private:
  std::optional<std::size_t> frame_size(bytes_view begin);
  bool fill_partial(std::size_t size);

  bytes_view input_;  // borrowed, not looked at yet
  bytes partial_;     // the beginning of a frame whose rest has not come
  bytes completed_;   // the frame that a push completed
  bool first_ = true; // no frame was seen yet
  framing_error error_ = framing_error::none;
};

} // namespace farebox::smpp
