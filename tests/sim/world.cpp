#include "sim/world.hpp"

#include "farebox/route/route.hpp"
#include "farebox/service/kind.hpp"
#include "farebox/text/parts.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace farebox::sim {

namespace {

constexpr clock::owner nobody = 0;
constexpr partner_id seller{104723};
constexpr seconds first_order{5};
// Within this time after an acknowledgement its proof has come, if nothing is wrong: the wait
// before the enquire_link twice, two ways through the network, and a turn of the writer.
constexpr seconds proof_patience{15};
constexpr milliseconds silence_slack{3'000}; // how late the link may know that it had read all
constexpr minutes settle_patience{30};
constexpr minutes expiry{65}; // of charges and sets of parts, with room

int any(dice& chance, int most) { return static_cast<int>(chance.below(std::uint64_t(most) + 1)); }

fate draw_fate(dice& chance) {
  fate f;
  f.quiet = chance.percent(15);
  f.operators = 1 + any(chance, 2);
  f.binds = 1 + any(chance, 2);
  f.orders = 20 + any(chance, 60);
  f.traffic = seconds(20 + any(chance, chance.percent(20) ? 900 : 180));
  f.repeats = any(chance, 50);
  if (f.quiet) return f;
  const auto often = [&](int share, int most) {
    return chance.percent(share) ? any(chance, most) : 0;
  };
  f.link_faults = often(70, 12);
  f.smsc_faults = often(40, 4);
  f.process_faults = often(60, 5);
  f.disk_faults = often(40, 4);
  f.clock_jumps = often(15, 3);
  return f;
}

} // namespace

figures& figures::operator+=(const figures& other) {
  orders += other.orders, crashes += other.crashes, power_cuts += other.power_cuts;
  drains += other.drains, redeliveries += other.redeliveries, absorbed += other.absorbed;
  absorbed_honest += other.absorbed_honest, flagged += other.flagged, bills += other.bills;
  replies += other.replies, steps += other.steps, time += other.time;
  return *this;
}

world::world(std::uint64_t seed, bool print)
    : dice_(seed), log_(clock_, print), disk_(dice_, [this](microseconds span) {
        if (node_) node_->set_stall(span);
      }),
      net_(clock_, dice_), fate_(draw_fate(dice_)) {
  log_("seed {}: {}; {} operators with {} binds, {} orders in {} s; faults: {} of links, {} of "
       "SMSCs, {} of processes, {} of disks, {} of clocks",
       seed, fate_.quiet ? "quiet" : "not quiet", fate_.operators, fate_.binds, fate_.orders,
       fate_.traffic.count(), fate_.link_faults, fate_.smsc_faults, fate_.process_faults,
       fate_.disk_faults, fate_.clock_jumps);
  net_.weather.delay_max = dice_.pick(std::vector<microseconds>{
      milliseconds(2), milliseconds(50), milliseconds(fate_.quiet ? 100 : 800)});
  net_.weather.split_percent = any(dice_, 60);
  build_shop();
  build_centres();
}

world::~world() {
  if (node_) stop_process(false, expiry);
  while (clock_.step(clock_.now())) continue; // connections let go of what is at their ends
}

// ---- what is sold ----

void world::build_shop() {
  catalogue_parts parts;
  for (int i = 1; i <= fate_.operators; ++i) {
    gateway::operator_settings owner;
    auto& op = owner.info;
    op.id = {i};
    op.name = "op" + std::to_string(i);
    op.country = "RU";
    op.reply_lifetime = op.part_wait = hours(1);
    op.redelivery.horizon = hours(4);
    op.redelivery.response_timeout = seconds(dice_.between(10, 40));
    switch (dice_.below(4)) {
    case 0: op.redelivery.id_tlv = 0x1501; break;
    case 1: op.redelivery.user_message_reference = true; break;
    default: break; // by content alone
    }
    for (int b = 0; b < fate_.binds; ++b) {
      gateway::bind_settings bind;
      bind.name = "bind" + std::to_string(b);
      bind.hosts = {{op.name, 2775}};
      bind.window = static_cast<std::uint32_t>(dice_.between(1, 20));
      bind.rate_per_second = dice_.percent(20) ? 5 : 0;
      bind.reconnect_delay_max = seconds(10);
      if (b > 0 && dice_.percent(30)) bind.type = smpp::bind_kind::receiver;
      if (i % 2 == 0) bind.submit_id = gateway::id_format::decimal;
      if (i % 2 == 0) bind.receipt_id = gateway::id_format::hexadecimal;
      owner.binds.push_back(std::move(bind));
    }
    parts.operators.push_back(op);
    shop_.operators.push_back(std::move(owner));
  }
  const auto sell = [&](std::int64_t id, const char* kind, settings_list settings) {
    service s;
    s.id = {id};
    s.partner = seller;
    s.number = static_cast<int>(id);
    s.kind = s.title = kind;
    s.site = "anna.example";
    s.settings = std::move(settings);
    ensure(services::parse_settings(s).has_value(), "the simulation sells what can be sold");
    parts.services.push_back(std::move(s));
  };
  sell(1, "reply", {{"text", "Thank you for {argument}"}});
  sell(2, "lock", {{"text", std::string(before_code) + "{code}"}, {"uses", "1"}});
  sell(3, "reply", {{"text", "A long answer to {argument}: " + std::string(180, '.')}});
  parts.partners.push_back({seller, "Anna's wallpapers", partner_state::active, {}});
  parts.unknown_code_help = "This number sells nothing.";
  const char* numbers[] = {"1234", "5678", "9012"}; // charged on the MO, on the MT, by the part
  for (std::int64_t i = 1; i <= 3; ++i) {
    short_code code;
    code.id = {i};
    code.number = numbers[i - 1];
    code.grammar.general = {"RR"};
    code.grammar.dedicated = {{"BILL", seller, 1, false}};
    code.grammar.reserved = {"STOP"};
    code.help = "We did not understand.";
    code.reserved_reply = "You will get no more messages.";
    parts.short_codes.push_back(code);
    for (int op = 1; op <= fate_.operators; ++op) {
      tariff t;
      t.id = {static_cast<std::int64_t>(parts.tariffs.size()) + 1};
      t.op = {op};
      t.code = {i};
      t.unit = *parse_currency("RUB");
      t.price = {118'000'000};
      t.when = i == 2 ? charged::on_mt : charged::on_mo;
      t.per = i == 3 ? counted_per::part : counted_per::message;
      t.vat = {180'000};
      t.operator_share = {500'000};
      t.charge_expiry = hours(1);
      t.reply.receipts = true;
      t.reply.segments_max = 3;
      parts.tariffs.push_back(t);
    }
  }
  terms usual;
  usual.id = {1};
  usual.platform_fee = {10'000};
  parts.terms_versions.push_back(usual);
  auto built = std::make_shared<catalogue>(std::move(parts));
  auto grammars = route::build_grammars(*built);
  ensure(grammars.has_value(), "the simulation's grammars fit each other");
  built->grammars = *grammars;
  shop_.sold = std::move(built);
}

void world::build_centres() {
  for (const auto& owner : shop_.operators) {
    smsc_habits h;
    const auto& policy = owner.info.redelivery;
    h.response_timeout = policy.response_timeout;
    h.takes_late_answers = dice_.percent(50);
    h.id_tlv = policy.id_tlv;
    h.user_message_reference = policy.user_message_reference;
    h.window = static_cast<std::size_t>(dice_.between(1, 30));
    h.undelivered = any(dice_, 20);
    h.style = dice_.pick(std::vector{farebox::smsc::receipt_style::text,
                                     farebox::smsc::receipt_style::tlv,
                                     farebox::smsc::receipt_style::both});
    if (owner.info.id.value % 2 == 0)
      h.ids = {smpp::id_format::decimal, smpp::id_format::hexadecimal};
    if (!fate_.quiet && dice_.percent(60)) {
      h.throttles = any(dice_, 20);
      h.refuses = any(dice_, 5);
      h.stays_silent = dice_.percent(40) ? any(dice_, 20) : 0;
      h.answers_late = dice_.percent(40) ? any(dice_, 20) : 0;
      h.answer_max = milliseconds(dice_.between(10, 5'000));
      h.receipt_lost = any(dice_, 10);
      h.receipt_twice = any(dice_, 20);
      h.receipt_early = any(dice_, 30);
      h.receipt_late = any(dice_, 20);
      h.echoes_reference = dice_.percent(50);
      h.enroute = any(dice_, 20);
      h.parts_lost = dice_.percent(20) ? 30 : 0;
    }
    centres_.push_back(std::make_unique<smsc>(net_, log_, owner.info.name, std::move(h)));
  }
}

// ---- what happens ----

void world::plan_orders() {
  static const std::vector<std::string> codes{"1234", "1234", "5678", "9012"};
  static const std::vector<std::string> texts{
      "RR 104723 1 blue", "RR 104723 1 red", "RR 104723 2", "RR 104723 2", "BILL green", "STOP",
      "RR 104723 3 tale", "what is this", "RR 104723 1 привет",
      "RR 104723 1 длинное сообщение, которое не влезает в одну часть и потому идёт двумя"};
  struct planned {
    std::size_t centre;
    order what;
  };
  std::vector<planned> before;
  for (int i = 0; i < fate_.orders; ++i) {
    planned next;
    if (!before.empty() && dice_.percent(fate_.repeats)) {
      next = dice_.pick(before);
    } else {
      next.centre = dice_.below(centres_.size());
      next.what.phone = "7912000" + std::to_string(1000 + dice_.below(6));
      next.what.destination = dice_.pick(codes);
      next.what.text = dice_.pick(texts);
    }
    before.push_back(next);
    clock_.after(first_order + dice_.between(microseconds(0), fate_.traffic), nobody,
                 [this, next] {
                   auto what = next.what;
                   what.sent_at = clock_.now();
                   centres_[next.centre]->send(std::move(what));
                 });
  }
  for (int i = 0; i < fate_.orders / 4; ++i)
    clock_.after(first_order + dice_.between(microseconds(0), fate_.traffic * 2), nobody,
                 [this] { check_a_code(); });
}

void world::plan_faults() {
  const auto some = [&](int count, void (world::*strike)()) {
    for (int i = 0; i < count; ++i)
      clock_.after(first_order + dice_.between(microseconds(0), fate_.traffic), nobody,
                   [this, strike] {
                     if (!faults_over_) (this->*strike)();
                   });
  };
  some(fate_.link_faults, &world::strike_link);
  some(fate_.smsc_faults, &world::strike_smsc);
  some(fate_.process_faults, &world::strike_process);
  some(fate_.disk_faults, &world::strike_disk);
  for (int i = 0; i < fate_.clock_jumps; ++i)
    clock_.after(first_order + dice_.between(microseconds(0), fate_.traffic), nobody, [this] {
      const auto by = milliseconds(dice_.between(-120'000, 120'000));
      log_("the wall clock is set by {} ms", by.count());
      trouble(seconds(5));
      clock_.jump(by);
    });
}

void world::strike_link() {
  const auto live = net_.connections();
  if (live.empty()) return;
  const auto c = dice_.pick(live);
  switch (dice_.below(7)) {
  case 0:
  case 1:
    log_("#{} is cut", c->number);
    return c->cut();
  case 2:
    log_("#{}: farebox is not heard any more", c->number);
    return c->silence(end::link);
  case 3:
    log_("#{}: the SMSC is not heard any more", c->number);
    return c->silence(end::smsc);
  case 4:
    log_("#{}: the SMSC does not read any more", c->number);
    return c->stall();
  case 5:
    log_("#{} is dead, and nobody knows", c->number);
    c->silence(end::link);
    return c->silence(end::smsc);
  default:
    log_("connections are swallowed for a while");
    net_.blackhole_percent = 60;
    clock_.after(seconds(dice_.between(5, 60)), nobody, [this] { net_.blackhole_percent = 0; });
  }
}

void world::strike_smsc() {
  auto& centre = *dice_.pick(centres_);
  if (dice_.percent(50)) centre.unbind_one();
  else centre.restart(dice_.skewed(seconds(1), seconds(60)));
}

void world::strike_process() {
  if (!node_ || node_->ended() || node_->is_draining()) return;
  switch (dice_.below(7)) {
  case 0:
    ++out_.counts.drains;
    return node_->begin_drain();
  case 6: {
    auto& owner = shop_.operators[dice_.below(shop_.operators.size())];
    auto& bind = owner.binds[dice_.below(owner.binds.size())];
    bind.window = static_cast<std::uint32_t>(dice_.between(1, 20));
    log_("a reload: {}/{} has a window of {} now", owner.info.name, bind.name, bind.window);
    return node_->reload();
  }
  case 1:
  case 2: {
    ++out_.counts.power_cuts;
    const auto changes = dice_.below(60);
    log_("the power will go after {} changes of the disk", changes);
    return disk_.plan(disk::event::power_cut, changes);
  }
  case 3:
    ++out_.counts.power_cuts;
    log_("the power is cut");
    return stop_process(true);
  default:
    ++out_.counts.crashes;
    log_("the process is killed");
    return stop_process(false);
  }
}

void world::strike_disk() {
  const auto span = dice_.skewed(milliseconds(100), seconds(40));
  trouble(span + seconds(60));
  switch (dice_.below(4)) {
  case 0:
  case 1:
    log_("the disk is full for {} ms", span.count() / 1'000);
    disk_.full = true;
    return clock_.after(span, nobody, [this] { disk_.heal(); });
  case 2:
    // Also longer than an SMSC waits.
    disk_.sync_takes_max = dice_.between(milliseconds(50), seconds(30));
    disk_.sync_takes_min = disk_.sync_takes_max / 2;
    log_("the disk takes up to {} ms to sync, for {} ms", disk_.sync_takes_max.count() / 1'000,
         span.count() / 1'000);
    return clock_.after(span, nobody, [this] { disk_.heal(); });
  default: {
    const auto changes = dice_.below(60);
    log_("the disk will report an error after {} changes", changes);
    trouble(seconds(300)); // nobody knows when it comes
    return disk_.plan(disk::event::io_error, changes);
  }
  }
}

void world::check_a_code() {
  const auto& submits = dice_.pick(centres_)->submits();
  if (submits.empty() || !node_) return;
  const auto& one = dice_.pick(submits);
  const text::part_view view{one.user_data, one.data_coding, one.has_udh};
  const auto text = text::join({&view, 1}, text::charset::gsm7);
  
  if (!text.starts_with(before_code)) return;
  check_code asked;
  asked.ticket = tickets_.size() + 1;
  asked.partner = seller;
  asked.service = {2};
  asked.code = text.substr(before_code.size());
  asked.use_up = dice_.percent(60);
  tickets_[asked.ticket] = {asked.code, asked.use_up};
  node_->check(std::move(asked));
}

// ---- processes ----

void world::start_process() {
  restart_planned_ = false;
  const node::surroundings around{net_, disk_, log_, shop_, [this](const code_checked& answer) {
                                    const auto& [code, used] = tickets_[answer.ticket];
                                    log_("code {}: {}", code, answer.state);
                                    if (answer.state == "valid") codes_used_[code] += used;
                                  }};
  log_("a process starts");
  node_ = std::make_unique<node>(++processes_, around);
  const auto started = [this]() -> result<void> {
    try {
      return node_->start();
    } catch (const engine::fatal_store_error& error) { // the daemon ends with it
      return unavailable(error.what());
    }
  }();
  if (started) return;
  log_("it does not start: {}", started.error().detail);
  const auto kind = started.error().kind;
  if (kind != failure_kind::unavailable && !disk_.powerless() && disk_.io_errors() == 0)
    throw std::runtime_error("a process does not start: " + started.error().detail);
  stop_process(disk_.powerless());
}

void world::stop_process(bool power_lost, microseconds down_for) {
  for (const auto& c : net_.connections()) {
    if (power_lost) c->silence(end::link);
    else if (dice_.percent(40)) c->cut();
    c->close(end::link);
    if (power_lost) // until the computer is up again, and knows nothing of it
      clock_.after(seconds(30), nobody, [c] { c->cut(); });
  }
  disk_.kill(power_lost);
  node_.reset();
  disk_.revive();
  clock_.forget(processes_);
  if (restart_planned_) return;
  restart_planned_ = true;
  clock_.after(down_for, nobody, [this] { start_process(); });
}

void world::stop_process(bool power_lost) {
  stop_process(power_lost, dice_.skewed(milliseconds(100), seconds(20)));
}

void world::supervise() {
  if (!node_) return;
  if (disk_.powerless()) {
    log_("the power is gone");
    stop_process(true);
  } else if (node_->ended()) {
    log_("the process has ended: {}", node_->end());
    stop_process(false);
  }
}

void world::trouble(microseconds span) {
  troubles_.emplace_back(clock_.now() - seconds(2), clock_.now() + span);
}

bool world::leaves_doubt(const smsc& centre, const delivery& d) const {
  const auto late = centre.habits.response_timeout / 2 - silence_slack;
  if (d.acked_at - d.sent_at > late) return true;
  const auto proven = d.acked_at + proof_patience;
  if (d.over && d.over->troubled_at() < proven) return true;
  return std::any_of(troubles_.begin(), troubles_.end(), [&](const auto& when) {
    return when.first < proven && d.sent_at < when.second;
  });
}

// ---- the run ----

void world::run_until(steady_time until) {
  while (clock_.step(until)) supervise();
}

bool world::is_settled() const {
  if (!node_ || node_->ended()) return false;
  for (const auto& centre : centres_)
    if (centre->unsettled() > 0) return false;
  for (const auto& bind : node_->links().status())
    if (bind.state != gateway::link_state::bound || bind.queued > 0 ||
        bind.window_used > bind.session.requests_abandoned)
      return false;
  return node_->decider().due().waiting_replies() == 0 && !node_->decider().has_kept_events();
}

// No more faults: all that is due comes, at the latest what waits for a receipt that was lost.
void world::settle() {
  log_("no more faults");
  faults_over_ = true;
  disk_.plan(disk::event::none, 0);
  disk_.heal();
  net_.blackhole_percent = 0;
  for (const auto& centre : centres_) centre->calm();
  run_until(clock_.now() + receipt_delay_max + minutes(1));
  wait_until_settled();
  // Charges and parts expire, mostly while nobody is there to see it: that hour costs nothing.
  if (dice_.percent(90)) {
    drain();
    stop_process(false, expiry);
    run_until(clock_.now() + expiry + minutes(1));
    wait_until_settled();
  } else {
    run_until(clock_.now() + expiry);
  }
}

void world::wait_until_settled() {
  const auto patience = clock_.now() + settle_patience;
  while (!is_settled() && clock_.now() < patience) run_until(clock_.now() + seconds(10));
}

void world::drain() {
  if (!node_ || node_->ended()) return;
  node_->begin_drain();
  while (!node_->ended()) clock_.step(clock_.now() + seconds(1));
  if (!node_->drained()) out_.findings.push_back("a drain at rest did not end in time");
}

verdict world::run() {
  try {
    start_process();
    plan_orders();
    plan_faults();
    run_until(clock_.now() + first_order + fate_.traffic + seconds(10));
    settle();
    check_at_rest(*this, out_.findings);
    drain();
    stop_process(false, expiry);
    check_rows(*this, out_.findings, out_.counts);
  } catch (const std::exception& error) {
    out_.findings.push_back(std::string("exception: ") + error.what());
  }
  for (const auto& centre : centres_) {
    out_.counts.orders += centre->orders().size();
    out_.counts.redeliveries += centre->redeliveries();
    for (const auto& line : centre->complaints()) out_.findings.push_back(line);
  }
  for (const auto& finding : out_.findings) log_("FINDING: {}", finding);
  out_.counts.steps = clock_.steps();
  out_.counts.time = clock_.now().time_since_epoch() - hours(1);
  out_.hash = log_.hash();
  return out_;
}

} // namespace farebox::sim
