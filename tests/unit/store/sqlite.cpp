// What only the SQLite store promises: one daemon, its own files, old backups, changed bills, full
// disks, I/O errors, deadlines. Each test makes the trouble on a file of its own.
#include "contract/store/samples.hpp"
#include "contract/store/stores.hpp"
#include "store/sqlite/counter_log.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/mark.hpp"
#include "store/sqlite/schema.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace farebox;
using namespace farebox::store;

namespace {

int synced = 0; // how often SQLite, or the mark, made something durable

} // namespace

// In the place of the library's, for everything that this program calls.
extern "C" int fdatasync(int file) {
  ++synced;
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace {

// Runs SQL on the file from outside, as a person with a tool would.
void tamper(const std::filesystem::path& path, const std::string& sql) {
  database db;
  must(db.open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  db.execute(sql.c_str());
  must(db.outcome());
}

std::int64_t ask(const std::filesystem::path& path, const std::string& sql) {
  database db;
  must(db.open(path, SQLITE_OPEN_READONLY));
  statement query(db, sql);
  std::int64_t value = -1;
  while (query.step()) query.columns(value);
  must(db.outcome());
  return value;
}

// Posts bills from `first` to `last`, ten to a batch and a batch to `step` of posting time.
void post(writer& rows, std::int64_t first, std::int64_t last, digest256& chain,
          milliseconds step = milliseconds(200)) {
  while (first <= last) {
    std::vector<bill_row> bills;
    for (int n = 0; n < 10 && first <= last; ++n, ++first) {
      bills.push_back(sample_bill(first, first));
      bills.back().posted_at = day_one + first * step / 10;
    }
    must(rows.commit(billed(bills, chain)));
  }
}

failure failure_of(const auto& outcome) {
  REQUIRE(!outcome);
  return outcome.error();
}

bool says(const failure& why, std::string_view what) {
  return why.detail.find(what) != std::string::npos;
}

struct files {
  scratch_folder folder;
  sqlite_settings settings{.path = folder.path() / "farebox.db"};
  std::unique_ptr<writer> open() { return must(open_sqlite(settings)); }
  std::filesystem::path mark_path() const { return settings.path.string() + ".mark"; }
};

} // namespace

TEST_CASE("migrations run once, in order, and a failing one leaves the version before it") {
  // A schema of three invented steps, the third one wrong.
  files f;
  const std::string_view steps[] = {"CREATE TABLE a(x) STRICT", "CREATE TABLE a(x INTEGER) STRICT",
                                    "INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)"};
  {
    database db;
    must(db.open(f.settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    const std::string_view good[] = {steps[1], "INSERT INTO a VALUES (7)"};
    must(migrate(db, std::span(good).first(1)));
    must(migrate(db, good));
    must(migrate(db, good));
  }
  CHECK(ask(f.settings.path, "SELECT count(*) FROM a") == 1);
  CHECK(ask(f.settings.path, "PRAGMA user_version") == 2);
  {
    database db;
    must(db.open(f.settings.path, SQLITE_OPEN_READWRITE));
    const auto why = failure_of(migrate(db, steps));
    CHECK(says(why, "nowhere"));
  }
  CHECK(ask(f.settings.path, "SELECT count(*) FROM a") == 1);
  CHECK(ask(f.settings.path, "PRAGMA user_version") == 2);
}

TEST_CASE("the shipped schema is whole, and its name lists are those of the enumerations") {
  files f;
  f.open();
  CHECK(ask(f.settings.path, "PRAGMA user_version") == std::ssize(migrations()));
  CHECK(ask(f.settings.path, "SELECT count(*) FROM pragma_integrity_check "
                             "WHERE integrity_check <> 'ok'") == 0);
}

TEST_CASE("a data base of a newer program, or of another one, is refused") {
  struct {
    const char* change;
    failure_kind kind;
    const char* text;
  } const cases[] = {
      {"PRAGMA user_version = 9999", failure_kind::conflict, "schema 9999"},
      {"PRAGMA application_id = 17", failure_kind::invalid, "another program"},
  };
  for (const auto& c : cases) {
    files f;
    f.open();
    tamper(f.settings.path, c.change);
    const auto why = failure_of(open_sqlite(f.settings));
    CHECK(why.kind == c.kind);
    CHECK(says(why, c.text));
  }
  files other;
  tamper(other.settings.path, "CREATE TABLE theirs(x)");
  CHECK(failure_of(open_sqlite(other.settings)).kind == failure_kind::invalid);
  files text;
  std::ofstream(text.settings.path) << std::string(5'000, 'x');
  CHECK(failure_of(open_sqlite(text.settings)).kind == failure_kind::fatal); // not a data base
  files nowhere;
  nowhere.settings.path = nowhere.folder.path() / "no" / "such" / "farebox.db";
  CHECK(failure_of(open_sqlite(nowhere.settings)).kind == failure_kind::invalid);
}

TEST_CASE("a second daemon on the same file is refused until the first has gone") {
  files f;
  auto first = f.open();
  const auto why = failure_of(open_sqlite(f.settings));
  CHECK(why.kind == failure_kind::conflict);
  CHECK(says(why, "another daemon"));
  first.reset();
  f.open();
}

TEST_CASE("a network file system is refused, a local one is not") {
  CHECK(refuse_network_file_system(std::filesystem::temp_directory_path() / "x.db").has_value());
  CHECK(!refuse_network_file_system("/no/such/folder/x.db"));
}

TEST_CASE("the mark is written whole, read back, and refused when it is not one") {
  scratch_folder folder;
  const auto path = folder.path() / "m";
  CHECK(!must(read_mark(path)));
  mark m{{{42}, {}}, day_one};
  m.head.digest.octets.fill(0x5A);
  must(write_mark(path, m));
  const auto kept = must(read_mark(path));
  REQUIRE(kept);
  CHECK(kept->head == m.head);
  CHECK(kept->posted_at == day_one);
  std::string line;
  std::getline(std::ifstream(path), line);
  for (std::size_t size = 0; size < line.size(); ++size) {
    std::ofstream(path) << line.substr(0, size);
    CHECK(failure_of(read_mark(path)).kind == failure_kind::corrupt);
  }
  CHECK(failure_of(write_mark(folder.path() / "no" / "m", m)).kind == failure_kind::unavailable);
}

TEST_CASE("a restored old backup is recognised by the mark") {
  files f;
  digest256 chain;
  const auto backup = f.folder.path() / "backup";
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 1, 20, chain);
  }
  std::filesystem::copy_file(f.settings.path, backup);
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 21, 40, chain);
  }
  std::filesystem::copy_file(backup, f.settings.path,
                             std::filesystem::copy_options::overwrite_existing);
  const auto why = failure_of(f.open()->load_sequences());
  CHECK(why.kind == failure_kind::corrupt);
  CHECK(says(why, "ends with bill 20"));
  CHECK(says(why, "bill 40 was posted"));
  CHECK(says(why, "old backup"));
  // Refusing must not have spoiled the mark; removing it is the documented way on.
  CHECK(!f.open()->load_sequences());
  std::filesystem::remove(f.mark_path());
  CHECK(must(f.open()->load_sequences()).last_bill.value == 20);
}

TEST_CASE("a restored folder is recognised by a mark that is kept in another one") {
  files f;
  scratch_folder elsewhere;
  f.settings.mark = elsewhere.path() / "farebox.mark";
  digest256 chain;
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 1, 20, chain);
  }
  CHECK(!std::filesystem::exists(f.mark_path()));
  const auto backup = elsewhere.path() / "backup";
  std::filesystem::copy(f.folder.path(), backup);
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 21, 40, chain);
  }
  std::filesystem::remove_all(f.folder.path());
  std::filesystem::copy(backup, f.folder.path());
  const auto why = failure_of(f.open()->load_sequences());
  CHECK(why.kind == failure_kind::corrupt);
  CHECK(says(why, f.settings.mark.string()));
}

