#include "farebox/daemon/logging.hpp"

#include "farebox/base/mask.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace farebox::log {

namespace {

spdlog::level::level_enum level_of(level at) {
  switch (at) {
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: break;
  }
  return spdlog::level::err;
}

constexpr auto journal_socket = "/run/systemd/journal/socket";

spdlog::sink_ptr sink_of(const settings& how) {
  switch (how.to) {
    case target::journald:
      if (access(journal_socket, W_OK) != 0)
        throw spdlog::spdlog_ex("no journal on this machine: set log.target to file or stderr");
      return std::make_shared<spdlog::sinks::systemd_sink_mt>("fareboxd");
    case target::file: return std::make_shared<spdlog::sinks::basic_file_sink_mt>(how.file);
    case target::standard_error: break;
  }
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

// Every line is flushed: a log that ends a moment before a crash is of no use, and lines are few.
std::shared_ptr<spdlog::logger> make_logger(const settings& how) {
  auto made = std::make_shared<spdlog::logger>("fareboxd", sink_of(how));
  made->set_level(spdlog::level::trace);
  made->flush_on(spdlog::level::trace);
  made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
  return made;
}

// The one log of the process. The mutex guards the pointer alone: writing goes on beside a change.
struct log_state {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<level> lowest{level::info};

  std::shared_ptr<spdlog::logger> current() {
    const std::lock_guard lock(mutex);
    if (!logger) logger = make_logger({target::standard_error, {}, level::info});
    return logger;
  }
  void replace(std::shared_ptr<spdlog::logger> next) {
    const std::lock_guard lock(mutex);
    logger.swap(next);
  }
};

log_state& state() {
  static log_state the_one;
  return the_one;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if ((c >= 0 && c < ' ') || c == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else
      out += c;
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
    return (c >= 0 && c <= ' ') || c == '"' || c == '\\' || c == '=' || c == 0x7F;
  });
}

} // namespace

result<void> start(const settings& how) {
  try {
    auto made = make_logger(how);
    state().replace(std::move(made));
    state().lowest = how.lowest;
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    return unavailable(fmt::format("cannot open the log: {}", error.what()));
  }
}

field phone(std::string_view key, std::string_view address) {
  return {key, mask_msisdn(address)};
}

bool enabled(level at) { return at >= state().lowest.load(std::memory_order_relaxed); }

void write(level at, std::string_view what, fields with) {
  if (!enabled(at)) return;
  const auto line = to_line(what, {with.begin(), with.size()});
  state().current()->log(level_of(at), spdlog::string_view_t(line.data(), line.size()));
}

std::string to_line(std::string_view what, std::span<const field> with) {
  std::string line;
  append_escaped(line, what);
  for (const auto& [key, value] : with) {
    line.append(1, ' ').append(key).append(1, '=');
    const bool quotes = needs_quotes(value);
    if (quotes) line += '"';
    append_escaped(line, value);
    if (quotes) line += '"';
  }
  return line;
}

} // namespace farebox::log
