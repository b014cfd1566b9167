// What a batch wants to know, what it was told, and what it changes. The store's whole vocabulary.
#pragma once

#include "farebox/model/events.hpp"
#include "farebox/model/rows.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace farebox {

struct part_set_key {
  operator_id op;
  std::string source;
  std::string destination;
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  friend auto operator<=>(const part_set_key&, const part_set_key&) = default;
};

struct smsc_key {
  operator_id op;
  std::string smsc_id;
  friend auto operator<=>(const smsc_key&, const smsc_key&) = default;
};

// Replies to this phone from this short code, of which a submit has no answer: those being sent,
// the unknown, and the resent. For receipts that name no known id.
struct unknown_key {
  operator_id op;
  std::string phone;
  std::string short_code;
  friend auto operator<=>(const unknown_key&, const unknown_key&) = default;
};

struct wanted {
  bool at_start = false;
  std::vector<digest128> doubts;
  std::vector<part_set_key> open_sets; // with their parts
  std::vector<message_id> sets;        // by the id of any of their parts; with all of them
  std::vector<fact_key> facts;
  std::vector<message_id> messages;
  std::vector<message_id> replies;
  std::vector<message_id> charges;
  // Of the newest hour that has the id, up to receipt_hours_max back; with the orphans of the same
  // key. A new id is searched for in vain there: ask for its orphans alone.
  std::vector<smsc_key> attempts;
  std::vector<smsc_key> orphans;
  std::vector<unknown_key> unknown;
  std::vector<unknown_key> unknown_orphans; // receipts for nobody, from this phone
  std::vector<std::pair<operator_id, std::string>> operator_message_ids; // within the horizon
};

struct loaded_set {
  part_set_row row;
  std::vector<part_row> parts;
  std::vector<bill_row> bills; // of parts that were billed on arrival
};

// An MO that was stored and not proven acknowledged when the process ended.
struct unproven_message {
  message_id id;
  connection_id connection;
  operator_id op;
  digest128 key;
};

struct loaded {
  std::vector<doubt_row> doubts; // not expired ones only if the store knows; the flow checks
  std::vector<loaded_set> sets;
  std::vector<fact_row> facts;
  std::vector<message_row> messages;
  std::vector<reply_row> replies;
  std::vector<charge_row> charges;
  std::vector<attempt_row> attempts;
  std::vector<orphan_row> orphans;
  // at start only
  std::vector<connection_row> open_connections;
  std::vector<unproven_message> unproven;
  std::vector<reply_row> open_replies; // text left out
  std::vector<charge_row> pending_charges;
  std::vector<part_set_row> open_part_sets;
};

// Where the numbers stand. Kept by the engine, loaded once from the store.
struct sequences {
  message_id last_message;
  bill_id last_bill;
  connection_id last_connection;
  service_id last_service;
  tariff_id last_tariff;
  terms_id last_terms;
  token_id last_token;
  utc_time last_posted_at;
  digest256 chain; // over all bills up to last_bill
};

// Rows to insert and rows as they are now (the store updates what can change in them).
struct changes {
  std::vector<connection_row> connections; // inserted or updated
  std::vector<message_row> messages;
  std::vector<part_row> parts;
  std::vector<part_set_row> part_sets; // inserted or updated
  std::vector<bill_row> bills;         // consecutive ids
  std::vector<charge_row> charges;     // inserted or updated
  std::vector<reply_row> new_replies;
  std::vector<reply_row> changed_replies;
  std::vector<attempt_row> attempts; // inserted or updated
  std::vector<orphan_row> new_orphans;
  std::vector<smsc_key> matched_orphans; // removed
  std::vector<doubt_row> new_doubts;
  std::vector<doubt_row> used_doubts; // removed
  std::vector<fact_row> facts;        // inserted or replaced
  std::vector<fact_key> erased_facts;
  std::map<counter_key, counter_values> counters; // added
  std::vector<partner> partners;                  // inserted or updated, as all below
  std::vector<service> services;
  std::vector<tariff> tariffs;
  std::vector<terms> terms_versions;
  std::vector<token_row> tokens;
  std::optional<chain_head> head; // after the last bill of this batch

  bool empty() const;
};

// What one row adds to the counters: the only place that says so.
struct counted {
  counter_key key;
  counter_values values;
};
counted counters_of(const message_row& row, currency unit);
counted counters_of(const bill_row& row);
// The pending charge appears (+1) or goes (-1).
counted counters_of_pending(const charge_row& row, int sign);
// A reply was accepted by the SMSC (or delivered); it counts in the hour of its created_at.
counted counters_of_reply(const reply_row& reply, bool delivered);

// The bytes of a bill that the hash chain covers; field order is fixed for ever.
digest256 chain_after(const digest256& before, const bill_row& bill);

} // namespace farebox
