// The life of a message: what an event needs to know, and what changes by it. Pure: rows, time and
// entropy go in; rows and effects come out. A batch is decided in order, each event seeing the
// changes of those before it, and committed as one transaction.
#pragma once

#include "farebox/flow/unproven.hpp"
#include "farebox/model/changes.hpp"
#include "farebox/text/parts.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace farebox::flow {

struct context {
  utc_time now;
  digest256 seed; // another one for each batch: what is minted from it is never minted again
};

class batch {
 public:
  // All references outlive the batch.
  batch(std::span<const event> events, const catalogue& sold, const unproven_book& book,
        const sequences& numbers, const context& around);
  ~batch();

  // Appends to `out` what event i wants to know and has not been told; false if nothing.
  bool needs(std::size_t i, wanted& out);
  // The answer to all of `asked`: what is not in it does not exist.
  void learn(loaded&& rows, const wanted& asked);

  // Requires that needs(i) asks for nothing. May throw; the batch is then to be thrown away.
  void decide(std::size_t i);
  // Instead of decide, for an event that throws: an MO becomes a refused message in suspense, so
  // that it is stored, billed, answered and visible; other events change nothing but an alarm.
  void set_aside(std::size_t i, const std::string& why);

  // Call once, after the last event: rows are moved out of the view.
  const changes& finish();

  // After finish(): what is to be done once the changes are durable.
  std::vector<effect>& effects();
  const sequences& numbers() const;
  void apply_to(unproven_book& book) const;

  struct world;

 private:
  std::unique_ptr<world> world_;
};

// Replies are counted and sent by the same rule: flow counts the segments, the gateway sends them.
text::split_settings splitting_of(const operator_info& op);

} // namespace farebox::flow
