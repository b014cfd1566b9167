// Every store under one contract: a test is written once and run against each.
#pragma once

#include "farebox/store/memory.hpp"
#include "farebox/store/sqlite.hpp"
#include "store/sqlite/tables.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace farebox::store {

// A folder for one test, gone with it.
class scratch_folder {
 public:
  scratch_folder() {
    auto name = (std::filesystem::temp_directory_path() / "farebox-store-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~scratch_folder() { std::filesystem::remove_all(path_); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
T must(result<T> outcome) {
  if (!outcome) FAIL(outcome.error().detail);
  return std::move(*outcome);
}
inline void must(const result<void>& outcome) {
  if (!outcome) FAIL(outcome.error().detail);
}

class store_under_test {
 public:
  explicit store_under_test(std::string name) : name_(std::move(name)) { open(); }

  const std::string& name() const { return name_; }
  writer& rows() { return *writer_; }
  reader& questions() { return *reader_; }

  // As after the end of a process; the memory store cannot die.
  void reopen() {
    if (name_ == "memory") return;
    reader_.reset();
    writer_.reset();
    open();
  }

 private:
  void open() {
    if (name_ == "memory") {
      auto memory = std::make_unique<memory_store>();
      reader_ = memory->open_reader();
      writer_ = std::move(memory);
      return;
    }
    const sqlite_settings settings{.path = folder_.path() / "farebox.db"};
    writer_ = must(open_sqlite(settings));
    reader_ = must(open_reader(settings));
  }

  std::string name_;
  scratch_folder folder_;
  std::unique_ptr<writer> writer_;
  std::unique_ptr<reader> reader_; // closed before the writer
};

inline void for_each_store(const std::function<void(store_under_test&)>& test) {
  for (const std::string name : {"memory", "sqlite"}) {
    CAPTURE(name);
    store_under_test store(name);
    test(store);
  }
}

// A row as one line of text, every column of it: rows are compared by it.
struct row_printer {
  std::string out;
  void add(const std::string& text) { out += "'" + text + "' "; }
  void add(const compact_text& text) { add(std::string(text.text)); }
  void add(bytes_view octets) { out += to_hex(octets) + " "; }
  template <std::size_t N>
  void add(const std::array<std::uint8_t, N>& octets) {
    add(bytes_view(octets));
  }
  template <class Bytes, class Text>
  void add(const octets_beside_text<Bytes, Text>& beside) {
    add(bytes_view(beside.raw));
  }
  void add(std::string_view text) { add(std::string(text)); }
  void add(const currency& unit) { add(unit.code()); }
  void add(millionths amount) { add(amount.value); }
  void add(rate r) { add(r.millionths); }
  void add(utc_time time) { add(time.time_since_epoch().count()); }
  template <class Rep, class Period>
  void add(std::chrono::duration<Rep, Period> time) {
    add(time.count());
  }
  template <class Tag>
  void add(id<Tag> number) {
    add(number.value);
  }
  template <class T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>)
  void add(T value) {
    out += std::to_string(static_cast<std::int64_t>(value)) + " ";
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) add(*value);
    else out += "- ";
  }
};

template <class Row>
std::string printed(const Row& row) {
  row_printer printer;
  table<Row>::visit(row, [&](const auto&... members) { (printer.add(members), ...); });
  return printer.out;
}

template <class Row>
std::vector<std::string> printed(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(printed(row));
  return out;
}

} // namespace farebox::store

// So that a failed comparison of lists says what was in them.
template <class T>
  requires(std::is_same_v<T, std::string> || std::is_integral_v<T>)
struct doctest::StringMaker<std::vector<T>> {
  static String convert(const std::vector<T>& values) {
    std::string out;
    for (const auto& value : values) out += fmt::format("[{}] ", value);
    return out.c_str();
  }
};
