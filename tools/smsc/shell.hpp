// The sockets, signals and clock around a centre. One thread; it returns when all is over.
#pragma once

#include "smsc/core/centre.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace farebox::smsc {

struct endpoint {
  std::string host; // a numeric address
  std::uint16_t port = 0;
};

struct shell_settings {
  std::vector<endpoint> listen{}; // port 0: any free one, which is logged
  std::vector<endpoint> call{};   // ESMEs that wait for an outbind; called again after each end
  bool progress = false; // a live line on standard error
};

// Makes the centre at the time that its clocks say.
using make_centre = std::function<std::unique_ptr<centre>(steady_time now, utc_time utc_now)>;

// Until the centre has finished, or a second SIGINT or SIGTERM. SIGINT and SIGTERM stop it, SIGUSR1
// cuts all connections. Throws std::runtime_error if an address cannot be listened on.
std::unique_ptr<centre> run(const shell_settings& settings, const make_centre& make);

// A line on standard error, which keeps the live line, if any, below it.
void log_line(std::string_view line);

} // namespace farebox::smsc
