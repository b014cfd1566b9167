#include "store/sqlite/tables.hpp"
#include "store/sqlite/writer.hpp"

namespace farebox::store {

namespace {

// A head is kept for each second of bills; within the second the newest replaces it.
constexpr milliseconds head_interval{1'000};

// Which ids came over which connections in this batch; few, so a list will do.
struct seen_on {
  connection_id connection;
  message_id first, last;
};

void note(std::vector<seen_on>& seen, connection_id connection, message_id id) {
  if (!connection) return;
  for (auto& entry : seen) {
    if (entry.connection != connection) continue;
    entry.first = std::min(entry.first, id);
    entry.last = std::max(entry.last, id);
    return;
  }
  seen.push_back({connection, id, id});
}

template <class Row>
void insert_all(statement& into, const std::vector<Row>& rows) {
  for (const auto& row : rows) insert(into, row);
}

} // namespace

void sqlite_writer::write(const changes& what, newest_rows& next) {
  insert_all(sql_.put_connection, what.connections);
  write_messages(what, next);
  write_bills(what, next);
  write_replies(what, next);
  write_doubts_and_facts(what);
  counters_.write(what.counters);
  write_catalogue(what);
}

void sqlite_writer::write_messages(const changes& what, newest_rows& next) {
  std::vector<seen_on> seen;
  for (const auto& row : what.messages) {
    if (block_of(row.id) != next.block) {
      sql_.add_block.bind(block_of(row.id), next.newest_at).run();
      next.block = std::max(next.block, block_of(row.id));
    }
    next.newest_at = std::max(next.newest_at, row.received_at);
    note(seen, row.connection, row.id);
  }
  sql_.add_messages.run(what.messages);
  for (const auto& row : what.parts) note(seen, row.connection, row.id);
  sql_.add_parts.run(what.parts);
  insert_all(sql_.put_set, what.part_sets);
  for (const auto& entry : seen)
    sql_.seen_on_connection.bind(entry.connection, entry.first, entry.last).run();
}

// Bills are numbered without gaps and in order of time: what is a range of time is a range of
// numbers. Checked here and when they are read.
void sqlite_writer::write_bills(const changes& what, newest_rows& next) {
  insert_all(sql_.put_charge, what.charges);
  if (what.bills.empty()) return;
  auto last = newest_.head.bill;
  for (const auto& row : what.bills) {
    if (row.id.value != last.value + 1 || row.posted_at < next.posted_at)
      return db_.fail(conflict("bill " + std::to_string(row.id.value) + " is out of order"));
    last = row.id;
    next.posted_at = row.posted_at;
  }
  sql_.add_bills.run(what.bills);
  if (!what.head || what.head->bill != last)
    return db_.fail(conflict("the chain does not end with bill " + std::to_string(last.value)));
  next.head = *what.head;
  const bool is_new =
      !newest_.head.bill || next.posted_at >= next.head_opened_at + head_interval;
  if (is_new) {
    insert(sql_.add_head, next.head);
    next.head_opened_at = next.posted_at;
  } else {
    sql_.move_head.bind(next.head.bill, next.head.digest.octets, newest_.head.bill).run();
  }
}

void sqlite_writer::write_replies(const changes& what, newest_rows& next) {
  sql_.add_replies.run(what.new_replies);
  for (const auto& row : what.changed_replies) {
    sql_.change_reply
        .bind(row.id, row.state, row.attempts, row.resends, row.segments, row.accepted_mask,
              row.delivered_mask, row.status, row.next_at)
        .run();
  }
  for (const auto& row : what.attempts) {
    const auto hour = hour_of(row.answered_at);
    if (next.attempt_hour_last < 0) next.attempt_hour_first = hour;
    next.attempt_hour_first = std::min(next.attempt_hour_first, hour);
    next.attempt_hour_last = std::max(next.attempt_hour_last, hour);
  }
  sql_.put_attempts.run(what.attempts);
  for (const auto& row : what.new_orphans) {
    insert(sql_.add_orphan, row);
    orphans_.add(smsc_key{row.op, row.smsc_id});
  }
  for (const auto& key : what.matched_orphans)
    sql_.drop_orphan.bind(key.op, compact(key.smsc_id)).run();
}

void sqlite_writer::write_doubts_and_facts(const changes& what) {
  for (const auto& row : what.new_doubts) {
    insert(sql_.add_doubt, row);
    doubts_.add(row.key);
  }
  for (const auto& row : what.used_doubts) sql_.drop_doubt.bind(row.key.octets, row.message).run();
  sql_.put_facts.run(what.facts);
  for (const auto& key : what.erased_facts)
    sql_.drop_fact.bind(key.service, key.space, key.key).run();
}

void sqlite_writer::write_catalogue(const changes& what) {
  insert_all(sql_.put_partner, what.partners);
  insert_all(sql_.put_terms, what.terms_versions);
  insert_all(sql_.put_token, what.tokens);
  for (const auto& row : what.services) {
    insert(sql_.put_service, row);
    sql_.drop_settings.bind(row.id).run();
    std::int64_t position = 0;
    for (const auto& [name, value] : row.settings)
      sql_.add_setting.bind(row.id, ++position, name, value).run();
  }
  for (const auto& row : what.tariffs) {
    insert(sql_.put_tariff, row);
    sql_.drop_tlvs.bind(row.id).run();
    std::int64_t position = 0;
    for (const auto& tlv : row.reply.tlvs) {
      sql_.add_tlv
          .bind(row.id, ++position, tlv.tag, as_bytes(tlv.value), tlv.is_mo_link, tlv.mo_tag)
          .run();
    }
  }
}

} // namespace farebox::store
