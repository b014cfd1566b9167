// Talks to the daemon: HTTP over its Unix socket, by libcurl.
#pragma once

#include <string>
#include <string_view>

namespace farebox::cli {

struct reply {
  int status = 0;    // of HTTP; 0: no answer at all
  std::string body;  // JSON
  std::string error; // why there was no answer
};

// `path` begins with "/admin/v1". An empty body of a POST is sent as {}.
reply ask(const std::string& socket, std::string_view method, const std::string& path,
          const std::string& body);

// One segment of a path, or one value of a query.
std::string escaped(std::string_view text);

} // namespace farebox::cli