TEST_CASE("a mark that is missing or cannot be written is an alarm") {
  files f;
  std::vector<std::string> alarms;
  f.settings.alarm = [&](const std::string& what) { alarms.push_back(what); };
  digest256 chain;
  {
    auto rows = f.open();
    must(rows->load_sequences()); // nothing to lose yet
    post(*rows, 1, 20, chain);
  }
  CHECK(alarms.empty());
  std::filesystem::remove(f.mark_path());
  {
    auto rows = f.open();
    must(rows->load_sequences());
    rows->idle();
  }
  REQUIRE(alarms.size() == 1);
  CHECK(alarms[0].find("no high-water mark") != std::string::npos);
  CHECK(must(read_mark(f.mark_path()))->head.bill.value == 20);

  alarms.clear();
  f.settings.mark = f.folder.path() / "marks" / "mark";
  CHECK(says(failure_of(open_sqlite(f.settings)), "marks")); // a place that is not there: at once
  std::filesystem::create_directory(f.settings.mark.parent_path());
  auto rows = f.open();
  std::filesystem::remove_all(f.settings.mark.parent_path());
  must(rows->load_sequences());
  rows.reset();
  REQUIRE(alarms.size() == 2);
  CHECK(alarms[1].find("not up to date") != std::string::npos);
}

