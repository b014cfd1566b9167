#include "store/sqlite/tables.hpp"
#include "store/sqlite/writer.hpp"

namespace farebox::store {

namespace {

template <class Row>
std::string replace_sql() {
  auto sql = insert_sql<Row>();
  return sql.replace(sql.find("FAIL"), 4, "REPLACE");
}

} // namespace

writer_statements::writer_statements(database& db)
    : begin(db, "BEGIN IMMEDIATE"), commit(db, "COMMIT"),

      doubts(db, select_sql<doubt_row>("WHERE key = ?")),
      open_sets(db, select_sql<part_set_row>("WHERE state = 0 AND source = ? AND reference = ? "
                                             "AND op = ? AND destination = ? AND total = ?")),
      set_by_id(db, select_sql<part_set_row>("WHERE id = (SELECT set_id FROM part WHERE id = ?)")),
      parts_of_set(db, select_sql<part_row>("WHERE set_id = ? ORDER BY id")),
      bills_of(db, select_sql<bill_row>("WHERE message = ? ORDER BY id")),
      fact(db, select_sql<fact_row>("WHERE service = ? AND space = ? AND key = ?")),
      message(db, select_sql<message_row>("WHERE id = ?")),
      reply(db, select_sql<reply_row>("WHERE id = ?")),
      charge(db, select_sql<charge_row>("WHERE id = ?")),
      attempts(db, select_sql<attempt_row>("WHERE hour = ? AND op = ? AND smsc_id = ?")),
      orphans(db, select_sql<orphan_row>("WHERE op = ? AND smsc_id = ? ORDER BY id")),
      orphans_of_phone(db, select_sql<orphan_row>("WHERE op = ? AND source = ? AND "
                                                  "destination = ? ORDER BY id")),
      unanswered(db, "SELECT id FROM reply WHERE destination = ?1 AND op = ?2 AND source = ?3 "
                     "AND state <= 3 AND state >= 2 UNION "
                     "SELECT id FROM reply WHERE destination = ?1 AND op = ?2 AND source = ?3 "
                     "AND resends > 0"),
      by_operator_id(db, "SELECT id FROM message WHERE received_at / 86400000000 = ? AND op = ? "
                         "AND operator_message_id = ?"),

      open_connections(db, select_sql<connection_row>("WHERE closed_at IS NULL ORDER BY id")),
      unproven_ranges(db, "SELECT id, max(proven, first_unproven - 1) AS after, last_message "
                          "FROM connection WHERE closed_at IS NULL AND last_message > proven "
                          "ORDER BY after"),
      unproven_messages(db, "SELECT id, connection, op, source, destination, data_coding, "
                            "reference, text, raw FROM message WHERE id > ? AND id <= ?"),
      unproven_parts(db, "SELECT p.id, p.connection, s.op, s.source, s.destination, "
                         "p.data_coding, p.reference, p.text, p.raw FROM part p "
                         "JOIN part_set s ON s.id = p.set_id WHERE p.id > ? AND p.id <= ?"),
      absorbed_since(db, "SELECT absorbed_by FROM message WHERE id > ? AND absorbed_by > 0"),
      open_replies(db, select_sql<reply_row>("WHERE state <= 3 ORDER BY id")),
      pending_charges(db, select_sql<charge_row>("WHERE state = 0 ORDER BY id")),
      open_part_sets(db, select_sql<part_set_row>("WHERE state = 0 ORDER BY id")),

