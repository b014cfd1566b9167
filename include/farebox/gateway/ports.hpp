// What the links need of the rest of the process: small interfaces that tests play too.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/model/events.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace farebox::gateway {

// The way to the writer. Thread-safe; called on link threads.
class writer_port {
 public:
  virtual ~writer_port() = default;

  // False: the queue is full. Then the link answers the SMSC with the operator's retry status.
  virtual bool offer(event&& what) = 0;

  // For connections and submits: money depends on them, and they are bounded by binds and windows.
  virtual void offer_always(event&& what) = 0;

  // A reserve() for this operator failed, and now it may succeed.
  virtual void permits_available(operator_id) {}
};

enum class severity : std::uint8_t { debug, info, warning, error };

// Thread-safe, called on link threads. A line never holds a whole phone number or a password.
using log_sink = std::function<void(severity, const std::string& line)>;
using alarm_sink = std::function<void(const std::string& line)>;

struct environment {
  writer_port& writer;
  std::function<catalogue_ptr()> catalogue; // the one in force; never null; thread-safe
  log_sink log;
  alarm_sink alarm;
};

} // namespace farebox::gateway
