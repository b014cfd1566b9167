// The guard before the parser (RFC 9112): octets in, a verdict out. Beast of Boost 1.81 accepts
// several forms of request smuggling, so every head is judged here, octet by octet, before Beast
// sees it. What two readers could understand differently is refused, not repaired.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/http/message.hpp"

#include <cstddef>
#include <string_view>

namespace farebox::http {

struct head_verdict {
  enum class kind : std::uint8_t { incomplete, accepted, refused } what = kind::incomplete;
  std::size_t head_size = 0;        // accepted: with its empty line
  std::size_t body_size = 0;        // accepted: as Content-Length says, 0 without one
  bool expects_continue = false;    // accepted: the client waits for "100 Continue"
  int status = 0;                   // refused: 400, 413, 431, 501, 505
  std::string_view reason;          // refused: for the error's message
};

// `received` begins with a request line. Refuses as soon as the octets so far cannot become good.
head_verdict check_head(std::string_view received);

// Parses an accepted head with its whole body. A target or a body that does not fit together, or a
// bad escape in the target, is `invalid` (400).
result<request> parse_request(std::string_view head, std::string_view body, peer_kind peer);

// The answer to what was refused before it was a request; the connection is closed after it.
response refusal(int status, std::string_view code, std::string_view message);

} // namespace farebox::http
