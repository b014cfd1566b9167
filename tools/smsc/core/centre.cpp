#include "smsc/core/centre.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace farebox::smsc {

namespace {

using smpp::command_status;

constexpr std::uint8_t esm_class_udh = 0x40; // SMPP 3.4 5.2.12

// Of a cookie: a receipt's number, or an MO's index with the number of the part behind it.
constexpr std::uint64_t receipt_flag = std::uint64_t{1} << 63;
constexpr int part_bits = 5;
static_assert(ledger::parts_max <= 1 << part_bits);

bool is_receipt(std::uint64_t cookie) { return (cookie & receipt_flag) != 0; }
std::uint64_t cookie_of(ledger::index which, std::size_t part) {
  return std::uint64_t{which} << part_bits | part;
}
ledger::index index_of(std::uint64_t cookie) {
  return static_cast<ledger::index>(cookie >> part_bits);
}
std::uint8_t part_of(std::uint64_t cookie) {
  return static_cast<std::uint8_t>(cookie & ((1 << part_bits) - 1));
}

// A bucket that holds what a timer with a granularity of some milliseconds needs.
smpp::pacing make_pacing(std::uint32_t rate, std::uint32_t bursts_per_second, steady_time now) {
  smpp::pacing_settings settings;
  settings.rate = rate;
  settings.burst = std::max(rate / bursts_per_second, 1u);
  return {settings, now};
}

smpp::session_settings session_settings_of(const centre_settings& centre) {
  smpp::session_settings session;
  session.role = smpp::session_role::smsc;
  session.system_id = "farebox-smsc";
  session.version = centre.version;
  session.window_max = centre.window;
  session.response_timeout = centre.response_timeout;
  session.enquire_link_interval = centre.enquire_link_interval;
  return session;
}

// Text of one message whose octets are the same in ASCII and in GSM 03.38: nothing to work out.
bool is_plain(std::string_view text, const text::split_settings& coding) {
  static constexpr std::string_view marks = " !\"#%&'()*+,-./:;<=>?\n";
  if (coding.default_alphabet != text::charset::gsm7 ||
      coding.style == text::long_message::payload || text.size() > 160)
    return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != marks.npos;
  });
}

std::uint16_t reference_of(ledger::index which) { return static_cast<std::uint16_t>(which + 1); }

template <class Submit>
smpp::pdu_body response_to(std::string message_id) {
  if constexpr (std::is_same_v<Submit, smpp::data_sm>)
    return smpp::data_sm_resp{std::move(message_id), {}};
  else return smpp::submit_sm_resp{std::move(message_id), {}};
}

} // namespace

centre::centre(centre_settings settings, ledger_settings judged, stream mos,
               std::vector<action> script, steady_time now, utc_time utc_now, logger log)
    : settings_(std::move(settings)), ledger_(std::move(judged)), stream_(std::move(mos)),
      script_(std::move(script)), log_(std::move(log)), random_(settings_.seed),
      utc_offset_(utc_now.time_since_epoch() - now.time_since_epoch()),
      mo_pacing_(make_pacing(settings_.mos_per_second, 50, now)),
      submit_pacing_(make_pacing(settings_.submit_rate_max, 10, now)),
      next_number_(settings_.first_message_number), refuse_binds_(settings_.refuse_binds),
      more_mos_(!stream_.exhausted()), last_activity_(now) {
  std::ranges::sort(settings_.drop_after, std::greater{}); // the next one at the end
}

// ---- connections ----

centre::connection& centre::add(std::string peer, steady_time now) {
  const auto key = ++last_key_;
  auto& added = *connections_
                     .emplace(key, std::make_unique<connection>(key, std::move(peer),
                                                                session_settings_of(settings_)))
                     .first->second;
  smpp::session_events events;
  added.session.on_connected(now, events);
  handle(added, events, now);
  return added;
}

centre::connection_key centre::on_accepted(std::string peer, steady_time now) {
  return add(std::move(peer), now).key;
}

centre::connection_key centre::on_called(std::string peer, steady_time now) {
  auto& added = add(std::move(peer), now);
  const auto sent =
      added.session.request(smpp::outbind{settings_.system_id, settings_.password, {}}, 0, now);
  if (!sent) close(added, "outbind: " + sent.error().detail, closing::at_once);
  return added.key;
}

