// What one batch sees and changes. Each event's file works on this.
#pragma once

#include "farebox/base/limits.hpp"
#include "farebox/flow/batch.hpp"
#include "farebox/route/route.hpp"
#include "farebox/service/kind.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace farebox::flow {

// Rows of one kind as the batch sees them: what was loaded, and what it changed on top.
template <class Key, class Row>
class row_view {
 public:
  bool asked(const Key& key) const { return cells_.contains(key); }
  void learn_absent(const Key& key) { cells_.try_emplace(key); }
  void learn(const Key& key, Row&& row) {
    auto& cell = cells_[key];
    if (!cell.row) cell.row = std::move(row); // a row changed by this batch is newer
  }

  const Row* find(const Key& key) const {
    const auto found = cells_.find(key);
    return found == cells_.end() || !found->second.row ? nullptr : &*found->second.row;
  }
  Row& insert(const Key& key, Row&& row) {
    auto& cell = cells_[key];
    ensure(!cell.row, "a row is inserted once");
    cell.row = std::move(row);
    cell.fresh = true;
    return *cell.row;
  }
  Row& edit(const Key& key) {
    const auto found = cells_.find(key);
    ensure(found != cells_.end() && found->second.row, "only a known row is changed");
    found->second.dirty = true;
    return *found->second.row;
  }
  Row& put(const Key& key, Row&& row) { // insert or replace
    auto& cell = cells_[key];
    cell.row = std::move(row);
    cell.dirty = true;
    return *cell.row;
  }

  void erase(const Key& key) { cells_[key] = {}; } // known not to exist

  // In order of the keys: new rows, then changed ones.
  void move_changes(std::vector<Row>& fresh, std::vector<Row>& changed) {
    for (auto& [key, cell] : cells_) {
      if (!cell.row) continue;
      if (cell.fresh) fresh.push_back(std::move(*cell.row));
      else if (cell.dirty) changed.push_back(std::move(*cell.row));
    }
  }

 private:
  struct cell {
    std::optional<Row> row;
    bool fresh = false;
    bool dirty = false;
  };
  std::map<Key, cell> cells_;
};

struct attempt_key {
  smsc_key at;
  message_id reply;
  int attempt = 1;
  std::uint32_t segments = 1;
  friend auto operator<=>(const attempt_key&, const attempt_key&) = default;
};

// What a text was found to mean when its needs were asked for, kept for its decision.
struct understood {
  std::string text; // compared before it is used: who is paid depends on it
  route::routing routed;
  std::vector<fact_key> facts; // that the service will look at
};

struct batch::world {
  std::span<const event> events;
  const catalogue& sold;
  const unproven_book& book;
  sequences numbers;
  context around;

  changes made;
  std::vector<effect> effects;

  row_view<message_id, message_row> messages;
  row_view<message_id, reply_row> replies;
  row_view<message_id, charge_row> charges;
  row_view<message_id, part_set_row> sets;
  row_view<fact_key, fact_row> facts;
  row_view<attempt_key, attempt_row> attempts;
  row_view<connection_id, connection_row> connections;
  std::map<message_id, std::vector<part_row>> parts;      // of a known set, in order of arrival
  std::map<message_id, std::vector<bill_row>> part_bills; // of a known set
  std::map<part_set_key, std::vector<message_id>> sets_by_key;
  std::map<smsc_key, std::vector<attempt_key>> attempts_by_id;
  std::map<smsc_key, std::optional<orphan_row>> orphans;
  std::map<unknown_key, std::vector<smsc_key>> unknown_orphans; // by phone and short code
  std::map<unknown_key, std::vector<message_id>> unknown_replies;
  std::map<digest128, std::vector<doubt_row>> doubts; // what is left to absorb
  std::map<std::pair<operator_id, std::string>, std::vector<message_id>> by_operator_id;
  std::map<const event*, understood> orders;
  std::optional<loaded> at_start;

  // Unproven MOs of this batch, which the book learns after the commit; and what leaves the book.
  std::vector<unproven_mo> unproven_added;
  std::map<message_id, connection_id> unproven_taken; // no longer to be matched
  std::vector<std::pair<connection_id, message_id>> proven;
  std::vector<connection_id> closed;

