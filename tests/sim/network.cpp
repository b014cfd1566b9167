#include "sim/network.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace farebox::sim {

namespace {

constexpr microseconds thread_delay_min{5}, thread_delay_max{2'000}; // until a thread comes round

} // namespace

// ---- connections ----

void connection::arrive(end to, std::function<void()> what) {
  auto& last = last_arrival_[index(to)];
  last = std::max(last, clock_.now() + dice_.skewed(weather_.delay_min, weather_.delay_max));
  clock_.at(last, 0, [self = shared_from_this(), to, what = std::move(what)] {
    if (self->closed_[index(to)] || self->silent_[index(other(to))]) return;
    what();
  });
}

void connection::send(end from, bytes&& data) {
  if (cut_ || closed_[index(from)]) return;
  const auto to = other(from);
  for (std::size_t at = 0; at < data.size();) {
    auto size = data.size() - at;
    if (size > 1 && dice_.percent(weather_.split_percent)) size = 1 + dice_.below(size - 1);
    const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
    arrive(to, [this, to, piece = bytes(begin, begin + static_cast<std::ptrdiff_t>(size))] {
      if (!cut_ && hooks_[index(to)].on_data) hooks_[index(to)].on_data(piece);
    });
    at += size;
  }
}

void connection::close(end from) {
  if (std::exchange(closed_[index(from)], true)) return;
  note_trouble();
  clock_.after(microseconds(0), 0, [self = shared_from_this(), from] { // it may be in use now
    self->hooks_[index(from)] = {};
  });
  const auto to = other(from);
  if (!cut_)
    arrive(to, [this, to] {
      if (hooks_[index(to)].on_end) hooks_[index(to)].on_end("End of file");
    });
}

void connection::cut() {
  if (std::exchange(cut_, true)) return;
  note_trouble();
  for (const auto to : {end::link, end::smsc})
    clock_.after(dice_.skewed(microseconds(0), microseconds(3'000'000)), 0,
                 [self = shared_from_this(), to] {
                   if (self->closed_[index(to)]) return;
                   if (self->hooks_[index(to)].on_end)
                     self->hooks_[index(to)].on_end("Connection reset by peer");
                 });
}

void connection::stall() {
  stalled_ = true;
  silence(end::link);
}

void connection::silence(end from) {
  silent_[index(from)] = true;
  note_trouble();
}

void network::connect(const std::string& name, clock::owner whose,
                      std::function<void(connection_ptr)> answer) {
  if (dice_.percent(blackhole_percent)) return;
  const auto round_trip = dice_.skewed(weather.delay_min * 2, weather.delay_max * 2);
  clock_.after(round_trip, whose, [this, name, answer = std::move(answer)] {
    auto& to = hosts_[name];
    if (!to.up || !to.on_accepted) return answer(nullptr);
    auto made = std::make_shared<connection>(clock_, dice_, weather, ++connections_made_);
    std::erase_if(all_, [](const auto& gone) { return gone.expired(); });
    all_.push_back(made);
    to.on_accepted(made);
    answer(made);
  });
}

std::vector<connection_ptr> network::connections() const {
  std::vector<connection_ptr> live;
  for (const auto& one : all_)
    if (auto c = one.lock(); c && c->is_open(end::link) && c->is_open(end::smsc))
      live.push_back(std::move(c));
  return live;
}

// ---- reactors ----

namespace {

class virtual_wire final : public gateway::wire, public std::enable_shared_from_this<virtual_wire> {
 public:
  virtual_wire(network& net, reactor& thread, clock::owner whose)
      : net_(net), thread_(thread), whose_(whose) {}

  void connect(const gateway::endpoint& to, on_done done) override {
    peer_ = to.host + ":" + std::to_string(to.port);
    net_.connect(to.host, whose_, [self = shared_from_this(), done](connection_ptr made) {
      if (self->closed_) {
        if (made) made->close(end::link);
        return;
      }
      if (made) self->take(std::move(made));
      const bool connected = self->connection_ != nullptr;
      self->later([done, connected] { done(connected ? "" : "connect: Connection refused"); });
    });
  }

