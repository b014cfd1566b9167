// What is to happen when: the lines of a script. Pure.
//
//   # one action a line; times count from the start, when enough binds are up
//   at +2s send 79121234567 1234 "text with \"quotes\""
//   at +5s cut                  all TCP connections, without a word
//   at +6s refuse-binds 3       the next three
//   at +7s unbind               all sessions, in order
//   at +8s throttle 10s         every submit for so long
//   at +20s late 10s            the same: answered late
//   at +40s stop                no new MOs; finish
#pragma once

#include "smsc/core/stream.hpp"

#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace farebox::smsc {

enum class action_kind : std::uint8_t { send, cut, refuse_binds, unbind, throttle, late, stop };

struct action {
  milliseconds at{};
  action_kind what{};
  mo message{};            // send
  std::uint64_t count = 0; // refuse_binds
  milliseconds span{};     // throttle, late
  friend bool operator==(const action&, const action&) = default;
};

// In order of time; those of one time as they stand. A failure names the line.
result<std::vector<action>> parse_script(std::string_view file);

} // namespace farebox::smsc
