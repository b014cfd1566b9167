// What the handlers need of the rest of the process, as small interfaces that tests play too.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/http/limits.hpp"
#include "farebox/model/events.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace farebox::http {

// The way to the writer. Thread-safe.
class writer_port {
 public:
  using on_effect = std::function<void(result<effect>)>;
  virtual ~writer_port() = default;

  // Submits an event that has a ticket, which is set here. `done` gets the effect with
  // that ticket once it is on disk, on any thread; by then the catalogue supplier of the handlers
  // gives the changed catalogue. False: the writer's queue (or the ticket desk) is full, nothing
  // was submitted and `done` is never called.
  virtual bool submit(event what, on_effect done) = 0;
};

// Who waits for which ticket: a writer_port issues a ticket for `done`, puts it into the event, and
// settles it when the effect comes. Thread-safe; callbacks run outside the lock.
class ticket_desk {
 public:
  // 0: too many wait. Those past their deadline are told `unavailable` first and forgotten.
  std::uint64_t issue(writer_port::on_effect done, steady_time now);
  void settle(std::uint64_t ticket, result<effect> outcome); // an unknown ticket is ignored
  void withdraw(std::uint64_t ticket);                       // the event could not be queued
  std::size_t waiting() const;

 private:
  struct waiter {
    writer_port::on_effect done;
    steady_time deadline;
  };
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, waiter> waiting_;
};

enum class link_action : std::uint8_t { start, stop, drain };
std::string_view name_of(link_action action);

// Control of the SMPP links. Thread-safe; `done` is called once, on any thread.
class admin_port {
 public:
  using on_text = std::function<void(result<std::string>)>;
  using on_lines = std::function<void(result<std::vector<std::string>>)>;
  virtual ~admin_port() = default;

  // start: connect (again). drain: take no new work, finish the window, unbind, stay stopped.
  // stop: unbind and close at once. The text says in one line what happens now. not_found: no such
  // operator or bind.
  virtual void control(link_action action, std::string_view op, std::string_view bind,
                       on_text done) = 0;

  // The last PDUs of the bind, oldest first, at most `lines`: one JSON object each, ready to print,
  // phone numbers masked, no message text.
  virtual void trace(std::string_view op, std::string_view bind, int lines, on_lines done) = 0;
};

} // namespace farebox::http
