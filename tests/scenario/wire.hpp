// The SMSC's end of one bind: a listening socket on loopback and the connection that came last. No
// thread: octets pass when wait_for_news() is called.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/time.hpp"
#include "farebox/smpp/framer.hpp"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace farebox::scenario {

// Owns a file descriptor.
class socket_handle {
 public:
  socket_handle() = default;
  explicit socket_handle(int number) : number_(number) {}
  socket_handle(socket_handle&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  socket_handle& operator=(socket_handle&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~socket_handle();
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

class wire {
 public:
  wire(); // listens at a free port; throws std::system_error

  std::uint16_t port() const { return port_; }
  bool accept();                    // the newest connection that waits; false: none does
  bool call(std::uint16_t port);    // connects by itself; false: nobody listens there
  void send(bytes_view octets, std::size_t segment); // 0: all at once; what nobody reads is lost
  void cut();

  bool open() const { return static_cast<bool>(connection_); }
  std::deque<bytes>& frames() { return frames_; }
  int number() const { return connection_.number(); } // to watch; below 0 while it is not open
  void read(); // whatever has come; the peer's end of the connection closes ours

 private:
  void begin(socket_handle&& connection);

  std::uint16_t port_ = 0;
  socket_handle listener_, connection_;
  smpp::framer framer_;
  std::deque<bytes> frames_;
};

// Returns when one of them has something to read or to accept, or when the time is over.
void wait_for_news(const std::vector<int>& watched, microseconds at_most);

// A port at which nobody listens now.
std::uint16_t free_port();

} // namespace farebox::scenario
