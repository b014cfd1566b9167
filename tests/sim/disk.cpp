#include "sim/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace farebox::sim {

namespace {

constexpr std::size_t sector = 512;
constexpr std::size_t versions_max = 4; // of a small file, until the directory is on disk

} // namespace

struct disk::file {
  struct change { // since the last sync; without data: cut to `at` octets
    std::size_t at = 0;
    bytes data;
    bool cuts = false;
  };
  bytes content, durable;
  std::vector<change> pending;

  // Locks of SQLite's five levels, and of the shared memory's eight places.
  int shared = 0;
  const void* reserved = nullptr;
  const void* exclusive = nullptr;
  std::vector<std::unique_ptr<std::array<std::uint8_t, 32'768>>> regions;
  int mapped = 0;
  std::array<int, SQLITE_SHM_NLOCK> place_shared{};
  std::array<const void*, SQLITE_SHM_NLOCK> place_exclusive{};

  static void apply(bytes& to, std::size_t at, bytes_view data) {
    if (to.size() < at + data.size()) to.resize(at + data.size());
    std::copy(data.begin(), data.end(), to.begin() + static_cast<std::ptrdiff_t>(at));
  }
  static void apply(bytes& to, const change& c) {
    if (c.cuts) to.resize(std::min(to.size(), c.at));
    else apply(to, c.at, c.data);
  }
  void sync() {
    for (const auto& c : pending) apply(durable, c);
    pending.clear();
  }
  void unlock_all() {
    shared = mapped = 0;
    reserved = exclusive = nullptr;
    regions.clear();
    place_shared = {};
    place_exclusive = {};
  }
};

// ---- SQLite's calls ----

struct open_file {
  sqlite3_file base;
  disk* owner;
  std::shared_ptr<disk::file> data;
  std::string name;
  bool delete_on_close;
  int level;
  bool maps;
  unsigned shared_places, exclusive_places;
};

