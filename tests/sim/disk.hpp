// A disk that fails: files in memory behind an SQLite VFS of its own. A file has a content, which
// every process sees, and what of it would survive a power cut: all that was synced, and of what
// was written since, each sector of 512 octets or not. Links to SQLite by the C interface.
//
// After kill() everything fails until revive(): a process that is dying can do no more harm.
#pragma once

#include "sim/dice.hpp"

#include "farebox/base/bytes.hpp"
#include "farebox/store/sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace farebox::sim {

class disk final : public store::disk {
 public:
  // One at a time. `stall` hears how long the caller was kept waiting.
  disk(dice& chance, std::function<void(microseconds)> stall);
  ~disk() override;
  disk(const disk&) = delete;
  disk& operator=(const disk&) = delete;

  // ---- store::disk ----
  const char* vfs() const override { return "farebox-sim"; }
  result<std::shared_ptr<void>> claim(const std::filesystem::path& data_base) override;
  result<std::optional<std::string>> read(const std::filesystem::path& path) override;
  result<void> replace(const std::filesystem::path& path, std::string_view text) override;

  // ---- faults ----
  bool full = false;                 // what grows a file fails
  microseconds sync_takes_min{50}, sync_takes_max{2'000};
  void heal() { full = false, sync_takes_min = microseconds(50), sync_takes_max = milliseconds(2); }
  enum class event { none, io_error, power_cut };
  void plan(event what, std::uint64_t changes) { planned_ = what, planned_in_ = changes; }
  bool powerless() const { return powerless_; } // the planned cut has come
  std::uint64_t io_errors() const { return io_errors_; }
  std::uint64_t changes() const { return changes_; }

  void kill(bool power_lost); // everything open is lost
  void revive();

  struct file;
  struct small_file {
    std::deque<std::string> versions; // the newest last; a cut may bring an older one back
  };

 private:
  friend struct vfs_calls;
  // Before each change; an SQLite error code if it is not to be. `grows`: it needs room.
  int begin_change(bool grows, bool sync);
  void lose_power();

  dice& dice_;
  std::function<void(microseconds)> stall_;
  std::map<std::string, std::shared_ptr<file>> files_;
  std::map<std::string, small_file> small_files_;
  std::shared_ptr<int> claimed_;
  event planned_ = event::none;
  std::uint64_t planned_in_ = 0;
  bool dead_ = false, powerless_ = false;
  std::uint64_t io_errors_ = 0, changes_ = 0;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

} // namespace farebox::sim
