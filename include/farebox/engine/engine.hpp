// One batch of events, from rows to rows: load what they want, decide in order, commit once, and
// only then say what is to be done. Lives on the writer thread.
#pragma once

#include "farebox/engine/agenda.hpp"
#include "farebox/flow/batch.hpp"
#include "farebox/store/store.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace farebox::engine {

struct outcomes {
  std::vector<effect> effects; // no `schedule`: the engine keeps those
  bool store_able = true;      // false: nothing was committed; MOs are told to come again
  bool catalogue_changed = false;
};

struct engine_counters {
  std::uint64_t batches = 0, messages = 0, absorbed = 0, held = 0, bills = 0, replies_sent = 0,
                delivered = 0, set_aside = 0, rollbacks = 0;
};

class engine {
 public:
  // `secret` seeds what is minted; it is random and new in each process.
  engine(store::writer& rows, sequences numbers, const digest256& secret);

  // Reserves permits for replies, decides and commits. An event whose decision throws is taken out,
  // the others run again without it, and it is put aside in a batch of its own. After a rollback
  // (outcomes.store_able false) events that have no other home are kept, and come first next time.
  // Throws fatal_store_error if the store cannot be trusted any more.
  outcomes run(std::span<event> events, const catalogue& sold, utc_time now, outlet& permits);

  // Adds what has come due, and what an earlier rollback left.
  void take_due(utc_time now, outlet& permits, std::vector<event>& out);

  // After an outage without events: proves that the store can write again. Throws as run() does.
  bool store_is_able();

  const agenda& due() const { return agenda_; }
  const engine_counters& counters() const { return counters_; }
  const sequences& numbers() const { return numbers_; }
  std::size_t unproven() const { return book_.size(); }
  bool has_kept_events() const { return !kept_.empty(); }

 private:
  outcomes run_once(std::span<event> events, const catalogue& sold, utc_time now, outlet& permits,
                    const std::string* aside);
  void give_back(std::span<event> events, std::span<const effect> effects, outlet& permits);
  outcomes roll_back(std::span<event> events, const catalogue& sold, outlet& permits,
                     const failure& why);
  void count(const changes& made);
  void settle(flow::batch& decided, utc_time now, outcomes& out);

  store::writer& rows_;
  sequences numbers_;
  digest256 secret_;
  std::uint64_t batch_number_ = 0;
  flow::unproven_book book_;
  agenda agenda_;
  std::vector<event> kept_; // after a rollback
  engine_counters counters_;
};

// What was written is in doubt: the process ends without another answer (DESIGN rule R2).
struct fatal_store_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace farebox::engine
