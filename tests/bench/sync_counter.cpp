// For LD_PRELOAD: counts a process's fsync and fdatasync calls in a file that others may read
// meanwhile, named by FAREBOX_BENCH_SYNCS. It holds four 64-bit numbers as they are in memory:
// calls for a write-ahead log (*-wal), for a data base (*.db), for any other file, and microseconds
// in all. With FAREBOX_BENCH_SYNCS_SKIPPED they are counted and not done: only to fill a data base
// that is thrown away if the machine fails meanwhile.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace {

struct counters {
  std::atomic<std::uint64_t> logs, data_bases, others, microseconds;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

counters* map_counters() {
  const char* path = std::getenv("FAREBOX_BENCH_SYNCS");
  const int file = path ? open(path, O_RDWR | O_CREAT, 0644) : -1;
  if (file < 0 || ftruncate(file, sizeof(counters)) != 0) std::abort();
  void* at = mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (at == MAP_FAILED) std::abort();
  return static_cast<counters*>(at);
}

counters* const all = map_counters();
const bool skipped = std::getenv("FAREBOX_BENCH_SYNCS_SKIPPED") != nullptr;

int counted(const char* name, int file) {
  using function = int (*)(int);
  const auto call = reinterpret_cast<function>(dlsym(RTLD_NEXT, name));
  char link[32];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  char target[4096];
  const auto size = readlink(link, target, sizeof target);
  const std::string_view path(target, size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto began = std::chrono::steady_clock::now();
  const int done = skipped ? 0 : call(file);
  const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  ++(path.ends_with("-wal") ? all->logs : path.ends_with(".db") ? all->data_bases : all->others);
  all->microseconds += static_cast<std::uint64_t>(taken.count());
  return done;
}

} // namespace

extern "C" int fsync(int file) { return counted("fsync", file); }
extern "C" int fdatasync(int file) { return counted("fdatasync", file); }
