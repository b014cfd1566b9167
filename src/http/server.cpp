#include "farebox/http/server.hpp"

#include "farebox/http/guard.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace farebox::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using boost::system::error_code;
using stream_socket = asio::generic::stream_protocol::socket;

// What a thread of the pool is called, for hooks::handle.
thread_local std::size_t worker_number = 0;

constexpr std::size_t read_size = 4096;
constexpr std::chrono::milliseconds accept_pause{20};

// RFC 9110 5.6.7.
std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

std::string path_of(const request& what) {
  std::string path;
  for (const auto& segment : what.path) path += "/" + segment;
  return path;
}

} // namespace

// A listening socket and what was accepted from it. Lives on its own strand.
template <class Protocol>
struct listener {
  listener(asio::io_context& io, peer_kind peer)
      : acceptor(asio::make_strand(io)), pause(acceptor.get_executor()), kind(peer) {}

  typename Protocol::acceptor acceptor;
  asio::steady_timer pause;
  peer_kind kind;
};

struct server::impl {
  class connection;

  server_settings settings;
  server_hooks hooks;
  // One count each for TCP and the Unix socket: a flood of the one does not lock the administrator
  // out. They stand before `io`, whose end also ends the connections that count.
  std::array<std::atomic<std::size_t>, 2> open{};
  std::atomic<bool> stopping{false};
  asio::io_context io;
  listener<asio::ip::tcp> tcp{io, peer_kind::tcp};
  listener<asio::local::stream_protocol> local{io, peer_kind::unix_socket};
  std::vector<std::thread> threads;
  std::mutex mutex; // of connections
  std::set<std::weak_ptr<connection>, std::owner_less<>> connections;

  impl(server_settings given, server_hooks with);
  void listen_tcp();
  void listen_unix();
  template <class Protocol>
  void accept(listener<Protocol>& on);
  template <class Protocol>
  void accept_later(listener<Protocol>& on);
  template <class Protocol>
  void close(listener<Protocol>& on);
  void admit(stream_socket socket, peer_kind kind);
  std::atomic<std::size_t>& open_of(peer_kind kind) { return open[static_cast<std::size_t>(kind)]; }
  void run();
  void stop();
};

// One connection: reads a request, has it answered, writes the answer, and so on. Lives on its own
// strand. Each step that waits holds a shared_ptr: it ends when none is left. Who may answer from
// outside holds a weak one, since that may live longer than the server.
class server::impl::connection : public std::enable_shared_from_this<connection> {
 public:
  connection(impl& owner, stream_socket socket, peer_kind kind)
      : owner_(owner), socket_(std::move(socket)), timer_(socket_.get_executor()), kind_(kind) {}
  ~connection() { --owner_.open_of(kind_); }

  void start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->next_request(); });
  }

  // From another thread: ends at once when idle, else after the answer under way.
  void finish() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      self->last_ = true;
      if (self->idle_) self->close();
    });
  }

 private:
  void next_request();
  void read_more();
  void on_octets();
  void on_request(const head_verdict& head);
  void refuse(int status, std::string_view code, std::string_view message);
  void ask_handler();
  void on_answer(std::uint64_t number, response answer);
  void write(response answer);
  void on_written(bool keep);
  void deadline(seconds after, void (connection::*then)());
  void on_answer_timeout();
  void close();
  void linger();
  void drop_more();

  impl& owner_;
  stream_socket socket_;
  asio::steady_timer timer_;
  peer_kind kind_;
  std::string received_; // from the first octet of the current request on
  std::array<char, read_size> chunk_{};
  request request_;
  beast::response<beast::string_body> answer_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t number_ = 0; // of the request: a late answer to an earlier one is ignored
  std::uint64_t deadline_number_ = 0;
  bool waits_for_answer_ = false;
  bool continue_sent_ = false;
  bool idle_ = true;
  bool last_ = false;    // the connection ends with this answer
  bool refused_ = false; // because what was read is no request
};

void server::impl::connection::next_request() {
  idle_ = received_.empty();
  continue_sent_ = false;
  if (last_ && idle_) return close();
  deadline(idle_ ? limits::idle_timeout : limits::receive_timeout, &connection::close);
  if (idle_) read_more();
  else on_octets(); // the client did not wait for the answer before its next request
}

