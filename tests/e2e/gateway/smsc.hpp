// The other ends of the gateway's tests: an operator's SMSC on a real socket, and a writer that
// keeps every event. Both are waited for by condition, never by time alone.
#pragma once

#include "farebox/gateway/gateway.hpp"
#include "farebox/smpp/session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

namespace farebox::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

inline steady_time steady_now() {
  return steady_time(std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now().time_since_epoch()));
}
inline utc_time utc_now() {
  return utc_time(std::chrono::duration_cast<microseconds>(
      std::chrono::system_clock::now().time_since_epoch()));
}

inline constexpr seconds patience{20}; // sanitizers are slow; a pass never waits so long

// Values from other threads, taken by the test's.
template <class Value>
class mailbox {
 public:
  void put(Value value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // The first one that fits; it is taken out.
  std::optional<Value> take(const std::function<bool(const Value&)>& fits,
                            milliseconds wait = patience) {
    std::unique_lock lock(mutex_);
    auto found = values_.end();
    changed_.wait_for(lock, wait, [&] {
      found = std::find_if(values_.begin(), values_.end(), fits);
      return found != values_.end();
    });
    if (found == values_.end()) return std::nullopt;
    auto value = std::move(*found);
    values_.erase(found);
    return value;
  }
  Value take() {
    auto value = take([](const Value&) { return true; });
    REQUIRE(value.has_value());
    return *value;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Value> values_;
};

// An SMSC for one connection at a time. It answers binds and, if told so, submits.
class smsc {
 public:
  struct delivered { // an answer to our deliver_sm
    std::uint64_t cookie = 0;
    smpp::command_status status{};
  };

  std::atomic<const char*> password = "secret";
  std::atomic<bool> answers_submits{true};
  std::atomic<bool> reads{true}; // else it takes nothing from its socket once it is bound
  std::atomic<smpp::command_status> submit_status{smpp::command_status::ESME_ROK};

  mailbox<std::string> binds; // system ids, accepted
  mailbox<smpp::submit_sm> submits;
  mailbox<delivered> answers;

  explicit smsc(asio::ssl::context* tls = nullptr) : tls_(tls) {
    acceptor_.emplace(context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    port_ = acceptor_->local_endpoint().port();
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~smsc() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

  void deliver(std::uint64_t cookie, std::string_view source, std::string_view text,
               std::uint8_t esm_class = 0) {
    smpp::deliver_sm message;
    message.source_addr = source;
    message.destination_addr = "4242";
    message.esm_class = esm_class;
    message.short_message.assign(text.begin(), text.end());
    on_thread([this, cookie, message] {
      if (!peer_) return;
      CHECK(peer_->session.request(message, cookie, steady_now()).has_value());
      flush(peer_);
    });
  }
  void cut() {
    on_thread([this] { close(); });
  }
  void unbind() {
    on_thread([this] {
      smpp::session_events events;
      peer_->session.begin_unbind(steady_now(), events);
      handle(peer_, events);
    });
  }
  // What was left open while answers_submits was false.
  void answer_held() {
    on_thread([this] {
      for (const auto sequence : std::exchange(held_, {})) accept_submit(peer_, sequence);
      flush(peer_);
    });
  }
  // Calls an ESME that listens, and says outbind.
  void call(std::uint16_t port, const std::string& with_password) {
    on_thread([this, port, with_password] {
      tcp::socket socket(context_);
      boost::system::error_code error;
      socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
      if (error) return;
      begin(std::move(socket));
      smpp::outbind hello;
      hello.system_id = "smsc";
      hello.password = with_password;
      CHECK(peer_->session.request(hello, 0, steady_now()).has_value());
      flush(peer_);
    });
  }

 private:
  struct link : std::enable_shared_from_this<link> {
    link(tcp::socket&& taken, smpp::session_settings settings)
        : socket(std::move(taken)), session(std::move(settings)) {}
    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;
    smpp::session session;
    bytes incoming = bytes(65'536);
    bytes outgoing;
    bool writing = false;
  };
  using link_ptr = std::shared_ptr<link>;

  template <class Function>
  void on_thread(Function what) {
    asio::post(context_, std::move(what));
  }

  void accept() {
    acceptor_->async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error) return;
      begin(std::move(socket));
      accept();
    });
  }

  void begin(tcp::socket&& socket) {
    close();
    smpp::session_settings settings;
    settings.role = smpp::session_role::smsc;
    settings.system_id = "smsc";
    settings.window_max = 100'000;
    if (!reads) socket.set_option(asio::socket_base::receive_buffer_size(4'096));
    peer_ = std::make_shared<link>(std::move(socket), settings);
    if (!tls_) return start(peer_);
    peer_->tls.emplace(peer_->socket, *tls_);
    peer_->tls->async_handshake(asio::ssl::stream_base::server,
                                [this, c = peer_](boost::system::error_code error) {
                                  if (c == peer_ && !error) start(c);
                                });
  }

  void start(const link_ptr& c) {
    smpp::session_events events;
    c->session.on_connected(steady_now(), events);
    handle(c, events);
    read(c);
  }

  void close() {
    if (!peer_) return;
    boost::system::error_code ignored;
    peer_->socket.close(ignored);
    peer_.reset();
  }

  void read(const link_ptr& c) {
    if (!reads && c->session.bound()) return;
    auto done = [this, c](boost::system::error_code error, std::size_t size) {
      if (c != peer_) return;
      if (error) return close();
      smpp::session_events events;
      c->session.on_bytes(bytes_view(c->incoming).first(size), steady_now(), events);
      handle(c, events);
      if (c == peer_) read(c);
    };
    if (c->tls) c->tls->async_read_some(asio::buffer(c->incoming), std::move(done));
    else c->socket.async_read_some(asio::buffer(c->incoming), std::move(done));
  }

  void flush(const link_ptr& c) {
    if (c->writing || !c->session.has_output()) return;
    c->outgoing = c->session.take_output(steady_now());
    c->writing = true;
    auto done = [this, c](boost::system::error_code error, std::size_t) {
      c->writing = false;
      if (c == peer_ && !error) flush(c);
    };
    if (c->tls) asio::async_write(*c->tls, asio::buffer(c->outgoing), std::move(done));
    else asio::async_write(c->socket, asio::buffer(c->outgoing), std::move(done));
  }

  void handle(const link_ptr& c, smpp::session_events& events) {
    for (auto& e : events) {
      if (const auto* bind = std::get_if<smpp::event::bind_requested>(&e)) on_bind(c, *bind);
      if (auto* request = std::get_if<smpp::event::request_received>(&e)) on_request(c, *request);
      if (const auto* answer = std::get_if<smpp::event::response_received>(&e))
        answers.put({answer->cookie, answer->response.status});
      if (std::holds_alternative<smpp::event::close_now>(e)) {
        flush(c);
        const auto left = std::make_shared<asio::steady_timer>(context_, milliseconds(50));
        left->async_wait([this, c, left](boost::system::error_code) {
          if (c == peer_) close();
        });
      }
    }
    flush(c);
  }

  void on_bind(const link_ptr& c, const smpp::event::bind_requested& bind) {
    if (bind.password != password.load())
      return c->session.refuse_bind(smpp::command_status::ESME_RINVPASWD, steady_now());
    smpp::session_events more;
    c->session.accept_bind(steady_now(), more);
    binds.put(bind.system_id);
  }

  void on_request(const link_ptr& c, smpp::event::request_received& e) {
    auto* submit = std::get_if<smpp::submit_sm>(&e.request.body);
    if (!submit) return;
    if (answers_submits) accept_submit(c, e.request.sequence);
    else held_.push_back(e.request.sequence);
    submits.put(std::move(*submit));
  }

  void accept_submit(const link_ptr& c, std::uint32_t sequence) {
    smpp::submit_sm_resp answer;
    const auto status = submit_status.load();
    if (status == smpp::command_status::ESME_ROK) answer.message_id = std::to_string(++last_id_);
    CHECK(c->session.respond(sequence, answer, status, 0, steady_now()).has_value());
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  asio::ssl::context* tls_;
  std::optional<tcp::acceptor> acceptor_;
  std::uint16_t port_ = 0;
  link_ptr peer_;
  std::vector<std::uint32_t> held_;
  int last_id_ = 0;
  std::thread thread_;
};

// The writer's end: keeps what it is offered.
class writer_double final : public gateway::writer_port {
 public:
  std::atomic<bool> full{false};
  std::atomic<int> woken{0};
  mailbox<event> events;
  mailbox<std::string> alarms;

  bool offer(event&& what) override {
    if (full) return false;
    events.put(std::move(what));
    return true;
  }
  void offer_always(event&& what) override { events.put(std::move(what)); }
  void permits_available(operator_id) override { ++woken; }

  template <class Event>
  Event take(milliseconds wait = patience) {
    auto found = take_if<Event>(wait);
    REQUIRE_MESSAGE(found.has_value(), "no " << typeid(Event).name());
    return *found;
  }
  template <class Event>
  std::optional<Event> take_if(milliseconds wait) {
    auto found = events.take(
        [](const event& e) { return std::holds_alternative<Event>(e); }, wait);
    if (!found) return std::nullopt;
    return std::get<Event>(std::move(*found));
  }
};

// A gateway with one operator and its writer; the test's thread plays the writer.
struct world {
  writer_double writer;
  catalogue_ptr sold = std::make_shared<catalogue>(catalogue_parts{});
  std::vector<gateway::operator_settings> operators;
  std::unique_ptr<gateway::gateway> links;

  world() {
    gateway::operator_settings owner;
    owner.info.id = operator_id{1};
    owner.info.name = "north";
    owner.info.retry_status = 0x64;
    owner.info.redelivery.proof_delay = milliseconds(50);
    operators.push_back(owner);
  }
  ~world() {
    if (links) links->stop();
  }

  gateway::bind_settings& add_bind(const std::string& name, std::vector<std::uint16_t> ports) {
    gateway::bind_settings bind;
    bind.name = name;
    for (const auto port : ports) bind.hosts.push_back({"127.0.0.1", port});
    bind.system_id = "farebox";
    bind.password = "secret";
    bind.reconnect_delay = milliseconds(50);
    bind.reconnect_delay_max = milliseconds(200);
    bind.refused_delay = milliseconds(200);
    operators.front().binds.push_back(bind);
    return operators.front().binds.back();
  }

  void start() {
    gateway::environment around{writer, [this] { return sold; },
                                [](gateway::severity, const std::string& line) {
                                  if (std::getenv("FAREBOX_TEST_LOG")) std::puts(line.c_str());
                                },
                                [this](const std::string& line) { writer.alarms.put(line); }};
    links = std::make_unique<gateway::gateway>(operators, std::move(around), connection_id{100},
                                               gateway::asio_reactors(2));
    links->start();
  }

  void acknowledge(const reply_address& to, std::int64_t proof, std::uint32_t status = 0) {
    links->perform({farebox::acknowledge{to, status, message_id{proof}}});
  }

  reply_row reply_of(std::int64_t id) const {
    reply_row reply;
    reply.id = reply.message = message_id{id};
    reply.op = operator_id{1};
    reply.destination = "79121234567";
    reply.source = "4242";
    reply.text = "code " + std::to_string(id);
    reply.attempts = 1;
    return reply;
  }
  void send(std::int64_t id, bool uses_permit = true) {
    links->perform({send_reply{reply_of(id), 1, uses_permit}});
  }
  // As the engine does it: reserve, or wait until told.
  void reserve_and_send(std::int64_t id) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!links->reserve(operator_id{1}, 1)) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::yield();
    }
    send(id);
  }

  gateway::bind_status status(std::size_t bind = 0) const { return links->status().at(bind); }
  bool wait_for_state(gateway::link_state state, std::size_t bind = 0) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (status(bind).state != state) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

} // namespace farebox::test
