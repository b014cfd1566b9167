// What must hold after a run. The ledgers of the SMSCs say what phones sent and got; the rows are
// read by plain SQL, and not by the store's own means.
#include "sim/world.hpp"

#include "farebox/model/rows.hpp"
#include "farebox/text/parts.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace farebox::sim {

namespace {

using findings_list = std::vector<std::string>;

// ---- plain SQL ----

class rows_of {
 public:
  explicit rows_of(disk& files) {
    sqlite3_open_v2("/farebox.db", &db_, SQLITE_OPEN_READONLY, files.vfs());
  }
  ~rows_of() { sqlite3_close(db_); }
  rows_of(const rows_of&) = delete;
  rows_of& operator=(const rows_of&) = delete;

  using row = std::vector<std::string>;
  std::vector<row> ask(const char* sql) const {
    std::vector<row> all;
    sqlite3_stmt* query = nullptr;
    int code = sqlite3_prepare_v2(db_, sql, -1, &query, nullptr);
    while (code == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW) {
      auto& r = all.emplace_back();
      for (int i = 0; i < sqlite3_column_count(query); ++i) {
        const auto* text = sqlite3_column_text(query, i);
        r.emplace_back(text ? reinterpret_cast<const char*>(text) : "");
      }
    }
    code = sqlite3_finalize(query);
    ensure(code == SQLITE_OK, "a checker's question can be asked");
    return all;
  }
  std::int64_t number(const char* sql) const { return std::stoll("0" + ask(sql).at(0).at(0)); }

