// Which column holds which member of a row: one list per table, for writing and for reading.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/model/changes.hpp"
#include "store/sqlite/database.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>

namespace farebox::store {

// 4,096 ids to a block of the indexes over messages (schema/0001_init.sql): while a block fills,
// its part of an index is some 16 pages, so that a batch touches few of them; a search takes one
// step a block, some 10 ms for 10 million messages.
inline constexpr int message_block_bits = 12;
constexpr std::int64_t block_of(message_id id) { return id.value >> message_block_bits; }

// visit(row, f) calls f(member...) in the order of `columns`.
template <class Row>
struct table;

template <class Row>
std::string columns_of() {
  return std::string(table<Row>::columns);
}

// INSERT INTO name(columns) VALUES for so many rows, followed by `tail`, such as an ON CONFLICT
// clause. OR FAIL: a batch that contradicts the store is rolled back as a whole by its caller, so
// SQLite need not be able to undo the statement alone, which costs a copy of every page it touches.
template <class Row>
std::string insert_sql(const std::string& tail = {}, int rows = 1) {
  const std::string columns = columns_of<Row>();
  std::string row = "(?";
  for (auto n = std::count(columns.begin(), columns.end(), ','); n > 0; --n) row += ",?";
  std::string all = row + ")";
  for (int n = 1; n < rows; ++n) all += "," + row + ")";
  return "INSERT OR FAIL INTO " + std::string(table<Row>::name) + "(" + columns + ") VALUES " +
         all + " " + tail;
}

template <class Row>
std::string select_sql(const std::string& tail) {
  return "SELECT " + columns_of<Row>() + " FROM " + std::string(table<Row>::name) + " " + tail;
}

template <class Row>
void insert(statement& into, const Row& row) {
  into.bind();
  table<Row>::visit(row, [&](const auto&... members) { into.and_bind(members...); });
  into.run();
}

// Inserts many rows; the hot tables get several with one step, which shares the work of finding
// the way into the table and its indexes.
template <class Row>
class row_inserter {
 public:
  explicit row_inserter(database& db, const std::string& tail = {})
      : one_(db, insert_sql<Row>(tail)), many_(db, insert_sql<Row>(tail, rows_at_once)) {}

  void run(const std::vector<Row>& rows) {
    auto left = std::span(rows);
    for (; left.size() >= rows_at_once; left = left.subspan(rows_at_once)) {
      many_.bind();
      for (const auto& row : left.first(rows_at_once))
        table<Row>::visit(row, [&](const auto&... members) { many_.and_bind(members...); });
      many_.run();
    }
    for (const auto& row : left) insert(one_, row);
  }