      add_messages(db), add_parts(db), add_bills(db), add_replies(db),
      put_attempts(db, "ON CONFLICT DO UPDATE SET receipt_state = excluded.receipt_state"),
      put_facts(db, "ON CONFLICT DO UPDATE SET value = excluded.value, rank = excluded.rank, "
                    "expires_at = excluded.expires_at"),
      put_connection(db, insert_sql<connection_row>("ON CONFLICT DO UPDATE SET closed_at = "
                                                    "excluded.closed_at, proven = "
                                                    "excluded.proven")),
      seen_on_connection(db, "UPDATE connection SET first_unproven = CASE WHEN last_message <= "
                             "proven THEN ?2 ELSE first_unproven END, last_message = "
                             "max(last_message, ?3) WHERE id = ?1"),
      add_block(db, "INSERT OR IGNORE INTO message_block(block, newest_at) VALUES (?, ?)"),
      put_set(db, insert_sql<part_set_row>("ON CONFLICT DO UPDATE SET state = excluded.state, "
                                           "expires_at = excluded.expires_at, "
                                           "message = excluded.message")),
      add_head(db, insert_sql<chain_head>()),
      move_head(db, "UPDATE bill_head SET bill = ?, digest = ? WHERE bill = ?"),
      put_charge(db, insert_sql<charge_row>("ON CONFLICT DO UPDATE SET state = excluded.state, "
                                            "expires_at = excluded.expires_at, "
                                            "bill = excluded.bill")),
      change_reply(db, "UPDATE reply SET state = ?2, attempts = ?3, resends = ?4, segments = ?5, "
                       "accepted_mask = ?6, delivered_mask = ?7, status = ?8, next_at = ?9 "
                       "WHERE id = ?1"),
      add_orphan(db, insert_sql<orphan_row>()),
      drop_orphan(db, "DELETE FROM orphan WHERE op = ? AND smsc_id = ?"),
      // At start an MO may be found unproven that is in doubt already: answered late.
      add_doubt(db, insert_sql<doubt_row>("ON CONFLICT DO NOTHING")),
      drop_doubt(db, "DELETE FROM doubt WHERE key = ? AND message = ?"),
      drop_fact(db, "DELETE FROM fact WHERE service = ? AND space = ? AND key = ?"),
      put_partner(db, insert_sql<partner>("ON CONFLICT DO UPDATE SET name = excluded.name, "
                                          "state = excluded.state, reason = excluded.reason")),
      put_service(db, insert_sql<service>("ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, "
                                          "title = excluded.title, site = excluded.site, "
                                          "enabled = excluded.enabled")),
      drop_settings(db, "DELETE FROM service_setting WHERE service = ?"),
      add_setting(db, "INSERT INTO service_setting(service, position, name, value) "
                      "VALUES (?, ?, ?, ?)"),
      put_tariff(db, replace_sql<tariff>()),
      drop_tlvs(db, "DELETE FROM tariff_tlv WHERE tariff = ?"),
      add_tlv(db, "INSERT INTO tariff_tlv(tariff, position, tag, value, is_mo_link, mo_tag) "
                  "VALUES (?, ?, ?, ?, ?, ?)"),
      put_terms(db, replace_sql<terms>()),
      put_token(db, insert_sql<token_row>("ON CONFLICT (id) DO UPDATE SET title = excluded.title, "
                                          "revoked = excluded.revoked")),

      drop_old_doubts(db, "DELETE FROM doubt WHERE (key, message) IN (SELECT key, message "
                          "FROM doubt WHERE expires_at < ? LIMIT ?)"),
      // Never one that an MT-billed reply to the same phone may still be waiting for.
      drop_old_orphans(db, "DELETE FROM orphan WHERE id IN (SELECT id FROM orphan WHERE "
                           "(received_at < ?1 OR id <= (SELECT max(id) FROM orphan) - ?2) "
                           "AND NOT EXISTS (SELECT 1 FROM reply WHERE destination = "
                           "orphan.source AND state <= 3 AND charged_on_mt) LIMIT ?3)"),
      // The same for those beyond the cap alone: without a look at all the others.
      drop_excess_orphans(db, "DELETE FROM orphan WHERE id IN (SELECT id FROM orphan WHERE "
                              "id <= (SELECT max(id) FROM orphan) - ?1 "
                              "AND NOT EXISTS (SELECT 1 FROM reply WHERE destination = "
                              "orphan.source AND state <= 3 AND charged_on_mt) LIMIT ?2)") {}

} // namespace farebox::store
