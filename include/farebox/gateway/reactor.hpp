// What one link thread offers to the links that live on it: clocks, work from other threads,
// timers, connections. The daemon runs links on asio_reactors(), simulations on a virtual world.
//
// Handlers run on the reactor's thread, one at a time, never from inside the call that asked for
// them. What a wire, a timer or a listener owes is dropped when it is destroyed.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/base/time.hpp"
#include "farebox/gateway/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace farebox::gateway {

// One connection, with or without TLS: octets in order, and nothing known about them.
class wire {
 public:
  using on_done = std::function<void(const std::string& error)>; // empty: all is well
  using on_octets = std::function<void(const std::string& error, bytes_view data)>;
  virtual ~wire() = default;

  // Once, before all else, on a wire that was not accepted. The caller ends an attempt that takes
  // too long by close().
  virtual void connect(const endpoint& to, on_done done) = 0;
  virtual void read(on_octets done) = 0; // one at a time; the data is valid during the call
  virtual void write(bytes&& data, on_done done) = 0; // one at a time; done: the system took it all
  virtual void close() = 0; // at once; what is asked for ends with an error
  virtual const std::string& peer() const = 0; // host:port
};
using wire_ptr = std::shared_ptr<wire>;
using wire_factory = std::function<wire_ptr()>;

class timer {
 public:
  virtual ~timer() = default;
  virtual void arm(steady_time at) = 0; // instead of what it was armed for
  virtual void cancel() = 0;
};

class listener { // listens until it is destroyed
 public:
  using on_accepted = std::function<void(const std::string& error, wire_ptr accepted)>;
  virtual ~listener() = default;
  virtual void accept(on_accepted done) = 0; // one at a time
};

class reactor {
 public:
  virtual ~reactor() = default;

  // ---- any thread ----
  virtual steady_time steady_now() const = 0;
  virtual utc_time utc_now() const = 0;
  virtual void post(std::function<void()> what) = 0; // in order; kept until start()
  virtual std::uint32_t random_seed() = 0;           // another one each time

  // ---- before start(), on the reactor's thread, or for a link that does not run there yet ----
  virtual std::unique_ptr<timer> make_timer(std::function<void()> fire) = 0;
  // Wires of one bind. Reads its certificates now; throws std::runtime_error if it cannot.
  virtual wire_factory wires(const tls_settings& tls, const std::string& bind_name) = 0;
  // Throws std::runtime_error: the address cannot be had.
  virtual std::unique_ptr<listener> listen(const endpoint& at) = 0;

  // ---- by the gateway that owns it, in this order ----
  // `broken` hears of an exception that left a handler; then the process ends.
  virtual void start(std::function<void(const std::exception&)> broken) = 0;
  virtual void run_and_wait(std::function<void()> what) = 0; // like post; returns when it has run
  virtual void stop() = 0;     // begins no more handlers, and returns when the last has ended
  virtual void run_rest() = 0; // after stop(): what was posted before, on the caller's thread
};
using reactors = std::vector<std::unique_ptr<reactor>>;

// Each with a thread of its own, sockets and OpenSSL. threads 0: half of the cores, 1 to 4.
reactors asio_reactors(std::size_t threads = 0);

} // namespace farebox::gateway