TEST_CASE("two daemons with data bases of their own must not share a mark") {
  files one, other;
  one.settings.mark = other.settings.mark = one.folder.path() / "mark";
  const auto first = one.open();
  CHECK(failure_of(open_sqlite(other.settings)).kind == failure_kind::conflict);
}

TEST_CASE("a log that somebody holds is an alarm at 64 MiB, and gives the disk back afterwards") {
  // Facts of a megabyte fill the log quickly; the snapshot is of another connection.
  files f;
  std::vector<std::string> alarms;
  f.settings.alarm = [&](const std::string& what) { alarms.push_back(what); };
  auto rows = f.open();
  must(rows->load_sequences());
  std::int64_t key = 0;
  const auto write_mib = [&](int count) {
    while (count-- > 0) {
      changes what;
      what.facts.push_back({{service_id{1}, 0, std::to_string(++key)}, bytes(1 << 20), 0, {}});
      must(rows->commit(what));
    }
  };
  write_mib(1);
  const auto log_size = [&] {
    return std::filesystem::file_size(f.settings.path.string() + "-wal") >> 20;
  };
  {
    database other;
    must(other.open(f.settings.path, SQLITE_OPEN_READONLY));
    other.execute("BEGIN");
    CHECK(other.pragma("schema_version") > 0);
    write_mib(62);
    CHECK(alarms.empty());
    write_mib(8);
    CHECK(alarms.size() >= 1);
    CHECK(log_size() >= 70);
    other.execute("ROLLBACK");
  }
  rows->idle(); // moves all of it
  write_mib(1); // and begins anew
  CHECK(log_size() <= 64);
}

TEST_CASE("receipts that match nothing stay within their cap, also when they come in a storm") {
  // More than the cap, and no quiet moment for the housekeeping.
  files f;
  f.settings.now = [] { return day_one; };
  auto rows = f.open();
  must(rows->load_sequences());
  constexpr int batch = 1'000, cap = 100'000, slice = 2'000;
  for (int from = 0; from < cap + 10 * batch; from += batch) {
    changes what;
    for (int n = from; n < from + batch; ++n) {
      what.new_orphans.push_back(sample_orphan(std::to_string(n)));
      what.new_orphans.back().received_at = day_one;
    }
    must(rows->commit(what));
  }
  rows.reset();
  CHECK(ask(f.settings.path, "SELECT count(*) FROM orphan") <= cap + slice);
  CHECK(ask(f.settings.path, "SELECT count(*) FROM orphan") >= cap);
  CHECK(ask(f.settings.path, "SELECT min(id) FROM orphan") > 1); // the oldest went
}

TEST_CASE("another history of the same length does not fit the mark") {
  files f, other;
  digest256 chain, other_chain;
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 1, 20, chain);
    auto elsewhere = other.open();
    must(elsewhere->load_sequences());
    post(*elsewhere, 1, 20, other_chain, milliseconds(300));
  }
  std::filesystem::copy_file(other.mark_path(), f.mark_path(),
                             std::filesystem::copy_options::overwrite_existing);
  const auto why = failure_of(f.open()->load_sequences());
  CHECK(why.kind == failure_kind::corrupt);
  CHECK(says(why, "mark file has another digest"));
}

