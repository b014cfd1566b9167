// The store alone, without a daemon around it; one line of JSON.
//   farebox-bench-store replay RECORDING DATABASE      what a daemon asked of its store, at once
//   farebox-bench-store bare ROWS BATCHES DATABASE     plain SQLite: so many bills a transaction
// DATABASE is a new file. Times are of the loads and commits alone, not of reading the recording.

#include "bench/recording.hpp"

#include "farebox/store/sqlite.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/tables.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace farebox::bench {

namespace {

struct stopwatch {
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  double cpu_began = cpu_seconds();

  static double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  void report(std::int64_t batches, std::int64_t rows) const {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    fmt::print("{{\"seconds\": {:.6f}, \"cpu_seconds\": {:.6f}, \"batches\": {}, \"rows\": {}}}\n",
               taken.count(), cpu_seconds() - cpu_began, batches, rows);
  }
};

void check(const auto& done) {
  if (!done) throw std::runtime_error(done.error().detail);
}

// `rows` counts messages: each is one round trip, however many batches it took.
void replay(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::vector<request> all;
  recording recorded(from);
  while (auto next = recorded.next()) all.push_back(std::move(*next));
  store::sqlite_settings where;
  where.path = to;
  const auto rows = store::open_sqlite(where);
  check(rows);
  check((*rows)->load_sequences()); // as the daemon does; from here on marks are kept
  std::int64_t batches = 0, messages = 0;
  std::optional<stopwatch> watch; // what is before the first message is the daemon's start
  for (const auto& what : all) {
    if (const auto* asked = std::get_if<wanted>(&what)) {
      check((*rows)->load(*asked));
      continue;
    }
    const auto& made = std::get<changes>(what);
    if (!watch && !made.messages.empty()) watch.emplace();
    check((*rows)->commit(made));
    batches += watch.has_value();
    messages += std::ssize(made.messages);
  }
  if (!watch) throw std::runtime_error("the recording has no message");
  watch->report(batches, messages);
}

// The same pragmas as the store's, the same row, one prepared INSERT, nothing else.
void bare(int rows, int batches, const std::string& to) {
  store::database db;
  check(db.open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  for (const auto* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -49152",
        "PRAGMA wal_autocheckpoint = 12288"})
    db.execute(pragma);
  check(store::migrate(db));
  store::statement insert(db, store::insert_sql<bill_row>());
  bill_row bill;
  bill.partner = {104'723};
  bill.service = {1};
  bill.site = "archive.example";
  bill.op = {1};
  bill.code = {1};
  bill.tariff = {1};
  bill.contract = {1};
  bill.unit = parse_currency("RUB").value();
  bill.amounts = {{60'000'000}, {10'000'000}, {22'500'000}, {600'000}, {26'900'000}};
  bill.posted_at = utc_time(seconds(1'800'000'000));
  const stopwatch watch;
  for (int batch = 0; batch < batches; ++batch) {
    db.execute("BEGIN IMMEDIATE");
    for (int row = 0; row < rows; ++row) {
      bill.message = message_id{++bill.id.value};
      bill.posted_at += microseconds(20);
      store::insert(insert, bill);
    }
    db.execute("COMMIT");
  }
  check(db.outcome());
  watch.report(batches, std::int64_t{batches} * rows);
}

} // namespace

} // namespace farebox::bench

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  try {
    farebox::start_crypto();
    if (what == "replay" && count == 4) farebox::bench::replay(words[2], words[3]);
    else if (what == "bare" && count == 5)
      farebox::bench::bare(std::atoi(words[2]), std::atoi(words[3]), words[4]);
    else throw std::runtime_error("usage: replay RECORDING DATABASE | bare ROWS BATCHES DATABASE");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", words[0], error.what());
    return EXIT_FAILURE;
  }
}