void centre::on_bytes(connection_key key, bytes_view data, steady_time now) {
  auto* c = find(key);
  if (!c || c->wants != closing::no) return; // what comes now was never read
  smpp::session_events events;
  c->session.on_bytes(data, now, events);
  handle(*c, events, now);
  pump(now);
}

void centre::on_lost(connection_key key, std::string_view why, steady_time now) {
  auto* c = find(key);
  if (!c) return;
  log_(fmt::format("{}: {}", c->peer, c->why_closed.empty() ? why : c->why_closed));
  c->wants = closing::at_once;
  smpp::session_events events;
  c->session.on_closed(now, events);
  handle(*c, events, now);
  connections_.erase(key);
  list_receivers();
  pump(now);
}

void centre::on_tick(steady_time now) {
  for (auto& [key, c] : connections_) {
    const auto due = c->session.next_tick();
    if (!due || *due > now || c->wants != closing::no) continue;
    smpp::session_events events;
    c->session.on_tick(now, events);
    handle(*c, events, now);
  }
  pump(now);
}

std::optional<steady_time> centre::next_tick(steady_time now) const {
  std::optional<steady_time> earliest;
  const auto consider = [&](steady_time at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  for (const auto& [key, c] : connections_)
    if (const auto due = c->session.next_tick(); due && c->wants == closing::no) consider(*due);
  if (!due_.empty()) consider(due_.begin()->first);
  if (!started_at_ || stopped_at_) return earliest;
  if (script_done_ < script_.size()) consider(*started_at_ + script_[script_done_].at);
  if (settings_.duration) consider(*started_at_ + *settings_.duration);
  const bool room = std::ranges::any_of(
      receivers_, [](const connection* c) { return c->session.window_free() > 0; });
  if (settings_.mos_per_second && more_mos_ && room)
    consider(settings_.open_loop ? next_due() : mo_pacing_.next_at(1, now));
  return earliest;
}

bool centre::has_output(connection_key key) const {
  const auto* c = find(key);
  return c && c->wants != closing::at_once && c->session.has_output();
}

bytes centre::take_output(connection_key key, steady_time now) {
  auto* c = find(key);
  return c ? c->session.take_output(now) : bytes{};
}

centre::closing centre::wants_close(connection_key key) const {
  const auto* c = find(key);
  return c ? c->wants : closing::at_once;
}

centre::connection* centre::find(connection_key key) {
  const auto found = connections_.find(key);
  return found == connections_.end() ? nullptr : found->second.get();
}

const centre::connection* centre::find(connection_key key) const {
  const auto found = connections_.find(key);
  return found == connections_.end() ? nullptr : found->second.get();
}

// Without a word, as if the line had broken.
void centre::cut(connection& c, std::string why, closing how) {
  if (c.wants != closing::no) return;
  ++connections_cut_;
  close(c, std::move(why), how);
}

void centre::close(connection& c, std::string why, closing how) {
  if (c.wants != closing::no) return;
  c.wants = how;
  c.why_closed = std::move(why);
  list_receivers();
}

void centre::list_receivers() {
  receivers_.clear();
  for (auto& [key, c] : connections_)
    if (c->wants == closing::no && c->session.bound() &&
        c->session.bound_as() != smpp::bind_kind::transmitter)
      receivers_.push_back(c.get());
}

// ---- commands ----

void centre::cut_all(steady_time) {
  for (auto& [key, c] : connections_) cut(*c, "cut", closing::at_once);
}

void centre::unbind_all(steady_time now) {
  for (auto& [key, c] : connections_) {
    smpp::session_events events;
    c->session.begin_unbind(now, events);
    handle(*c, events, now);
  }
}

void centre::stop(steady_time now) {
  if (!stopped_at_) stopped_at_ = now;
}

bool centre::finished(steady_time now) const {
  if (stopped_at_ && mos_opened_ == 0) return late_answers_ == 0;
  const bool plan_left =
      !started_at_ || more_mos_ || script_done_ < script_.size() ||
      (stream_.empty() && script_.empty()); // it only listens, until it is stopped
  if (!stopped_at_ && plan_left) return false;
  // Sending again is no progress: a gateway that never acks would keep us for ever.
  const bool waits = unsettled_ > 0 || late_answers_ > 0 || !receipts_.empty() ||
                     ledger_.replies_missing() > 0;
  if (!waits) return now - last_activity_ >= settings_.quiet_after;
  return now - last_activity_ >= settings_.grace ||
         (stopped_at_ && now - *stopped_at_ >= settings_.grace);
}

std::size_t centre::binds() const {
  return static_cast<std::size_t>(std::ranges::count_if(connections_, [](const auto& each) {
    return each.second->wants == closing::no && each.second->session.bound();
  }));
}

std::size_t centre::in_flight() const {
  std::size_t count = 0;
  for (const auto& [key, c] : connections_) count += c->session.outstanding();
  return count;
}

microseconds centre::active() const {
  return started_at_ ? std::max(last_activity_ - *started_at_, microseconds(0)) : microseconds(0);
}

// ---- what sessions say ----

void centre::handle(connection& c, smpp::session_events& events, steady_time now) {
  namespace event = smpp::event;
  for (std::size_t i = 0; i < events.size(); ++i) { // it may grow meanwhile
    auto what = std::move(events[i]);
    if (auto* answered = std::get_if<event::response_received>(&what)) {
      on_delivery_answered(answered->cookie, answered->response.status, now);
    } else if (auto* request = std::get_if<event::request_received>(&what)) {
      last_activity_ = now;
      on_event(c, *request, now);
    } else if (auto* late = std::get_if<event::late_response>(&what)) {
      if (late->response.status == command_status::ESME_ROK) // else the repetition will tell
        on_delivery_answered(late->cookie, late->response.status, now);
    } else if (auto* lost = std::get_if<event::request_abandoned>(&what)) {
      on_delivery_lost(lost->cookie, now);
    } else if (auto* asked = std::get_if<event::bind_requested>(&what)) {
      on_event(c, *asked, events, now);
    } else if (auto* bound = std::get_if<event::bound>(&what)) {
      log_(fmt::format("{}: bound as {}, version {}.{}", c.peer, smpp::name_of(bound->kind),
                       bound->version >> 4, bound->version & 0xF));
      list_receivers();
    } else if (auto* error = std::get_if<event::protocol_error>(&what)) {
      log_(fmt::format("{}: {}", c.peer, error->what));
    } else if (auto* over = std::get_if<event::close_now>(&what)) {
      close(c, std::string(smpp::name_of(over->why)), closing::after_output);
    }
  }
}

void centre::on_event(connection& c, smpp::event::bind_requested& asked,
                      smpp::session_events& events, steady_time now) {
  auto verdict = command_status::ESME_ROK;
  if (refuse_binds_ > 0) --refuse_binds_, verdict = settings_.refuse_bind_status;
  else if (!settings_.system_id.empty() && asked.system_id != settings_.system_id)
    verdict = command_status::ESME_RINVSYSID;
  else if (!settings_.password.empty() && asked.password != settings_.password)
    verdict = command_status::ESME_RINVPASWD;
  if (verdict == command_status::ESME_ROK) return c.session.accept_bind(now, events);
  ++binds_refused_;
  log_(fmt::format("{}: bind of \"{}\" refused: {}", c.peer, asked.system_id,
                   smpp::name_of(verdict)));
  c.session.refuse_bind(verdict, now);
}

void centre::on_event(connection& c, smpp::event::request_received& what, steady_time now) {
  const auto sequence = what.request.sequence;
  std::visit(
      [&](const auto& body) {
        using type = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<type, smpp::submit_sm> || std::is_same_v<type, smpp::data_sm>)
          on_submit(c, sequence, body, now);
        else if constexpr (std::is_same_v<type, smpp::submit_multi>)
          on_submit_multi(c, sequence, body, now);
        else if constexpr (std::is_same_v<type, smpp::query_sm>)
          answer(c, sequence, smpp::query_sm_resp{}, command_status::ESME_RQUERYFAIL, now);
        else if constexpr (std::is_same_v<type, smpp::cancel_sm>)
          answer(c, sequence, smpp::cancel_sm_resp{}, command_status::ESME_RCANCELFAIL, now);
        else if constexpr (std::is_same_v<type, smpp::replace_sm>)
          answer(c, sequence, smpp::replace_sm_resp{}, command_status::ESME_RREPLACEFAIL, now);
      },
      what.request.body);
}