void server::impl::connection::read_more() {
  socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](error_code error,
                                                                            std::size_t size) {
    if (error) return self->close();
    if (self->idle_) self->deadline(limits::receive_timeout, &connection::close);
    self->idle_ = false;
    self->received_.append(self->chunk_.data(), size);
    self->on_octets();
  });
}

void server::impl::connection::on_octets() {
  const auto head = check_head(received_);
  if (head.what == head_verdict::kind::refused)
    return refuse(head.status, "refused", head.reason);
  if (head.what == head_verdict::kind::incomplete) return read_more();
  if (received_.size() >= head.head_size + head.body_size) return on_request(head);
  if (!head.expects_continue || continue_sent_) return read_more();
  continue_sent_ = true;
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close();
                      self->read_more();
                    });
}

void server::impl::connection::on_request(const head_verdict& head) {
  began_ = std::chrono::steady_clock::now();
  const std::string_view all = received_;
  auto parsed = parse_request(all.substr(0, head.head_size),
                              all.substr(head.head_size, head.body_size), kind_);
  if (!parsed) return refuse(400, "invalid", parsed.error().detail);
  received_.erase(0, head.head_size + head.body_size);
  request_ = std::move(*parsed);
  ask_handler();
}

// What follows a refused head cannot be told from it: the connection ends.
void server::impl::connection::refuse(int status, std::string_view code,
                                      std::string_view message) {
  began_ = std::chrono::steady_clock::now();
  received_.clear();
  request_ = {};
  request_.peer = kind_;
  refused_ = last_ = true;
  write(refusal(status, code, message));
}

void server::impl::connection::ask_handler() {
  waits_for_answer_ = true;
  const auto number = ++number_;
  deadline(limits::answer_timeout, &connection::on_answer_timeout);
  auto answer = [weak = weak_from_this(), number](response given) {
    const auto self = weak.lock();
    if (!self) return;
    asio::dispatch(self->socket_.get_executor(),
                   [self, number, given = std::move(given)]() mutable {
                     self->on_answer(number, std::move(given));
                   });
  };
  owner_.hooks.handle(request_, worker_number, std::move(answer));
}

void server::impl::connection::on_answer(std::uint64_t number, response answer) {
  if (!waits_for_answer_ || number != number_) return;
  waits_for_answer_ = false;
  write(std::move(answer));
}

// Nobody knows whether what was asked has happened: that is said, instead of "try again".
void server::impl::connection::on_answer_timeout() {
  if (!waits_for_answer_) return;
  waits_for_answer_ = false;
  last_ = true;
  write(refusal(504, "no_answer_in_time", "the answer took too long; its outcome is not known"));
}

void server::impl::connection::write(response answer) {
  deadline(limits::send_timeout, &connection::close);
  const auto took = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() -
                                                             began_);
  if (owner_.hooks.log)
    owner_.hooks.log({kind_, request_.method, path_of(request_), answer.status, took,
                      std::move(answer.problem)});
  const bool keep = request_.keep_alive && !last_ && !owner_.stopping;
  answer_ = {};
  answer_.version(11);
  answer_.result(static_cast<unsigned>(answer.status));
  answer_.set(beast::field::date, http_date());
  answer_.set(beast::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.fields) answer_.insert(name, value);
  answer_.content_length(answer.body.size());
  answer_.keep_alive(keep);
  if (keep && request_.version == 10) answer_.set(beast::field::connection, "keep-alive");
  if (!request_.head_only) answer_.body() = std::move(answer.body);
  auto done = [self = shared_from_this(), keep](error_code error, std::size_t) {
    if (error) return self->close();
    self->on_written(keep);
  };
  beast::async_write(socket_, answer_, std::move(done));
}

void server::impl::connection::on_written(bool keep) {
  if (keep) return next_request();
  if (refused_) return linger();
  close();
}

// Closing while octets of the refused request still come in would reset the connection, and the
// client might lose the answer: it is told that nothing follows, and the rest is read and dropped.
void server::impl::connection::linger() {
  error_code ignored;
  socket_.shutdown(stream_socket::shutdown_send, ignored);
  idle_ = true;
  last_ = true;
  deadline(limits::stop_timeout, &connection::close);
  drop_more();
}

void server::impl::connection::drop_more() {
  auto drop = [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->close();
    self->drop_more();
  };
  socket_.async_read_some(asio::buffer(chunk_), std::move(drop));
}

