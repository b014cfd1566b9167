// What the centre has to say at the end and meanwhile, for people and for scripts. Pure.
#pragma once

#include "smsc/core/centre.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::smsc {

struct verdict {
  std::vector<finding> findings;
  std::array<std::uint64_t, finding_kinds> counts{}; // by kind
  std::uint64_t missing() const;      // acks and replies
  std::uint64_t doubled() const;      // replies
  std::uint64_t misaddressed() const; // replies, doubled codes included
  bool clean() const { return findings.empty(); }
};
verdict judge(const centre& c);

// The table at the end: lines, each with its end. Of each kind of finding the first `examples`.
std::string summary_text(const centre& c, const verdict& found, std::size_t examples = 10);

// One line of JSON: every figure of the table, and the findings up to that number of each kind.
std::string summary_json(const centre& c, const verdict& found, std::size_t examples = 10);

// One line for a terminal, without its end.
std::string progress_line(const centre& c);

// JSON, one line for each MO in the order of their making, each passed to `write` with its end.
void write_ledger(const centre& c, const std::function<void(std::string_view)>& write);

} // namespace farebox::smsc