// ---- deliver_sm: what came of it ----

void centre::on_delivery_answered(cookie what, command_status status, steady_time now) {
  const bool taken = status == command_status::ESME_ROK;
  if (taken) last_activity_ = now;
  const bool again =
      !taken && settings_.redeliver && std::ranges::count(settings_.retry_statuses, status) > 0;
  if (again) retry(what, now + settings_.retry_after);
  if (is_receipt(what)) {
    const auto found = receipts_.find(what & ~receipt_flag);
    if (found == receipts_.end() || again) return;
    const auto& facts = found->second;
    ledger_.on_receipt_answered(facts.phone, found->first, facts.state, status);
    receipts_.erase(found);
    return;
  }
  const bool settled = taken ? ledger_.on_acked(index_of(what), part_of(what), now)
                             : ledger_.on_not_acked(index_of(what), part_of(what), status, !again);
  if (settled) --unsettled_;
}

// No answer, by a time-out or the end of the connection.
void centre::on_delivery_lost(cookie what, steady_time now) {
  if (settings_.redeliver) retry(what, now);
  else give_up(what);
}

void centre::give_up(cookie what) {
  if (is_receipt(what)) receipts_.erase(what & ~receipt_flag);
  else if (ledger_.on_given_up(index_of(what), part_of(what))) --unsettled_;
}

