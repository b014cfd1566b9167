#include "smsc/core/report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace farebox::smsc {

namespace json = boost::json;

namespace {

double seconds_of(microseconds span) { return static_cast<double>(span.count()) / 1e6; }

std::uint64_t per_second(std::uint64_t count, microseconds span) {
  return static_cast<std::uint64_t>(static_cast<double>(count) / std::max(seconds_of(span), 0.001));
}

// 1234567 as 1,234,567.
std::string grouped(std::uint64_t number) {
  auto text = fmt::to_string(number);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return text;
}

// A figure with its words: a row of the table and a member of the JSON.
struct figure {
  std::string_view key;
  std::string_view words;
  std::uint64_t value;
};
struct row {
  std::string_view title;
  std::vector<figure> figures;
};

std::vector<row> rows_of(const centre& c) {
  const auto& t = c.book().totals();
  return {
      {"MOs",
       {{"mos_sent", "sent", t.mos_sent},
        {"mos_acked", "acked", t.mos_acked},
        {"mos_unacked", "unacked", t.mos_unacked()},
        {"mos_refused", "refused", t.mos_refused},
        {"mos_redelivered", "redelivered", t.mos_redelivered},
        {"deliver_sm_sent", "deliver_sm", t.parts_sent}}},
      {"submits",
       {{"submits_accepted", "accepted", t.submits_accepted},
        {"submits_throttled", "throttled", t.submits_throttled},
        {"submits_refused", "refused", t.submits_refused}}},
      {"replies",
       {{"replies", "whole", t.replies},
        {"reply_repeats", "of them repeated", t.reply_repeats},
        {"replies_missing", "missing", c.book().replies_missing()}}},
      {"receipts",
       {{"receipts_planned", "asked for", t.receipts_planned},
        {"receipts_sent", "sent", t.receipts_sent},
        {"receipts_acked", "acked", t.receipts_acked},
        {"receipts_refused", "refused", t.receipts_refused}}},
      {"links",
       {{"connections_cut", "cut", c.connections_cut()},
        {"binds_refused", "binds refused", c.binds_refused()}}}};
}

json::object latency_json(const latency& taken) {
  return {{"p50_us", taken.percentile(50).count()},
          {"p99_us", taken.percentile(99).count()},
          {"p999_us", taken.percentile(99.9).count()},
          {"max_us", taken.max().count()}};
}

std::string latency_text(const latency& taken) {
  const auto ms = [](microseconds value) { return static_cast<double>(value.count()) / 1e3; };
  if (taken.count() == 0) return "none";
  return fmt::format("p50 {:.1f} ms, p99 {:.1f} ms, p99.9 {:.1f} ms, max {:.1f} ms",
                     ms(taken.percentile(50)), ms(taken.percentile(99)), ms(taken.percentile(99.9)),
                     ms(taken.max()));
}

// The first so many of each kind.
template <class Tell>
void tell_examples(const verdict& found, std::size_t examples, Tell tell) {
  std::array<std::size_t, finding_kinds> told{};
  for (const auto& each : found.findings)
    if (told[static_cast<std::size_t>(each.kind)]++ < examples) tell(each);
}

} // namespace

std::uint64_t verdict::missing() const {
  return counts[std::size_t(finding_kind::unacked)] + counts[std::size_t(finding_kind::refused)] +
         counts[std::size_t(finding_kind::missing_reply)];
}
std::uint64_t verdict::doubled() const { return counts[std::size_t(finding_kind::doubled_reply)]; }
std::uint64_t verdict::misaddressed() const {
  return counts[std::size_t(finding_kind::misaddressed)] +
         counts[std::size_t(finding_kind::doubled_code)];
}

verdict judge(const centre& c) {
  verdict found;
  found.findings = c.book().findings();
  for (const auto& each : found.findings) ++found.counts[static_cast<std::size_t>(each.kind)];
  return found;
}