 private:
  sqlite3* db_ = nullptr;
};

std::int64_t number(const std::string& text) { return text.empty() ? 0 : std::stoll(text); }

// ---- the rows, as far as they are asked for ----

struct seen_message {
  std::int64_t op = 0;
  std::string phone, destination, text;
  outcome result{};
  bool flagged = false;
  std::int64_t net_bills = 0; // originals and late ones less reversals
  std::optional<charge_state> charge;
};
struct seen_reply {
  std::int64_t message = 0, op = 0;
  std::string phone, sender, text;
  bool on_mt = false;
  reply_state state{};
  int segments = 1;
};
struct seen {
  std::map<std::int64_t, seen_message> messages;
  std::map<std::int64_t, seen_reply> replies;
};

seen read_rows(const rows_of& rows, findings_list& findings) {
  seen all;
  for (const auto& r : rows.ask("SELECT id, op, source, destination, text, outcome, "
                                "possible_redelivery FROM message"))
    all.messages[number(r[0])] = {number(r[1]), r[2], r[3], r[4],
                                  static_cast<outcome>(number(r[5])), r[6] == "1", 0, {}};
  std::map<std::int64_t, std::int64_t> net;
  for (const auto& r : rows.ask("SELECT message, kind FROM bill"))
    net[number(r[0])] += number(r[1]) == 1 ? -1 : 1;
  for (const auto& [message, count] : net)
    if (const auto found = all.messages.find(message); found != all.messages.end())
      found->second.net_bills = count;
    else if (count != 0)
      findings.push_back(fmt::format("{} bills for {}, which is no message", count, message));
  for (const auto& r : rows.ask("SELECT id, state FROM charge"))
    all.messages[number(r[0])].charge = static_cast<charge_state>(number(r[1]));
  for (const auto& r : rows.ask("SELECT id, message, op, destination, source, text, "
                                "charged_on_mt, state, segments FROM reply"))
    all.replies[number(r[0])] = {number(r[1]), number(r[2]), r[3], r[4], r[5], r[6] == "1",
                                 static_cast<reply_state>(number(r[7])),
                                 static_cast<int>(number(r[8]))};
  return all;
}

// ---- orders: billed once each, and again when they are honestly repeated ----

using order_key = std::tuple<std::int64_t, std::string, std::string, std::string>;

void check_orders(const world& after, const seen& rows, findings_list& findings, figures& counts) {
  struct tally {
    std::int64_t sent = 0, taken = 0, doubts = 0;
  };
  std::map<order_key, tally> keys;
  int incomplete = 0;
  for (std::size_t i = 0; i < after.centres(); ++i) {
    const auto& centre = after.centre(i);
    const bool by_content = !centre.habits.id_tlv && !centre.habits.user_message_reference;
    for (const auto& o : centre.orders()) {
      incomplete += o.incomplete;
      if (o.incomplete) continue;
      auto& t = keys[{static_cast<std::int64_t>(i) + 1, o.phone, o.destination, o.text}];
      ++t.sent;
      if (by_content && o.deliveries.size() == 1)
        t.doubts += after.leaves_doubt(centre, centre.deliveries()[o.deliveries.front()]);
    }
  }
  for (const auto& [id, m] : rows.messages) {
    counts.absorbed += m.result == outcome::absorbed;
    counts.flagged += m.flagged;
    if (m.result == outcome::absorbed) continue;
    if (m.result == outcome::incomplete) --incomplete;
    else ++keys[{m.op, m.phone, m.destination, m.text}].taken;
  }
  for (const auto& [key, t] : keys) {
    const auto& [op, phone, destination, text] = key;
    const auto name = fmt::format("'{}' of {} to {} at op{}", text, phone, destination, op);
    if (t.taken > t.sent)
      findings.push_back(fmt::format("{}: sent {} times, billed {}", name, t.sent, t.taken));
    const auto absorbed = std::max<std::int64_t>(t.sent - t.taken, 0);
    counts.absorbed_honest += static_cast<std::uint64_t>(absorbed);
    if (absorbed > t.doubts)
      findings.push_back(fmt::format("{}: sent {} times, billed {}, with {} doubts", name, t.sent,
                                     t.taken, t.doubts));
  }
  if (incomplete != 0)
    findings.push_back(fmt::format("of incomplete messages {} are missing", incomplete));
  if (after.luck().quiet && counts.absorbed + counts.flagged > 0)
    findings.push_back(fmt::format("nothing went wrong, but {} were absorbed, {} flagged",
                                   counts.absorbed, counts.flagged));
}

// ---- bills ----

void check_bills(const rows_of& rows, const seen& all, findings_list& findings) {
  for (const auto& [id, m] : all.messages) {
    const bool owed = !m.charge || *m.charge == charge_state::posted;
    if (m.net_bills != owed)
      findings.push_back(fmt::format("message {} has {} bills, not {}", id, m.net_bills, +owed));
    if (m.charge == charge_state::pending)
      findings.push_back(fmt::format("charge {} is pending for ever", id));
  }
  std::int64_t last = 0, last_at = 0;
  for (const auto& r : rows.ask("SELECT id, posted_at, gross - vat - operator_share - "
                                "platform_fee - partner_share FROM bill ORDER BY id")) {
    if (number(r[0]) != last + 1 || number(r[1]) < last_at || number(r[2]) != 0)
      findings.push_back("bill " + r[0] + " is out of order, or does not add up");
    last = number(r[0]), last_at = number(r[1]);
  }
}

void check_store(world& after, const rows_of& rows, findings_list& findings) {
  const auto reader = store::open_reader(store_settings(after.files(), after.time()));
  ensure(reader.has_value(), "the store can be read");
  std::optional<bill_id> from = bill_id{};
  while (from) {
    const auto next = (*reader)->scrub_slice(*from, 10'000);
    if (!next) return findings.push_back("the bills' chain is broken: " + next.error().detail);
    from = *next;
  }
  statistics_query whole;
  whole.hour_to = 10'000'000;
  const auto found = (*reader)->statistics(whole);
  ensure(found.has_value(), "statistics can be read");
  counter_values sum;
  for (const auto& row : *found) sum += row.values;
  const std::pair<const char*, std::int64_t> totals[] = {
      {"SELECT count(*) FROM message WHERE outcome != 6", sum.requests},
      {"SELECT count(*) FROM message WHERE outcome = 6", sum.absorbed},
      {"SELECT count(*) FROM bill", sum.bills},
      {"SELECT count(*) FROM charge WHERE state = 0", sum.pending},
      {"SELECT count(*) FROM reply WHERE accepted_mask = (1 << segments) - 1", sum.replies},
      {"SELECT count(*) FROM reply WHERE delivered_mask = (1 << segments) - 1", sum.delivered},
      {"SELECT sum(gross) FROM bill", sum.money.gross.value},
      {"SELECT sum(partner_share) FROM bill", sum.money.partner_share.value}};
  for (const auto& [sql, counted] : totals)
    if (rows.number(sql) != counted)
      findings.push_back(fmt::format("{} gives {}, the counters say {}", sql, rows.number(sql),
                                     counted));
}

// ---- replies ----

struct received { // of one reply, at its SMSC
  std::map<int, int> accepted; // by segment
  std::set<int> delivered;     // segments
  int submits = 0, refused = 0;
};

std::map<std::int64_t, received> check_submits(const world& after, const seen& all,
                                               findings_list& findings) {
  std::map<std::int64_t, received> by_reply;
  for (std::size_t i = 0; i < after.centres(); ++i)
    for (const auto& s : after.centre(i).submits()) {
      const auto found = all.replies.find(s.reference);
      const auto name = fmt::format("a submit to {} for reply {}", s.phone, s.reference);
      if (found == all.replies.end()) {
        findings.push_back(name + ", which is not stored");
        continue;
      }
      const auto& reply = found->second;
      if (reply.phone != s.phone || reply.sender != s.sender ||
          reply.op != static_cast<std::int64_t>(i) + 1)
        findings.push_back(name + " went to the wrong phone or operator");
      const text::part_view view{s.user_data, s.data_coding, s.has_udh};
      const auto text = text::join({&view, 1}, text::charset::gsm7);
      const auto place = text::part_header_of(s.has_udh, s.user_data);
      if (place ? reply.text.find(text) == reply.text.npos : text != reply.text)
        findings.push_back(name + " says '" + text + "', stored is '" + reply.text + "'");
      auto& r = by_reply[s.reference];
      ++r.submits;
      if (s.status == 0) ++r.accepted[place ? place->number : 1];
      r.refused += s.status != 0 && s.status != 0x58;
      if (s.status == 0 && s.delivered) r.delivered.insert(place ? place->number : 1);
    }
  return by_reply;
}

void check_replies(const world& after, const seen& all, findings_list& findings, figures& counts) {
  auto by_reply = check_submits(after, all, findings);
  std::map<std::int64_t, int> owed;
  std::set<std::string> codes;
  for (const auto& [id, m] : all.messages) owed[id] = m.result != outcome::absorbed;
  for (const auto& [id, reply] : all.replies) {
    const auto name = fmt::format("reply {} to {} ({})", id, reply.phone, name_of(reply.state));
    const auto& r = by_reply[id];
    const auto& m = all.messages.at(reply.message);
    --owed[reply.message];
    if (m.phone != reply.phone || m.destination != reply.sender)
      findings.push_back(name + " is not for the phone of its message");
    if (reply.text.starts_with(before_code)) {
      const auto code = reply.text.substr(before_code.size());
      if (!codes.insert(code).second)
        findings.push_back(name + " has a code that was given out before");
      if (reply.on_mt && m.charge != charge_state::posted && after.codes_used().contains(code))
        findings.push_back(name + " has a code that was good before it was paid for");
    }
    int most = 0, least = static_cast<int>(r.accepted.size()) < reply.segments ? 0 : 2;
    for (const auto& [segment, times] : r.accepted)
      most = std::max(most, times), least = std::min(least, times);
    if (most > (reply.on_mt || after.luck().quiet ? 1 : 2))
      findings.push_back(fmt::format("{} was taken {} times", name, most));
    const bool unresolved = reply.on_mt && reply.state == reply_state::unknown; // rule R6
    if (is_open(reply.state) && !unresolved) findings.push_back(name + " waits for ever");
    const bool accepted = reply.state == reply_state::sent || reply.state == reply_state::delivered;
    if (accepted && least < 1) findings.push_back(name + " was never taken");
    if (reply.state == reply_state::rejected && r.refused == 0)
      findings.push_back(name + " was never refused");
    if (after.luck().quiet && reply.state == reply_state::given_up)
      findings.push_back(name + ", though nothing went wrong");
    const bool delivered = static_cast<int>(r.delivered.size()) == reply.segments;
    if (reply.state == reply_state::delivered && !delivered)
      findings.push_back(name + " was not delivered");
    const bool posted = m.charge == charge_state::posted;
    if (reply.on_mt && posted && !delivered)
      findings.push_back(name + " is charged and was not delivered");
    if (after.luck().quiet && reply.on_mt && posted != delivered)
      findings.push_back(name + " was delivered and is not charged, though nothing went wrong");
    if (accepted) ++counts.replies;
  }
  for (const auto& [message, left] : owed)
    if (left != 0) findings.push_back(fmt::format("message {} lacks {} replies", message, left));
}

} // namespace

void check_at_rest(world& after, findings_list& findings) {
  const auto* process = after.process();
  if (!process || process->ended()) return findings.push_back("no process runs, without a fault");
  for (const auto& bind : process->links().status()) {
    const auto name = fmt::format("bind {}/{}", bind.op, bind.name);
    if (bind.state != gateway::link_state::bound)
      findings.push_back(name + " is " + std::string(name_of(bind.state)));
    // What was never answered uses its slot for ever; half of the window, and the link is renewed.
    if (bind.window_used > bind.session.requests_abandoned || bind.queued > 0)
      findings.push_back(fmt::format("{}: {} in its window, {} queued, at rest", name,
                                     bind.window_used, bind.queued));
    if (bind.type != "receiver" && bind.permits <= 0)
      findings.push_back(name + " has no permits left, at rest");
  }
  if (const auto waiting = process->decider().due().waiting_replies())
    findings.push_back(fmt::format("{} replies wait for a permit, at rest", waiting));
  if (const auto unproven = process->decider().unproven())
    findings.push_back(fmt::format("{} MOs are unproven, at rest", unproven));
  for (std::size_t i = 0; i < after.centres(); ++i)
    if (const auto left = after.centre(i).unsettled())
      findings.push_back(fmt::format("{}: {} deliveries without an acknowledgement",
                                     after.centre(i).name(), left));
}

void check_rows(world& after, findings_list& findings, figures& counts) {
  const rows_of rows(after.files());
  const auto all = read_rows(rows, findings);
  check_orders(after, all, findings, counts);
  check_bills(rows, all, findings);
  check_store(after, rows, findings);
  check_replies(after, all, findings, counts);
  counts.bills += static_cast<std::uint64_t>(rows.number("SELECT count(*) FROM bill"));
  if (rows.number("SELECT count(*) FROM part_set WHERE state = 0") > 0)
    findings.push_back("a long message waits for ever");
  if (rows.number("SELECT count(*) FROM reply WHERE state = 2") > 0)
    findings.push_back("a drain left a reply that is being sent");
  for (const auto& [code, times] : after.codes_used())
    if (times > 1) findings.push_back(fmt::format("code {} was used up {} times", code, times));
}

} // namespace farebox::sim