void centre::retry(cookie what, steady_time at) { due_.emplace(at, what); }

// ---- submits ----

// One draw each, whatever came of the one before, so that a run depends on little but the seed.
command_status centre::judge_submit(steady_time now) {
  const bool throttled = random_.chance(settings_.throttled);
  const bool refused = random_.chance(settings_.refused);
  const bool too_fast = settings_.submit_rate_max && !submit_pacing_.take(1, now);
  if (throttled || too_fast || now < throttled_until_) return command_status::ESME_RTHROTTLED;
  return refused ? settings_.refuse_status : command_status::ESME_ROK;
}

template <class Submit>
void centre::on_submit(connection& c, std::uint32_t sequence, const Submit& submit,
                       steady_time now) {
  const auto verdict = judge_submit(now);
  std::string id;
  if (verdict == command_status::ESME_ROK)
    id = message_id_text(accept_submit(submit, submit.destination_addr, now),
                         settings_.id_formats.in_response);
  else if (smpp::is_throttle(verdict)) ledger_.on_submit_throttled();
  else ledger_.on_submit_refused(submit.destination_addr);
  answer(c, sequence, response_to<Submit>(std::move(id)), verdict, now);
}

// One verdict for all its phones; each has a message of its own, and the first one's id is told.
void centre::on_submit_multi(connection& c, std::uint32_t sequence,
                             const smpp::submit_multi& submit, steady_time now) {
  const auto verdict = judge_submit(now);
  smpp::submit_multi_resp response;
  for (const auto& to : submit.dest_addresses) {
    if (to.dest_flag != smpp::dest_address::sme_address) {
      response.unsuccess_smes.push_back({0, 0, to.dl_name, command_status::ESME_RINVDLNAME});
    } else if (verdict == command_status::ESME_ROK) {
      const auto number = accept_submit(submit, to.destination_addr, now);
      if (response.message_id.empty())
        response.message_id = message_id_text(number, settings_.id_formats.in_response);
    } else if (!smpp::is_throttle(verdict)) {
      ledger_.on_submit_refused(to.destination_addr);
    }
  }
  if (smpp::is_throttle(verdict)) ledger_.on_submit_throttled();
  answer(c, sequence, std::move(response), verdict, now);
}

template <class Submit>
std::uint64_t centre::accept_submit(const Submit& submit, const std::string& phone,
                                    steady_time now) {
  const auto number = next_number_++;
  const auto integer = [&](std::uint16_t tag) { return smpp::integer_of(submit.tlvs, tag); };
  const auto octet = [&](std::uint16_t tag) -> std::optional<std::uint8_t> {
    if (const auto value = integer(tag)) return static_cast<std::uint8_t>(*value);
    return std::nullopt;
  };
  std::optional<std::uint16_t> reference;
  if (const auto value = integer(smpp::tag::sar_msg_ref_num))
    reference = static_cast<std::uint16_t>(*value);
  submitted what;
  what.phone = phone;
  what.sender = submit.source_addr;
  what.user_data = smpp::user_data(submit);
  what.data_coding = submit.data_coding;
  what.has_udh = (submit.esm_class & esm_class_udh) != 0;
  what.part = text::part_header_of(what.has_udh, what.user_data, reference,
                                   octet(smpp::tag::sar_total_segments),
                                   octet(smpp::tag::sar_segment_seqnum));
  what.number = number;
  ledger_.on_submit(what, now);

  if (!settings_.receipts) return number;
  const bool delivered = random_.chance(*settings_.receipts);
  const auto asked = submit.registered_delivery & 0x03; // 5.2.17: 1 any, 2 failure; 5.0: 3 success
  if (asked != 0 && asked != (delivered ? 2 : 3))
    plan_receipt(delivered ? smpp::message_state::delivered : smpp::message_state::undeliverable,
                 number, phone, submit.source_addr, now);
  return number;
}