std::string summary_text(const centre& c, const verdict& found, std::size_t examples) {
  const auto& book = c.book();
  std::string out = fmt::format("seed {}, {:.1f} s from the first MO to the last answer, {} MO/s\n",
                                c.settings().seed, seconds_of(c.active()),
                                grouped(per_second(book.totals().mos_acked, c.active())));
  for (const auto& [title, figures] : rows_of(c)) {
    out += fmt::format("  {:<10}", title);
    for (const auto& [key, words, value] : figures)
      out += fmt::format("{} {}   ", words, grouped(value));
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  out += fmt::format("  {:<10}{}\n", "ack after", latency_text(book.ack_latency()));
  out += fmt::format("  {:<10}{}\n", "reply", latency_text(book.reply_latency()));
  tell_examples(found, examples, [&](const finding& each) {
    out += fmt::format("  {}: {}: {}\n", name_of(each.kind), each.phone, each.detail);
  });
  for (std::size_t kind = 0; kind < finding_kinds; ++kind)
    if (found.counts[kind] > examples)
      out += fmt::format("  {}: and {} more\n", name_of(static_cast<finding_kind>(kind)),
                         grouped(found.counts[kind] - examples));
  const auto unexpected = found.counts[std::size_t(finding_kind::unexpected)];
  return out + fmt::format("{}: missing {}, doubled {}, misaddressed {}, unexpected {}{}\n",
                           found.clean() ? "clean" : "NOT CLEAN", grouped(found.missing()),
                           grouped(found.doubled()), grouped(found.misaddressed()),
                           grouped(unexpected),
                           book.judges_replies() ? "" : " (acks only: no --expect-reply)");
}

std::string summary_json(const centre& c, const verdict& found, std::size_t examples) {
  json::object out{{"clean", found.clean()},
                   {"missing", found.missing()},
                   {"doubled", found.doubled()},
                   {"misaddressed", found.misaddressed()},
                   {"unexpected", found.counts[std::size_t(finding_kind::unexpected)]},
                   {"replies_judged", c.book().judges_replies()},
                   {"seed", c.settings().seed},
                   {"active_us", c.active().count()},
                   {"mos_per_second", per_second(c.book().totals().mos_acked, c.active())}};
  for (const auto& [title, figures] : rows_of(c))
    for (const auto& [key, words, value] : figures) out[key] = value;
  out["ack_latency"] = latency_json(c.book().ack_latency());
  out["reply_latency"] = latency_json(c.book().reply_latency());
  json::array told;
  tell_examples(found, examples, [&](const finding& each) {
    told.push_back(
        {{"kind", name_of(each.kind)}, {"phone", each.phone}, {"detail", each.detail}});
  });
  out["findings"] = std::move(told);
  return json::serialize(out) + '\n';
}

std::string progress_line(const centre& c) {
  const auto& t = c.book().totals();
  return fmt::format("{:.0f} s  binds {}  sent {}  acked {} ({}/s)  in flight {}  replies {}  "
                     "missing {}  receipts {}/{}",
                     seconds_of(c.active()), c.binds(), grouped(t.mos_sent), grouped(t.mos_acked),
                     grouped(per_second(t.mos_acked, c.active())), grouped(c.in_flight()),
                     grouped(t.replies), grouped(c.book().replies_missing()),
                     grouped(t.receipts_acked), grouped(t.receipts_planned));
}

void write_ledger(const centre& c, const std::function<void(std::string_view)>& write) {
  const auto& book = c.book();
  const auto when = [&](steady_time at) { return to_iso8601(c.utc_of(at)); };
  for (ledger::index which = 0; which < book.size(); ++which) {
    const auto& its = book.at(which);
    json::object line{{"id", which + 1},
                      {"phone", its.message.source},
                      {"destination", its.message.destination},
                      {"text", its.message.text},
                      {"parts", its.parts}};
    json::array sent;
    if (its.parts_sent != 0) sent.push_back(json::string(when(its.sent_at)));
    for (const auto at : its.sent_again_at) sent.push_back(json::string(when(at)));
    line["sent"] = std::move(sent);
    line["acked"] = its.acked() ? json::value(json::string(when(its.acked_at))) : json::value{};
    line["status"] = its.acked() ? json::value("ESME_ROK")
                     : its.last_status ? json::value(json::string(smpp::name_of(*its.last_status)))
                                       : json::value{};
    json::array replies, submits, findings;
    if (const auto* phone = book.find(its.message.source)) {
      for (const auto& each : phone->replies)
        replies.push_back(
            {{"text", each.text}, {"sends", each.sends}, {"at", when(each.first_at)}});
      for (const auto& each : phone->attempts) {
        json::object submit{
            {"message_id", message_id_text(each.number, c.settings().id_formats.in_response)}};
        if (each.receipt) submit["receipt"] = smpp::name_of(*each.receipt);
        if (each.receipt_answer) submit["receipt_answer"] = smpp::name_of(*each.receipt_answer);
        submits.push_back(std::move(submit));
      }
      if (phone->mos > 1) line["mos_of_phone"] = phone->mos; // what follows is of all of them
    }
    for (const auto kind : book.findings_of(which)) findings.push_back(json::value(name_of(kind)));
    line["replies"] = std::move(replies);
    line["submits"] = std::move(submits);
    line["findings"] = std::move(findings);
    write(json::serialize(line) + '\n');
  }
}

} // namespace farebox::smsc
