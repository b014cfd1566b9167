// The configuration: one YAML file with includes, checked key by key, then as a whole.
// Every mistake is one line, "file:line:column: what is wrong and what would be right".
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/daemon/logging.hpp"
#include "farebox/gateway/settings.hpp"
#include "farebox/model/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace farebox::daemon {

inline constexpr int exit_bad_config = 78; // EX_CONFIG of sysexits.h; systemd does not restart then

// Something that is checked again later, with the place to blame.
template <class T>
struct placed {
  T value;
  std::string place; // "file:line:column"
};

// A tariff names its operator and short code: ids are given by the store.
struct tariff_entry {
  std::string operator_name;
  std::string short_code;
  tariff values; // ids are 0
};

struct store_settings {
  std::string path = "/var/lib/farebox/farebox.db";
  std::string mark; // the high-water mark of the bills; empty: path with ".mark" behind it
};

struct http_settings {
  std::string address = "127.0.0.1"; // partners come through a reverse proxy, which does the TLS
  std::uint16_t port = 8080;
  std::string socket = "/run/farebox/farebox.sock"; // of the administrator; empty: none
  std::uint32_t connections_max = 512; // http/limits.hpp says why
};

struct thread_settings {
  std::uint32_t links = 0; // 0: half of the cores, 1 to 4
  std::uint32_t http = 2;  // each with a read-only connection to the store
};

struct config {
  std::vector<gateway::operator_settings> operators;
  std::vector<placed<short_code>> short_codes;
  std::vector<placed<tariff_entry>> tariffs;
  std::vector<placed<terms>> terms_versions;
  std::string unknown_code_help; // reply to a short code that is not ours; empty: none
  store_settings store;
  http_settings http;
  log::settings log;
  thread_settings threads;
  milliseconds drain_timeout{10'000}; // from SIGTERM to the end
  std::string secrets_directory = "/etc/farebox/secrets";
  std::vector<std::string> files;     // that it was read from, in order
  std::vector<std::string> warnings;  // lines like those of errors; not in the way of a start
};

struct load_options {
  // "dotted.key=value" of the command line, applied before anything is checked. Items of a list go
  // by name or number: "operators.demo-mo.binds.1.hosts=[127.0.0.1:12775]".
  std::vector<std::string> overrides;
  // $CREDENTIALS_DIRECTORY of systemd.exec(5); empty: `secrets_directory` of the file is used.
  std::string credentials_directory;
  // Called for each short code when all else is right: the grammar check of module route.
  std::function<result<void>(const short_code&)> check_short_code;
};

// The detail of a failure holds one line for each mistake, at most `config_errors_max`: a wrong
// indent makes many, and the first must not scroll away.
inline constexpr std::size_t config_errors_max = 20;
result<config> load_config(const std::string& path, const load_options& options = {});

// The same of a text that lies in no file; `name` stands in the places. It cannot include files.
result<config> read_config(const std::string& text, const std::string& name,
                           const load_options& options = {});

// Every key, its type, default and meaning, as the tables of docs/configuration.md.
std::string config_reference();

// One row of the reference. A key inside a list has the list's name before it: "operators.name".
struct config_key {
  std::string path;
  std::string type;
  std::string fallback; // the value if the key is left out; "required"
  std::string meaning;
};
std::vector<config_key> config_keys();

} // namespace farebox::daemon
