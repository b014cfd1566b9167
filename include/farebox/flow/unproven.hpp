// The MOs whose acknowledgement is not yet proven to have arrived (DESIGN rule R3), per connection,
// in memory: at a disconnect they become doubts, which are rows. Lives on the writer thread.
#pragma once

#include "farebox/base/digest.hpp"
#include "farebox/base/id.hpp"
#include "farebox/model/rows.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace farebox::flow {

struct unproven_mo {
  connection_id connection;
  message_id message;
  digest128 key;
  steady_time arrived_at;
};

class unproven_book {
 public:
  void open(const connection_row& connection);
  const connection_row* find(connection_id connection) const; // an open one

  // Message ids grow on one connection.
  void add(const unproven_mo& mo);

  // The MOs of the connection up to and including `proven` are safe.
  void prove(connection_id connection, message_id proven);

  // No longer to be matched here: it absorbed a redelivery, or became a doubt of its own.
  void take(connection_id connection, message_id message);

  // What is left of the connection, which is forgotten.
  std::vector<unproven_mo> close(connection_id connection);

  // As close() would return, but changes nothing.
  std::vector<unproven_mo> remaining(connection_id connection) const;

  // The identical MOs on connections that still live.
  std::vector<unproven_mo> find_all(const digest128& key) const;

  std::optional<digest128> key_of(connection_id connection, message_id message) const;

  // True if an identical MO was proven on a connection that has closed since. Remembers the last
  // `remembered_per_connection_max` of each connection and `remembered_max` in all: a flag for
  // people to look at, not a rule of billing.
  bool proven_before_disconnect(const digest128& key) const { return remembered_.contains(key); }

  std::size_t size() const { return index_.size(); }

  static constexpr std::size_t remembered_per_connection_max = 4'096;
  static constexpr std::size_t remembered_max = 65'536;

 private:
  struct connection_entries {
    std::deque<unproven_mo> waiting; // in order of message ids
    std::unordered_set<message_id> taken;
    std::deque<digest128> proven;
    connection_row row;
  };
  void forget(const unproven_mo& mo);

  std::unordered_map<connection_id, connection_entries> connections_;
  std::unordered_multimap<digest128, unproven_mo> index_;
  std::deque<digest128> remembered_order_;
  std::unordered_multiset<digest128> remembered_;
};

} // namespace farebox::flow
