#include "sim/smsc.hpp"

#include "farebox/text/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace farebox::sim {

namespace {

using smpp::command_status;
constexpr clock::owner world = 0;
constexpr std::uint8_t udh_indicator = 0x40; // of esm_class, SMPP 3.4 5.2.12

smpp::session_settings settings_of(const smsc_habits& habits) {
  smpp::session_settings settings;
  settings.role = smpp::session_role::smsc;
  settings.system_id = "smsc";
  settings.window_max = habits.window;
  settings.response_timeout = habits.response_timeout;
  settings.enquire_link_interval = milliseconds(20'000);
  return settings;
}

} // namespace

smsc::smsc(network& net, trace& log, std::string name, smsc_habits h)
    : habits(std::move(h)), net_(net), log_(log), name_(std::move(name)) {
  net_.host(name_).on_accepted = [this](connection_ptr over) { on_accepted(std::move(over)); };
}

smsc::~smsc() {
  for (const auto& s : sessions_) s->over->at(end::smsc) = {};
}

// ---- connections ----

void smsc::on_accepted(connection_ptr over) {
  auto s = std::make_shared<session>(over, settings_of(habits));
  sessions_.push_back(s);
  over->at(end::smsc) = {
      [this, s](bytes_view data) {
        call(s, [&](auto& events) { s->protocol.on_bytes(data, net_.time().now(), events); });
      },
      [this, s](const std::string& why) {
        log_("{} #{} ended: {}", name_, s->over->number, why);
        close(s);
      }};
  call(s, [&](auto& events) { s->protocol.on_connected(net_.time().now(), events); });
}

template <class Call>
void smsc::call(const session_ptr& s, Call what) {
  if (s->closed) return;
  smpp::session_events events;
  what(events);
  while (!events.empty()) {
    smpp::session_events more;
    for (auto& e : events) handle(s, e, more);
    events = std::move(more);
  }
  pump();
  if (!s->closed && s->protocol.has_output())
    s->over->send(end::smsc, s->protocol.take_output(net_.time().now()));
  arm(s);
}

void smsc::arm(const session_ptr& s) {
  const auto next = s->protocol.next_tick();
  if (s->closed || !next || (s->armed && *s->armed <= *next)) return;
  s->armed = next;
  net_.time().at(*next, world, [this, s, at = *next] {
    if (s->armed != at) return;
    s->armed.reset();
    call(s, [&](auto& events) { s->protocol.on_tick(net_.time().now(), events); });
  });
}

void smsc::close(const session_ptr& s) {
  if (std::exchange(s->closed, true)) return;
  smpp::session_events events, ignored;
  s->protocol.on_closed(net_.time().now(), events);
  s->over->close(end::smsc);
  std::erase(sessions_, s);
  for (auto& e : events) handle(s, e, ignored);
  pump();
}

void smsc::handle(const session_ptr& s, smpp::session_event& e, smpp::session_events& more) {
  if (std::holds_alternative<smpp::event::bind_requested>(e)) {
    s->protocol.accept_bind(net_.time().now(), more);
  } else if (auto* request = std::get_if<smpp::event::request_received>(&e)) {
    if (const auto* submit = std::get_if<smpp::submit_sm>(&request->request.body))
      on_submit(s, request->request.sequence, *submit);
  } else if (const auto* answer = std::get_if<smpp::event::response_received>(&e)) {
    on_answer(answer->cookie - 1, answer->response, false);
  } else if (const auto* late = std::get_if<smpp::event::late_response>(&e)) {
    on_answer(late->cookie - 1, late->response, true);
  } else if (const auto* lost = std::get_if<smpp::event::request_abandoned>(&e)) {
    const auto which = lost->cookie - 1;
    if (deliveries_[which].acked) return;
    log_("{} #{} no answer to delivery {} ({})", name_, s->over->number, which,
         smpp::name_of(lost->why));
    again(which, net_.chance().skewed(milliseconds(1), seconds(60)));
  } else if (const auto* wrong = std::get_if<smpp::event::protocol_error>(&e)) {
    complaints_.push_back(fmt::format("{} #{}: {}", name_, s->over->number, wrong->what));
  } else if (const auto* closing = std::get_if<smpp::event::close_now>(&e)) {
    log_("{} #{} closes: {}", name_, s->over->number, smpp::name_of(closing->why));
    if (s->protocol.has_output())
      s->over->send(end::smsc, s->protocol.take_output(net_.time().now()));
    close(s);
  }
}

void smsc::restart(microseconds down_for) {
  log_("{} restarts", name_);
  auto& host = net_.host(name_);
  host.up = false;
  for (const auto& s : std::vector(sessions_)) {
    if (net_.chance().percent(50)) s->over->cut();
    close(s);
  }
  net_.time().after(down_for, world, [&host] { host.up = true; });
}

void smsc::unbind_one() {
  if (sessions_.empty()) return;
  const auto s = net_.chance().pick(sessions_);
  log_("{} #{} unbinds", name_, s->over->number);
  call(s, [&](auto& events) { s->protocol.begin_unbind(net_.time().now(), events); });
}

void smsc::calm() {
  auto& h = habits;
  h.throttles = h.refuses = h.stays_silent = h.answers_late = 0;
  h.parts_lost = h.receipt_lost = h.receipt_twice = h.receipt_early = h.receipt_late = 0;
}

// ---- what phones send ----

void smsc::send(order what) {
  const auto index = orders_.size();
  const auto reference = ++references_;
  auto pieces = text::split(what.text, {}, reference);
  // Where parts are billed as they come, an incomplete message is another matter.
  what.incomplete = pieces.size() > 1 && what.destination != "9012" &&
                    net_.chance().percent(habits.parts_lost);
  if (what.incomplete) pieces.erase(pieces.begin() + net_.chance().between(0, 1));
  for (auto& piece : pieces) {
    auto& d = deliveries_.emplace_back();
    d.of_order = index;
    d.message.source_addr_ton = 1;
    d.message.source_addr = what.phone;
    d.message.destination_addr = what.destination;
    d.message.data_coding = piece.data_coding;
    d.message.esm_class = piece.has_udh ? udh_indicator : 0;
    d.message.short_message = std::move(piece.user_data);
    const auto number = deliveries_.size() - 1;
    if (habits.id_tlv)
      d.message.tlvs.push_back(
          smpp::make_octets(*habits.id_tlv, as_bytes(fmt::format("{}-{}", name_, number))));
    if (habits.user_message_reference)
      d.message.tlvs.push_back(smpp::make_u16(smpp::tag::user_message_reference,
                                              static_cast<std::uint16_t>(number)));
    what.deliveries.push_back(number);
    ready_.push_back(number);
    log_("{} order {} from {} to {}: '{}' as delivery {}", name_, index, what.phone,
         what.destination, pieces.size() > 1 ? "(a part)" : what.text, number);
  }
  if (what.deliveries.size() > 1 && net_.chance().percent(30)) // parts travel each its own way
    std::swap(ready_.back(), ready_[ready_.size() - 2]);
  orders_.push_back(std::move(what));
  pump();
}

void smsc::pump() {
  std::vector<session_ptr> open;
  for (const auto& s : sessions_)
    if (!s->closed && s->protocol.bound() && !s->protocol.draining() &&
        s->protocol.bound_as() != smpp::bind_kind::transmitter && s->protocol.window_free() > 0)
      open.push_back(s);
  std::vector<session_ptr> used;
  while (!ready_.empty() && !open.empty()) {
    const auto s = net_.chance().pick(open);
    const auto which = ready_.front();
    auto& d = deliveries_[which];
    ready_.pop_front();
    if (d.acked || d.under_way) continue; // a late answer counted
    const auto sent = s->protocol.request(d.message, which + 1, net_.time().now());
    if (!sent) {
      complaints_.push_back(name_ + ": " + sent.error().detail);
      continue;
    }
    if (++d.sends > 1) ++redeliveries_;
    d.under_way = true;
    d.sent_at = net_.time().now();
    d.over = s->over;
    log_("{} #{} deliver {} ({})", name_, s->over->number, which, d.sends);
    used.push_back(s);
    if (s->protocol.window_free() == 0) std::erase(open, s);
  }
  for (const auto& s : used) {
    if (s->protocol.has_output())
      s->over->send(end::smsc, s->protocol.take_output(net_.time().now()));
    arm(s);
  }
}

void smsc::again(std::size_t which, microseconds after) {
  deliveries_[which].under_way = false;
  net_.time().after(after, world, [this, which] {
    ready_.push_back(which);
    pump();
  });
}

void smsc::on_answer(std::size_t which, const smpp::pdu& response, bool late) {
  auto& d = deliveries_[which];
  const auto status = response.status;
  log_("{} delivery {} answered {}{}", name_, which, smpp::name_of(status), late ? ", late" : "");
  if (d.acked || (late && (d.under_way || !habits.takes_late_answers))) return;
  if (status == command_status::ESME_ROK) {
    d.acked = true;
    d.under_way = false;
    d.acked_at = net_.time().now();
  } else if (status == command_status::ESME_RMSGQFUL) {
    if (!late) again(which, net_.chance().skewed(milliseconds(500), seconds(30)));
  } else {
    complaints_.push_back(
        fmt::format("{} delivery {} refused: {}", name_, which, smpp::name_of(status)));
    d.acked = true; // it will not be sent again
  }
}

std::size_t smsc::unsettled() const {
  return static_cast<std::size_t>(std::count_if(deliveries_.begin(), deliveries_.end(),
                                                [](const delivery& d) { return !d.acked; }));
}

// ---- what comes back to them ----

void smsc::on_submit(const session_ptr& s, std::uint32_t sequence, const smpp::submit_sm& submit) {
  auto& chance = net_.chance();
  submit_record r;
  r.phone = submit.destination_addr;
  r.sender = submit.source_addr;
  r.reference = static_cast<std::uint16_t>(
      smpp::integer_of(submit.tlvs, smpp::tag::user_message_reference).value_or(0));
  const auto data = smpp::user_data(submit);
  r.user_data.assign(data.begin(), data.end());
  r.data_coding = submit.data_coding;
  r.has_udh = submit.esm_class & udh_indicator;
  r.at = net_.time().now();
  const bool throttled = chance.percent(habits.throttles), refused = chance.percent(habits.refuses);
  const auto status = throttled ? command_status::ESME_RTHROTTLED
                      : refused ? command_status::ESME_RINVDSTADR
                                : command_status::ESME_ROK;
  r.status = static_cast<std::uint32_t>(status);
  if (r.status == 0) r.number = ++numbers_;
  const auto index = submits_.size();
  log_("{} #{} submit {} of reply {} to {}: {}", name_, s->over->number, index, r.reference,
       r.phone, smpp::name_of(status));
  submits_.push_back(std::move(r));
  if (status == command_status::ESME_ROK && submit.registered_delivery != 0) plan_receipts(index);
  if (chance.percent(habits.stays_silent)) return;
  auto after = chance.skewed(habits.answer_min, habits.answer_max);
  if (chance.percent(habits.answers_late))
    after = chance.between(seconds(10), seconds(90)); // ours gives up after 30 s
  net_.time().after(after, world, [this, s, sequence, index, status] {
    submits_[index].answered = true;
    const auto id = submits_[index].status ? std::string{}
                                           : message_id_of(submits_[index].number);
    call(s, [&](auto&) {
      static_cast<void>(s->protocol.respond(sequence, smpp::submit_sm_resp{id, {}}, status, 0,
                                            net_.time().now()));
    });
  });
}

std::string smsc::message_id_of(std::uint64_t number) const {
  return farebox::smsc::message_id_text(number, habits.ids.in_response);
}

void smsc::plan_receipts(std::size_t submit) {
  auto& chance = net_.chance();
  const bool delivered = !chance.percent(habits.undelivered);
  submits_[submit].delivered = delivered;
  const auto state =
      delivered ? smpp::message_state::delivered : smpp::message_state::undeliverable;
  if (chance.percent(habits.receipt_lost)) return;
  auto after = chance.skewed(milliseconds(500), seconds(20));
  if (chance.percent(habits.receipt_early)) after = microseconds(0);
  if (chance.percent(habits.receipt_late))
    after = chance.between(minutes(1), receipt_delay_max / 2);
  if (chance.percent(habits.enroute))
    net_.time().after(after / 2, world,
                      [this, submit] { send_receipt(submit, smpp::message_state::enroute); });
  const int times = chance.percent(habits.receipt_twice) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    net_.time().after(after * (i + 1), world,
                      [this, submit, state] { send_receipt(submit, state); });
}

void smsc::send_receipt(std::size_t submit, smpp::message_state state) {
  const auto& r = submits_[submit];
  auto& d = deliveries_.emplace_back();
  d.of_submit = submit;
  d.message = farebox::smsc::make_receipt(
      {r.phone, r.sender, farebox::smsc::message_id_text(r.number, habits.ids.in_receipt), state,
       net_.time().utc(), net_.time().utc()},
      habits.style);
  if (habits.echoes_reference)
    d.message.tlvs.push_back(smpp::make_u16(smpp::tag::user_message_reference, r.reference));
  log_("{} receipt of submit {} as delivery {}: {}", name_, submit, deliveries_.size() - 1,
       smpp::name_of(state));
  ready_.push_back(deliveries_.size() - 1);
  pump();
}

} // namespace farebox::sim
