// The last PDUs of one bind, kept as bytes and read only when a person asks. Any thread; a lock for
// each chunk.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/gateway/status.hpp"
#include "farebox/smpp/framer.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace farebox::gateway {

class recorder {
 public:
  static constexpr std::size_t pdus_max = 200;         // what a person reads through
  static constexpr std::size_t frame_size_max = 2'048; // longer ones keep their header only

  void connected(); // both streams begin anew
  void received(bytes_view chunk, utc_time at) { record(in_, chunk, at, false); }
  void sent(bytes_view chunk, utc_time at) { record(out_, chunk, at, true); }

  std::vector<traced_pdu> last(std::size_t lines) const; // oldest first

 private:
  struct frame {
    utc_time at;
    bool sent = false;
    bytes data;
  };
  void record(smpp::framer& stream, bytes_view chunk, utc_time at, bool sent);

  mutable std::mutex mutex_;
  smpp::framer in_, out_;
  std::deque<frame> frames_;
};

} // namespace farebox::gateway
