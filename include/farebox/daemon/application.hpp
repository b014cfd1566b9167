// The whole process: builds its parts in order, runs until a signal, stops them in reverse.
#pragma once

#include "farebox/daemon/config.hpp"
#include "farebox/store/store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace farebox::daemon {

inline constexpr int exit_unavailable = 69;  // EX_UNAVAILABLE: the store or a port cannot be had
inline constexpr int exit_store_broken = 74; // EX_IOERR: what was written is in doubt

class application {
 public:
  // Reads the configuration again at SIGHUP.
  using reader = std::function<result<config>()>;
  // Gets the opened store before anything is read from it, and returns what is to be used in its
  // place: for measurements.
  using store_wrapper =
      std::function<std::unique_ptr<store::writer>(std::unique_ptr<store::writer>)>;

  // Opens the store, imports tariffs and terms, recovers what the last process left open, takes the
  // ports. Nothing is connected yet. Failures are one line each.
  static result<std::unique_ptr<application>> build(config settings, reader read_again,
                                                    store_wrapper around_store = {});
  ~application();

  // Connects and serves until SIGTERM or SIGINT; drains; returns the exit status.
  int run();

  struct parts;

 private:
  explicit application(std::unique_ptr<parts> built);
  std::unique_ptr<parts> parts_;
};

} // namespace farebox::daemon
