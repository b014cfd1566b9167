// The store: load what a batch wants, commit what it changes. One batch is one transaction.
// A writer lives on the writer thread; each reader on one HTTP thread.
#pragma once

#include "farebox/model/changes.hpp"
#include "farebox/model/queries.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace farebox::store {

class writer {
 public:
  virtual ~writer() = default;

  // Begins the batch's transaction if none is open, and reads inside it.
  virtual result<loaded> load(const wanted& what) = 0;

  // Durable when it returns. A failure of kind `unavailable` (disk full, busy) leaves the store as
  // before the batch, once rollback() was called; `conflict`: a row contradicts the schema (a
  // number used twice): the batch is wrong, the store is well; `fatal`: the process must end.
  virtual result<void> commit(const changes& what) = 0;
  virtual void rollback() noexcept = 0;

  // Outside a batch, at start. Checks the newest bills against the hash chain: `corrupt` if they
  // are not what was written, or if the store is older than what was acknowledged.
  virtual result<sequences> load_sequences() = 0;
  // Everything of a catalogue that the store keeps (not operators and short codes).
  virtual result<catalogue_parts> load_catalogue() = 0;
  virtual result<std::vector<token_row>> load_tokens() = 0;

  // Ids of names for ever: a name keeps its number once it has one.
  virtual result<operator_id> operator_named(std::string_view name) = 0;
  virtual result<short_code_id> short_code_named(std::string_view number) = 0;

  // Housekeeping when no batch waits, at least once a second after a commit: moves the log into the
  // data base when it is worth it, notes how far the bills have come, drops what has expired.
  virtual void idle() {}
};

class reader {
 public:
  virtual ~reader() = default;
  virtual result<std::vector<statistics_row>> statistics(const statistics_query& query) = 0;
  virtual result<std::vector<message_view>> messages(const message_query& query) = 0;
  virtual result<message_view> message(message_id id) = 0;

  // Checks bills against the hash chain, beginning behind `from` (0: the first bill), about
  // `bills_max` of them. Returns where the next slice begins, or nothing: the newest was reached.
  // Failure `corrupt`: a bill is not what was written.
  virtual result<std::optional<bill_id>> scrub_slice(bill_id from, int bills_max);
};

// A store without a chain has nothing to check.
inline result<std::optional<bill_id>> reader::scrub_slice(bill_id, int) { return std::nullopt; }

} // namespace farebox::store