 private:
  static constexpr int rows_at_once = 8; // of 4, 8, 16 and 32 the cheapest
  statement one_, many_;
};

// Of the row that the statement stands on; its columns are those of select_sql<Row>.
template <class Row>
void read(statement& from, Row& row) {
  table<Row>::visit(row, [&](auto&&... members) { from.columns(members...); });
  if constexpr (requires { table<Row>::complete(row); }) table<Row>::complete(row);
}

template <class Row, class... Keys>
void read_all(statement& from, std::vector<Row>& out, const Keys&... keys) {
  from.bind(keys...);
  while (from.step()) read(from, out.emplace_back());
}

template <>
struct table<connection_row> {
  static constexpr auto name = "connection";
  static constexpr auto columns = "id, op, bind, opened_at, closed_at, proven";
  static void visit(auto& r, auto f) {
    f(r.id, r.op, r.bind, r.opened_at, r.closed_at, r.proven);
  }
};

template <>
struct table<message_row> {
  static constexpr auto name = "message";
  static constexpr auto columns =
      "id, received_at, op, code, connection, source, destination, esm_class, data_coding, text, "
      "raw, operator_message_id, reference, outcome, detail, partner, service, site, parts, "
      "absorbed_by, possible_redelivery";
  static void visit(auto& r, auto f) {
    f(r.id, r.received_at, r.op, r.code, r.connection, compact(r.source), compact(r.destination),
      r.esm_class, r.data_coding, r.text, beside(r.raw, r.text), or_null(r.operator_message_id),
      or_null(r.reference), r.result, r.detail, r.partner, r.service, r.site, r.parts,
      r.absorbed_by, r.possible_redelivery);
  }
};

template <>
struct table<part_row> {
  static constexpr auto name = "part";
  static constexpr auto columns = "id, set_id, received_at, connection, number, esm_class, "
                                  "data_coding, alphabet, reference, text, raw";
  static void visit(auto& r, auto f) {
    f(r.id, r.set, r.received_at, r.connection, r.number, r.esm_class, r.data_coding, r.alphabet,
      r.reference, r.text, beside(r.raw, r.text));
  }
};

template <>
struct table<part_set_row> {
  static constexpr auto name = "part_set";
  static constexpr auto columns = "id, op, source, destination, reference, total, state, "
                                  "opened_at, expires_at, message";
  static void visit(auto& r, auto f) {
    f(r.id, r.op, compact(r.source), compact(r.destination), r.reference, r.total, r.state,
      r.opened_at, r.expires_at, r.message);
  }
};

template <>
struct table<bill_row> {
  static constexpr auto name = "bill";
  static constexpr auto columns =
      "id, posted_at, message, kind, reverses, reason, partner, service, site, op, code, tariff, "
      "contract, currency, gross, vat, operator_share, platform_fee, partner_share";
  static void visit(auto& r, auto f) {
    auto& a = r.amounts;
    f(r.id, r.posted_at, r.message, r.kind, r.reverses, r.reason, r.partner, r.service, r.site,
      r.op, r.code, r.tariff, r.contract, r.unit, a.gross, a.vat, a.operator_share,
      a.platform_fee, a.partner_share);
  }
};

template <>
struct table<charge_row> {
  static constexpr auto name = "charge";
  static constexpr auto columns =
      "id, state, created_at, expires_at, bill, reason, partner, service, site, op, code, tariff, "
      "contract, currency, gross, vat, operator_share, platform_fee, partner_share";
  static void visit(auto& r, auto f) {
    auto& e = r.estimate;
    auto& a = e.amounts;
    f(r.id, r.state, r.created_at, r.expires_at, r.bill, e.reason, e.partner, e.service, e.site,
      e.op, e.code, e.tariff, e.contract, e.unit, a.gross, a.vat, a.operator_share,
      a.platform_fee, a.partner_share);
  }
  static void complete(charge_row& r) {
    r.estimate.message = r.id;
    r.estimate.posted_at = r.created_at;
  }
};

template <>
struct table<reply_row> {
  static constexpr auto name = "reply";
  static constexpr auto columns =
      "id, message, op, partner, service, site, code, currency, destination, source, tariff, "
      "charged_on_mt, text, mo_link, created_at, segments, state, attempts, resends, "
      "accepted_mask, delivered_mask, status, next_at";
  static void visit(auto& r, auto f) {
    f(r.id, r.message, r.op, r.partner, r.service, r.site, r.code, r.unit, compact(r.destination),
      compact(r.source), r.tariff, r.charged_on_mt, r.text, octets(r.mo_link), r.created_at,
      r.segments, r.state, r.attempts, r.resends, r.accepted_mask, r.delivered_mask, r.status,
      r.next_at);
  }

