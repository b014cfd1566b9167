// The thin shell around the handlers: listeners, connections, deadlines. Knows no endpoint.
#pragma once

#include "farebox/base/time.hpp"
#include "farebox/http/limits.hpp"
#include "farebox/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace farebox::http {

struct server_settings {
  std::string address = "127.0.0.1"; // empty: no TCP listener
  std::uint16_t port = 8080;         // 0: any free one, see server::port()
  std::string unix_path;             // empty: no Unix socket; made with mode 0660
  int threads = 2;
  std::size_t connections_max = limits::connections_max; // of TCP; as many again of the socket
};

// One answered request, for an access log: no query, since a query may hold a phone number. What
// the guard refused has neither method nor path.
struct access_entry {
  peer_kind peer = peer_kind::tcp;
  std::string method;
  std::string path;
  int status = 0;
  microseconds took{0};
  std::string problem; // of the response
};

// Called from the HTTP threads, several at a time.
struct server_hooks {
  // Called on thread number `worker` (0 .. threads-1), which no two calls at a time share: it picks
  // the store::reader of that thread.
  std::function<void(const request&, std::size_t worker, respond)> handle;
  std::function<void(const access_entry&)> log; // may be empty
};

// Destroy it after those who may still answer requests (the writer) have ended; stop it before.
class server {
 public:
  // Binds and listens; serves nothing yet. Throws std::runtime_error with a one-line reason. A
  // socket file that nobody answers any more is replaced.
  server(server_settings settings, server_hooks hooks);
  ~server(); // stops

  void start(); // starts the threads
  void stop();  // no new connection; answers under way get limits::stop_timeout; joins the threads
  std::uint16_t port() const;
  std::size_t connections() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace farebox::http
