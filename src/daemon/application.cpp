#include "farebox/daemon/application.hpp"

#include "farebox/daemon/assembly.hpp"
#include "farebox/daemon/status.hpp"
#include "farebox/engine/loop.hpp"
#include "farebox/gateway/gateway.hpp"
#include "farebox/http/api.hpp"
#include "farebox/http/server.hpp"
#include "farebox/smpp/describe.hpp"
#include "farebox/store/sqlite.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <systemd/sd-daemon.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>
#include <unistd.h>

namespace farebox::daemon {

namespace {

utc_time utc_now() { return store::system_time(); }

steady_time steady_now() {
  return steady_time{std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now().time_since_epoch())};
}

digest256 random_octets() {
  digest256 octets;
  randombytes_buf(octets.octets.data(), octets.octets.size());
  return octets;
}

void log_line(gateway::severity how, const std::string& line) {
  switch (how) {
  case gateway::severity::debug: return log::debug(line);
  case gateway::severity::info: return log::info(line);
  case gateway::severity::warning: return log::warning(line);
  case gateway::severity::error: return log::error(line);
  }
}

} // namespace

// The parts in the order in which they are built; they go in the reverse order.
struct application::parts final : gateway::writer_port,
                                  http::writer_port,
                                  http::admin_port,
                                  engine::outlet {
  config settings;
  reader read_again;
  store_wrapper around_store;
  status_board board{utc_now()};
  std::unique_ptr<store::writer> rows;
  mutable std::mutex sold_mutex;
  catalogue_ptr sold;
  std::uint64_t generation = 0;
  http::token_directory tokens;
  http::ticket_desk tickets;
  std::unique_ptr<engine::engine> decider;
  std::unique_ptr<engine::loop> writer;
  std::unique_ptr<gateway::gateway> links;
  std::vector<std::unique_ptr<store::reader>> readers; // one for each HTTP thread
  std::unique_ptr<store::reader> scrubber;
  bill_id scrubbed;
  std::atomic<bool> closed{false}; // for good: draining, or the bills are damaged
  std::unique_ptr<http::api> handlers;
  std::unique_ptr<http::server> server;

  ~parts() override;

  // ---- building, in this order ----
  result<void> open_store();
  result<void> take_prices(config& with); // writer thread, or before it runs
  result<void> reload_catalogue();        // likewise
  result<void> build_writer();
  result<void> build_links();
  result<void> build_http();

  // ---- running ----
  catalogue_ptr catalogue_now() const {
    const std::lock_guard lock(sold_mutex);
    return sold;
  }
  void perform(std::vector<effect>&& effects);
  void raise(const std::string& what);
  void store_able(bool able);
  [[noreturn]] static void die(const std::string& why);
  void reload();
  void scrub(); // a slice of the bills that were not checked at the start
  int drain();

  // ---- ports ----
  bool offer(event&& what) override { return writer->offer(std::move(what)); }
  void offer_always(event&& what) override { writer->offer_always(std::move(what)); }
  void permits_available(operator_id) override { writer->wake(); }
  bool reserve(operator_id op, int segments) override {
    return links && links->reserve(op, segments);
  }
  void release(operator_id op, int segments) override {
    if (links) links->release(op, segments);
  }
  bool submit(event what, on_effect done) override;
  void control(http::link_action action, std::string_view op, std::string_view bind,
               on_text done) override;
  void trace(std::string_view op, std::string_view bind, int lines, on_lines done) override;
};

result<void> application::parts::open_store() {
  store::sqlite_settings where;
  where.path = settings.store.path;
  where.mark = settings.store.mark;
  where.alarm = [this](const std::string& what) { raise(what); };
  auto opened = store::open_sqlite(where);
  if (!opened) return opened.error();
  rows = around_store ? around_store(std::move(*opened)) : std::move(*opened);
  auto numbers = rows->load_sequences();
  if (!numbers) return numbers.error();
  decider = std::make_unique<engine::engine>(*rows, *numbers, random_octets());
  if (auto taken = take_prices(settings); !taken) return taken;
  return {};
}

// The versions of the configuration go into the store; what is there already stays untouched.
// reload_catalogue() follows: it is what says whether all of it fits together.
result<void> application::parts::take_prices(config& with) {
  if (auto named = name_ids(with, *rows); !named) return named;
  auto prices = imported_prices(with);
  if (!prices) return prices.error();
  std::vector<std::string> left_out;
  const auto before = assemble(with, *rows, generation, left_out);
  if (!before) return before.error();
  std::vector<event> change{std::move(*prices)};
  auto done = decider->run(change, **before, utc_now(), *this);
  if (!done.store_able) return unavailable("the store cannot be written");
  for (const auto& e : done.effects)
    if (const auto* changed = std::get_if<catalogue_changed>(&e); changed && changed->refused)
      return *changed->refused;
  return {};
}

