// The daemon, with a recorder between itself and its store: for the replay of what it asked.
//   farebox-bench-recorder RECORDING CONFIG [KEY=VALUE...]

#include "bench/recording.hpp"

#include "farebox/base/digest.hpp"
#include "farebox/daemon/application.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <exception>

int main(int count, char** words) {
  using namespace farebox;
  if (count < 3) {
    fmt::print(stderr, "usage: {} RECORDING CONFIG [KEY=VALUE...]\n", words[0]);
    return 2;
  }
  daemon::load_options options;
  options.overrides.assign(words + 3, words + count);
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY"))
    options.credentials_directory = credentials;
  const auto read = [&] { return daemon::load_config(words[2], options); };
  sigset_t held; // run() awaits them
  sigemptyset(&held);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&held, signal);
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    start_crypto();
    const auto settings = read();
    if (!settings) throw std::runtime_error(settings.error().detail);
    const auto recorded = [&](std::unique_ptr<store::writer> rows) {
      return bench::record(std::move(rows), words[1]);
    };
    if (const auto logging = log::start(settings->log); !logging)
      throw std::runtime_error(logging.error().detail);
    const auto built = daemon::application::build(*settings, read, recorded);
    if (!built) throw std::runtime_error(built.error().detail);
    return (*built)->run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", words[0], error.what());
    return EXIT_FAILURE;
  }
}
