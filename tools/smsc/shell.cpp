#include "smsc/shell.hpp"

#include "smsc/core/report.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

namespace farebox::smsc {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

namespace {

// A batch of some thousand responses; the centre answers each read with one batch of MOs.
constexpr std::size_t read_size = 65'536;
// How often it is looked whether all is over, and the live line is renewed.
constexpr milliseconds look_interval{100};
constexpr int looks_per_line = 5;
// An ESME that is not there yet is called again.
constexpr std::chrono::seconds call_interval{1};
// For what is left to be written before a connection closes, and for the unbinds at the end.
constexpr milliseconds farewell{3'000};

steady_time steady_now() {
  return steady_time(std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

utc_time utc_now() {
  return utc_time(std::chrono::duration_cast<microseconds>(
      std::chrono::system_clock::now().time_since_epoch()));
}

std::string text_of(const tcp::endpoint& at) {
  const auto address = at.address().to_string();
  return fmt::format(fmt::runtime(at.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, at.port());
}

struct wire {
  explicit wire(tcp::socket&& accepted) : socket(std::move(accepted)), incoming(read_size) {}
  tcp::socket socket;
  std::string peer;
  centre::connection_key key = 0;
  bytes incoming, outgoing;
  bool writing = false;
  bool open = true;
  std::optional<steady_time> close_by; // a peer that does not read keeps nobody
  std::function<void()> when_closed; // of those that we called
};
using wire_ptr = std::shared_ptr<wire>;

bool line_is_live = false;

class shell {
 public:
  shell(const shell_settings& settings, const make_centre& make)
      : settings_(settings), centre_(make(steady_now(), utc_now())), timer_(thread_),
        look_timer_(thread_), signals_(thread_, SIGINT, SIGTERM, SIGUSR1) {
    for (const auto& at : settings_.listen) listen(at);
  }

  std::unique_ptr<centre> run() {
    for (auto& each : acceptors_) accept(each);
    for (const auto& to : settings_.call) call(to);
    wait_for_signal();
    look();
    thread_.run();
    if (std::exchange(line_is_live, false)) std::fputs("\n", stderr);
    return std::move(centre_);
  }

 private:
  // ---- connections ----

  void listen(const endpoint& at) {
    try {
      const tcp::endpoint where(asio::ip::make_address(at.host), at.port);
      auto& added = acceptors_.emplace_back(thread_, where, true);
      log_line("listening on " + text_of(added.local_endpoint()));
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(fmt::format("cannot listen on {}:{}: {}", at.host, at.port,
                                           error.code().message()));
    }
  }

  void accept(tcp::acceptor& from) {
    from.async_accept([this, &from](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) log_line("accept: " + error.message());
      else adopt(std::make_shared<wire>(std::move(socket)), false);
      accept(from);
    });
  }

  void call(const endpoint& to) {
    auto w = std::make_shared<wire>(tcp::socket(thread_));
    auto again = [this, to] {
      if (over_) return;
      auto pause = std::make_shared<asio::steady_timer>(thread_, call_interval);
      pause->async_wait([this, to, pause](const error_code&) { if (!over_) call(to); });
    };
    w->socket.async_connect({asio::ip::make_address(to.host), to.port},
                            [this, w, again](const error_code& error) {
                              if (error) return again();
                              w->when_closed = again;
                              adopt(w, true);
                            });
  }

  void adopt(const wire_ptr& w, bool called) {
    error_code error;
    const auto from = w->socket.remote_endpoint(error);
    if (error) return; // gone already
    w->socket.set_option(tcp::no_delay(true), error);
    w->peer = text_of(from);
    w->key = called ? centre_->on_called(w->peer, steady_now())
                    : centre_->on_accepted(w->peer, steady_now());
    wires_.emplace(w->key, w);
    read(w);
    after();
  }

  void read(const wire_ptr& w) {
    w->socket.async_read_some(
        asio::buffer(w->incoming), [this, w](const error_code& error, std::size_t size) {
          if (!w->open) return;
          if (error) return lose(w, error == asio::error::eof ? "closed by the peer"
                                                              : error.message());
          centre_->on_bytes(w->key, bytes_view(w->incoming).first(size), steady_now());
          after();
          if (w->open) read(w);
        });
  }

  // One write at a time: what comes up meanwhile leaves together, in the next one.
  void write(const wire_ptr& w) {
    w->outgoing = centre_->take_output(w->key, steady_now());
    w->writing = true;
    asio::async_write(w->socket, asio::buffer(w->outgoing),
                      [this, w](const error_code& error, std::size_t) {
                        w->writing = false;
                        if (!w->open) return;
                        if (error) return lose(w, error.message());
                        after();
                      });
  }

  void lose(const wire_ptr& w, const std::string& why) {
    close(w, why);
    after();
  }

  void close(const wire_ptr& w, const std::string& why) {
    w->open = false;
    error_code ignored;
    w->socket.close(ignored);
    wires_.erase(w->key);
    centre_->on_lost(w->key, why, steady_now());
    if (w->when_closed) w->when_closed();
  }

  // After each call of the centre: what it wants to write, close, or be woken for.
  void after() {
    std::vector<wire_ptr> to_close;
    for (const auto& [key, w] : wires_) {
      if (!w->writing && centre_->has_output(key)) write(w);
      const auto wants = centre_->wants_close(key);
      if (wants == centre::closing::no) continue;
      const auto now = steady_now();
      if (!w->close_by) w->close_by = now + farewell;
      if (wants == centre::closing::at_once || !w->writing || now >= *w->close_by)
        to_close.push_back(w);
    }
    for (const auto& w : to_close) close(w, "closed");
    if (!to_close.empty()) return after(); // the others may have got its messages
    arm();
    if (over_ && wires_.empty()) thread_.stop();
  }

  // ---- time and signals ----

  void arm() {
    const auto now = steady_now();
    const auto next = centre_->next_tick(now);
    if (!next || *next >= now + look_interval) return; // the next look is soon enough
    if (armed_ && *armed_ <= *next) return;
    armed_ = *next;
    timer_.expires_at(std::chrono::steady_clock::time_point(next->time_since_epoch()));
    timer_.async_wait([this](const error_code& error) {
      if (error) return;
      armed_.reset();
      centre_->on_tick(steady_now());
      after();
    });
  }

  void look() {
    const auto now = steady_now();
    centre_->on_tick(now);
    after();
    if (settings_.progress && ++looks_ % looks_per_line == 0) show_progress();
    if (over_ ? now >= *over_ + farewell : centre_->finished(now)) end(now);
    look_timer_.expires_after(look_interval);
    look_timer_.async_wait([this](const error_code& error) {
      if (!error) look();
    });
  }

  void end(steady_time now) {
    if (over_) return thread_.stop();
    over_ = now;
    error_code ignored;
    for (auto& each : acceptors_) each.close(ignored);
    centre_->unbind_all(now);
    after();
  }

  void wait_for_signal() {
    signals_.async_wait([this](const error_code& error, int number) {
      if (error) return;
      const auto now = steady_now();
      if (number == SIGUSR1) {
        centre_->cut_all(now);
      } else if (!std::exchange(stopping_, true)) {
        log_line("no new MOs from now on; again to end at once");
        centre_->stop(now);
      } else return thread_.stop();
      after();
      wait_for_signal();
    });
  }

  void show_progress() {
    std::fputs(("\r\x1b[K" + progress_line(*centre_)).c_str(), stderr);
    line_is_live = true;
  }

  shell_settings settings_;
  std::unique_ptr<centre> centre_;
  asio::io_context thread_{1};
  asio::steady_timer timer_, look_timer_;
  asio::signal_set signals_;
  std::deque<tcp::acceptor> acceptors_;
  std::map<centre::connection_key, wire_ptr> wires_;
  std::optional<steady_time> armed_, over_;
  bool stopping_ = false;
  int looks_ = 0;
};

} // namespace

std::unique_ptr<centre> run(const shell_settings& settings, const make_centre& make) {
  return shell(settings, make).run();
}

void log_line(std::string_view line) {
  if (std::exchange(line_is_live, false)) std::fputs("\r\x1b[K", stderr);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

} // namespace farebox::smsc