TEST_CASE("the mark follows the bills within a second of the clock") {
  files f;
  utc_time now = day_one;
  f.settings.now = [&] { return now; };
  auto rows = f.open();
  must(rows->load_sequences());
  digest256 chain;
  const auto marked = [&] { return must(read_mark(f.mark_path()))->head.bill.value; };
  post(*rows, 1, 10, chain);
  CHECK(marked() == 10);
  now += milliseconds(600);
  post(*rows, 11, 20, chain);
  rows->idle();
  CHECK(marked() == 10);
  now += milliseconds(400);
  rows->idle();
  CHECK(marked() == 20);
  post(*rows, 21, 30, chain);
  rows.reset();
  CHECK(marked() == 30);
}

TEST_CASE("a changed, added or missing bill is noticed at start") {
  const char* changes_made[] = {
      "UPDATE bill SET gross = gross + 1, vat = vat + 1 WHERE id = 95",
      "UPDATE bill SET partner = 104724 WHERE id = 100",
      "UPDATE bill SET site = 'example.orh' WHERE id = 91",
      "UPDATE bill SET posted_at = posted_at - 100000000 WHERE id = 100",
      "UPDATE bill SET currency = 'USD' WHERE id = 1",
      "DELETE FROM bill WHERE id = 99",
      "DELETE FROM bill WHERE id = 100",
      "DELETE FROM bill_head WHERE bill = 100",
      "INSERT INTO bill SELECT 101, posted_at, message, kind, reverses, reason, partner, service, "
      "site, op, code, tariff, contract, currency, gross, vat, operator_share, platform_fee, "
      "partner_share FROM bill WHERE id = 100",
      "UPDATE bill_head SET digest = zeroblob(32) WHERE bill = 100",
  };
  files f;
  digest256 chain;
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 1, 100, chain);
  }
  const auto intact = f.folder.path() / "intact";
  std::filesystem::copy_file(f.settings.path, intact);
  must(f.open()->load_sequences());
  for (const std::string change : changes_made) {
    CAPTURE(change);
    std::filesystem::copy_file(intact, f.settings.path,
                               std::filesystem::copy_options::overwrite_existing);
    tamper(f.settings.path, change);
    CHECK(failure_of(f.open()->load_sequences()).kind == failure_kind::corrupt);
  }
}

