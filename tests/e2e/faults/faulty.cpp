// A disk and a clock that can be made to fail while the daemon runs: preloaded into it (LD_PRELOAD)
// and driven by a file that both sides map, tools/world.py the other one.
//
//   FAREBOX_FAULTS        the file: int64 slots in the order of `switches`
//   FAREBOX_FAULT_FOLDER  only files below this folder are touched
//
// A switch that is 0 changes nothing.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace {

using slot = std::atomic<std::int64_t>;
static_assert(sizeof(slot) == 8 && slot::is_always_lock_free);

struct switches {
  slot write_errno;      // of write, pwrite and ftruncate
  slot sync_errno;       // of fsync and fdatasync
  slot sync_delay_ms;    // before fsync and fdatasync
  slot clock_offset_us;  // added to the time of day
  slot file_system_type; // statfs says this
  slot kill_after_syncs; // counted down; at 0 the process is killed, as by kill -9 ...
  slot kill_delay_us;    // ... so long after that fdatasync has succeeded
  // What was seen, so that a test knows that its switch was in the way.
  slot syncs, writes_failed, syncs_failed;
};

switches* map_switches() {
  static switches none{};
  const char* path = std::getenv("FAREBOX_FAULTS");
  const int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return &none;
  void* mapped = mmap(nullptr, sizeof(switches), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? &none : static_cast<switches*>(mapped);
}

switches& faults() {
  static switches* const all = map_switches();
  return *all;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool is_watched(int descriptor) {
  static const char* const folder = std::getenv("FAREBOX_FAULT_FOLDER");
  if (!folder) return false;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const auto size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = 0;
  return std::strncmp(path, folder, std::strlen(folder)) == 0;
}

bool write_fails(int descriptor) {
  const auto error = faults().write_errno.load();
  if (error == 0 || !is_watched(descriptor)) return false;
  ++faults().writes_failed;
  errno = static_cast<int>(error);
  return true;
}

void kill_if_due() {
  if (faults().kill_after_syncs.load() <= 0 || --faults().kill_after_syncs != 0) return;
  const auto delay = faults().kill_delay_us.load();
  if (delay == 0) raise(SIGKILL);
  std::thread([delay] {
    usleep(static_cast<useconds_t>(delay));
    raise(SIGKILL);
  }).detach();
}

template <class Sync>
int sync_file(int descriptor, Sync* sync) {
  if (!is_watched(descriptor)) return sync(descriptor);
  auto& all = faults();
  ++all.syncs;
  if (const auto delay = all.sync_delay_ms.load(); delay > 0)
    usleep(static_cast<useconds_t>(delay * 1000));
  if (const auto error = all.sync_errno.load(); error != 0) {
    ++all.syncs_failed;
    errno = static_cast<int>(error);
    return -1;
  }
  const int done = sync(descriptor);
  if (done == 0) kill_if_due();
  return done;
}

} // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t size) {
  static const auto next = real<ssize_t(int, const void*, size_t)>("write");
  return write_fails(descriptor) ? -1 : next(descriptor, data, size);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t at) {
  static const auto next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return write_fails(descriptor) ? -1 : next(descriptor, data, size, at);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  static const auto next = real<int(int, off64_t)>("ftruncate64");
  return write_fails(descriptor) ? -1 : next(descriptor, size);
}

int fsync(int descriptor) {
  static const auto next = real<int(int)>("fsync");
  return sync_file(descriptor, next);
}

int fdatasync(int descriptor) {
  static const auto next = real<int(int)>("fdatasync");
  return sync_file(descriptor, next);
}

int statfs(const char* path, struct statfs* out) noexcept {
  static const auto next = real<int(const char*, struct statfs*)>("statfs");
  const int done = next(path, out);
  if (const auto type = faults().file_system_type.load(); done == 0 && type != 0)
    out->f_type = type;
  return done;
}

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  static const auto next = real<int(clockid_t, timespec*)>("clock_gettime");
  const int done = next(clock, out);
  if (done != 0 || clock != CLOCK_REALTIME) return done;
  constexpr std::int64_t second_us = 1'000'000;
  const auto us = out->tv_nsec / 1000 + faults().clock_offset_us.load();
  const auto carry = us >= 0 ? us / second_us : -((second_us - 1 - us) / second_us);
  out->tv_sec += carry;
  out->tv_nsec = (us - carry * second_us) * 1000;
  return done;
}

} // extern "C"