  utc_time now() const { return around.now; }
  message_id next_message() { return {++numbers.last_message.value}; }

  // ---- money (money.cpp) ----
  const bill_row& post(bill_row bill); // gives it its number and time
  void count(const counted& what) { made.counters[what.key] += what.values; }
  // The one bill of a message that is not charged on its reply; zero where nothing is charged.
  void bill_message(const message_row& message, int units);
  void open_charge(const message_row& message);
  void settle_charge(message_id charge, std::uint8_t receipt_state);
  void change_facts(std::vector<fact_row>&& written, const std::vector<fact_key>& erased);
  void void_charge(message_id charge);

  // ---- replies (reply.cpp) ----
  // Stores the answer to a message, and sends it at once if a permit allows that.
  void answer(const message_row& message, const tariff* price, std::string text, bool charged_on_mt,
              std::string mo_link, bool permit);
  void send(reply_row& reply, bool uses_permit);
  void wait_until(reply_row& reply, utc_time at); // in state waiting or retry
  void count_reply(const reply_row& reply, bool delivered);
  bool leaves_whole(const reply_row& reply) const; // in one submit, whatever its length
  bool match_orphan_receipt(const reply_row& reply); // of a reply without answer
  void apply_receipt(message_id reply, std::uint32_t segments, std::uint8_t state,
                     std::uint32_t error);

  // ---- redelivery (redelivery.cpp) ----
  enum class verdict { new_order, flagged, absorbed, held };
  struct judgement {
    verdict what = verdict::new_order;
    message_id earlier; // of an absorbed MO
  };
  judgement judge(const mo_arrived& mo);
  void remember_unproven(const mo_arrived& mo, message_id id);

  void warn(std::string what) { effects.push_back(alarm{std::move(what)}); }
};

using world = batch::world;

// The facts of a batch, as a service reads them.
struct facts_in final : services::fact_reader {
  explicit facts_in(const world& in) : in_(in) {}
  const fact_row* find(const fact_key& key) const override { return in_.facts.find(key); }

 private:
  const world& in_;
};

// ---- one function an event ----
void decide(world& in, const started& e);
void decide(world& in, const connection_opened& e);
void decide(world& in, const connection_proven& e);
void decide(world& in, const connection_closed& e);
void decide(world& in, const answered_late& e);
void decide(world& in, const receipt_arrived& e);
void keep_receipt(world& in, const receipt_arrived& e);
void decide(world& in, const submit_answered& e);
void decide(world& in, const submit_lost& e);
void decide(world& in, const submit_unsent& e);
void decide(world& in, const reply_due& e);
void decide(world& in, const unknown_due& e);
void decide(world& in, const charge_due& e);
void decide(world& in, const part_set_due& e);
void decide(world& in, const check_code& e);
void decide(world& in, const catalogue_change& e);

// ---- what support decides (support.cpp) ----
void decide(world& in, const event& e, const release_absorbed& release);
void decide(world& in, const settle_reply& e);
void release_needs(world& in, const event& e, const release_absorbed& release, wanted& out);
fact_key settled_key(message_id reply);

// ---- an MO (arrival.cpp, long_message.cpp) ----
void decide(world& in, const event& e, const mo_arrived& mo);
// For an MO whose own decision throws.
void decide_aside(world& in, const mo_arrived& mo, const std::string& why);

// A whole message, single or joined: understood, billed, answered.
struct whole_mo {
  message_row message; // filled up to `text`
  std::string mo_link;
  bool permit = false;
  int units = 1; // parts that the operator charges, where a tariff counts parts
};
void take_order(world& in, const event& e, whole_mo&& mo);
void take_part(world& in, const event& e, const mo_arrived& mo, message_id id);
void take_absorbed(world& in, const mo_arrived& mo, message_id id, message_id earlier);
part_set_key set_key_of(const mo_arrived& mo);
std::optional<std::string> text_completed_by(const world& in, const mo_arrived& mo);
std::string joined_text(std::vector<part_row> parts); // in any order
// The complete message of the set, to be taken once more: without number and connection.
whole_mo copy_of_set(world& in, const part_set_row& set);

// What take_order will want to know of this text.
void order_needs(world& in, const event& e, std::string_view text,
                 std::string_view destination, operator_id op, wanted& out);

} // namespace farebox::flow