result<void> application::parts::reload_catalogue() {
  std::vector<std::string> left_out;
  auto built = assemble(settings, *rows, ++generation, left_out);
  if (!built) return built.error();
  for (const auto& line : left_out) raise(line);
  auto known_tokens = rows->load_tokens();
  if (!known_tokens) return known_tokens.error();
  for (const auto& token : *known_tokens) tokens.put(token);
  const std::lock_guard lock(sold_mutex);
  sold = std::move(*built);
  return {};
}

result<void> application::parts::build_writer() {
  if (auto loaded = reload_catalogue(); !loaded) return loaded;
  std::vector<event> first{started{}};
  auto recovered = decider->run(first, *sold, utc_now(), *this);
  if (!recovered.store_able) return unavailable("the store cannot be written");
  for (const auto& e : recovered.effects)
    if (const auto* what = std::get_if<alarm>(&e)) raise(what->what);
  engine::surroundings around;
  around.now = utc_now;
  around.sold = [this] { return catalogue_now(); };
  around.perform = [this](std::vector<effect>&& effects) { perform(std::move(effects)); };
  around.reload_catalogue = [this] {
    if (auto reloaded = reload_catalogue(); !reloaded)
      raise("the catalogue could not be read again: " + reloaded.error().detail);
  };
  around.store_able = [this](bool able) { store_able(able); };
  around.fatal = [](const std::string& why) { die(why); };
  writer = std::make_unique<engine::loop>(*rows, *decider, *this, std::move(around));
  return {};
}

result<void> application::parts::build_links() {
  gateway::environment around{*this, [this] { return catalogue_now(); }, log_line,
                              [this](const std::string& line) { raise(line); }};
  const connection_id next{decider->numbers().last_connection.value + 1};
  try {
    links = std::make_unique<gateway::gateway>(settings.operators, std::move(around), next,
                                               gateway::asio_reactors(settings.threads.links));
  } catch (const std::runtime_error& error) {
    return unavailable(error.what());
  }
  return {};
}

result<void> application::parts::build_http() {
  store::sqlite_settings where;
  where.path = settings.store.path;
  for (std::uint32_t i = 0; i < settings.threads.http; ++i) {
    auto opened = store::open_reader(where);
    if (!opened) return opened.error();
    readers.push_back(std::move(*opened));
  }
  auto opened = store::open_reader(where);
  if (!opened) return opened.error();
  scrubber = std::move(*opened);
  handlers = std::make_unique<http::api>(http::api_ports{
      [this] { return catalogue_now(); },
      [this] { return board.snapshot(utc_now(), *links, *writer, settings.store.path); },
      utc_now, random_octets, tokens, *this, *this});
  http::server_settings listen;
  listen.address = settings.http.address;
  listen.port = settings.http.port;
  listen.unix_path = settings.http.socket;
  listen.threads = static_cast<int>(settings.threads.http);
  listen.connections_max = settings.http.connections_max;
  http::server_hooks hooks;
  hooks.handle = [this](const http::request& what, std::size_t worker, http::respond answer) {
    handlers->handle(what, *readers[worker], std::move(answer));
  };
  hooks.log = [](const http::access_entry& done) {
    const auto took = done.took.count();
    if (done.status >= 500)
      log::warning("http request failed", {{"method", done.method}, {"path", done.path},
                                           {"status", done.status}, {"took_us", took},
                                           {"problem", done.problem}});
    else
      log::debug("http request", {{"method", done.method}, {"path", done.path},
                                  {"status", done.status}, {"took_us", took}});
  };
  try {
    server = std::make_unique<http::server>(std::move(listen), std::move(hooks));
  } catch (const std::runtime_error& error) {
    return unavailable(error.what());
  }
  return {};
}

application::parts::~parts() {
  if (server) server->stop();
  if (links) links->stop();
  writer.reset();
  server.reset();
  readers.clear();
  scrubber.reset();
}

// On the writer thread, after the commit.
void application::parts::perform(std::vector<effect>&& effects) {
  for (const auto& e : effects) {
    std::visit(
        [&](const auto& what) {
          if constexpr (requires { what.ticket; }) tickets.settle(what.ticket, e);
        },
        e);
    if (const auto* what = std::get_if<alarm>(&e)) raise(what->what);
  }
  links->perform(std::move(effects));
}

void application::parts::raise(const std::string& what) {
  if (board.raise(utc_now(), what)) log::warning(what);
}

// DESIGN rule R2: a store that cannot write for two seconds takes no more messages.
void application::parts::store_able(bool able) {
  if (able) {
    log::info("the store can write again");
    if (closed) return;
    board.set_ready(true, {});
    links->pause_reading(false);
    return;
  }
  raise("the store cannot write: links are unbound until it can");
  board.set_ready(false, "the store cannot write");
  links->pause_reading(true);
  links->unbind_all();
}

// No destructor runs: nothing more may be written or said (DESIGN rule R2).
void application::parts::die(const std::string& why) {
  log::error("the store cannot be trusted any more: the process ends", {{"why", why}});
  std::_Exit(exit_store_broken);
}

bool application::parts::submit(event what, on_effect done) {
  const auto ticket = tickets.issue(std::move(done), steady_now());
  if (ticket == 0) return false;
  std::visit(
      [&](auto& asked) {
        if constexpr (requires { asked.ticket; }) asked.ticket = ticket;
      },
      what);
  if (writer->offer(std::move(what))) return true;
  tickets.withdraw(ticket);
  return false;
}

