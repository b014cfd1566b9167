#include "store/sqlite/writer.hpp"

#include "store/sqlite/schema.hpp"

namespace farebox::store {

namespace {

constexpr int page_size = 4096;
constexpr int mib_pages = (1 << 20) / page_size;

// The hot pages of a batch are a few hundred; the rest spares reads for late receipts and facts.
constexpr int page_cache_kib = 48 * 1024;

// Copying 16 MiB takes a few ms of a time when nobody waits; beyond 48 MiB readers get slow and the
// file grows, so it is done though somebody waits. If a reader holds the log, again 4 MiB later.
constexpr int checkpoint_idle_pages = 16 * mib_pages;
constexpr int checkpoint_forced_pages = 48 * mib_pages;
constexpr int checkpoint_retry_pages = 4 * mib_pages;

// More than this is not our own doing: somebody's snapshot holds the log, and the disk fills.
constexpr int log_alarm_pages = 64 * mib_pages;

// The only others with locks are readers that open or close; a few ms.
constexpr int busy_timeout_ms = 100;

constexpr milliseconds mark_interval{1'000}; // what R12 promises
constexpr minutes purge_interval{1};
constexpr minutes purge_late_max{10}; // so long it waits for a time when nobody waits
constexpr hours orphan_life{24};
constexpr int orphans_max = 100'000;     // some 10 MiB
constexpr int purge_rows_max = 2'000;    // about 5 ms

void configure(database& db, const sqlite_settings& settings) {
  sqlite3_busy_timeout(db.handle(), busy_timeout_ms);
  sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  db.execute("PRAGMA mmap_size = 0");
  db.execute("PRAGMA journal_mode = WAL");
  db.execute("PRAGMA synchronous = FULL");
  db.execute("PRAGMA wal_autocheckpoint = 0");
  // A log that grew while somebody held it gives the disk back when it starts anew.
  db.execute(("PRAGMA journal_size_limit = " +
              std::to_string(std::int64_t{log_alarm_pages} * page_size)).c_str());
  db.execute("PRAGMA temp_store = MEMORY");
  db.execute("PRAGMA secure_delete = OFF"); // what changes is overwritten, not wiped first
  db.execute("PRAGMA cell_size_check = ON");
  db.execute(("PRAGMA cache_size = -" + std::to_string(page_cache_kib)).c_str());
  if (settings.pages_max > 0)
    db.execute(("PRAGMA max_page_count = " + std::to_string(settings.pages_max)).c_str());
}

} // namespace

utc_time system_time() {
  return utc_time(std::chrono::duration_cast<microseconds>(
      std::chrono::system_clock::now().time_since_epoch()));
}

result<std::unique_ptr<writer>> open_sqlite(const sqlite_settings& settings) {
  auto claim = settings.files->claim(settings.path);
  if (!claim) return claim.error();
  std::vector<std::shared_ptr<void>> claims{*claim};
  if (!settings.mark.empty()) { // two daemons must not share it either
    auto of_mark = settings.files->claim(settings.mark);
    if (!of_mark) return of_mark.error();
    claims.push_back(*of_mark);
  }
  auto db = std::make_unique<database>();
  const auto opened = db->open(settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               settings.files->vfs());
  if (!opened) return opened.error();
  configure(*db, settings);
  if (!db->ok()) return db->error();
  if (auto migrated = migrate(*db); !migrated) return migrated.error();
  auto& handle = *db;
  auto out = std::make_unique<sqlite_writer>(settings, std::move(claims), std::move(db));
  if (!handle.ok()) return handle.error();
  return out;
}

sqlite_writer::sqlite_writer(sqlite_settings settings, std::vector<std::shared_ptr<void>> claims,
                             std::unique_ptr<database> db)
    : settings_(std::move(settings)), claims_(std::move(claims)), db_owner_(std::move(db)),
      db_(*db_owner_), sql_(db_), chain_(db_), counters_(db_),
      checkpoint_at_pages_(checkpoint_forced_pages) {
  if (settings_.mark.empty()) (settings_.mark = settings_.path) += ".mark";
  sqlite3_wal_hook(
      db_.handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
  read_newest();
}

sqlite_writer::~sqlite_writer() {
  rollback();
  if (db_.ok()) {
    marked_at_ = {};
    keep_mark();
  } else {
    // After an error on the write path not even the log is to be trusted to this process.
    sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
}

void sqlite_writer::begin() {
  if (!db_.in_transaction()) sql_.begin.run();
}

void sqlite_writer::rollback() noexcept {
  if (db_.in_transaction() &&
      sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK)
    db_.fail(SQLITE_ERROR);
  db_.recover();
}

void sqlite_writer::idle() {
  if (db_.in_transaction() || !db_.ok()) return;
  keep_mark();
  drop_expired();
  if (log_pages_ >= checkpoint_idle_pages) checkpoint();
}

// A mark that cannot be written is written a second later; meanwhile the old one is right too, but
// would let through a backup that is younger than it.
void sqlite_writer::keep_mark() {
  if (!checked_ || marked_ == newest_.head.bill) return;
  const auto now = settings_.now();
  if (now < marked_at_ + mark_interval && now >= marked_at_) return;
  marked_at_ = now;
  const auto written =
      write_mark(settings_.mark, {newest_.head, newest_.posted_at}, *settings_.files);
  if (written) marked_ = newest_.head.bill;
  else settings_.alarm("the high-water mark is not up to date: " + written.error().detail);
}

void sqlite_writer::checkpoint() {
  int in_log = 0, moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &in_log, &moved);
  if (code == SQLITE_OK && moved == in_log) {
    log_pages_ = 0; // the next commit starts the log anew
    checkpoint_at_pages_ = checkpoint_forced_pages;
    return;
  }
  checkpoint_at_pages_ = log_pages_ + checkpoint_retry_pages;
  if (log_pages_ >= log_alarm_pages)
    settings_.alarm("the write-ahead log has grown beyond " +
                    std::to_string(log_alarm_pages / mib_pages) +
                    " MiB: another process reads the data base and does not end its transaction; "
                    "lsof names it");
  // A full disk leaves everything in the log, where it is safe; only an I/O error is the end.
  if (code != SQLITE_OK && kind_of_error(code, errno) == failure_kind::fatal) db_.fail(code);
}

void sqlite_writer::drop_expired() {
  const auto now = settings_.now();
  if (now < next_purge_at_ && now + purge_interval >= next_purge_at_) return; // or the clock jumped
  next_purge_at_ = now + purge_interval;
  sql_.begin.run();
  sql_.drop_old_doubts.bind(now, purge_rows_max).run();
  sql_.drop_old_orphans.bind(now - orphan_life, orphans_max, purge_rows_max).run();
  sql_.commit.run();
  if (!db_.ok()) rollback();
}

// A storm of receipts for unknown messages must not fill the disk before the next purge.
void sqlite_writer::drop_excess_orphans() {
  orphans_added_ = 0;
  sql_.begin.run();
  sql_.drop_excess_orphans.bind(orphans_max, purge_rows_max).run();
  sql_.commit.run();
  if (!db_.ok()) rollback();
}

result<void> sqlite_writer::commit(const changes& what) {
  begin();
  auto next = newest_;
  write(what, next);
  sql_.commit.run();
  if (!db_.ok()) return db_.error();
  newest_ = next;
  counters_.committed(what.counters);
  keep_mark();
  if (log_pages_ >= checkpoint_at_pages_) checkpoint();
  if (settings_.now() >= next_purge_at_ + purge_late_max) drop_expired();
  orphans_added_ += what.new_orphans.size();
  if (orphans_added_ >= purge_rows_max) drop_excess_orphans();
  return {}; // durable, whatever the housekeeping met; a fatal error is told by the next call
}

} // namespace farebox::store