void centre::plan_receipt(smpp::message_state state, std::uint64_t number, const std::string& phone,
                          const std::string& sender, steady_time now) {
  const auto at = now + settings_.receipt_delay;
  ledger_.on_receipt_planned();
  receipts_.emplace(number, receipt_facts{phone, sender,
                                          message_id_text(number, settings_.id_formats.in_receipt),
                                          state, utc_of(now), utc_of(at)});
  due_.emplace(at, number | receipt_flag);
}

void centre::answer(connection& c, std::uint32_t sequence, smpp::pdu_body response,
                    command_status status, steady_time now) {
  if (random_.chance(settings_.late) || now < late_until_) {
    ++late_answers_;
    due_.emplace(now + settings_.late_by,
                 late_answer{c.key, sequence, std::move(response), status});
    return;
  }
  if (const auto sent = c.session.respond(sequence, std::move(response), status, 0, now); !sent)
    log_(fmt::format("{}: no answer to {}: {}", c.peer, sequence, sent.error().detail));
}

// ---- what is to be done by itself ----

void centre::pump(steady_time now) {
  if (!started_at_ && binds() >= settings_.binds_wanted) {
    started_at_ = last_activity_ = now;
    if (more_mos_) log_("enough binds are up: it begins");
  }
  run_script(now);
  run_due(now);
  fill_windows(now);
}

void centre::run_script(steady_time now) {
  if (!started_at_) return;
  if (settings_.duration && now >= *started_at_ + *settings_.duration) stop(now);
  for (; script_done_ < script_.size() && !stopped_at_; ++script_done_) {
    const auto& next = script_[script_done_];
    if (*started_at_ + next.at > now) return;
    switch (next.what) {
    case action_kind::send: open_mo(next.message, now); break;
    case action_kind::cut: cut_all(now); break;
    case action_kind::refuse_binds: refuse_binds_ += next.count; break;
    case action_kind::unbind: unbind_all(now); break;
    case action_kind::throttle: throttled_until_ = now + next.span; break;
    case action_kind::late: late_until_ = now + next.span; break;
    case action_kind::stop: stop(now); break;
    }
    last_activity_ = now;
  }
}

void centre::run_due(steady_time now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    auto what = std::move(due_.extract(due_.begin()).mapped());
    if (const auto* delivery = std::get_if<cookie>(&what)) {
      ready_.push_back(*delivery);
      continue;
    }
    auto& late = std::get<late_answer>(what);
    --late_answers_;
    last_activity_ = now;
    if (auto* c = find(late.key); c && c->wants == closing::no)
      (void)c->session.respond(late.sequence, std::move(late.response), late.status, 0, now);
  }
}

void centre::fill_windows(steady_time now) {
  while (auto* c = free_receiver()) {
    if (ready_.empty() && !open_next_mo(now)) return;
    if (ready_.empty()) continue; // that MO could not be sent
    const auto next = ready_.front();
    ready_.pop_front();
    send(*c, next, now);
  }
}

centre::connection* centre::free_receiver() {
  for (std::size_t tried = 0; tried < receivers_.size(); ++tried) {
    auto* c = receivers_[next_receiver_++ % receivers_.size()];
    if (c->session.window_free() > 0) return c;
  }
  return nullptr;
}

bool centre::open_next_mo(steady_time now) {
  if (!started_at_ || stopped_at_ || !more_mos_) return false;
  std::optional<steady_time> due;
  if (settings_.open_loop) {
    due = next_due();
    if (*due > now) return false;
    ++mos_scheduled_;
  } else if (settings_.mos_per_second && !mo_pacing_.take(1, now)) return false;
  auto next = stream_.next();
  more_mos_ = !stream_.exhausted();
  if (!next) return false;
  open_mo(std::move(*next), now, due);
  return true;
}

