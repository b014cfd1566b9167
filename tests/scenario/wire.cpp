#include "scenario/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace farebox::scenario {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* plain(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Closed on exec, so that no daemon holds the sockets of another's scenario.
socket_handle new_socket() {
  socket_handle made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) fail("socket");
  return made;
}

socket_handle bound_socket(std::uint16_t& port) {
  auto made = new_socket();
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(made.number(), plain(address), size) != 0) fail("bind");
  if (::getsockname(made.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("getsockname");
  port = ntohs(address.sin_port);
  return made;
}

} // namespace

socket_handle::~socket_handle() {
  if (number_ >= 0) ::close(number_);
}

wire::wire() : listener_(bound_socket(port_)) {
  if (::listen(listener_.number(), SOMAXCONN) != 0) fail("listen");
}

void wire::begin(socket_handle&& connection) {
  const int at_once = 1;
  ::setsockopt(connection.number(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  connection_ = std::move(connection);
  framer_ = {};
}

bool wire::accept() {
  bool accepted = false;
  for (pollfd waits{listener_.number(), POLLIN, 0}; ::poll(&waits, 1, 0) > 0; waits.revents = 0) {
    socket_handle taken(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!taken) continue;
    begin(std::move(taken));
    accepted = true;
  }
  return accepted;
}

bool wire::call(std::uint16_t port) {
  auto made = new_socket();
  const auto address = loopback(port);
  if (::connect(made.number(), plain(address), sizeof address) != 0) return false;
  begin(std::move(made));
  return true;
}

void wire::send(bytes_view octets, std::size_t segment) {
  const auto size = segment == 0 ? octets.size() : segment;
  while (open() && !octets.empty()) {
    const auto sent = ::send(connection_.number(), octets.data(), std::min(size, octets.size()),
                             MSG_NOSIGNAL);
    if (sent <= 0) return;
    octets = octets.subspan(static_cast<std::size_t>(sent));
  }
}

void wire::cut() {
  connection_ = socket_handle();
}

void wire::read() {
  std::array<std::uint8_t, 65'536> octets;
  const auto size = ::recv(connection_.number(), octets.data(), octets.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return cut();
  framer_.push(bytes_view(octets).first(static_cast<std::size_t>(size)));
  while (const auto frame = framer_.next()) frames_.emplace_back(frame->begin(), frame->end());
  if (framer_.error() != smpp::framing_error::none) throw std::runtime_error("not SMPP");
}

void wait_for_news(const std::vector<int>& watched, microseconds at_most) {
  std::vector<pollfd> all;
  for (const int number : watched) all.push_back({number, POLLIN, 0});
  const auto rounded_up = std::chrono::ceil<milliseconds>(at_most);
  ::poll(all.data(), all.size(), static_cast<int>(rounded_up.count()));
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  bound_socket(port);
  return port;
}

} // namespace farebox::scenario
