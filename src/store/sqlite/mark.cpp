#include "store/sqlite/mark.hpp"

#include <sstream>

namespace farebox::store {

namespace {

constexpr std::string_view file_type = "farebox-mark-1";

std::string to_line(const mark& m) {
  return std::string(file_type) + " bill " + std::to_string(m.head.bill.value) + " posted " +
         to_iso8601(m.posted_at) + " digest " + to_hex(m.head.digest.octets) + "\n";
}

} // namespace

result<std::optional<mark>> read_mark(const std::filesystem::path& path, disk& files) {
  const auto kept = files.read(path);
  if (!kept) return kept.error();
  if (!*kept) return std::nullopt;
  std::istringstream file(**kept);
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

result<void> write_mark(const std::filesystem::path& path, const mark& newest, disk& files) {
  return files.replace(path, to_line(newest));
}

} // namespace farebox::store
