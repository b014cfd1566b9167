// The store on one SQLite file. One process writes it, through one connection, which alone moves
// the write-ahead log into the file; readers are opened after the writer and closed before it.
//
// Beside <path> live <path>-wal and <path>-shm (SQLite's) and <path>.lock (held by the one daemon).
// <mark> says how far the bills had come, at most a second ago. A restored old backup is recognised
// by it, unless the mark was restored with it: hence its folder should be another one. Remove the
// mark file to go on with such a backup nevertheless.
#pragma once

#include "farebox/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace farebox::store {

// What the store needs of the file system, beside what SQLite does itself. The daemon has
// local_disk(), simulations have one with faults. Used by one thread at a time.
class disk {
 public:
  virtual ~disk() = default;
  virtual const char* vfs() const = 0; // SQLite's, by name; nullptr: the usual one

  // Keeps the data base to one process for as long as the result lives. Failures: `conflict`
  // (another one has it), `invalid` (a network file system, or no such folder).
  virtual result<std::shared_ptr<void>> claim(const std::filesystem::path& data_base) = 0;

  // Small files: the whole text; nothing if there is no such file.
  virtual result<std::optional<std::string>> read(const std::filesystem::path& path) = 0;
  // Durable when it returns, and never half of it. Failure `unavailable`.
  virtual result<void> replace(const std::filesystem::path& path, std::string_view text) = 0;
};
disk& local_disk();

utc_time system_time(); // of this computer's clock

struct sqlite_settings {
  std::filesystem::path path;
  std::filesystem::path mark{}; // empty: <path>.mark
  // An answer over HTTP that takes longer is not worth its disk reads.
  milliseconds reader_deadline{1'000};
  // Only housekeeping asks: what has expired, and when the last mark was written.
  std::function<utc_time()> now = system_time;
  // What a person has to look at though the store goes on; on the writer thread, perhaps often.
  std::function<void(const std::string&)> alarm = [](const std::string&) {};
  // The file grows no further, as on a full disk; 0: as far as the disk goes. In pages of 4 KiB.
  std::int64_t pages_max = 0;
  disk* files = &local_disk();
};

// Brings an older schema up to date first. Failures: `conflict` (another daemon has the file, or a
// newer program wrote it), `invalid` (a network file system, not our file), `unavailable`, `fatal`.
result<std::unique_ptr<writer>> open_sqlite(const sqlite_settings& settings);

// For one thread. Its answers are `unavailable` after the deadline.
result<std::unique_ptr<reader>> open_reader(const sqlite_settings& settings);

} // namespace farebox::store
