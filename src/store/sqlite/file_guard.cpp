#include "store/sqlite/file_guard.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace farebox::store {

namespace {

// statfs(2) f_type. FUSE is among them because sshfs, GlusterFS and the like look no different.
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 9> network_file_systems{{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFE534D42, "SMB2"},
    {0xFF534D42, "CIFS"},
    {0x65735546, "FUSE"},
    {0x01021997, "9P"},
    {0x00C36400, "Ceph"},
    {0x5346414F, "AFS"},
    {0x0BD00BD0, "Lustre"},
}};

std::string reason(std::string_view what, const std::filesystem::path& path) {
  return std::string(what) + " " + path.string() + ": " + std::strerror(errno);
}

} // namespace

result<void> refuse_network_file_system(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  struct statfs status {};
  if (statfs(folder.c_str(), &status) != 0) return invalid(reason("cannot use folder", folder));
  const auto type = static_cast<std::uint32_t>(status.f_type);
  for (const auto& [magic, name] : network_file_systems) {
    if (type == magic) {
      return invalid(path.string() + " would be on a network file system (" +
                     std::string(name) + "), where it cannot be kept safe; use a local disk");
    }
  }
  return {};
}

file_lock::~file_lock() {
  if (descriptor_ >= 0) close(descriptor_);
}

result<file_lock> file_lock::take(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) return invalid(reason("cannot open lock file", path));
  file_lock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK)
    return conflict("another daemon has the data base: " + path.string() + " is locked");
  return invalid(reason("cannot lock", path));
}

} // namespace farebox::store
