#include "store/sqlite/chain.hpp"

namespace farebox::store {

namespace {

failure broken(bill_id from, bill_id to, const std::string& why) {
  return {failure_kind::corrupt, "the bills after number " + std::to_string(from.value) +
                                     " up to number " + std::to_string(to.value) +
                                     " are not what was written: " + why};
}

} // namespace

chain_checker::chain_checker(database& db)
    : db_(db), heads_(db, select_sql<chain_head>("WHERE bill > ? ORDER BY bill")),
      head_at_(db, select_sql<chain_head>("WHERE bill <= ? ORDER BY bill DESC LIMIT 1")),
      bills_(db, select_sql<bill_row>("WHERE id > ? ORDER BY id")) {}

chain_head chain_checker::head_at(bill_id bill) {
  chain_head head;
  head_at_.bind(bill);
  while (head_at_.step()) read(head_at_, head);
  return head;
}

result<chain_head> chain_checker::follow(chain_head from, std::int64_t bills_max,
                                         const std::optional<chain_head>& also) {
  chain_head good = from, now = from, head;
  utc_time posted_at = utc_time::min();
  std::optional<failure> error;
  heads_.bind(from.bill);
  bills_.bind(from.bill);
  bool more = heads_.step();
  if (more) read(heads_, head);
  bill_row bill;
  while (!error && bills_.step()) {
    read(bills_, bill);
    const bill_id expected{now.bill.value + 1};
    if (!more) error = broken(good.bill, bill.id, "no digest was kept for the last of them");
    else if (bill.id != expected) error = broken(good.bill, expected, "that one is missing");
    else if (bill.posted_at < posted_at) error = broken(good.bill, bill.id, "posted out of order");
    if (error) break;
    now = {bill.id, chain_after(now.digest, bill)};
    posted_at = bill.posted_at;
    if (also && also->bill == now.bill && also->digest != now.digest)
      error = broken(good.bill, now.bill, "the mark file has another digest");
    if (now.bill != head.bill) continue;
    if (now.digest != head.digest) error = broken(good.bill, now.bill, "the digest is another");
    good = now;
    if (good.bill.value - from.bill.value >= bills_max) break;
    more = heads_.step();
    if (more) read(heads_, head);
  }
  if (!error && more && now.bill < head.bill)
    error = broken(good.bill, head.bill, "bills are missing at the end");
  heads_.reset();
  bills_.reset();
  if (!db_.ok()) return db_.error();
  if (error) return *error;
  return good;
}

} // namespace farebox::store
