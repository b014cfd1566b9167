#include "store/sqlite/database.hpp"

#include <cerrno>
#include <charconv>

namespace farebox::store {

result<void> database::open(const std::string& path, int flags, const char* vfs) {
  // Nobody reads SQLite's memory statistics, which cost a lock at each allocation.
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, vfs);
  if (handle_) sqlite3_extended_result_codes(handle_, 1);
  if (code != SQLITE_OK) {
    return failure{code == SQLITE_CANTOPEN ? failure_kind::invalid : kind_of_error(code, 0),
                   "cannot open " + path + ": " + sqlite3_errstr(code)};
  }
  return {};
}

void database::execute(const char* sql) {
  if (!ok()) return;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t database::pragma(const char* name) {
  statement query(*this, "PRAGMA " + std::string(name));
  std::int64_t value = 0;
  if (query.step()) query.columns(value);
  return value;
}

void database::fail(int code) {
  if (error_) return;
  const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
  // The connection remembers its last call only; trust it where it speaks of the same error.
  const int exact = (extended & 0xFF) == (code & 0xFF) ? extended : code;
  error_ = failure{kind_of_error(exact, handle_ ? sqlite3_system_errno(handle_) : 0),
                   std::string("data base: ") + sqlite3_errstr(code) + " (" +
                       std::to_string(exact) + "): " + (handle_ ? sqlite3_errmsg(handle_) : "")};
}

failure_kind kind_of_error(int extended_code, int system_error) {
  switch (extended_code) {
  case SQLITE_IOERR_SHMSIZE: // the index of the log could not grow; the log itself is untouched
  case SQLITE_IOERR_NOMEM: return failure_kind::unavailable;
  case SQLITE_IOERR_WRITE: // SQLite tells a full disk from other errors, but not a full quota
    return system_error == EDQUOT ? failure_kind::unavailable : failure_kind::fatal;
  case SQLITE_READONLY_DBMOVED: return failure_kind::fatal; // nobody will ever find what we write
  default: break;
  }
  switch (extended_code & 0xFF) {
  case SQLITE_FULL:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_PROTOCOL: // a race for the log's index, lost many times
  case SQLITE_NOMEM:
  case SQLITE_READONLY:
  case SQLITE_INTERRUPT: return failure_kind::unavailable;
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_TOOBIG: return failure_kind::conflict;
  default: return failure_kind::fatal; // SQLITE_IOERR, _CORRUPT, _NOTADB, and what is unheard of
  }
}

statement::statement(database& db, const std::string& sql) : db_(db) {
  if (!db.ok()) return;
  const int code = sqlite3_prepare_v3(db.handle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) db.fail(code);
}

bool statement::step() {
  if (!db_.ok()) {
    if (handle_) sqlite3_reset(handle_);
    return false;
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_.fail(code);
  sqlite3_reset(handle_);
  return false;
}

void statement::add(compact_text value) {
  constexpr std::size_t digits_max = 18; // every number of so many digits fits an int64
  const auto text = value.text;
  if (!text.empty() && text.size() <= digits_max && text[0] >= '1' && text[0] <= '9') {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return add(number);
  }
  add(text);
}

bytes_view statement::octets() {
  // The pointer first: asking for it may convert, which changes the size.
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column_));
  ++column_;
  return {data, size};
}

void statement::get(std::string& text) {
  if (sqlite3_column_type(handle_, column_) == SQLITE_INTEGER) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), integer()).ptr;
    text.assign(digits.data(), end);
  } else {
    text = as_text(octets());
  }
}

void statement::get(bytes& data) {
  const auto view = octets();
  data.assign(view.begin(), view.end());
}

void statement::get(currency& unit) {
  const auto text = as_text(octets());
  if (text.size() == unit.letters.size())
    std::copy(text.begin(), text.end(), unit.letters.begin());
  else
    db_.fail({failure_kind::corrupt, "a currency of other than three letters is stored"});
}

} // namespace farebox::store