steady_time centre::next_due() const {
  const auto since = mos_scheduled_ * 1'000'000 / settings_.mos_per_second;
  return *started_at_ + microseconds(static_cast<std::int64_t>(since));
}

void centre::open_mo(mo message, steady_time now, std::optional<steady_time> due) {
  ++mos_opened_;
  last_activity_ = now;
  const auto which = static_cast<ledger::index>(ledger_.size());
  const auto parts = is_plain(message.text, settings_.coding)
                         ? 1
                         : text::split(message.text, settings_.coding, reference_of(which)).size();
  if (parts == 0 || parts > ledger::parts_max) {
    log_(fmt::format("left out, for it takes more than {} parts: {:.40}...", ledger::parts_max,
                     message.text));
    return;
  }
  ledger_.open(std::move(message), static_cast<std::uint8_t>(parts), due);
  unsettled_ += parts;
  const auto first = ready_.size();
  for (std::size_t part = 0; part < parts; ++part) ready_.push_back(cookie_of(which, part));
  if (parts == 1 || !random_.chance(settings_.shuffled_parts)) return;
  for (std::size_t left = parts; left > 1; --left) // Fisher and Yates
    std::swap(ready_[first + left - 1], ready_[first + random_.below(left)]);
}

void centre::send(connection& c, cookie what, steady_time now) {
  auto message = build(what);
  if (!message) return; // it was answered late, while it waited to be sent again
  if (const auto sent = c.session.request(std::move(*message), what, now); !sent) {
    log_(fmt::format("left out, for it cannot be sent: {}", sent.error().detail));
    return give_up(what);
  }
  if (is_receipt(what)) return ledger_.on_receipt_sent();
  const auto before = ledger_.totals().mos_sent;
  ledger_.on_sent(index_of(what), part_of(what), now);
  if (ledger_.totals().mos_sent != before) cut_if_due(c);
}

std::optional<smpp::deliver_sm> centre::build(cookie what) {
  if (!is_receipt(what)) {
    const auto bit = std::uint32_t{1} << part_of(what);
    if (ledger_.at(index_of(what)).parts_settled & bit) return std::nullopt;
    return build_part(index_of(what), part_of(what));
  }
  const auto found = receipts_.find(what & ~receipt_flag);
  if (found == receipts_.end()) return std::nullopt;
  return make_receipt(found->second, settings_.style);
}

// The same octets each time: a part that is sent again is recognised by them.
smpp::deliver_sm centre::build_part(ledger::index which, std::size_t part) const {
  const auto& message = ledger_.at(which).message;
  smpp::deliver_sm made;
  made.source_addr_ton = 1;
  made.source_addr_npi = 1;
  made.source_addr = message.source;
  made.destination_addr = message.destination;
  if (settings_.id_tlv)
    made.tlvs.push_back(smpp::make_text(
        *settings_.id_tlv, fmt::format("{:x}-{}-{}", settings_.run, which + 1, part + 1)));
  if (is_plain(message.text, settings_.coding)) {
    made.short_message.assign(message.text.begin(), message.text.end());
    return made;
  }
  auto segment =
      std::move(text::split(message.text, settings_.coding, reference_of(which))[part]);
  made.data_coding = segment.data_coding;
  if (segment.has_udh) made.esm_class = esm_class_udh;
  if (segment.sar) {
    made.tlvs.push_back(smpp::make_u16(smpp::tag::sar_msg_ref_num, segment.sar->reference));
    made.tlvs.push_back(smpp::make_u8(smpp::tag::sar_total_segments, segment.sar->total));
    made.tlvs.push_back(smpp::make_u8(smpp::tag::sar_segment_seqnum, segment.sar->number));
  }
  if (segment.as_payload)
    made.tlvs.push_back(smpp::make_octets(smpp::tag::message_payload, segment.user_data));
  else made.short_message = std::move(segment.user_data);
  return made;
}

void centre::cut_if_due(connection& c) {
  const auto sent = ledger_.totals().mos_sent;
  bool due = settings_.cut_every > 0 && sent % settings_.cut_every == 0;
  for (; !settings_.drop_after.empty() && sent >= settings_.drop_after.back(); due = true)
    settings_.drop_after.pop_back();
  if (due) cut(c, fmt::format("cut after {} MOs", sent), closing::after_output);
}

} // namespace farebox::smsc
