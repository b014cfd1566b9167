// Rows with another value in every member, so that swapped or forgotten columns show.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/model/changes.hpp"

namespace farebox::store {

inline constexpr currency euro{{'E', 'U', 'R'}};
inline const utc_time day_one = *parse_iso8601("2026-11-23T10:00:00Z");

inline message_row sample_message(std::int64_t number) {
  message_row row;
  row.id = {number};
  row.received_at = day_one + seconds(number);
  row.op = {2};
  row.code = {3};
  row.connection = {4};
  row.source = "79121234345";
  row.destination = "4449";
  row.esm_class = 5;
  row.data_coding = 8;
  row.raw = {0, 'h', 0, 'i'};
  row.text = "hi";
  row.operator_message_id = "op-" + std::to_string(number);
  row.reference = "\x01\x02";
  row.result = outcome::accepted;
  row.detail = "repaired: 0 for o";
  row.partner = {104723};
  row.service = {6};
  row.site = "example.org";
  row.parts = 2;
  row.absorbed_by = {7};
  row.possible_redelivery = true;
  return row;
}

inline part_set_row sample_set(std::int64_t number) {
  return {{number},        {2},     "79121234345", "4449", 0xBEEF, 3, set_state::open, day_one,
          day_one + hours(24), {}};
}

inline part_row sample_part(std::int64_t number, std::int64_t set) {
  part_row row;
  row.id = {number};
  row.set = {set};
  row.received_at = day_one;
  row.connection = {4};
  row.number = 2;
  row.esm_class = 0x40;
  row.data_coding = 8;
  row.alphabet = 1;
  row.reference = "r";
  row.raw = {5, 0, 3, 1, 3, 2, 4, 62};
  row.text = "п";
  return row;
}

inline bill_row sample_bill(std::int64_t number, std::int64_t message) {
  bill_row row;
  row.id = {number};
  row.posted_at = day_one + milliseconds(number);
  row.message = {message};
  row.kind = bill_kind::original;
  row.reverses = {};
  row.reason = outcome::accepted;
  row.partner = {104723};
  row.service = {6};
  row.site = "example.org";
  row.op = {2};
  row.code = {3};
  row.tariff = {8};
  row.contract = {9};
  row.unit = euro;
  row.amounts = {{1'500'000}, {250'000}, {500'000}, {15'000}, {735'000}};
  return row;
}

inline charge_row sample_charge(std::int64_t number) {
  charge_row row;
  row.id = {number};
  row.created_at = day_one;
  row.expires_at = day_one + hours(72);
  row.estimate = sample_bill(0, number);
  row.estimate.posted_at = day_one;
  return row;
}

inline reply_row sample_reply(std::int64_t number) {
  reply_row row;
  row.id = {number};
  row.message = {number};
  row.op = {2};
  row.partner = {104723};
  row.service = {6};
  row.site = "example.org";
  row.code = {3};
  row.unit = euro;
  row.destination = "79121234345";
  row.source = "4449";
  row.tariff = {8};
  row.charged_on_mt = true;
  row.text = "Your code: ABCD-EFGH";
  row.mo_link = std::string("\x00\xff", 2);
  row.state = reply_state::sending;
  row.attempts = 3;
  row.resends = 1;
  row.segments = 2;
  row.accepted_mask = 3;
  row.delivered_mask = 1;
  row.status = 0x58;
  row.created_at = day_one;
  row.next_at = day_one + seconds(60);
  return row;
}

inline attempt_row sample_attempt(std::string smsc_id, std::int64_t reply) {
  return {{2}, std::move(smsc_id), day_one, {reply}, 2, 1, 0};
}

inline orphan_row sample_orphan(std::string smsc_id) {
  return {{2}, std::move(smsc_id), day_one, 2, 0x45, "79121234345", "4449", 0xABC};
}

inline doubt_row sample_doubt(std::uint8_t key, std::int64_t message) {
  doubt_row row;
  row.key.octets.fill(key);
  row.message = {message};
  row.op = {2};
  row.expires_at = day_one + hours(24);
  return row;
}

// A batch with these bills and the head of the chain after them.
inline changes billed(std::vector<bill_row> bills, digest256& chain) {
  changes batch;
  for (const auto& bill : bills) chain = chain_after(chain, bill);
  batch.head = {bills.back().id, chain};
  batch.bills = std::move(bills);
  return batch;
}

} // namespace farebox::store
