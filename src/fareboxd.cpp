// The daemon: reads its configuration, builds itself, runs, stops.

#include "farebox/base/digest.hpp"
#include "farebox/daemon/application.hpp"
#include "farebox/daemon/config.hpp"
#include "farebox/route/route.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sys/stat.h>

namespace {

using namespace farebox;

// Signals are awaited by the main thread alone: every thread made later inherits this.
void hold_signals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&held, signal);
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App arguments{"fareboxd: a premium-SMS gateway. Binds to SMSCs, bills and answers MOs."};
  std::string path = "/etc/farebox/farebox.yaml";
  daemon::load_options options;
  bool check_only = false;
  bool print_reference = false;
  arguments.add_option("-c,--config", path, "The configuration file")->capture_default_str();
  arguments.add_option("--set", options.overrides,
                       "Override one key: --set http.port=8081 (may be repeated)")
      ->type_name("KEY=VALUE");
  arguments.add_flag("--check-config", check_only,
                     "Only check the configuration: exit 0 if it is right, 78 if not");
  arguments.add_flag("--print-reference", print_reference, "Print every key with its meaning");
  arguments.set_version_flag("--version", std::string("fareboxd ") + FAREBOX_VERSION);
  arguments.footer("Example: fareboxd --config conf/farebox.yaml --check-config\n"
                   "Signals: TERM drains and ends, HUP reads the configuration again.");
  CLI11_PARSE(arguments, argc, argv);
  if (print_reference) return std::cout << daemon::config_reference(), 0;

  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY"))
    options.credentials_directory = credentials;
  options.check_short_code = [](const short_code& code) -> result<void> {
    catalogue_parts parts;
    parts.short_codes.push_back(code);
    const auto grammars = route::build_grammars(catalogue(std::move(parts)));
    if (!grammars) return grammars.error();
    return {};
  };
  const auto read = [path, options] { return daemon::load_config(path, options); };

  start_crypto();
  auto settings = read();
  if (!settings) return std::cerr << settings.error().detail << '\n', daemon::exit_bad_config;
  for (const auto& warning : settings->warnings) std::cerr << warning << '\n';
  if (check_only) {
    fmt::print("{}: {} operators, {} short codes, {} tariffs: all right\n", path,
               settings->operators.size(), settings->short_codes.size(), settings->tariffs.size());
    return 0;
  }

  hold_signals();
  umask(0027); // the data base holds phone numbers
  if (auto logging = log::start(settings->log); !logging) {
    std::cerr << logging.error().detail << '\n';
    return daemon::exit_unavailable;
  }
  try {
    auto built = daemon::application::build(std::move(*settings), read);
    if (!built) {
      log::error("cannot start", {{"why", built.error().detail}});
      return built.error().kind == failure_kind::invalid ? daemon::exit_bad_config
                                                         : daemon::exit_unavailable;
    }
    return (*built)->run();
  } catch (const std::exception& error) {
    log::error("cannot go on", {{"why", error.what()}});
    return EXIT_FAILURE;
  }
}
