#include "store/sqlite/schema.hpp"

namespace farebox::store {

namespace {

constexpr std::int64_t application_id = 0x46617265; // "Fare": tells file(1) and us whose it is

result<void> check_owner(database& db, std::int64_t version) {
  const auto owner = db.pragma("application_id");
  const auto pages = db.pragma("page_count");
  if (!db.ok()) return db.error();
  if (owner == application_id || (owner == 0 && version == 0 && pages <= 1)) return {};
  return invalid("the file is a data base of another program");
}

} // namespace

result<void> migrate(database& db, std::span<const std::string_view> steps) {
  const auto version = db.pragma("user_version");
  if (auto owner = check_owner(db, version); !owner) return owner;
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version > newest) {
    return conflict("the data base has schema " + std::to_string(version) +
                    ", this program knows schemas up to " + std::to_string(newest) +
                    ": start the newer program that wrote it");
  }
  for (auto next = version; next < newest && db.ok(); ++next) {
    db.execute("BEGIN IMMEDIATE");
    db.execute(std::string(steps[static_cast<std::size_t>(next)]).c_str());
    db.execute(("PRAGMA user_version = " + std::to_string(next + 1)).c_str());
    db.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    db.execute("COMMIT");
  }
  return db.outcome();
}

} // namespace farebox::store
