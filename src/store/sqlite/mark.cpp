#include "store/sqlite/mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace farebox::store {

namespace {

constexpr std::string_view file_type = "farebox-mark-1";

std::string to_line(const mark& m) {
  return std::string(file_type) + " bill " + std::to_string(m.head.bill.value) + " posted " +
         to_iso8601(m.posted_at) + " digest " + to_hex(m.head.digest.octets) + "\n";
}

// A rename is durable once its folder is.
bool sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return false;
  const bool synced = fsync(opened) == 0;
  return close(opened) == 0 && synced;
}

} // namespace

result<std::optional<mark>> read_mark(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    if (!std::filesystem::exists(path)) return std::nullopt;
    return failure{failure_kind::invalid, "cannot read " + path.string()};
  }
  mark m;
  std::string type, bill, posted, time, digest, hex;
  bytes octets;
  file >> type >> bill >> m.head.bill.value >> posted >> time >> digest >> hex;
  const auto at = parse_iso8601(time);
  if (!file || type != file_type || !at || !from_hex(hex, octets) ||
      octets.size() != m.head.digest.octets.size()) {
    return failure{failure_kind::corrupt,
                   path.string() + " is not a mark of the bills; if it is lost for certain, remove "
                                   "it: the next start then trusts the data base alone"};
  }
  std::copy(octets.begin(), octets.end(), m.head.digest.octets.begin());
  m.posted_at = *at;
  return m;
}

result<void> write_mark(const std::filesystem::path& path, const mark& newest) {
  auto draft = path;
  draft += ".new";
  const std::string line = to_line(newest);
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  // Written and synced under another name first, so that the name always means a whole mark.
  bool done = file >= 0 && write(file, line.data(), line.size()) == std::ssize(line) &&
              fdatasync(file) == 0;
  if (file >= 0) done = close(file) == 0 && done;
  if (done && rename(draft.c_str(), path.c_str()) == 0 && sync_folder_of(path)) return {};
  return unavailable("cannot write " + path.string() + ": " + std::strerror(errno));
}

} // namespace farebox::store
