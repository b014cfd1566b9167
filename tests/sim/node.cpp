#include "sim/node.hpp"

#include <algorithm>
#include <utility>

namespace farebox::sim {

namespace {

constexpr microseconds wake_delay_min{5}, wake_delay_max{5'000}; // until the writer thread runs
constexpr milliseconds drain_patience{8'000};
constexpr std::size_t link_threads = 2;

digest256 secret_of(dice& chance) {
  const auto number = chance.next();
  return hash256({reinterpret_cast<const std::uint8_t*>(&number), sizeof number});
}

} // namespace

store::sqlite_settings store_settings(disk& files, const clock& time) {
  store::sqlite_settings settings;
  settings.path = "/farebox.db";
  settings.now = [&time] { return time.utc(); };
  settings.reader_deadline = hours(1); // of the computer's time, which counts for nothing here
  settings.files = &files;
  return settings;
}

node::node(clock::owner me, const surroundings& around) : me_(me), around_(around) {}

node::~node() {
  if (end_.empty()) end_ = "killed"; // nothing is planned any more
  if (links_) links_->stop();
}

result<void> node::start() {
  auto opened = store::open_sqlite(store_settings(around_.files, time()));
  if (!opened) return opened.error();
  rows_ = std::move(*opened);
  const auto numbers = rows_->load_sequences();
  if (!numbers) return numbers.error();
  decider_ = std::make_unique<engine::engine>(*rows_, *numbers, secret_of(around_.net.chance()));
  std::vector<event> first{started{}};
  const auto recovered = decider_->run(first, *around_.wares.sold, time().utc(), *this);
  if (!recovered.store_able) return unavailable("the store cannot be written");

  engine::surroundings writers;
  writers.now = [this] { return writers_now(); };
  writers.sold = [this] { return around_.wares.sold; };
  writers.perform = [this](std::vector<effect>&& effects) {
    later([this, effects = std::move(effects)]() mutable { perform(std::move(effects)); });
  };
  writers.reload_catalogue = [] {};
  writers.store_able = [this](bool able) { later([this, able] { store_able(able); }); };
  writers.fatal = [this](const std::string& why) { end_ = why; };
  loop_ = std::make_unique<engine::loop>(*rows_, *decider_, *this, std::move(writers));

  gateway::reactors threads;
  for (std::size_t i = 0; i < link_threads; ++i)
    threads.push_back(std::make_unique<reactor>(around_.net, me_));
  gateway::environment links{
      *this, [this] { return around_.wares.sold; },
      [this](gateway::severity, const std::string& line) { around_.log("farebox: {}", line); },
      [this](const std::string& line) {
        ++alarms_;
        around_.log("farebox, alarm: {}", line);
      }};
  links_ = std::make_unique<gateway::gateway>(
      around_.wares.operators, std::move(links),
      connection_id{decider_->numbers().last_connection.value + 1}, std::move(threads));
  links_->start();
  busy_until_ = time().now() + stall_;
  plan_turn(microseconds(0));
  return {};
}

// ---- the writer thread ----

void node::plan_turn(microseconds after) {
  if (ended()) return;
  const auto at = std::max(time().now() + after, busy_until_);
  if (planned_turn_ && *planned_turn_ <= at) return;
  planned_turn_ = at;
  time().at(at, me_, [this, at] {
    if (planned_turn_ != at) return;
    planned_turn_.reset();
    turn();
  });
}

void node::turn() {
  stall_ = {};
  const bool more = loop_->turn();
  busy_until_ = time().now() + stall_;
  if (!more && end_.empty()) end_ = "finished";
  if (!afterwards_.empty())
    time().at(busy_until_, me_, [all = std::exchange(afterwards_, {})] {
      for (const auto& what : all) what();
    });
  if (ended()) return;
  plan_turn(stall_ + std::max(loop_->next_due() - writers_now(), microseconds(0)));
}

void node::later(std::function<void()> what) { afterwards_.push_back(std::move(what)); }

void node::perform(std::vector<effect>&& effects) {
  for (const auto& e : effects) {
    if (const auto* code = std::get_if<code_checked>(&e)) around_.on_code(*code);
    else if (const auto* what = std::get_if<alarm>(&e)) {
      ++alarms_;
      around_.log("farebox, alarm: {}", what->what);
    }
  }
  links_->perform(std::move(effects));
}

void node::store_able(bool able) {
  around_.log("farebox: the store is {}", able ? "able" : "unable");
  links_->pause_reading(!able);
  if (!able) links_->unbind_all();
}

// ---- the ports of links, and of the engine ----

bool node::offer(event&& what) {
  if (!loop_->offer(std::move(what))) return false;
  plan_turn(around_.net.chance().skewed(wake_delay_min, wake_delay_max));
  return true;
}

void node::offer_always(event&& what) {
  loop_->offer_always(std::move(what));
  plan_turn(around_.net.chance().skewed(wake_delay_min, wake_delay_max));
}

void node::permits_available(operator_id) {
  loop_->wake();
  plan_turn(around_.net.chance().skewed(wake_delay_min, wake_delay_max));
}

bool node::reserve(operator_id op, int segments) { return links_ && links_->reserve(op, segments); }
void node::release(operator_id op, int segments) {
  if (links_) links_->release(op, segments);
}

void node::check(check_code what) {
  if (!ended()) offer(std::move(what));
}

// ---- the end ----

void node::begin_drain() {
  around_.log("farebox: draining");
  draining_ = true;
  links_->drain(milliseconds(0));
  wait_for_links(time().now() + drain_patience);
}

void node::reload() { links_->reconfigure(around_.wares.operators); }

void node::wait_for_links(steady_time until) {
  const auto all = links_->status();
  drained_ = std::all_of(all.begin(), all.end(), [](const gateway::bind_status& one) {
    return one.state == gateway::link_state::stopped;
  });
  if (!drained_ && time().now() < until)
    return time().after(milliseconds(100), me_, [this, until] { wait_for_links(until); });
  links_->stop();
  loop_->finish();
  plan_turn(microseconds(0));
}

} // namespace farebox::sim