  void read(on_octets done) override {
    reading_ = std::move(done);
    hand_over();
  }

  void write(bytes&& data, on_done done) override {
    if (connection_ && connection_->is_stalled()) return; // until it is closed
    if (connection_) connection_->send(end::link, std::move(data));
    later([self = shared_from_this(), done = std::move(done)] {
      done(self->error_.empty() ? "" : self->error_);
    });
  }

  void close() override {
    if (std::exchange(closed_, true)) return;
    error_ = "Operation canceled";
    if (connection_) connection_->close(end::link);
    if (auto done = std::exchange(reading_, nullptr))
      later([done = std::move(done), why = error_] { done(why, {}); });
  }
  const std::string& peer() const override { return peer_; }

 private:
  void take(connection_ptr made) {
    connection_ = std::move(made);
    auto& hooks = connection_->at(end::link);
    hooks.on_data = [weak = weak_from_this()](bytes_view data) {
      const auto self = weak.lock();
      if (!self) return;
      self->arrived_.insert(self->arrived_.end(), data.begin(), data.end());
      self->hand_over();
    };
    hooks.on_end = [weak = weak_from_this()](const std::string& why) {
      const auto self = weak.lock();
      if (!self) return;
      self->error_ = why;
      self->hand_over();
    };
  }
  // Answers the read that is asked for, with all that has come until the thread looks.
  void hand_over() {
    if (!reading_ || handing_over_ || (arrived_.empty() && error_.empty())) return;
    handing_over_ = true;
    later([self = shared_from_this()] {
      self->handing_over_ = false;
      const auto done = std::exchange(self->reading_, nullptr);
      if (!done) return; // closed meanwhile
      const auto data = std::exchange(self->arrived_, {});
      if (data.empty()) done(self->error_, {});
      else done({}, data);
    });
  }
  void later(std::function<void()> what) {
    thread_.plan(net_.time().now() + net_.chance().skewed(thread_delay_min, thread_delay_max),
                 std::move(what));
  }

  network& net_;
  reactor& thread_;
  const clock::owner whose_;
  connection_ptr connection_;
  std::string peer_, error_;
  bytes arrived_;
  on_octets reading_;
  bool handing_over_ = false, closed_ = false;
};

class virtual_timer final : public gateway::timer {
 public:
  virtual_timer(reactor& thread, std::function<void()> fire)
      : thread_(thread), state_(std::make_shared<state>()) {
    state_->fire = std::move(fire);
  }
  ~virtual_timer() override { cancel(); }
  void arm(steady_time at) override {
    thread_.plan(at, [state = state_, turn = ++state_->turn] {
      if (turn == state->turn) state->fire();
    });
  }
  void cancel() override { ++state_->turn; }

 private:
  struct state {
    std::function<void()> fire;
    std::uint64_t turn = 0;
  };
  reactor& thread_;
  std::shared_ptr<state> state_;
};

} // namespace

void reactor::plan(steady_time at, std::function<void()> what) {
  net_.time().at(at, whose_, std::move(what));
}

void reactor::post(std::function<void()> what) {
  posted_.push_back(std::move(what));
  plan(steady_now() + net_.chance().skewed(thread_delay_min, thread_delay_max), [this] {
    if (running_) run_posted();
  });
}

void reactor::run_posted() {
  auto batch = std::exchange(posted_, {});
  for (const auto& what : batch) what();
}

void reactor::run_and_wait(std::function<void()> what) {
  run_posted();
  what();
}

void reactor::run_rest() {
  while (!posted_.empty()) run_posted();
}

std::unique_ptr<gateway::timer> reactor::make_timer(std::function<void()> fire) {
  return std::make_unique<virtual_timer>(*this, std::move(fire));
}

gateway::wire_factory reactor::wires(const gateway::tls_settings&, const std::string&) {
  return [this] { return std::make_shared<virtual_wire>(net_, *this, whose_); };
}

std::unique_ptr<gateway::listener> reactor::listen(const gateway::endpoint& at) {
  throw std::runtime_error("nobody calls " + at.host + " here: the operators are called");
}

} // namespace farebox::sim
