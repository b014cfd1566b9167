// The one connection that writes and checkpoints. Lives on the writer thread.
#pragma once

#include "farebox/store/sqlite.hpp"
#include "store/sqlite/chain.hpp"
#include "store/sqlite/counter_log.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/key_filter.hpp"
#include "store/sqlite/mark.hpp"
#include "store/sqlite/tables.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace farebox::store {

// What the statements are, beside the class that runs them.
struct writer_statements {
  explicit writer_statements(database& db);

  statement begin, commit;
  // load
  statement doubts, open_sets, set_by_id, parts_of_set, bills_of, fact, message, reply, charge,
      attempts, orphans, orphans_of_phone, unanswered, by_operator_id;
  // at start
  statement open_connections, unproven_ranges, unproven_messages, unproven_parts,
      absorbed_since, open_replies,
      pending_charges, open_part_sets;
  // commit
  row_inserter<message_row> add_messages;
  row_inserter<part_row> add_parts;
  row_inserter<bill_row> add_bills;
  row_inserter<reply_row> add_replies;
  row_inserter<attempt_row> put_attempts;
  row_inserter<fact_row> put_facts;
  statement put_connection, seen_on_connection, add_block, put_set, add_head, move_head,
      put_charge, change_reply, add_orphan, drop_orphan, add_doubt, drop_doubt, drop_fact,
      put_partner, put_service, drop_settings, add_setting, put_tariff, drop_tlvs,
      add_tlv, put_terms, put_token;
  // housekeeping
  statement drop_old_doubts, drop_old_orphans, drop_excess_orphans;
};

class sqlite_writer final : public writer {
 public:
  sqlite_writer(sqlite_settings settings, std::vector<std::shared_ptr<void>> claims,
                std::unique_ptr<database> db);
  ~sqlite_writer() override;

  result<loaded> load(const wanted& what) override;
  result<void> commit(const changes& what) override;
  void rollback() noexcept override;
  result<sequences> load_sequences() override;
  result<catalogue_parts> load_catalogue() override;
  result<std::vector<token_row>> load_tokens() override;
  result<operator_id> operator_named(std::string_view name) override;
  result<short_code_id> short_code_named(std::string_view number) override;
  void idle() override;

  // What is known without asking: read once at the opening, replaced by each commit.
  struct newest_rows {
    utc_time newest_at;        // the greatest received_at of all messages
    std::int64_t block = -1;   // of the newest message
    chain_head head;           // of the newest bill
    utc_time posted_at;        // of the newest bill
    utc_time head_opened_at;   // posted_at of the first bill that the newest head row was for
    std::int64_t attempt_hour_first = 0, attempt_hour_last = -1; // no attempts
  };

 private:
  void begin();

  // load.cpp
  std::vector<message_id> reply_ids(const wanted& what);
  void load_sets(const wanted& what, loaded& out);
  void load_attempts(const wanted& what, loaded& out);
  void load_messages(const wanted& what, loaded& out);
  void load_start(loaded& out);
  void load_unproven(loaded& out);

  // commit.cpp
  void write(const changes& what, newest_rows& next);
  void write_messages(const changes& what, newest_rows& next);
  void write_bills(const changes& what, newest_rows& next);
  void write_replies(const changes& what, newest_rows& next);
  void write_doubts_and_facts(const changes& what);
  void write_catalogue(const changes& what);

  // start.cpp
  void read_newest();
  result<void> check_bills(const std::optional<mark>& kept);
  void read_catalogue(catalogue_parts& out);
  std::int64_t number_of(const char* table, const char* column, std::string_view name);

  // housekeeping, in writer.cpp
  void keep_mark();
  void checkpoint();
  void drop_expired();
  void drop_excess_orphans();

  sqlite_settings settings_;
  std::vector<std::shared_ptr<void>> claims_; // no other process has the data base
  std::unique_ptr<database> db_owner_;
  database& db_;
  writer_statements sql_;
  chain_checker chain_;
  counter_log counters_;
  key_filter doubts_, orphans_;
  newest_rows newest_;
  bool checked_ = false;  // the bills fit the mark, which may be replaced now
  bill_id marked_;        // what the mark says
  utc_time marked_at_;
  utc_time next_purge_at_;
  std::size_t orphans_added_ = 0; // since those beyond the cap were dropped
  int log_pages_ = 0; // set by SQLite at each commit
  int checkpoint_at_pages_;
};

} // namespace farebox::store
