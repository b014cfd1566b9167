// A request and its answer as plain values: handlers see no socket and no parser.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace farebox::http {

enum class peer_kind : std::uint8_t { tcp, unix_socket }; // the second one is the administrator

// Names and values decoded, in the order of the query.
using parameter_list = std::vector<std::pair<std::string, std::string>>;

struct request {
  std::string method;            // upper case; HEAD is given as GET, see head_only
  std::vector<std::string> path; // segments, each decoded: "/api/v1/messages" has three
  parameter_list query;
  std::string authorization; // the fields that handlers look at; empty: not there
  std::string accept;
  std::string content_type;
  std::string body;
  peer_kind peer = peer_kind::tcp;
  bool head_only = false;  // the server leaves the body out
  bool keep_alive = false; // the server keeps the connection
  int version = 11;        // 10 or 11
};

struct response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields; // further ones: Allow, Retry-After, ...
  std::string body;
  std::string problem; // why it is a 5xx, for the log only; empty: nothing to say
};

// Gives the answer, at once or later, once, from any thread.
using respond = std::function<void(response)>;

} // namespace farebox::http
