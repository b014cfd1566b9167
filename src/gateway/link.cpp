#include "gateway/link.hpp"

#include "farebox/flow/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace farebox::gateway {

namespace {

constexpr milliseconds publish_interval{1'000};

smpp::link_settings link_settings_of(const bind_settings& bind) {
  smpp::link_settings settings;
  settings.hosts = std::max<std::size_t>(bind.hosts.size(), 1);
  settings.backoff_min = bind.reconnect_delay;
  settings.backoff_max = bind.reconnect_delay_max;
  settings.credentials_delay = bind.refused_delay;
  return settings;
}

std::uint32_t tokens_ahead(std::uint32_t rate) {
  return static_cast<std::uint32_t>(std::uint64_t{rate} *
                                    static_cast<std::uint64_t>(link::lookahead.count()) / 1'000);
}

// What a peer says must not begin a line of its own.
std::string one_line(std::string line) {
  for (auto& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return line;
}

} // namespace

link::link(reactor& thread, const operator_settings& owner, const bind_settings& bind,
           const environment& around, hub& all)
    : op_(owner.info.id), op_name_(owner.info.name), bind_(bind),
      label_(owner.info.name + "/" + bind.name), owner_(owner), dialect_(owner, bind),
      around_(around), hub_(all), thread_(thread),
      timer_(thread.make_timer([this] { on_timer(); })), make_wire_(thread.wires(bind.tls, label_)),
      random_(thread.random_seed()), policy_(link_settings_of(bind)), watch_({}),
      pacing_(pacing_settings_of(bind), steady_now()), permits_(bind.window) {
  if (bind.outbind && bind.tls.enabled) // who would be the TLS server is agreed nowhere
    throw std::runtime_error(fmt::format("bind {}: outbind and TLS exclude each other", label_));
  owner_.binds.clear();
  now_.op = op_name_;
  now_.name = bind.name;
  now_.type = smpp::name_of(bind.type);
  now_.window_size = bind.window;
  now_.pace = bind.rate_per_second;
  now_.since = utc_now();
  publish();
}

// ---- connecting ----

void link::start() {
  follows_ = false;
  if (retired_) return stopped(); // replaced before it began
  down_ = false;
  try {
    listen();
  } catch (const std::runtime_error& error) {
    alarm(error.what());
  }
  if (listener_ && !accepting_) accept();
  if (!current_ && !away_) {
    if (!bind_.hosts.empty()) attempt_ = policy_.start(steady_now());
    set_state(link_state::waiting);
  }
  arm();
}

void link::listen() {
  if (!bind_.outbind || listener_) return;
  const auto& where = bind_.outbind->listen;
  try {
    listener_ = thread_.listen(where);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("bind {}: cannot listen on {}:{}: {}", label_, where.host,
                                         where.port, error.what()));
  }
}

// The listening socket stays open while the link is stopped: who calls then is sent away.
void link::accept() {
  accepting_ = true;
  listener_->accept([this](const std::string& error, wire_ptr caller) {
    if (error.empty()) on_accepted(std::move(caller));
    else note_error("accept: " + error);
    if (listener_) accept();
  });
}

void link::on_accepted(wire_ptr wire) {
  if (down_ || away_ || (current_ && current_->session.state() != smpp::session_state::closed)) {
    log(severity::warning, "refused a connection from " + wire->peer() + ": not now");
    return wire->close();
  }
  if (current_) tear_down(current_, "the SMSC called first");
  attempt_.reset();
  now_.peer = wire->peer();
  current_ = std::make_shared<connection>(std::move(wire),
                                          session_settings_of(owner_, bind_, true));
  current_->outbind = true;
  begin_session(current_);
}

void link::connect() {
  const auto& host = bind_.hosts[attempt_->host % bind_.hosts.size()];
  attempt_.reset();
  auto c = std::make_shared<connection>(make_wire_(), session_settings_of(owner_, bind_, false));
  c->deadline = steady_now() + bind_.connect_timeout;
  c->close_reason = "connect: timed out";
  current_ = c;
  now_.peer = fmt::format("{}:{}", host.host, host.port);
  set_state(link_state::connecting);
  c->wire->connect(host, [this, c](const std::string& error) { on_connected(c, error); });
}

void link::on_connected(const connection_ptr& c, const std::string& error) {
  if (!is_current(c)) return c->wire->close();
  if (!error.empty()) return tear_down(c, error);
  begin_session(c);
}

void link::begin_session(const connection_ptr& c) {
  c->deadline.reset();
  c->close_reason.clear();
  recorder_.connected();
  set_state(link_state::binding);
  smpp::session_events events;
  c->session.on_connected(steady_now(), events);
  handle(c, events);
  read(c);
  after(c);
}

// ---- closing ----

void link::drain(std::optional<milliseconds> limit) {
  down_ = true;
  finish(limit);
}

void link::pause_reading(bool pause) {
  paused_ = pause;
  if (pause) return;
  away_ = false;
  if (current_) read(current_);
  else if (!down_ && !attempt_) start();
}

void link::unbind_for_now() {
  away_ = true;
  finish({});
}

void link::finish(std::optional<milliseconds> limit) {
  attempt_.reset();
  if (!current_) return down_ ? stopped() : set_state(link_state::waiting);
  const auto c = current_;
  if (!c->session.bound()) return tear_down(c, "stopped");
  c->close_reason = "stopped";
  if (limit) c->deadline = steady_now() + *limit;
  smpp::session_events events;
  c->session.begin_unbind(steady_now(), events);
  handle(c, events);
  if (is_current(c) && !c->reading) read(c); // the answer to unbind
  after(c);
}

void link::stop_now() {
  down_ = true;
  attempt_.reset();
  listener_.reset();
  if (current_) tear_down(current_, "stopped");
  else stopped();
  timer_->cancel();
}

void link::retire(std::function<void()> next) {
  retired_ = true;
  when_stopped_ = std::move(next);
  if (!follows_) drain(); // else start() comes when the one before has stopped
}

void link::stopped() {
  set_state(link_state::stopped);
  hub_.link_stopped();
  if (!when_stopped_) return;
  listener_.reset();
  std::exchange(when_stopped_, nullptr)();
}

void link::use_operator(const operator_settings& owner) {
  owner_ = owner;
  owner_.binds.clear();
  dialect_ = dialect(owner_, bind_);
}

// What is left is written, then the connection is closed.
void link::begin_close(const connection_ptr& c, std::string why) {
  if (c->closing) return;
  c->closing = true;
  c->close_reason = std::move(why);
  c->deadline = steady_now() + farewell;
  permits_.close();
  flush(c);
  if (!c->writing) tear_down(c, c->close_reason);
}

void link::tear_down(connection_ptr c, const std::string& why) {
  if (!is_current(c)) return;
  const auto now = steady_now();
  const bool was_bound = c->id != connection_id{};
  current_.reset();
  permits_.close();
  c->wire->close();
  smpp::session_events ignored; // the ledger knows better what may have left
  c->session.on_closed(now, ignored);
  for (auto& what : c->submits.closed()) {
    if (std::holds_alternative<submit_lost>(what)) ++now_.totals.submits_lost;
    around_.writer.offer_always(std::move(what));
  }
  if (was_bound) {
    watch_.on_lost();
    hub_.forget(c->id);
    around_.writer.offer_always(connection_closed{c->id});
  }
  for (auto& asked : c->probes) finish_probe(std::move(asked.held), probe_result::silent);
  c->probes.clear();
  if (!down_ && !away_) note_error(why);
  log(severity::info, fmt::format("{} closed: {}", now_.peer, why));
  plan_next_attempt(*c, was_bound, now);
}

void link::plan_next_attempt(const connection& c, bool was_bound, steady_time now) {
  const bool alarmed = policy_.credentials_alarm();
  const auto next = c.refused ? policy_.on_bind_refused(*c.refused, now, draw())
                    : was_bound ? policy_.on_lost(now, draw())
                                : policy_.on_connect_failed(now, draw());
  now_.credentials_alarm = policy_.credentials_alarm();
  if (policy_.credentials_alarm() && !alarmed)
    alarm("wrong password or system id (" + smpp::name_of(*c.refused) + "): trying again slowly");
  if (!down_ && !away_ && !bind_.hosts.empty()) attempt_ = next;
  if (down_) stopped();
  else set_state(link_state::waiting);
  arm();
}

// ---- octets ----

void link::read(const connection_ptr& c) {
  if (!is_current(c) || c->reading || c->closing) return;
  if (paused_ && !away_ && !down_) return;
  c->reading = true;
  c->wire->read([this, c](const std::string& error, bytes_view data) { on_read(c, error, data); });
}

void link::on_read(const connection_ptr& c, const std::string& error, bytes_view data) {
  c->reading = false;
  if (!is_current(c)) return;
  if (!error.empty()) return tear_down(c, "read: " + error);
  recorder_.received(data, utc_now());
  use_catalogue(around_.catalogue());
  smpp::session_events events;
  c->session.on_bytes(data, steady_now(), events);
  handle(c, events);
  after(c);
  read(c);
}

// One write at a time: what comes up meanwhile leaves together, in the next one.
void link::flush(const connection_ptr& c) {
  if (!is_current(c) || c->writing || !c->session.has_output()) return;
  const auto now = steady_now();
  auto data = c->session.take_output(now);
  c->pdus_taken = c->session.counters().pdus_out;
  c->submits.written();
  std::swap(c->answers, c->answers_in_write);
  recorder_.sent(data, utc_now());
  c->writing = true;
  c->write_deadline = now + bind_.response_timeout;
  c->wire->write(std::move(data), [this, c](const std::string& error) { on_written(c, error); });
}

void link::on_written(const connection_ptr& c, const std::string& error) {
  c->writing = false;
  if (!is_current(c)) return;
  if (!error.empty()) return tear_down(c, c->closing ? c->close_reason : "write: " + error);
  settle_answers(*c, steady_now());
  flush(c);
  if (c->closing && !c->writing) tear_down(c, c->close_reason);
}

// Rule R3: an answer that left late may have found an SMSC that had given up: the MO is in doubt.
void link::settle_answers(connection& c, steady_time now) {
  const auto late = dialect_.redelivery.response_timeout / 2;
  for (const auto& [message, accepted, request] : c.answers_in_write) {
    if (accepted) now_.acknowledgement.add(now - request.received_at);
    if (message && now - request.previous_read_at > late)
      around_.writer.offer_always(answered_late{c.id, message});
  }
  c.answers_in_write.clear();
}

// ---- time ----

void link::after(const connection_ptr& c) {
  if (!is_current(c)) return;
  pump(*c, steady_now());
  flush(c);
  const auto waiting = c->session.counters().pdus_out - c->pdus_taken;
  if (c->writing && waiting > unwritten_pdus_max) return tear_down(c, "the peer stopped reading");
  arm();
}

void link::on_timer() {
  const auto now = steady_now();
  armed_.reset();
  note_free(now);
  if (attempt_ && attempt_->at <= now && !current_) connect();
  if (const auto c = current_) {
    check_deadlines(c, now);
    after(c);
  }
  check_silence(now);
  if (published_at_ + publish_interval <= now) publish();
  arm();
}

// Rule R3 counts from when octets may have begun to wait for us. A bind that was quiet did not keep
// anything waiting: what was there at one turn of this thread's timer had been read by the next.
void link::note_free(steady_time now) {
  const bool reading = current_ && !paused_;
  free_before_ = reading ? free_at_ : steady_time{};
  free_at_ = reading ? now : steady_time{};
}

void link::check_deadlines(const connection_ptr& c, steady_time now) {
  if (c->deadline && *c->deadline <= now) return tear_down(c, c->close_reason);
  if (c->writing && c->write_deadline <= now) return tear_down(c, "the peer stopped reading");
  if (const auto tick = c->session.next_tick(); tick && *tick <= now) {
    smpp::session_events events;
    c->session.on_tick(now, events);
    handle(c, events);
  }
  std::vector<mo_arrived> silent;
  std::erase_if(c->probes, [&](probe& asked) {
    if (asked.deadline > now) return false;
    silent.push_back(std::move(asked.held));
    return true;
  });
  for (auto& held : silent) finish_probe(std::move(held), probe_result::silent);
}

// By a figure of the configuration, or else by what is usual on this bind.
std::optional<steady_time> link::silence_due() const {
  if (bind_.type == smpp::bind_kind::transmitter || now_.silent) return std::nullopt;
  if (!current_ || !current_->session.bound()) return std::nullopt;
  if (bind_.silent_after == milliseconds(0)) return watch_.alarm_at();
  return last_message_at_ + bind_.silent_after;
}

void link::check_silence(steady_time now) {
  const auto due = silence_due();
  if (!due || *due > now) return;
  now_.silent = true;
  alarm(fmt::format("bound, but no message for {} s, which is not usual",
                    std::chrono::duration_cast<seconds>(now - last_message_at_).count()));
}

void link::arm() {
  auto next = published_at_ + publish_interval;
  const auto consider = [&](std::optional<steady_time> at) {
    if (at && *at < next) next = *at;
  };
  if (attempt_ && !current_) consider(attempt_->at);
  if (current_) {
    const auto& c = *current_;
    const auto now = steady_now();
    consider(c.deadline);
    if (c.writing) consider(c.write_deadline);
    consider(c.session.next_tick());
    for (const auto& asked : c.probes) consider(asked.deadline);
    consider(silence_due());
    consider(pacing_due(c, now));
  }
  arm_at(next);
}

// When the bucket holds what the next submit needs, or what can be promised again.
std::optional<steady_time> link::pacing_due(const connection& c, steady_time now) const {
  if (window_part(c) <= 0 || !can_send()) return std::nullopt;
  if (const auto* next = c.submits.next()) return pacing_.next_at(next->what.tokens, now);
  if (promised_tokens(now) > 0) return std::nullopt;
  const auto next = pacing_.next_at(1, now);
  return tokens_ahead(pacing_.rate_at(now)) == 0 ? next : next - lookahead;
}

// What the bind grants when nothing is under way. What was abandoned keeps its slot (rule R7).
std::int64_t link::whole_grant(const connection& c, steady_time now) const {
  const auto window = c.session.settings().window_max;
  const auto slots = std::min(window - c.session.abandoned(), pacing_.in_flight_max(window));
  const std::int64_t tokens = std::max(tokens_ahead(pacing_.rate_at(now)), 1u);
  return std::min(static_cast<std::int64_t>(slots), tokens);
}

// Tokens that are there or will be within the lookahead.
std::int64_t link::promised_tokens(steady_time now) const {
  const auto rate = pacing_.rate_at(now);
  const auto ahead = tokens_ahead(rate);
  if (ahead == 0 || pacing_.next_at(1, now) > now + lookahead) return pacing_.available(now);
  return std::int64_t{pacing_.available(now)} + ahead;
}

// The timer is moved only to the front: one that is too early costs less than a change each time.
void link::arm_at(steady_time at) {
  if (armed_ && *armed_ <= at) return;
  armed_ = at;
  timer_->arm(at);
}

// ---- what others see ----

void link::use_catalogue(catalogue_ptr sold) {
  if (sold == sold_) return;
  sold_ = std::move(sold);
  link_tags_ = mo_link_tags(*sold_, op());
  const auto* known = sold_->find_operator(op());
  splitting_ = flow::splitting_of(known ? *known : owner_.info);
}

void link::set_state(link_state state) {
  if (now_.state != state) now_.since = utc_now();
  now_.state = state;
  publish();
}

void link::note_error(const std::string& what) {
  now_.last_error = one_line(what);
  now_.last_error_at = utc_now();
}

void link::publish() {
  const auto now = steady_now();
  if (const auto span = now - published_at_; span >= publish_interval) {
    const auto rate = [&](std::uint64_t after, std::uint64_t before) {
      return static_cast<double>(after - before) * 1e6 / static_cast<double>(span.count());
    };
    const auto& before = published_totals_;
    const auto& total = now_.totals;
    now_.rate_in = rate(total.messages + total.receipts, before.messages + before.receipts);
    now_.rate_out = rate(total.submits, before.submits);
    published_totals_ = total;
    published_at_ = now;
  }
  if (current_) {
    now_.session = current_->session.counters();
    now_.window_used = current_->session.outstanding();
    now_.queued = current_->submits.queued();
    now_.permits = current_->id ? std::max<std::int64_t>(0, window_part(*current_)) : 0;
  } else now_.window_used = now_.queued = 0, now_.permits = 0;
  now_.throttled = pacing_.throttled(now);
  if (bind_.rate_per_second != 0 || now_.throttled) now_.pace = pacing_.rate_at(now);
  const std::lock_guard lock(status_mutex_);
  shown_ = now_;
}

bind_status link::status() const {
  const std::lock_guard lock(status_mutex_);
  return shown_;
}

void link::log(severity level, const std::string& what) const {
  if (around_.log) around_.log(level, one_line(fmt::format("bind {}: {}", label_, what)));
}

void link::alarm(const std::string& what) const {
  if (around_.alarm) around_.alarm(one_line(fmt::format("bind {}: {}", label_, what)));
}

smpp::jitter link::draw() {
  return {std::uniform_int_distribution<std::uint32_t>(0, 1'000'000)(random_)};
}

} // namespace farebox::gateway