struct vfs_calls {
  static open_file& of(sqlite3_file* handle) { return *reinterpret_cast<open_file*>(handle); }
  static disk& of(sqlite3_vfs* vfs) { return *static_cast<disk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out) {
    auto& self = of(vfs);
    handle->pMethods = nullptr;
    if (self.dead_) return SQLITE_CANTOPEN;
    const std::string path = name ? name : "temporary";
    auto found = self.files_.find(path);
    if (found == self.files_.end()) {
      if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
      found = self.files_.emplace(path, std::make_shared<disk::file>()).first;
    }
    auto* opened = new (handle) open_file{};
    opened->base.pMethods = &methods;
    opened->owner = &self;
    opened->data = found->second;
    opened->name = path;
    opened->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
    if (out) *out = flags;
    return SQLITE_OK;
  }
  static int close(sqlite3_file* handle) {
    auto& f = of(handle);
    unmap(handle, 0);
    unlock(handle, SQLITE_LOCK_NONE);
    if (f.delete_on_close && !f.owner->dead_) f.owner->files_.erase(f.name);
    f.~open_file();
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    auto& self = of(vfs);
    if (const int no = self.begin_change(false, false); no != SQLITE_OK)
      return no == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_DELETE;
    return self.files_.erase(name) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    auto& self = of(vfs);
    if (self.dead_) return SQLITE_IOERR_ACCESS;
    const auto found = self.files_.find(name);
    *out = found != self.files_.end() && !found->second->content.empty();
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(of(vfs).dice_.next());
    return size;
  }
  static int sleep(sqlite3_vfs* vfs, int span) {
    of(vfs).stall_(microseconds(span));
    return span;
  }
  static int time(sqlite3_vfs*, sqlite3_int64* out) { // asked for names of temporary files only
    *out = 0;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* handle, void* out, int size, sqlite3_int64 from) {
    auto& f = of(handle);
    if (f.owner->dead_) return SQLITE_IOERR_READ;
    const auto& content = f.data->content;
    const auto at = std::min(static_cast<std::size_t>(from), content.size());
    const auto have = std::min(static_cast<std::size_t>(size), content.size() - at);
    if (have > 0) std::memcpy(out, content.data() + at, have);
    std::memset(static_cast<char*>(out) + have, 0, static_cast<std::size_t>(size) - have);
    return have == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* handle, const void* data, int size, sqlite3_int64 to) {
    auto& f = of(handle);
    const auto at = static_cast<std::size_t>(to);
    const auto end = at + static_cast<std::size_t>(size);
    const int no = f.owner->begin_change(end > f.data->content.size(), false);
    if (no != SQLITE_OK) return no == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    const auto* octets = static_cast<const std::uint8_t*>(data);
    auto& change = f.data->pending.emplace_back();
    change.at = at;
    change.data.assign(octets, octets + size);
    disk::file::apply(f.data->content, change);
    return SQLITE_OK;
  }
  static int truncate(sqlite3_file* handle, sqlite3_int64 size) {
    auto& f = of(handle);
    if (f.owner->begin_change(false, false) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
    auto& change = f.data->pending.emplace_back();
    change.at = static_cast<std::size_t>(size);
    change.cuts = true;
    disk::file::apply(f.data->content, change);
    return SQLITE_OK;
  }
  static int sync(sqlite3_file* handle, int) {
    auto& f = of(handle);
    // The power may go when all is on the disk, and the caller not yet told.
    const bool before = f.owner->dice_.percent(50);
    if (before) f.data->sync();
    if (f.owner->begin_change(false, true) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
    if (!before) f.data->sync();
    return SQLITE_OK;
  }
  static int size(sqlite3_file* handle, sqlite3_int64* out) {
    *out = static_cast<sqlite3_int64>(of(handle).data->content.size());
    return of(handle).owner->dead_ ? SQLITE_IOERR_FSTAT : SQLITE_OK;
  }

  static int lock(sqlite3_file* handle, int level) {
    auto& f = of(handle);
    auto& file = *f.data;
    if (f.owner->dead_) return SQLITE_IOERR_LOCK;
    if (f.level >= level) return SQLITE_OK;
    if (file.exclusive && file.exclusive != &f) return SQLITE_BUSY;
    if (f.level == SQLITE_LOCK_NONE) ++file.shared;
    if (level >= SQLITE_LOCK_RESERVED) {
      if (file.reserved && file.reserved != &f) return SQLITE_BUSY;
      file.reserved = &f;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (file.shared > 1) return SQLITE_BUSY;
      file.exclusive = &f;
    }
    f.level = level;
    return SQLITE_OK;
  }
  static int unlock(sqlite3_file* handle, int level) {
    auto& f = of(handle);
    auto& file = *f.data;
    if (f.level <= level) return SQLITE_OK;
    if (file.exclusive == &f) file.exclusive = nullptr;
    if (file.reserved == &f) file.reserved = nullptr;
    if (level == SQLITE_LOCK_NONE && file.shared > 0) --file.shared;
    f.level = level;
    return SQLITE_OK;
  }
  static int check_reserved(sqlite3_file* handle, int* out) {
    *out = of(handle).data->reserved != nullptr;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4'096; } // what SQLite takes on Linux
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int map(sqlite3_file* handle, int region, int size, int extend, void volatile** out) {
    auto& f = of(handle);
    *out = nullptr;
    if (f.owner->dead_ || size != 32'768) return SQLITE_IOERR_SHMMAP;
    if (!f.maps) ++f.data->mapped;
    f.maps = true;
    auto& regions = f.data->regions;
    while (extend && regions.size() <= static_cast<std::size_t>(region)) {
      if (f.owner->full) return SQLITE_IOERR_SHMSIZE;
      regions.push_back(std::make_unique<std::array<std::uint8_t, 32'768>>());
    }
    if (regions.size() > static_cast<std::size_t>(region))
      *out = regions[static_cast<std::size_t>(region)]->data();
    return SQLITE_OK;
  }
  static int shm_lock(sqlite3_file* handle, int first, int count, int flags) {
    auto& f = of(handle);
    if (f.owner->dead_) return SQLITE_IOERR_SHMLOCK;
    const auto places = ((1u << count) - 1) << first;
    const bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    auto& mine = exclusive ? f.exclusive_places : f.shared_places;
    const auto each = [&](auto what) {
      for (int i = first; i < first + count; ++i) what(static_cast<std::size_t>(i));
    };
    if (flags & SQLITE_SHM_UNLOCK) {
      each([&](std::size_t i) {
        if (!(mine >> i & 1)) return;
        if (exclusive) f.data->place_exclusive[i] = nullptr;
        else --f.data->place_shared[i];
      });
      mine &= ~places;
      return SQLITE_OK;
    }
    bool busy = false;
    each([&](std::size_t i) {
      busy |= f.data->place_exclusive[i] && f.data->place_exclusive[i] != &f;
      const int others = f.data->place_shared[i] - static_cast<int>(f.shared_places >> i & 1);
      busy |= exclusive && others > 0;
    });
    if (busy) return SQLITE_BUSY;
    each([&](std::size_t i) {
      if (mine >> i & 1) return;
      if (exclusive) f.data->place_exclusive[i] = &f;
      else ++f.data->place_shared[i];
    });
    mine |= places;
    return SQLITE_OK;
  }
  static void barrier(sqlite3_file*) {}
  static int unmap(sqlite3_file* handle, int) {
    auto& f = of(handle);
    if (!f.maps) return SQLITE_OK;
    f.maps = false;
    for (std::size_t i = 0; i < SQLITE_SHM_NLOCK; ++i) {
      if (f.exclusive_places >> i & 1) f.data->place_exclusive[i] = nullptr;
      if (f.shared_places >> i & 1 && f.data->place_shared[i] > 0) --f.data->place_shared[i];
    }
    f.exclusive_places = f.shared_places = 0;
    if (f.data->mapped > 0 && --f.data->mapped == 0) f.data->regions.clear();
    return SQLITE_OK;
  }

  static constexpr sqlite3_io_methods methods{
      2,        close,   read, write,    truncate, sync,    size,
      lock,     unlock,  check_reserved, control,  sector_size, characteristics,
      map,      shm_lock, barrier, unmap, nullptr, nullptr};
};

// ---- the disk ----

disk::disk(dice& chance, std::function<void(microseconds)> stall)
    : dice_(chance), stall_(std::move(stall)), vfs_(std::make_unique<sqlite3_vfs>()) {
  *vfs_ = {};
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(open_file);
  vfs_->mxPathname = 512;
  vfs_->zName = vfs();
  vfs_->pAppData = this;
  vfs_->xOpen = vfs_calls::open;
  vfs_->xDelete = vfs_calls::remove;
  vfs_->xAccess = vfs_calls::access;
  vfs_->xFullPathname = vfs_calls::full_path;
  vfs_->xRandomness = vfs_calls::randomness;
  vfs_->xSleep = vfs_calls::sleep;
  vfs_->xCurrentTimeInt64 = vfs_calls::time;
  sqlite3_vfs_register(vfs_.get(), 1); // the default, so that SQLite's own dice are ours as well
  sqlite3_randomness(0, nullptr);      // and thrown anew
}

disk::~disk() { sqlite3_vfs_unregister(vfs_.get()); }

int disk::begin_change(bool grows, bool sync) {
  if (dead_) return SQLITE_IOERR;
  ++changes_;
  if (sync) stall_(dice_.skewed(sync_takes_min, sync_takes_max));
  if (planned_ != event::none && planned_in_-- == 0) {
    if (std::exchange(planned_, event::none) == event::power_cut) {
      lose_power();
      powerless_ = dead_ = true;
    } else ++io_errors_;
    return SQLITE_IOERR;
  }
  return grows && full ? SQLITE_FULL : SQLITE_OK;
}

void disk::lose_power() {
  const auto kept = static_cast<int>(dice_.pick(std::vector<int>{0, 50, 95, 100}));
  for (auto& [name, f] : files_) {
    for (const auto& c : f->pending) {
      if (c.cuts) {
        if (dice_.percent(kept)) file::apply(f->durable, c);
        continue;
      }
      for (std::size_t from = 0; from < c.data.size();) {
        const auto to = std::min(c.data.size(), from + sector - (c.at + from) % sector);
        if (dice_.percent(kept))
          file::apply(f->durable, c.at + from, bytes_view(c.data).subspan(from, to - from));
        from = to;
      }
    }
    f->pending.clear();
    f->content = f->durable;
  }
  for (auto& [name, small] : small_files_) {
    const auto lost = dice_.below(small.versions.size());
    small.versions.resize(small.versions.size() - lost);
  }
}

void disk::kill(bool power_lost) {
  if (power_lost && !powerless_) lose_power();
  dead_ = true;
  planned_ = event::none;
}

void disk::revive() {
  for (auto& [name, f] : files_) f->unlock_all();
  claimed_.reset();
  dead_ = powerless_ = false;
}

result<std::shared_ptr<void>> disk::claim(const std::filesystem::path&) {
  if (claimed_ && claimed_.use_count() > 1) return conflict("another process has the data base");
  claimed_ = std::make_shared<int>(0);
  return std::shared_ptr<void>(claimed_);
}

result<std::optional<std::string>> disk::read(const std::filesystem::path& path) {
  const auto found = small_files_.find(path.string());
  if (found == small_files_.end()) return std::nullopt;
  return found->second.versions.back();
}

result<void> disk::replace(const std::filesystem::path& path, std::string_view text) {
  if (begin_change(true, true) != SQLITE_OK) return unavailable("cannot write " + path.string());
  auto& versions = small_files_[path.string()].versions;
  versions.emplace_back(text);
  if (versions.size() > versions_max) versions.pop_front();
  return {};
}

} // namespace farebox::sim
