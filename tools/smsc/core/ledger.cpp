#include "smsc/core/ledger.hpp"

#include "farebox/base/result.hpp"
#include "farebox/text/parts.hpp"

#include <boost/regex.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <stdexcept>
#include <utility>

namespace farebox::smsc {

namespace {

// A gateway gone wild could send without end; so many are enough to see what it does.
constexpr std::size_t strays_max = 100'000;

boost::regex compile(const std::string& pattern) {
  try {
    return boost::regex(pattern);
  } catch (const boost::regex_error& error) {
    throw std::invalid_argument(fmt::format("regular expression \"{}\": {}", pattern,
                                            error.what()));
  }
}

} // namespace

struct ledger::patterns {
  std::optional<boost::regex> expect, code;
};

ledger::ledger(ledger_settings settings)
    : settings_(std::move(settings)), patterns_(std::make_unique<patterns>()) {
  if (settings_.expect_reply) patterns_->expect = compile(*settings_.expect_reply);
  if (settings_.unique_code) patterns_->code = compile(*settings_.unique_code);
}

ledger::~ledger() = default;

// ---- MOs ----

ledger::index ledger::open(mo message, std::uint8_t parts,
                           std::optional<steady_time> due_at) {
  ensure(parts >= 1 && parts <= parts_max, "an MO of more parts than the ledger counts");
  auto& added = mos_.emplace_back();
  added.message = std::move(message);
  added.parts = parts;
  added.due_at = due_at;
  return static_cast<index>(mos_.size() - 1);
}

void ledger::on_sent(index which, std::uint8_t part, steady_time now) {
  auto& its = mos_[which];
  const auto bit = std::uint32_t{1} << part;
  ++totals_.parts_sent;
  if (its.parts_sent == 0) {
    ++totals_.mos_sent;
    its.sent_at = now;
    auto& phone = phones_[its.message.source];
    phone.last_mo_at = its.counted_from();
    change(phone, [](conversation& c) { ++c.mos; });
  }
  if (its.parts_sent & bit) {
    if (!std::exchange(its.redelivered, true)) ++totals_.mos_redelivered;
    its.sent_again_at.push_back(now);
  }
  its.parts_sent |= bit;
}

bool ledger::on_acked(index which, std::uint8_t part, steady_time now) {
  auto& its = mos_[which];
  const bool before = its.acked();
  its.parts_acked |= std::uint32_t{1} << part;
  if (!before && its.acked()) {
    if (std::exchange(its.refused, false)) --totals_.mos_refused; // the ack came late
    its.acked_at = now;
    ++totals_.mos_acked;
    ack_latency_.add(now - its.counted_from());
    change(phones_.find(its.message.source)->second, [](conversation& c) { ++c.mos_acked; });
  }
  return on_given_up(which, part);
}

bool ledger::on_not_acked(index which, std::uint8_t part, smpp::command_status status, bool final) {
  auto& its = mos_[which];
  if (its.acked()) return false;
  its.last_status = status;
  if (!final) return false;
  if (!std::exchange(its.refused, true)) ++totals_.mos_refused;
  return on_given_up(which, part);
}

bool ledger::on_given_up(index which, std::uint8_t part) {
  const auto bit = std::uint32_t{1} << part;
  return !(std::exchange(mos_[which].parts_settled, mos_[which].parts_settled | bit) & bit);
}

// ---- replies ----

void ledger::on_submit(const submitted& what, steady_time now) {
  ++totals_.submits_accepted;
  const auto found = phones_.find(what.phone);
  if (found != phones_.end()) found->second.attempts.push_back({what.number, {}, {}});
  if (what.part && what.part->total > 1) return take_segment(what, now);
  std::string text;
  text::text_of({what.user_data, what.data_coding, what.has_udh}, settings_.alphabet, text);
  take_text(what.phone, text, now);
}

// A segment that came before, octet for octet, is a repetition, also after its message was whole:
// what the gateway is unsure of may be one segment of it. Other octets begin another message.
void ledger::take_segment(const submitted& what, steady_time now) {
  const auto& part = *what.part;
  auto& set = assemblies_[{std::string(what.phone), std::string(what.sender), part.reference,
                           part.total}];
  if (set.segments.empty()) set.segments.resize(part.total);
  const auto number = static_cast<std::size_t>(part.number - 1);
  const bool same = std::ranges::equal(set.segments[number].user_data, what.user_data);
  if (set.segments[number].sends > 0 && !same) {
    set = {};
    set.segments.resize(part.total);
  }
  auto& segment = set.segments[number];
  if (segment.sends++ == 0)
    segment = {bytes(what.user_data.begin(), what.user_data.end()), what.data_coding, what.has_udh,
               1};
  if (set.complete) {
    const auto phone = phones_.find(what.phone);
    if (phone == phones_.end()) return;
    auto& replies = phone->second.replies;
    const auto whole = std::ranges::find(replies, set.whole, &reply::text);
    if (whole == replies.end() || whole->sends >= segment.sends) return;
    ++totals_.reply_repeats;
    return change(phone->second, [&](conversation&) { whole->sends = segment.sends; });
  }
  if (std::ranges::any_of(set.segments, [](const auto& each) { return each.sends == 0; })) return;
  std::vector<text::part_view> views;
  for (const auto& each : set.segments)
    views.push_back({each.user_data, each.data_coding, each.has_udh});
  set.whole = text::join(views, settings_.alphabet);
  set.complete = true;
  take_text(what.phone, set.whole, now);
}

void ledger::take_text(std::string_view phone, const std::string& text, steady_time now) {
  ++totals_.replies;
  const auto found = phones_.find(phone);
  if (found == phones_.end()) {
    if (strays_.size() < strays_max)
      strays_.push_back({finding_kind::misaddressed, std::string(phone),
                         fmt::format("this phone has sent nothing; it got \"{}\"", text)});
    return;
  }
  auto& its = found->second;
  change(its, [&](conversation& c) {
    const auto same = std::ranges::find(c.replies, text, &reply::text);
    if (same != c.replies.end()) {
      ++same->sends;
      ++totals_.reply_repeats;
      return;
    }
    auto& added = c.replies.emplace_back();
    added.text = text;
    added.sends = 1;
    added.first_at = now;
    reply_latency_.add(now - c.last_mo_at);
    added.unexpected = patterns_->expect && !boost::regex_search(text, *patterns_->expect);
    boost::smatch match;
    if (!patterns_->code || !boost::regex_search(text, match, *patterns_->code)) return;
    added.has_code = true;
    added.doubled_code =
        is_doubled_code(c, added, match.size() > 1 && match[1].matched ? match[1] : match[0]);
  });
}

bool ledger::is_doubled_code(const conversation& phone, const reply& one, const std::string& code) {
  const auto [owner, is_new] = codes_.try_emplace(code, code_owner{&phone, one.text});
  return !is_new && (owner->second.phone != &phone || owner->second.text != one.text);
}

void ledger::on_submit_refused(std::string_view phone) {
  ++totals_.submits_refused;
  const auto found = phones_.find(phone);
  if (found != phones_.end()) change(found->second, [](conversation& c) { ++c.refused; });
}

void ledger::on_receipt_answered(std::string_view phone, std::uint64_t number,
                                 smpp::message_state state, smpp::command_status answer) {
  ++(answer == smpp::command_status::ESME_ROK ? totals_.receipts_acked : totals_.receipts_refused);
  const auto found = phones_.find(phone);
  if (found == phones_.end()) return;
  auto& attempts = found->second.attempts;
  const auto its = std::ranges::find(attempts, number, &attempt::number);
  if (its == attempts.end()) return;
  its->receipt = state;
  its->receipt_answer = answer;
}

// ---- what came of it ----

const conversation* ledger::find(std::string_view phone) const {
  const auto found = phones_.find(phone);
  return found == phones_.end() ? nullptr : &found->second;
}

// A reply with a code answers one MO however often it came; of others each sending counts, since
// two MOs may well get the same text.
std::uint64_t ledger::missing_of(const conversation& phone) const {
  std::uint64_t answers = phone.refused;
  for (const auto& each : phone.replies) answers += each.has_code ? 1 : each.sends;
  return phone.mos_acked > answers ? phone.mos_acked - answers : 0;
}

bool ledger::is_doubled(const conversation& phone) const {
  return phone.replies.size() > phone.mos ||
         std::ranges::any_of(phone.replies, [&](const reply& each) {
           return each.sends > settings_.sends_max * (each.has_code ? 1 : phone.mos);
         });
}

// Keeps `missing_` the sum over all phones, so that asking for it costs nothing.
template <class Change>
void ledger::change(conversation& phone, Change what) {
  missing_ -= missing_of(phone);
  what(phone);
  missing_ += missing_of(phone);
}

std::vector<finding_kind> ledger::findings_of(index which) const {
  const auto& its = mos_[which];
  std::vector<finding_kind> found;
  if (its.parts_sent == 0) return found;
  if (its.refused) found.push_back(finding_kind::refused);
  else if (!its.acked()) found.push_back(finding_kind::unacked);
  if (!judges_replies()) return found;
  const auto& phone = phones_.find(its.message.source)->second;
  const auto any = [&](bool reply::*flag) { return std::ranges::any_of(phone.replies, flag); };
  if (missing_of(phone) > 0) found.push_back(finding_kind::missing_reply);
  if (is_doubled(phone)) found.push_back(finding_kind::doubled_reply);
  if (any(&reply::doubled_code)) found.push_back(finding_kind::doubled_code);
  if (any(&reply::unexpected)) found.push_back(finding_kind::unexpected);
  return found;
}

namespace {

std::string detail_of(finding_kind kind, const sent_mo& its, const conversation& phone) {
  const auto text = fmt::format("\"{}\" to {}", its.message.text, its.message.destination);
  const auto status = its.last_status ? smpp::name_of(*its.last_status) : "nothing";
  switch (kind) {
  case finding_kind::refused: return fmt::format("{}: {}", text, status);
  case finding_kind::unacked:
    return fmt::format("{}: sent {} times, {} of {} parts acked; the last answer was {}", text,
                       its.sent_again_at.size() + 1, std::popcount(its.parts_acked), its.parts,
                       status);
  case finding_kind::missing_reply:
    return fmt::format("{}: MOs acked: {}, different replies: {}", text, phone.mos_acked,
                       phone.replies.size());
  default: break;
  }
  std::string replies;
  for (const auto& each : phone.replies)
    if (kind == finding_kind::doubled_reply ||
        (kind == finding_kind::doubled_code ? each.doubled_code : each.unexpected))
      replies += fmt::format(" \"{}\" x {}", each.text, each.sends);
  return fmt::format("{}:{}", text, replies);
}

} // namespace

std::vector<finding> ledger::findings() const {
  std::vector<finding> found;
  std::set<const conversation*> told; // phones of several MOs: what is theirs is told once
  for (index which = 0; which < mos_.size(); ++which) {
    const auto kinds = findings_of(which);
    if (kinds.empty()) continue;
    const auto& its = mos_[which];
    const auto& phone = phones_.find(its.message.source)->second;
    const bool again = phone.mos > 1 && !told.insert(&phone).second;
    for (const auto kind : kinds)
      if (!again || kind == finding_kind::refused || kind == finding_kind::unacked)
        found.push_back({kind, its.message.source, detail_of(kind, its, phone)});
  }
  if (judges_replies()) found.insert(found.end(), strays_.begin(), strays_.end());
  return found;
}

std::string_view name_of(finding_kind kind) {
  switch (kind) {
  case finding_kind::unacked: return "unacked";
  case finding_kind::refused: return "refused";
  case finding_kind::missing_reply: return "missing reply";
  case finding_kind::doubled_reply: return "doubled reply";
  case finding_kind::misaddressed: return "misaddressed";
  case finding_kind::doubled_code: return "doubled code";
  case finding_kind::unexpected: return "unexpected reply";
  }
  return "?";
}

} // namespace farebox::smsc
