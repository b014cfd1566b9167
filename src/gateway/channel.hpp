// One TCP connection, with or without TLS: octets in order, and nothing known about them. It lives
// on one link thread. All handlers run there; after close() they get operation_aborted.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/gateway/settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace farebox::gateway {

// Certificates of one bind, read once; nullptr without TLS. Throws std::runtime_error.
std::unique_ptr<boost::asio::ssl::context> make_tls(const tls_settings& settings,
                                                    const std::string& bind_name);

class channel : public std::enable_shared_from_this<channel> {
 public:
  using tcp = boost::asio::ip::tcp;
  using on_done = std::function<void(const std::string& error)>; // empty: all is well
  using on_octets = std::function<void(const std::string& error, bytes_view data)>;

  explicit channel(boost::asio::io_context& thread);
  channel(boost::asio::io_context& thread, tcp::socket&& accepted);

  // Name look-up, TCP and the TLS handshake: the certificate's chain and name are verified, and
  // there is no way on without. The caller ends an attempt that takes too long by close().
  void connect(const endpoint& to, const tls_settings& tls, boost::asio::ssl::context* context,
               on_done done);

  void read(on_octets done);            // one at a time; the data is valid during the call
  void write(bytes&& data, on_done done); // one at a time

  void close(); // at once
  const std::string& peer() const { return peer_; } // host:port

 private:
  // A batch of several hundred MOs: fewer reads cost more latency than they save.
  static constexpr std::size_t read_size = 65'536;

  void connect_to(const tcp::resolver::results_type& addresses, const tls_settings& tls,
                  const std::string& name, boost::asio::ssl::context* context, on_done done);
  void shake_hands(const std::string& name, boost::asio::ssl::context& context, on_done done);
  void set_options();

  tcp::resolver resolver_;
  tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
  std::string peer_;
  bytes outgoing_;
  bytes incoming_;
};

} // namespace farebox::gateway
