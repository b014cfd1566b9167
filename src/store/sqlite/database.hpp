// SQLite as this store uses it: one connection with prepared statements that live as long as it
// does. The first error sticks: every later statement does nothing, and the caller checks once.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/digest.hpp"
#include "farebox/base/id.hpp"
#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace farebox::store {

// Decimal numbers as SQLite integers, anything else as text; see the head of schema/0001_init.sql.
struct compact_text {
  std::string_view text;
};
// One spelling for both directions: wrapped when it is bound, plain when it is read.
inline compact_text compact(const std::string& text) { return {text}; }
inline std::string& compact(std::string& text) { return text; }

// Empty is NULL, which takes no room in a partial index.
inline std::optional<std::string_view> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}
inline std::string& or_null(std::string& text) { return text; }

// A message's octets are mostly those of its text, which stands before them: NULL then.
template <class Bytes, class Text>
struct octets_beside_text {
  Bytes& raw;
  const Text& text;
};
template <class Bytes, class Text>
octets_beside_text<Bytes, Text> beside(Bytes& raw, const Text& text) {
  return {raw, text};
}

class database {
 public:
  database() = default;
  ~database() { sqlite3_close(handle_); }
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  // `flags` and `vfs` of sqlite3_open_v2. The handle is used by one thread at a time.
  result<void> open(const std::string& path, int flags, const char* vfs = nullptr);

  // Runs statements without rows: pragmas, BEGIN, the schema.
  void execute(const char* sql);
  std::int64_t pragma(const char* name); // the first column of its first row

  sqlite3* handle() const { return handle_; }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

  bool ok() const { return !error_; }
  const failure& error() const { return *error_; }
  result<void> outcome() const {
    if (error_) return *error_;
    return {};
  }
  void fail(failure why) {
    if (!error_) error_ = std::move(why);
  }
  void fail(int code); // what sqlite3_step and the like returned
  // Forgets an error, but never a fatal one: after it the next commit could only seem to succeed.
  void recover() {
    if (error_ && error_->kind != failure_kind::fatal) error_.reset();
  }

 private:
  sqlite3* handle_ = nullptr;
  std::optional<failure> error_;
};

// What an error code means for the batch (DESIGN rule R2).
failure_kind kind_of_error(int extended_code, int system_error);

class statement {
 public:
  statement(database& db, const std::string& sql);
  ~statement() { sqlite3_finalize(handle_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  // Binds ?1, ?2, ... in this order. Text and blobs must live until the last step().
  template <class... Args>
  statement& bind(const Args&... args) {
    bound_ = 0;
    (add(args), ...);
    return *this;
  }

  // Goes on after what is bound.
  template <class... Args>
  void and_bind(const Args&... args) {
    (add(args), ...);
  }

  // True: there is a row. After the last row, or an error, the statement can be bound again.
  bool step();
  // For statements without rows.
  void run() { step(); }
  // Leaves the rows that were not stepped to.
  void reset() { sqlite3_reset(handle_); }

  // Reads the columns from left to right.
  template <class... Args>
  void columns(Args&&... args) {
    column_ = 0;
    (get(args), ...);
  }

 private:
  void add(std::int64_t value) { check(sqlite3_bind_int64(handle_, ++bound_, value)); }
  template <std::integral T>
  void add(T value) {
    add(static_cast<std::int64_t>(value));
  }
  template <class E>
    requires std::is_enum_v<E>
  void add(E value) {
    add(static_cast<std::int64_t>(value));
  }
  void add(std::string_view text) {
    check(sqlite3_bind_text(handle_, ++bound_, text.data() ? text.data() : "",
                            static_cast<int>(text.size()), SQLITE_STATIC));
  }
  void add(bytes_view data) {
    check(data.empty() ? sqlite3_bind_zeroblob(handle_, ++bound_, 0)
                       : sqlite3_bind_blob(handle_, ++bound_, data.data(),
                                           static_cast<int>(data.size()), SQLITE_STATIC));
  }
  void add(std::nullopt_t) { check(sqlite3_bind_null(handle_, ++bound_)); }
  void add(compact_text value);
  void add(const char* text) { add(std::string_view(text)); }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(const bytes& data) { add(bytes_view(data)); }
  template <std::size_t N>
  void add(const std::array<std::uint8_t, N>& octets) {
    add(bytes_view(octets));
  }
  template <class Tag>
  void add(id<Tag> value) {
    add(value.value);
  }
  void add(utc_time time) { add(std::int64_t{time.time_since_epoch().count()}); }
  template <class Rep, class Period>
  void add(std::chrono::duration<Rep, Period> time) {
    add(std::int64_t{time.count()});
  }
  void add(millionths amount) { add(amount.value); }
  void add(rate r) { add(r.millionths); }
  void add(const currency& unit) { add(unit.code()); }
  template <class T>
  void add(const std::optional<T>& value) {
    value ? add(*value) : add(std::nullopt);
  }
  template <class Bytes, class Text>
  void add(const octets_beside_text<Bytes, Text>& octets) {
    as_text(octets.raw) == octets.text ? add(std::nullopt) : add(bytes_view(octets.raw));
  }

  std::int64_t integer() { return sqlite3_column_int64(handle_, column_++); }
  bytes_view octets();
  template <std::integral T>
  void get(T& value) {
    value = static_cast<T>(integer());
  }
  template <class E>
    requires std::is_enum_v<E>
  void get(E& value) {
    value = static_cast<E>(integer());
  }
  void get(std::string& text); // an integer becomes its digits
  void get(bytes& data);
  template <std::size_t N>
  void get(std::array<std::uint8_t, N>& octets_out);
  template <class Tag>
  void get(id<Tag>& value) {
    value.value = integer();
  }
  void get(utc_time& time) { time = utc_time(microseconds(integer())); }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& time) {
    time = std::chrono::duration<Rep, Period>(static_cast<Rep>(integer()));
  }
  void get(millionths& amount) { amount.value = integer(); }
  void get(rate& r) { r.millionths = integer(); }
  void get(currency& unit);
  template <class Text>
  void get(octets_beside_text<bytes, Text>& octets) {
    const bool same = sqlite3_column_type(handle_, column_) == SQLITE_NULL;
    get(octets.raw);
    if (same) octets.raw.assign(octets.text.begin(), octets.text.end());
  }
  template <class T>
  void get(std::optional<T>& value) {
    if (sqlite3_column_type(handle_, column_) == SQLITE_NULL) {
      value.reset();
      ++column_;
    } else {
      get(value.emplace());
    }
  }

  void check(int code) {
    if (code != SQLITE_OK) db_.fail(code);
  }

  database& db_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
  int column_ = 0;
};

template <std::size_t N>
void statement::get(std::array<std::uint8_t, N>& octets_out) {
  const auto data = octets();
  if (data.size() == N)
    std::copy(data.begin(), data.end(), octets_out.begin());
  else
    db_.fail({failure_kind::corrupt, "a digest of a wrong size is stored"});
}

} // namespace farebox::store
