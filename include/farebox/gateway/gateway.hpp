// The SMPP links of all operators: bytes, timers and the mapping between PDUs and events. What is
// decided, is decided in the pure machines: smpp::session, link_policy, pacing, and the flow.
//
// Each link (one bind) lives on one link thread. Its events go to the writer_port, effects come
// back by perform(). A reply needs a permit, which is a slot of a bind's window and its pacing
// tokens: the writer reserves it before the reply's row is written (rule R5), without a lock.
#pragma once

#include "farebox/gateway/ports.hpp"
#include "farebox/gateway/reactor.hpp"
#include "farebox/gateway/settings.hpp"
#include "farebox/gateway/status.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::gateway {

class gateway {
 public:
  // `first` is the id of the first connection that will be bound; the links are dealt out to the
  // threads in turn. Throws std::runtime_error for certificates that cannot be read and for a
  // listening address that cannot be had.
  gateway(const std::vector<operator_settings>& operators, environment around,
          connection_id first, reactors threads);
  ~gateway(); // stop()

  void start(); // connects all links

  // Finishes: takes no new MO (the SMSC is told to try again), lets acknowledgements and submits in
  // flight be answered, unbinds. True when all links are closed; false after `timeout`. The writer
  // must still run, for it brings the acknowledgements.
  bool drain(milliseconds timeout);

  // Closes whatever is open, hands back what was in flight, ends the threads. Idempotent.
  void stop();

  // ---- on the writer thread only ----

  // A permit for a reply of so many segments, over any bind of the operator that can send.
  bool reserve(operator_id op, int segments);
  void release(operator_id op, int segments); // one that will not be used
  // Takes the effects that are for links: acknowledge, send_reply, hold_and_probe; others are
  // ignored. A send_reply with uses_permit uses up a reserve() of reply.segments.
  void perform(std::vector<effect>&& effects);

  // ---- on any thread ----

  // Rule R2. While paused, nothing is read, and what was read already is answered with the retry
  // status. After unbind_all the links stay away until pause_reading(false).
  void pause_reading(bool pause);
  void unbind_all();

  // Takes a changed configuration: links whose bind is the same go on, with the operator's new
  // figures; a changed bind finishes what is in flight, then connects anew; others come and go.
  // What cannot be (certificates) is an alarm, and the old bind stays.
  void reconfigure(const std::vector<operator_settings>& operators);

  std::vector<bind_status> status() const; // in the order of the configuration

  // The text says in one line what happens now. not_found: no such operator or bind.
  result<std::string> start_link(std::string_view op, std::string_view bind);
  result<std::string> stop_link(std::string_view op, std::string_view bind);  // within a second
  result<std::string> drain_link(std::string_view op, std::string_view bind); // stays stopped
  // The last PDUs of the bind, oldest first, at most `lines`.
  result<std::vector<traced_pdu>> trace(std::string_view op, std::string_view bind,
                                        std::size_t lines) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace farebox::gateway
