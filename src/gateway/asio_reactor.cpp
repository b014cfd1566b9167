// Links on real sockets: one thread with an io_context for each reactor; TCP, TLS, timers.
#include "farebox/gateway/reactor.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace farebox::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

namespace {

// OpenSSL's reasons name files and libraries; the message alone is for people.
std::string text_of(const error_code& error) { return error ? error.message() : std::string{}; }

struct tls_client {
  tls_settings settings;
  std::shared_ptr<asio::ssl::context> context; // nullptr without TLS
};

// Certificates of one bind, read once; nullptr without TLS. Throws std::runtime_error.
std::shared_ptr<asio::ssl::context> make_tls(const tls_settings& settings,
                                             const std::string& bind_name) {
  if (!settings.enabled) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
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

class channel final : public wire, public std::enable_shared_from_this<channel> {
 public:
  channel(asio::io_context& thread, std::shared_ptr<const tls_client> tls)
      : resolver_(thread), socket_(thread), client_(std::move(tls)) {}
  explicit channel(tcp::socket&& accepted);

  // Name look-up, TCP and the TLS handshake: the certificate's chain and name are verified, and
  // there is no way on without.
  void connect(const endpoint& to, on_done done) override;
  void read(on_octets done) override;
  void write(bytes&& data, on_done done) override;
  void close() override;
  const std::string& peer() const override { return peer_; }

 private:
  // A batch of several hundred MOs: fewer reads cost more latency than they save.
  static constexpr std::size_t read_size = 65'536;

  void connect_to(const tcp::resolver::results_type& addresses, const std::string& name,
                  on_done done);
  void shake_hands(const std::string& name, on_done done);
  void set_options();

  tcp::resolver resolver_;
  tcp::socket socket_;
  std::shared_ptr<const tls_client> client_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  std::string peer_;
  bytes outgoing_;
  bytes incoming_;
};

channel::channel(tcp::socket&& accepted)
    : resolver_(accepted.get_executor()), socket_(std::move(accepted)) {
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  peer_ = fmt::format("{}:{}", remote.address().to_string(), remote.port());
  set_options();
}

void channel::connect(const endpoint& to, on_done done) {
  peer_ = fmt::format("{}:{}", to.host, to.port);
  const auto& in_certificate = client_->settings.server_name;
  const auto& name = in_certificate.empty() ? to.host : in_certificate;
  error_code not_numeric;
  const auto address = asio::ip::make_address(to.host, not_numeric);
  if (!not_numeric) { // no look-up, which takes a thread
    const tcp::endpoint numeric(address, to.port);
    return connect_to(tcp::resolver::results_type::create(numeric, to.host, ""), name,
                      std::move(done));
  }
  resolver_.async_resolve(
      to.host, std::to_string(to.port), tcp::resolver::numeric_service,
      [self = shared_from_this(), name, done = std::move(done)](
          const error_code& error, const tcp::resolver::results_type& found) mutable {
        if (error) return done(fmt::format("name look-up: {}", text_of(error)));
        self->connect_to(found, name, std::move(done));
      });
}

void channel::connect_to(const tcp::resolver::results_type& addresses, const std::string& name,
                         on_done done) {
  asio::async_connect(socket_, addresses,
                      [self = shared_from_this(), name, done = std::move(done)](
                          const error_code& error, const tcp::endpoint&) mutable {
                        if (error) return done(fmt::format("connect: {}", text_of(error)));
                        self->set_options();
                        if (!self->client_->context) return done({});
                        self->shake_hands(name, std::move(done));
                      });
}

void channel::shake_hands(const std::string& name, on_done done) {
  tls_.emplace(socket_, *client_->context);
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

// ---- timer and listener ----

class asio_timer final : public timer {
 public:
  asio_timer(asio::io_context& thread, std::function<void()> fire)
      : timer_(thread), fire_(std::move(fire)) {}

  void arm(steady_time at) override {
    timer_.expires_at(std::chrono::steady_clock::time_point(at.time_since_epoch()));
    // A wait that has ended already may be queued when the timer is armed anew, or is gone: its
    // turn tells it so.
    *turn_ += 1;
    timer_.async_wait([this, turn = turn_, mine = *turn_](const error_code& error) {
      if (!error && mine == *turn) fire_();
    });
  }
  void cancel() override {
    *turn_ += 1;
    timer_.cancel();
  }
  ~asio_timer() override { *turn_ += 1; }

 private:
  asio::steady_timer timer_;
  std::function<void()> fire_;
  std::shared_ptr<std::uint64_t> turn_ = std::make_shared<std::uint64_t>(0);
};

class asio_listener final : public listener {
 public:
  asio_listener(asio::io_context& thread, const endpoint& at)
      : acceptor_(thread, tcp::endpoint(asio::ip::make_address(at.host), at.port), true) {}

  void accept(on_accepted done) override {
    acceptor_.async_accept([done = std::move(done), alive = std::weak_ptr(alive_)](
                               const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || alive.expired()) return;
      if (error) done(error.message(), nullptr);
      else done({}, std::make_shared<channel>(std::move(socket)));
    });
  }

 private:
  tcp::acceptor acceptor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// ---- the thread ----

class asio_reactor final : public reactor {
 public:
  steady_time steady_now() const override {
    return steady_time(std::chrono::duration_cast<microseconds>(
        std::chrono::steady_clock::now().time_since_epoch()));
  }
  utc_time utc_now() const override {
    return utc_time(std::chrono::duration_cast<microseconds>(
        std::chrono::system_clock::now().time_since_epoch()));
  }
  void post(std::function<void()> what) override { asio::post(context_, std::move(what)); }
  std::uint32_t random_seed() override { return std::random_device{}(); }

  std::unique_ptr<timer> make_timer(std::function<void()> fire) override {
    return std::make_unique<asio_timer>(context_, std::move(fire));
  }
  wire_factory wires(const tls_settings& tls, const std::string& bind_name) override {
    auto client = std::make_shared<const tls_client>(tls, make_tls(tls, bind_name));
    return [this, client] { return std::make_shared<channel>(context_, client); };
  }
  std::unique_ptr<listener> listen(const endpoint& at) override {
    try {
      return std::make_unique<asio_listener>(context_, at);
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(error.code().message());
    }
  }

  void start(std::function<void(const std::exception&)> broken) override {
    thread_ = std::thread([this, broken = std::move(broken)] {
      try {
        context_.run();
      } catch (const std::exception& error) {
        broken(error);
        throw; // a broken invariant: better no answer than a wrong one
      }
    });
  }
  void run_and_wait(std::function<void()> what) override {
    std::promise<void> done;
    asio::post(context_, [&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }
  void stop() override {
    context_.stop();
    thread_.join();
  }
  void run_rest() override {
    context_.restart();
    context_.poll();
  }

 private:
  asio::io_context context_{1}; // one thread runs it: Asio locks less
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

} // namespace

reactors asio_reactors(std::size_t threads) {
  const std::size_t cores = std::thread::hardware_concurrency();
  if (threads == 0) threads = std::clamp<std::size_t>(cores / 2, 1, 4);
  reactors all(threads);
  for (auto& each : all) each = std::make_unique<asio_reactor>();
  return all;
}

} // namespace farebox::gateway