 private:
  static std::optional<bytes_view> octets(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<bytes_view>(as_bytes(text));
  }
  static std::string& octets(std::string& text) { return text; }
};

template <>
struct table<attempt_row> {
  static constexpr auto name = "attempt";
  static constexpr auto columns =
      "hour, op, smsc_id, reply, attempt, segments, answered_at, receipt_state";
  static void visit(auto& r, auto f) {
    std::int64_t hour = hour_of(r.answered_at);
    f(hour, r.op, compact(r.smsc_id), r.reply, r.attempt, r.segments, r.answered_at,
      r.receipt_state);
  }
};

template <>
struct table<orphan_row> {
  static constexpr auto name = "orphan";
  static constexpr auto columns =
      "op, smsc_id, received_at, state, error, source, destination, reference";
  static void visit(auto& r, auto f) {
    f(r.op, compact(r.smsc_id), r.received_at, r.state, r.error, compact(r.source),
      compact(r.destination), r.reference);
  }
};

template <>
struct table<doubt_row> {
  static constexpr auto name = "doubt";
  static constexpr auto columns = "key, message, op, expires_at";
  static void visit(auto& r, auto f) { f(r.key.octets, r.message, r.op, r.expires_at); }
};

template <>
struct table<fact_row> {
  static constexpr auto name = "fact";
  static constexpr auto columns = "service, space, key, value, rank, expires_at";
  static void visit(auto& r, auto f) {
    f(r.at.service, r.at.space, r.at.key, r.value, r.rank, r.expires_at);
  }
};

template <>
struct table<counted> {
  static constexpr auto name = "counter";
  static constexpr auto columns =
      "hour, partner, service, site, op, code, currency, requests, absorbed, bills, pending, "
      "replies, delivered, gross, vat, operator_share, platform_fee, partner_share, "
      "pending_gross, pending_vat, pending_operator_share, pending_platform_fee, "
      "pending_partner_share";
  static void visit(auto& r, auto f) { visit(r.key, r.values, f); }
  static void visit(auto& key, auto& v, auto f) {
    auto& p = v.pending_money;
    f(key.hour, key.partner, key.service, key.site, key.op, key.code, key.unit, v.requests,
      v.absorbed, v.bills, v.pending, v.replies, v.delivered, v.money.gross, v.money.vat,
      v.money.operator_share, v.money.platform_fee, v.money.partner_share, p.gross, p.vat,
      p.operator_share, p.platform_fee, p.partner_share);
  }
};

template <>
struct table<chain_head> {
  static constexpr auto name = "bill_head";
  static constexpr auto columns = "bill, digest";
  static void visit(auto& r, auto f) { f(r.bill, r.digest.octets); }
};

template <>
struct table<partner> {
  static constexpr auto name = "partner";
  static constexpr auto columns = "id, name, state, reason";
  static void visit(auto& r, auto f) { f(r.id, r.name, r.state, r.reason); }
};

// The settings are in a table of their own.
template <>
struct table<service> {
  static constexpr auto name = "service";
  static constexpr auto columns = "id, partner, number, kind, title, site, enabled";
  static void visit(auto& r, auto f) {
    f(r.id, r.partner, r.number, r.kind, r.title, r.site, r.enabled);
  }
};

// The TLVs are in a table of their own.
template <>
struct table<tariff> {
  static constexpr auto name = "tariff";
  static constexpr auto columns =
      "id, op, code, from_at, currency, price, charged_on, counted_per, vat, vat_remitter, "
      "operator_share, operator_base, reserved_words_free, charge_expiry_hours, reply_source, "
      "reply_source_ton, reply_source_npi, reply_service_type, reply_validity_s, "
      "reply_receipts, reply_segments_max";
  static void visit(auto& r, auto f) {
    auto& y = r.reply;
    f(r.id, r.op, r.code, r.from, r.unit, r.price, r.when, r.per, r.vat, r.vat_remitter,
      r.operator_share, r.operator_base, r.reserved_words_free, r.charge_expiry, y.source,
      y.source_ton, y.source_npi, y.service_type, y.validity, y.receipts, y.segments_max);
  }
};

template <>
struct table<terms> {
  static constexpr auto name = "terms";
  static constexpr auto columns = "id, partner, from_at, platform_fee, fee_base";
  static void visit(auto& r, auto f) { f(r.id, r.partner, r.from, r.platform_fee, r.fee_base); }
};

template <>
struct table<token_row> {
  static constexpr auto name = "token";
  static constexpr auto columns = "id, partner, digest, created_at, title, revoked";
  static void visit(auto& r, auto f) {
    f(r.id, r.partner, r.digest.octets, r.created_at, r.title, r.revoked);
  }
};

} // namespace farebox::store