// One timer, set anew at each step; a deadline that was replaced at the last moment is ignored.
void server::impl::connection::deadline(seconds after, void (connection::*then)()) {
  const auto number = ++deadline_number_;
  timer_.expires_after(after);
  timer_.async_wait([self = shared_from_this(), number, then](error_code error) {
    if (!error && self->deadline_number_ == number) (self.get()->*then)();
  });
}

void server::impl::connection::close() {
  ++deadline_number_;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

server::impl::impl(server_settings given, server_hooks with)
    : settings(std::move(given)), hooks(std::move(with)), io(settings.threads) {
  if (!settings.address.empty()) listen_tcp();
  if (!settings.unix_path.empty()) listen_unix();
}

void server::impl::listen_tcp() {
  error_code error;
  const auto address = asio::ip::make_address(settings.address, error);
  const asio::ip::tcp::endpoint at(address, settings.port);
  auto& acceptor = tcp.acceptor;
  if (!error) acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    throw std::runtime_error(fmt::format("HTTP cannot listen on {} port {}: {}", settings.address,
                                         settings.port, error.message()));
}

void server::impl::listen_unix() {
  const auto& path = settings.unix_path;
  error_code error;
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      throw std::runtime_error(fmt::format("{} is there and is no socket", path));
    asio::local::stream_protocol::socket probe(io);
    probe.connect(path, error);
    if (!error) throw std::runtime_error(fmt::format("another process answers on {}", path));
    ::unlink(path.c_str());
    error = {};
  }
  auto& acceptor = local.acceptor;
  acceptor.open({}, error);
  if (!error) acceptor.bind(path, error);
  // Between bind and listen nobody can connect: the mode is right from the first connection on.
  if (!error && ::chmod(path.c_str(), 0660) != 0)
    error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot listen on {}: {}", path, error.message()));
}

template <class Protocol>
void server::impl::accept(listener<Protocol>& on) {
  // At the limit further clients wait in the kernel's queue.
  if (open_of(on.kind) >= settings.connections_max) return accept_later(on);
  on.acceptor.async_accept(asio::make_strand(io), [this, &on](error_code error, auto socket) {
    if (stopping) return;
    if (error) return accept_later(on); // out of descriptors, mostly
    admit(stream_socket(std::move(socket)), on.kind);
    accept(on);
  });
}

template <class Protocol>
void server::impl::accept_later(listener<Protocol>& on) {
  on.pause.expires_after(accept_pause);
  on.pause.async_wait([this, &on](error_code) {
    if (!stopping) accept(on);
  });
}

template <class Protocol>
void server::impl::close(listener<Protocol>& on) {
  asio::post(on.acceptor.get_executor(), [&on] {
    error_code ignored;
    on.acceptor.close(ignored);
    on.pause.cancel();
  });
}

void server::impl::admit(stream_socket socket, peer_kind kind) {
  ++open_of(kind);
  const auto made = std::make_shared<connection>(*this, std::move(socket), kind);
  {
    const std::lock_guard lock(mutex);
    std::erase_if(connections, [](const auto& known) { return known.expired(); });
    connections.insert(made);
  }
  made->start();
}

void server::impl::run() {
  if (tcp.acceptor.is_open()) accept(tcp);
  if (local.acceptor.is_open()) accept(local);
  for (int i = 0; i < settings.threads; ++i)
    threads.emplace_back([this, i] {
      worker_number = static_cast<std::size_t>(i);
      io.run();
    });
}

void server::impl::stop() {
  if (stopping.exchange(true)) return;
  close(tcp);
  close(local);
  {
    const std::lock_guard lock(mutex);
    for (const auto& known : connections)
      if (const auto one = known.lock()) one->finish();
  }
  const auto until = std::chrono::steady_clock::now() + limits::stop_timeout;
  while (open[0] + open[1] > 0 && !threads.empty() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  io.stop();
  for (auto& thread : threads) thread.join();
  if (!settings.unix_path.empty()) ::unlink(settings.unix_path.c_str());
}

server::server(server_settings settings, server_hooks hooks)
    : impl_(std::make_unique<impl>(std::move(settings), std::move(hooks))) {}
server::~server() { stop(); }

void server::start() { impl_->run(); }
void server::stop() { impl_->stop(); }
std::uint16_t server::port() const {
  error_code ignored;
  return impl_->tcp.acceptor.local_endpoint(ignored).port();
}
std::size_t server::connections() const { return impl_->open[0] + impl_->open[1]; }

} // namespace farebox::http
