// The log: one line per event, "what happened key=value key=value". Safe from any thread.
// Values are escaped, so that no input can begin a line of its own; phones go through log::phone.
#pragma once

#include "farebox/base/result.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace farebox::log {

enum class level : std::uint8_t { debug, info, warning, error };
enum class target : std::uint8_t { journald, file, standard_error };

struct settings {
  target to = target::journald;
  std::string file; // for target::file
  level lowest = level::info;
};

// Lines go to standard error until this succeeded once. Called again (SIGHUP), it opens the file
// anew, as logrotate asks, and takes a changed target or level. On failure the log stays as it was.
result<void> start(const settings& how);

struct field {
  field(std::string_view key_, std::string_view value_) : key(key_), value(value_) {}
  field(std::string_view key_, const char* value_) : key(key_), value(value_) {}
  field(std::string_view key_, std::integral auto value_) : key(key_), value(to_value(value_)) {}

  std::string_view key;
  std::string value;

 private:
  static std::string to_value(bool value) { return value ? "yes" : "no"; }
  static std::string to_value(auto value) { return std::to_string(value); }
};

// A phone number, masked as base/mask.hpp says: 7912xxxx345.
field phone(std::string_view key, std::string_view address);

using fields = std::initializer_list<field>;

bool enabled(level at);
void write(level at, std::string_view what, fields with = {});
inline void debug(std::string_view what, fields with = {}) { write(level::debug, what, with); }
inline void info(std::string_view what, fields with = {}) { write(level::info, what, with); }
inline void warning(std::string_view what, fields with = {}) { write(level::warning, what, with); }
inline void error(std::string_view what, fields with = {}) { write(level::error, what, with); }

// The line that write() makes, without time and level.
std::string to_line(std::string_view what, std::span<const field> with);

} // namespace farebox::log