TEST_CASE("the scrub walks all bills in slices and stops at a flipped bit") {
  // 1,000 bills, a head for each second: 5 batches of 10.
  files f;
  digest256 chain;
  {
    auto rows = f.open();
    must(rows->load_sequences());
    post(*rows, 1, 1'000, chain);
    auto questions = must(open_reader(f.settings));
    std::optional<bill_id> from = bill_id{};
    int slices = 0;
    for (; from; ++slices) from = must(questions->scrub_slice(*from, 100));
    CHECK(slices >= 7);
    CHECK(slices <= 10);
  }
  CHECK(ask(f.settings.path, "SELECT count(*) FROM bill_head") == 20);
  tamper(f.settings.path, "UPDATE bill SET message = message | 1024 WHERE id = 333");
  auto rows = f.open();
  auto questions = must(open_reader(f.settings));
  const auto good = must(questions->scrub_slice({}, 100));
  REQUIRE(good);
  const auto why = failure_of(questions->scrub_slice(*good, 1'000));
  CHECK(why.kind == failure_kind::corrupt);
  CHECK(says(why, "not what was written"));
}

TEST_CASE("a full disk makes batches wait, changes nothing, and passes by itself") {
  files f;
  f.settings.pages_max = 60;
  auto rows = f.open();
  changes batch;
  std::int64_t number = 0;
  const auto fill = [&] {
    batch.messages.assign(1, sample_message(++number));
    batch.messages[0].text.assign(2'000, 'x');
    return rows->commit(batch);
  };
  auto last = fill();
  while (last && number < 1'000) last = fill();
  CHECK(failure_of(last).kind == failure_kind::unavailable);
  rows->rollback();
  CHECK(failure_of(fill()).kind == failure_kind::unavailable);
  rows->rollback();
  CHECK(ask(f.settings.path, "SELECT count(*) FROM message") == number - 2);
  // Room again: more pages are allowed, on the very same connection's file.
  rows.reset();
  f.settings.pages_max = 600;
  rows = f.open();
  must(fill());
}

TEST_CASE("an I/O error on the write path is fatal and stays so") {
  // The kernel refuses to let the file grow (EFBIG), which is not a full disk.
  files f;
  auto rows = f.open();
  changes batch;
  batch.messages = {sample_message(1)};
  must(rows->commit(batch));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto narrow = before;
  narrow.rlim_cur = std::filesystem::file_size(f.settings.path.string() + "-wal") + 100;
  setrlimit(RLIMIT_FSIZE, &narrow);
  batch.messages = {sample_message(2)};
  const auto failed = rows->commit(batch);
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(failure_of(failed).kind == failure_kind::fatal);
  rows->rollback();
  CHECK(failure_of(rows->load({})).kind == failure_kind::fatal);
  CHECK(failure_of(rows->commit(batch)).kind == failure_kind::fatal);
  rows.reset();
  rows = f.open();
  wanted what;
  what.messages = {{1}, {2}};
  CHECK(must(rows->load(what)).messages.size() == 1);
}

TEST_CASE("a batch is one transaction, synced before commit returns") {
  // Goal: rule R1, also over a power cut. Method: calls of fdatasync are counted. One fewer than
  // batches: something was not durable; one more: something was in a transaction of its own.
  files f;
  f.settings.now = [] { return day_one; }; // the mark is written once a second
  auto rows = f.open();
  must(rows->load_sequences());
  digest256 chain;
  post(*rows, 1, 10, chain); // the first commit begins the log and its mark
  for (std::int64_t n = 11; n <= 20; ++n) {
    auto bills = std::vector{sample_bill(n, n)};
    bills[0].posted_at = day_one + seconds(n);
    auto batch = billed(bills, chain);
    batch.messages = {sample_message(n)};
    const auto counted = counters_of(bills[0]);
    batch.counters[counted.key] += counted.values;
    batch.facts = {{{{6}, 1, "code"}, {1}, 0, {}}};
    const auto before = synced;
    must(rows->commit(batch));
    CHECK(synced == before + 1);
  }
}

TEST_CASE("error codes of SQLite mean what the rule for the disk says") {
  struct {
    int code;
    int system_error;
    failure_kind expected;
  } const cases[] = {
      {SQLITE_FULL, ENOSPC, failure_kind::unavailable},
      {SQLITE_BUSY, 0, failure_kind::unavailable},
      {SQLITE_BUSY_SNAPSHOT, 0, failure_kind::unavailable},
      {SQLITE_NOMEM, 0, failure_kind::unavailable},
      {SQLITE_READONLY, 0, failure_kind::unavailable},
      {SQLITE_READONLY_DBMOVED, 0, failure_kind::fatal},
      {SQLITE_IOERR_WRITE, EIO, failure_kind::fatal},
      {SQLITE_IOERR_WRITE, EDQUOT, failure_kind::unavailable},
      {SQLITE_IOERR_FSYNC, EIO, failure_kind::fatal},
      {SQLITE_IOERR_SHMSIZE, ENOSPC, failure_kind::unavailable},
      {SQLITE_CORRUPT, 0, failure_kind::fatal},
      {SQLITE_NOTADB, 0, failure_kind::fatal},
      {SQLITE_CONSTRAINT_PRIMARYKEY, 0, failure_kind::conflict},
      {SQLITE_ERROR, 0, failure_kind::fatal},
  };
  for (const auto& c : cases) {
    CAPTURE(c.code);
    CHECK(kind_of_error(c.code, c.system_error) == c.expected);
  }
}

TEST_CASE("a question that takes too long is given up, and the reader goes on") {
  files f;
  auto rows = f.open();
  changes batch;
  for (std::int64_t number = 1; number <= 2'000; ++number)
    batch.messages.push_back(sample_message(number));
  must(rows->commit(batch));
  f.settings.reader_deadline = milliseconds(-1);
  auto late = must(open_reader(f.settings));
  CHECK(failure_of(late->messages({{}, {}, "1", {}, 50})).kind == failure_kind::unavailable);
  CHECK(failure_of(late->statistics({{}, 0, 1'000'000, {}})).kind == failure_kind::unavailable);
  f.settings.reader_deadline = milliseconds(60'000);
  auto patient = must(open_reader(f.settings));
  CHECK(must(patient->messages({{}, {}, "1", {}, 50})).empty());
}

TEST_CASE("the log is moved into the file when nobody waits, and when it is too long") {
  // Batches of 1 MiB; the log may reach 48 MiB under load, and 16 MiB are moved by idle().
  files f;
  auto rows = f.open();
  const auto log_mib = [&] {
    return std::filesystem::file_size(f.settings.path.string() + "-wal") >> 20;
  };
  const auto grow = [&](int mib) {
    static std::int64_t number = 0;
    for (int n = 0; n < mib; ++n) {
      changes batch;
      batch.facts.push_back({{{1}, 0, std::to_string(++number)}, bytes(1 << 20), 0, {}});
      must(rows->commit(batch));
    }
  };
  grow(20);
  CHECK(log_mib() >= 20);
  rows->idle();
  CHECK((std::filesystem::file_size(f.settings.path) >> 20) >= 20);
  grow(10); // the log is used anew from its start
  CHECK(log_mib() <= 21);
  grow(150);
  CHECK(log_mib() <= 52);
}

TEST_CASE("what has expired is dropped while idle, but no receipt that money may wait for") {
  files f;
  utc_time now = day_one;
  f.settings.now = [&] { return now; };
  auto rows = f.open();
  changes batch;
  batch.new_doubts = {sample_doubt(1, 10), sample_doubt(2, 11)};
  batch.new_doubts[1].expires_at += hours(24);
  batch.new_orphans = {sample_orphan("1"), sample_orphan("2"), sample_orphan("3")};
  batch.new_orphans[1].source = "79120000000"; // nobody there waits for a receipt
  batch.new_orphans[2].received_at += hours(24);
  batch.new_replies = {sample_reply(10)};
  must(rows->commit(batch));
  const auto left = [&](const char* table) {
    return ask(f.settings.path, "SELECT count(*) FROM " + std::string(table));
  };
  rows->idle();
  CHECK(left("doubt") == 2);
  CHECK(left("orphan") == 3);
  now += hours(25);
  rows->idle();
  CHECK(left("doubt") == 1);
  CHECK(left("orphan") == 2);

  // A clock that was ahead for a while does not put it off until that time has come.
  now -= hours(5);
  changes later;
  later.new_doubts = {sample_doubt(3, 12)};
  later.new_doubts[0].expires_at = now - hours(1);
  must(rows->commit(later));
  rows->idle();
  CHECK(left("doubt") == 1);
}

TEST_CASE("counters add up while they move from the log to their table, and over a restart") {
  // 700 batches of two partners among 51: the log is moved twice, and a rest stays in it. Then one
  // batch of 600 partners, which are moved in three slices, cut short by a restart.
  files f;
  auto rows = f.open();
  const auto sum = [&](std::optional<partner_id> partner) {
    auto questions = must(open_reader(f.settings));
    const auto found = must(questions->statistics({partner, 0, 1'000'000, {}}));
    return found.empty() ? 0 : found.at(0).values.requests;
  };
  for (int n = 0; n < 700; ++n) {
    changes batch;
    for (const std::int64_t partner : {1 + n % 50, 51}) {
      counter_values values;
      values.requests = partner;
      values.money.gross = {-n};
      batch.counters[{hour_of(day_one), {partner}, {}, "site", {}, {}, euro}] = values;
    }
    must(rows->commit(batch));
    if (n % 100 == 99) CHECK(sum(partner_id{51}) == 51 * (n + 1));
  }
  CHECK(ask(f.settings.path, "SELECT count(*) FROM counter") == 51);
  CHECK(ask(f.settings.path, "SELECT count(*) FROM counter_log") <= 256);
  rows->rollback();
  rows.reset();
  rows = f.open();
  CHECK(sum({}) == 700 * 51 + 14 * 25 * 51);
  for (int n = 0; n < 300; ++n) {
    changes batch;
    batch.counters[{hour_of(day_one), {51}, {}, "site", {}, {}, euro}].requests = 51;
    must(rows->commit(batch));
  }
  CHECK(sum(partner_id{51}) == 51 * 1'000);
  CHECK(sum(partner_id{7}) == 7 * 14);

  changes wide;
  for (std::int64_t partner = 1; partner <= 600; ++partner)
    wide.counters[{hour_of(day_one) + 1, {partner}, {}, "", {}, {}, euro}].requests = 1;
  must(rows->commit(wide));
  const auto before = sum({});
  for (int n = 0; n < 400; ++n) {
    changes batch;
    batch.counters[{hour_of(day_one), {51}, {}, "site", {}, {}, euro}].requests = 1;
    must(rows->commit(batch));
    CHECK(sum({}) == before + n + 1);
    if (ask(f.settings.path, "SELECT count(*) FROM counter") != 51 + 256) continue;
    rows.reset();
    rows = f.open();
    CHECK(sum({}) == before + n + 1);
  }
  CHECK(ask(f.settings.path, "SELECT count(*) FROM counter") == 651);
}

TEST_CASE("a batch that fails while the counters move loses none of them") {
  files f;
  auto rows = f.open();
  changes batch;
  batch.counters[{1, {7}, {}, "", {}, {}, euro}].requests = 1;
  for (int n = 0; n < 256; ++n) must(rows->commit(batch));
  changes wrong = batch;
  wrong.messages = {sample_message(1), sample_message(1)};
  CHECK(!rows->commit(wrong));
  rows->rollback();
  must(rows->commit(batch));
  auto questions = must(open_reader(f.settings));
  CHECK(must(questions->statistics({{}, 0, 2, {}})).at(0).values.requests == 257);
}

TEST_CASE("packed counters come back, and octets cut anywhere are refused") {
  counter_map counters;
  auto& values = counters[{493'000, {104723}, {6}, "example.org", {2}, {3}, euro}];
  values.requests = 63;
  values.absorbed = 64;
  values.money.gross = {INT64_MAX};
  values.pending_money.vat = {INT64_MIN};
  counters[{-1, {}, {}, "", {}, {}, {}}].bills = -1;
  const auto packed = pack_counters(counters);
  counter_map back;
  const auto take = [&](const counter_key& key, const counter_values& v) { back[key] += v; };
  CHECK(unpack_counters(packed, take));
  CHECK((back == counters));
  for (std::size_t size = 1; size < packed.size(); ++size) {
    back.clear();
    const bool whole = unpack_counters({packed.data(), size}, take);
    CHECK((!whole || back.size() == 1)); // only between two entries
  }
  CHECK(!unpack_counters(bytes(30, 0xFF), take));
}

TEST_CASE("every question of the hot path is answered by an index") {
  files f;
  f.open();
  database db;
  must(db.open(f.settings.path, SQLITE_OPEN_READONLY));
  struct {
    const char* sql;
    const char* expected;
  } const cases[] = {
      {"SELECT * FROM message WHERE id >> 12 = 1 AND id < 9 AND partner = 2 ORDER BY id DESC",
       "SEARCH message USING INDEX message_partner (<expr>=? AND partner=? AND rowid<?)"},
      {"SELECT * FROM message WHERE id >> 12 = 1 AND id < 9 AND source = 2 ORDER BY id DESC",
       "SEARCH message USING INDEX message_source (<expr>=? AND source=? AND rowid<?)"},
      {"SELECT id FROM message WHERE received_at / 86400000000 = 1 AND op = 2 "
       "AND operator_message_id = '3'",
       "SEARCH message USING INDEX message_operator_id "
       "(<expr>=? AND op=? AND operator_message_id=?)"},
      {"SELECT id FROM reply WHERE destination = 1 AND op = 2 AND source = 3 "
       "AND state <= 3 AND state >= 2",
       "SEARCH reply USING INDEX reply_open (destination=?)"},
      {"SELECT * FROM attempt WHERE hour = 1 AND op = 2 AND smsc_id = 3",
       "SEARCH attempt USING PRIMARY KEY (hour=? AND op=? AND smsc_id=?)"},
      {"SELECT * FROM counter WHERE hour = 1 AND partner = 2",
       "SEARCH counter USING PRIMARY KEY (hour=? AND partner=?)"},
      {"SELECT min(hour) FROM counter WHERE hour >= 1",
       "SEARCH counter USING PRIMARY KEY (hour>?)"},
      {"SELECT * FROM part_set WHERE state = 0 AND source = 1 AND reference = 2 AND op = 3",
       "SEARCH part_set USING INDEX part_set_open (source=? AND reference=?)"},
  };
  for (const auto& c : cases) {
    statement plan(db, std::string("EXPLAIN QUERY PLAN ") + c.sql);
    std::string text;
    std::int64_t id = 0, parent = 0, unused = 0;
    while (plan.step()) plan.columns(id, parent, unused, text);
    CHECK(text == std::string(c.expected));
  }
}
