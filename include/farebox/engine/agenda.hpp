// What is due, and when; and the replies that wait for a window slot and a pacing token. In memory:
// at start it is filled again from the open rows. Pure; lives on the writer thread.
#pragma once

#include "farebox/base/id.hpp"
#include "farebox/base/time.hpp"
#include "farebox/model/events.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <queue>
#include <vector>

namespace farebox::engine {

// What can send: the gateway's links. Called on the writer thread.
class outlet {
 public:
  virtual ~outlet() = default;
  // Sets aside slots and tokens of some bind of the operator; false if none has that many.
  virtual bool reserve(operator_id op, int segments) = 0;
  virtual void release(operator_id op, int segments) = 0;
};

class agenda {
 public:
  void add(const schedule& entry, utc_time now);

  // Appends at most `count_max` events whose time has come. Replies leave in the order of their
  // MOs: while the first one of an operator finds no permit, none behind it is looked at. Each
  // reply_due holds a permit for its segments.
  void take_due(utc_time now, outlet& permits, std::size_t count_max, std::vector<event>& out);

  // When something comes due by the clock alone; replies that wait for permits are not in it.
  std::optional<utc_time> next_at() const;

  std::size_t waiting_replies() const { return waiting_; }
  std::size_t waiting_replies(operator_id op) const;
  std::size_t size() const { return timed_.size() + waiting_; }

 private:
  struct later {
    bool operator()(const schedule& a, const schedule& b) const { return a.at > b.at; }
  };
  void queue_reply(const reply_due& reply);

  std::priority_queue<schedule, std::vector<schedule>, later> timed_;
  std::map<operator_id, std::map<message_id, int>> outbox_; // reply -> segments
  std::size_t waiting_ = 0;
};

} // namespace farebox::engine
