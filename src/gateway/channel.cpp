#include "gateway/channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <utility>

namespace farebox::gateway {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

namespace {

// OpenSSL's reasons name files and libraries; the message alone is for people.
std::string text_of(const error_code& error) { return error ? error.message() : std::string{}; }

} // namespace

std::unique_ptr<asio::ssl::context> make_tls(const tls_settings& settings,
                                             const std::string& bind_name) {
  if (!settings.enabled) return nullptr;
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  const auto check = [&](const std::string& what, const error_code& error) {
    if (error)
      throw std::runtime_error(
          fmt::format("bind {}: TLS: {}: {}", bind_name, what, error.message()));
  };
  error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  if (settings.ca_file.empty()) context->set_default_verify_paths(error);
  else context->load_verify_file(settings.ca_file, error);
  check(settings.ca_file.empty() ? "the system's trust store" : settings.ca_file, error);
  if (settings.certificate_file.empty()) return context;
  context->use_certificate_chain_file(settings.certificate_file, error);
  check(settings.certificate_file, error);
  const auto& key = settings.key_file.empty() ? settings.certificate_file : settings.key_file;
  context->use_private_key_file(key, asio::ssl::context::pem, error);
  check(key, error);
  return context;
}

channel::channel(asio::io_context& thread) : resolver_(thread), socket_(thread) {}

channel::channel(asio::io_context& thread, tcp::socket&& accepted)
    : resolver_(thread), socket_(std::move(accepted)) {
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  peer_ = fmt::format("{}:{}", remote.address().to_string(), remote.port());
  set_options();
}

void channel::connect(const endpoint& to, const tls_settings& tls, asio::ssl::context* context,
                      on_done done) {
  peer_ = fmt::format("{}:{}", to.host, to.port);
  const auto name = tls.server_name.empty() ? to.host : tls.server_name;
  error_code not_numeric;
  const auto address = asio::ip::make_address(to.host, not_numeric);
  if (!not_numeric) { // no look-up, which takes a thread
    const tcp::endpoint numeric(address, to.port);
    return connect_to(tcp::resolver::results_type::create(numeric, to.host, ""), tls, name, context,
                      std::move(done));
  }
  resolver_.async_resolve(
      to.host, std::to_string(to.port), tcp::resolver::numeric_service,
      [self = shared_from_this(), tls, name, context, done = std::move(done)](
          const error_code& error, const tcp::resolver::results_type& found) mutable {
        if (error) return done(fmt::format("name look-up: {}", text_of(error)));
        self->connect_to(found, tls, name, context, std::move(done));
      });
}

void channel::connect_to(const tcp::resolver::results_type& addresses, const tls_settings& tls,
                         const std::string& name, asio::ssl::context* context, on_done done) {
  asio::async_connect(
      socket_, addresses,
      [self = shared_from_this(), enabled = tls.enabled, name, context,
       done = std::move(done)](const error_code& error, const tcp::endpoint&) mutable {
        if (error) return done(fmt::format("connect: {}", text_of(error)));
        self->set_options();
        if (!enabled) return done({});
        self->shake_hands(name, *context, std::move(done));
      });
}

void channel::shake_hands(const std::string& name, asio::ssl::context& context, on_done done) {
  tls_.emplace(socket_, context);
  error_code is_name;
  asio::ip::make_address(name, is_name);
  // RFC 6066 3: the server name of SNI is never an address.
  if (is_name && SSL_set_tlsext_host_name(tls_->native_handle(), name.c_str()) != 1)
    return done("TLS: the server name cannot be sent");
  tls_->set_verify_callback(asio::ssl::host_name_verification(name));
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this(), done = std::move(done)](
                            const error_code& error) {
                          if (!error) return done({});
                          const auto verdict = SSL_get_verify_result(self->tls_->native_handle());
                          const auto* why = verdict == X509_V_OK
                                                ? ""
                                                : X509_verify_cert_error_string(verdict);
                          done(fmt::format("TLS: {} {}", text_of(error), why));
                        });
}

void channel::set_options() {
  error_code ignored; // a socket that lost its peer meanwhile says so at the next read
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

void channel::read(on_octets done) {
  incoming_.resize(read_size);
  auto handler = [self = shared_from_this(), done = std::move(done)](const error_code& error,
                                                                     std::size_t size) {
    done(text_of(error), bytes_view(self->incoming_).first(size));
  };
  const auto buffer = asio::buffer(incoming_);
  if (tls_) tls_->async_read_some(buffer, std::move(handler));
  else socket_.async_read_some(buffer, std::move(handler));
}

void channel::write(bytes&& data, on_done done) {
  outgoing_ = std::move(data);
  auto handler = [self = shared_from_this(), done = std::move(done)](const error_code& error,
                                                                     std::size_t) {
    done(text_of(error));
  };
  const auto buffer = asio::buffer(outgoing_);
  if (tls_) asio::async_write(*tls_, buffer, std::move(handler));
  else asio::async_write(socket_, buffer, std::move(handler));
}

void channel::close() {
  error_code ignored;
  resolver_.cancel();
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

} // namespace farebox::gateway
