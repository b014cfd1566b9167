#include "farebox/model/changes.hpp"

#include "farebox/base/byte_writer.hpp"

namespace farebox {

namespace {

// What is not sold counts for nobody (partner 0), as it is billed. An absorbed MO counts for the
// partner of the one that absorbed it, if the row says which.
counter_key key_of(const message_row& row, currency unit) {
  counter_key key;
  key.hour = hour_of(row.received_at);
  key.op = row.op;
  key.code = row.code;
  key.unit = unit;
  if (row.result != outcome::accepted && row.result != outcome::absorbed) return key;
  key.partner = row.partner;
  key.service = row.service;
  key.site = row.site;
  return key;
}

counter_key key_of(const bill_row& bill, utc_time at) {
  return {hour_of(at), bill.partner, bill.service, bill.site, bill.op, bill.code, bill.unit};
}

} // namespace

bool changes::empty() const {
  return connections.empty() && messages.empty() && parts.empty() && part_sets.empty() &&
         bills.empty() && charges.empty() && new_replies.empty() && changed_replies.empty() &&
         attempts.empty() && new_orphans.empty() && matched_orphans.empty() &&
         new_doubts.empty() && used_doubts.empty() && facts.empty() && erased_facts.empty() &&
         counters.empty() && partners.empty() && services.empty() && tariffs.empty() &&
         terms_versions.empty() && tokens.empty() && !head;
}

counted counters_of(const message_row& row, currency unit) {
  counted out{key_of(row, unit), {}};
  (row.result == outcome::absorbed ? out.values.absorbed : out.values.requests) = 1;
  return out;
}

counted counters_of(const bill_row& row) {
  counted out{key_of(row, row.posted_at), {}};
  out.values.bills = 1;
  out.values.money = row.amounts;
  return out;
}

counted counters_of_pending(const charge_row& row, int sign) {
  // By the time of creation, so that what appeared in an hour goes from the same hour.
  counted out{key_of(row.estimate, row.created_at), {}};
  out.values.pending = sign;
  out.values.pending_money = sign < 0 ? -row.estimate.amounts : row.estimate.amounts;
  return out;
}

counted counters_of_reply(const reply_row& reply, bool delivered) {
  counted out{{hour_of(reply.created_at), reply.partner, reply.service, reply.site, reply.op,
               reply.code, reply.unit},
              {}};
  (delivered ? out.values.delivered : out.values.replies) = 1;
  return out;
}

digest256 chain_after(const digest256& before, const bill_row& bill) {
  bytes data;
  data.reserve(256 + bill.site.size());
  byte_writer out(data);
  const auto number = [&](std::int64_t value) { out.u64(static_cast<std::uint64_t>(value)); };
  out.octets(before.octets);
  number(bill.id.value);
  number(bill.posted_at.time_since_epoch().count());
  number(bill.message.value);
  out.u8(static_cast<std::uint8_t>(bill.kind));
  number(bill.reverses.value);
  out.u8(static_cast<std::uint8_t>(bill.reason));
  number(bill.partner.value);
  number(bill.service.value);
  out.u32(static_cast<std::uint32_t>(bill.site.size()));
  out.octets(as_bytes(bill.site));
  number(bill.op.value);
  number(bill.code.value);
  number(bill.tariff.value);
  number(bill.contract.value);
  out.octets(as_bytes(bill.unit.code()));
  for (const auto amount : {bill.amounts.gross, bill.amounts.vat, bill.amounts.operator_share,
                            bill.amounts.platform_fee, bill.amounts.partner_share})
    number(amount.value);
  return hash256(data);
}

} // namespace farebox