void application::parts::control(http::link_action action, std::string_view op,
                                 std::string_view bind, on_text done) {
  switch (action) {
  case http::link_action::start: return done(links->start_link(op, bind));
  case http::link_action::stop: return done(links->stop_link(op, bind));
  case http::link_action::drain: return done(links->drain_link(op, bind));
  }
}

void application::parts::trace(std::string_view op, std::string_view bind, int lines,
                               on_lines done) {
  const auto passed = links->trace(op, bind, static_cast<std::size_t>(std::max(0, lines)));
  if (!passed) return done(passed.error());
  std::vector<std::string> shown;
  for (const auto& pdu : *passed)
    shown.push_back(to_iso8601(pdu.at) + (pdu.sent ? " > " : " < ") + pdu.line);
  done(std::move(shown));
}

// SIGHUP: a configuration with a mistake changes nothing.
void application::parts::reload() {
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
             static_cast<long long>(steady_now().time_since_epoch().count()));
  auto fresh = read_again();
  if (!fresh) {
    log::error("reload refused, the old configuration stays", {{"why", fresh.error().detail}});
  } else {
    std::promise<void> applied;
    bool taken_over = false;
    writer->call([&] {
      if (auto taken = take_prices(*fresh); !taken) {
        log::error("reload refused, the old configuration stays",
                   {{"why", taken.error().detail}});
      } else {
        auto before = settings;
        settings.operators = fresh->operators;
        settings.short_codes = fresh->short_codes;
        settings.unknown_code_help = fresh->unknown_code_help;
        settings.tariffs = fresh->tariffs;
        settings.terms_versions = fresh->terms_versions;
        settings.log = fresh->log;
        if (auto reloaded = reload_catalogue(); !reloaded) {
          settings = std::move(before);
          raise("reload refused, the old configuration stays: " + reloaded.error().detail);
        } else {
          taken_over = true;
          log::info("configuration reloaded");
        }
      }
      applied.set_value();
    });
    applied.get_future().wait();
    if (auto logging = log::start(settings.log); !logging) raise(logging.error().detail);
    if (taken_over) links->reconfigure(settings.operators);
  }
  sd_notify(0, "READY=1");
}

// DESIGN rule R12: ten million bills are through in ten minutes. A break stops the billing: whoever
// changed a bill may change more.
void application::parts::scrub() {
  constexpr int bills_per_second = 20'000;
  if (!scrubber) return;
  const auto next = scrubber->scrub_slice(scrubbed, bills_per_second);
  if (!next) {
    if (next.error().kind != failure_kind::corrupt) return; // busy: the same slice once more
    raise("the bills are not what was written: " + next.error().detail);
    closed = true;
    board.set_ready(false, "the bills are not what was written");
    links->pause_reading(true);
    links->unbind_all();
  }
  if (next && *next) {
    scrubbed = **next;
    return;
  }
  scrubber.reset(); // all of them, or a break: in either case the work is done
}

int application::parts::drain() {
  log::info("draining");
  sd_notify(0, "STOPPING=1\nSTATUS=draining");
  closed = true;
  board.set_ready(false, "draining");
  const bool complete = links->drain(settings.drain_timeout * 8 / 10);
  links->stop();    // what was in flight comes back as events
  writer->finish(); // and is written
  server->stop();
  if (complete) log::info("drained");
  else log::warning("stopped before every answer came; nothing is lost");
  return 0;
}

application::application(std::unique_ptr<parts> built) : parts_(std::move(built)) {}
application::~application() = default;

result<std::unique_ptr<application>> application::build(config settings, reader read_again,
                                                        store_wrapper around_store) {
  auto built = std::make_unique<parts>();
  built->settings = std::move(settings);
  built->read_again = std::move(read_again);
  built->around_store = std::move(around_store);
  using step = result<void> (parts::*)();
  for (const step next : {&parts::open_store, &parts::build_writer, &parts::build_links,
                          &parts::build_http})
    if (auto done = (built.get()->*next)(); !done) return done.error();
  return std::unique_ptr<application>(new application(std::move(built)));
}

int application::run() {
  auto& all = *parts_;
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited, signal);
  all.writer->start();
  all.links->start();
  all.server->start();
  all.board.set_ready(true, {});
  sd_notify(0, "READY=1\nSTATUS=serving");
  log::info("serving", {{"http_port", all.server->port()}, {"binds", all.links->status().size()}});
  constexpr timespec second{1, 0};
  for (;;) {
    switch (sigtimedwait(&awaited, nullptr, &second)) {
    case SIGTERM:
    case SIGINT: return all.drain();
    case SIGHUP: all.reload(); break;
    default: break;
    }
    all.scrub();
    all.board.sample(utc_now(), *all.links, *all.writer);
    if (all.writer->is_alive(utc_now())) sd_notify(0, "WATCHDOG=1");
  }
}

} // namespace farebox::daemon
