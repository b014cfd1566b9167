#include "store/sqlite/tables.hpp"
#include "store/sqlite/writer.hpp"

#include <map>

namespace farebox::store {

namespace {

// A few seconds of bills at full load, checked in a tenth of a second; older ones by the scrub.
constexpr std::int64_t bills_checked_at_start = 100'000;

} // namespace

void sqlite_writer::read_newest() {
  statement block(db_, "SELECT block, newest_at FROM message_block ORDER BY block DESC LIMIT 1");
  while (block.step()) block.columns(newest_.block, newest_.newest_at);
  statement latest(db_, "SELECT max(received_at) FROM message WHERE id >= ?");
  latest.bind(newest_.block << message_block_bits);
  std::optional<utc_time> at;
  if (newest_.block >= 0 && latest.step()) latest.columns(at);
  if (at) newest_.newest_at = std::max(newest_.newest_at, *at);
  latest.reset();

  newest_.head = chain_.head_at({INT64_MAX});
  statement posted(db_, "SELECT posted_at FROM bill WHERE id = ?");
  posted.bind(newest_.head.bill);
  while (posted.step()) posted.columns(newest_.posted_at);
  newest_.head_opened_at = newest_.posted_at;

  statement hours(db_, "SELECT (SELECT min(hour) FROM attempt), (SELECT max(hour) FROM attempt)");
  std::optional<std::int64_t> first, last;
  while (hours.step()) hours.columns(first, last);
  newest_.attempt_hour_first = first.value_or(0);
  newest_.attempt_hour_last = last.value_or(-1);

  counters_.read();

  statement doubts(db_, "SELECT key FROM doubt");
  digest128 key;
  while (doubts.step()) {
    doubts.columns(key.octets);
    doubts_.add(key);
  }
  statement orphans(db_, "SELECT op, smsc_id FROM orphan");
  smsc_key id;
  while (orphans.step()) {
    orphans.columns(id.op, id.smsc_id);
    orphans_.add(id);
  }
}

result<sequences> sqlite_writer::load_sequences() {
  const auto kept = read_mark(settings_.mark, *settings_.files);
  if (!kept) return kept.error();
  if (!*kept && newest_.head.bill)
    settings_.alarm("there is no high-water mark " + settings_.mark.string() +
                    ", though the data base has bills up to number " +
                    std::to_string(newest_.head.bill.value) +
                    ": nothing can tell whether it is an old backup; a new mark is made");
  if (auto checked = check_bills(*kept); !checked) return checked.error();

  sequences out;
  statement numbers(db_, "SELECT max(ifnull((SELECT max(id) FROM message), 0), "
                         "           ifnull((SELECT max(id) FROM part), 0), "
                         "           ifnull((SELECT max(id) FROM reply), 0)), "
                         "ifnull((SELECT max(id) FROM connection), 0), "
                         "ifnull((SELECT max(id) FROM service), 0), "
                         "ifnull((SELECT max(id) FROM tariff), 0), "
                         "ifnull((SELECT max(id) FROM terms), 0), "
                         "ifnull((SELECT max(id) FROM token), 0)");
  while (numbers.step()) {
    numbers.columns(out.last_message, out.last_connection, out.last_service, out.last_tariff,
                    out.last_terms, out.last_token);
  }
  if (!db_.ok()) return db_.error();
  out.last_bill = newest_.head.bill;
  out.last_posted_at = newest_.posted_at;
  out.chain = newest_.head.digest;
  checked_ = true;
  return out;
}

// Rule R12: the mark tells an old backup, the chain tells a changed bill.
result<void> sqlite_writer::check_bills(const std::optional<mark>& kept) {
  const auto& tip = newest_.head.bill;
  if (kept && kept->head.bill > tip) {
    return failure{failure_kind::corrupt,
                   "the data base ends with bill " + std::to_string(tip.value) + ", but bill " +
                       std::to_string(kept->head.bill.value) + " was posted at " +
                       to_iso8601(kept->posted_at) +
                       ": it looks like a restored old backup. Restore a newer one; or, to go on "
                       "without what lies between, remove " +
                       settings_.mark.string()};
  }
  bill_id from{std::max<std::int64_t>(tip.value - bills_checked_at_start, 0)};
  if (kept) from = std::min(from, kept->head.bill);
  const auto also = kept ? std::optional(kept->head) : std::nullopt;
  const auto reached = chain_.follow(chain_.head_at(from), INT64_MAX, also);
  if (!reached) return reached.error();
  if (reached->bill != tip)
    return failure{failure_kind::corrupt, "the bills do not end where their chain ends"};
  return db_.outcome();
}

result<catalogue_parts> sqlite_writer::load_catalogue() {
  catalogue_parts out;
  read_catalogue(out);
  if (!db_.ok()) return db_.error();
  return out;
}

void sqlite_writer::read_catalogue(catalogue_parts& out) {
  statement partners(db_, select_sql<partner>("ORDER BY id"));
  read_all(partners, out.partners);
  statement services(db_, select_sql<service>("ORDER BY id"));
  read_all(services, out.services);
  statement settings(db_, "SELECT name, value FROM service_setting WHERE service = ? "
                          "ORDER BY position");
  for (auto& row : out.services) {
    settings.bind(row.id);
    while (settings.step()) {
      auto& [name, value] = row.settings.emplace_back();
      settings.columns(name, value);
    }
  }
  statement tariffs(db_, select_sql<tariff>("ORDER BY id"));
  read_all(tariffs, out.tariffs);
  statement tlvs(db_, "SELECT tag, value, is_mo_link, mo_tag FROM tariff_tlv WHERE tariff = ? "
                      "ORDER BY position");
  for (auto& row : out.tariffs) {
    tlvs.bind(row.id);
    while (tlvs.step()) {
      auto& tlv = row.reply.tlvs.emplace_back();
      tlvs.columns(tlv.tag, tlv.value, tlv.is_mo_link, tlv.mo_tag);
    }
  }
  statement versions(db_, select_sql<terms>("ORDER BY id"));
  read_all(versions, out.terms_versions);
}

result<std::vector<token_row>> sqlite_writer::load_tokens() {
  std::vector<token_row> out;
  statement tokens(db_, select_sql<token_row>("ORDER BY id"));
  read_all(tokens, out);
  if (!db_.ok()) return db_.error();
  return out;
}

result<operator_id> sqlite_writer::operator_named(std::string_view name) {
  const operator_id id{number_of("operator", "name", name)};
  if (!db_.ok()) return db_.error();
  return id;
}

result<short_code_id> sqlite_writer::short_code_named(std::string_view number) {
  const short_code_id id{number_of("short_code", "number", number)};
  if (!db_.ok()) return db_.error();
  return id;
}

// At start and after a reload only. Committed at once: the name keeps its number for ever.
std::int64_t sqlite_writer::number_of(const char* table, const char* column,
                                      std::string_view name) {
  const std::string in = table, by = column;
  statement add(db_, "INSERT OR IGNORE INTO " + in + "(" + by + ") VALUES (?)");
  add.bind(name).run();
  statement find(db_, "SELECT id FROM " + in + " WHERE " + by + " = ?");
  std::int64_t number = 0;
  find.bind(name);
  while (find.step()) find.columns(number);
  return number;
}

} // namespace farebox::store
