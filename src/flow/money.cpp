// DESIGN rule R8: every message makes one bill, or one charge that may become one.

#include "flow/world.hpp"

#include "farebox/billing/bill.hpp"
#include "farebox/billing/settle.hpp"
#include "farebox/service/kind.hpp"

#include <algorithm>

namespace farebox::flow {

namespace {

// Without a tariff nobody knows a price; the message still has its bill, of zero.
bill_row bill_without_tariff(const message_row& message) {
  bill_row bill;
  bill.message = message.id;
  bill.reason = message.result;
  bill.op = message.op;
  bill.code = message.code;
  if (message.result == outcome::accepted) {
    bill.partner = message.partner;
    bill.service = message.service;
    bill.site = message.site;
  }
  return bill;
}

void settle_service(world& in, const charge_row& charge, services::settled how) {
  const auto* sold = in.sold.find_service(charge.estimate.service);
  const auto* kind = sold ? services::find_kind(sold->kind) : nullptr;
  if (!kind) return;
  auto changed = kind->settle(sold->id, charge.id, how, in.now(), facts_in(in));
  in.change_facts(std::move(changed.written), changed.erased);
}

} // namespace

void world::change_facts(std::vector<fact_row>&& written, const std::vector<fact_key>& erased) {
  for (auto& fact : written) {
    const auto key = fact.at;
    std::erase(made.erased_facts, key);
    facts.put(key, std::move(fact));
  }
  for (const auto& key : erased) {
    facts.erase(key);
    made.erased_facts.push_back(key);
  }
}

const bill_row& world::post(bill_row bill) {
  bill.id = {++numbers.last_bill.value};
  bill.posted_at = std::max(now(), numbers.last_posted_at);
  numbers.last_posted_at = bill.posted_at;
  numbers.chain = chain_after(numbers.chain, bill);
  const auto& s = bill.amounts;
  ensure(s.gross == s.vat + s.operator_share + s.platform_fee + s.partner_share,
         "a bill's parts add up to its gross");
  count(counters_of(bill));
  made.bills.push_back(std::move(bill));
  return made.bills.back();
}

void world::bill_message(const message_row& message, int units) {
  const auto price = billing::price_of(sold, message.op, message.code, message.received_at,
                                       message.result, message.partner, units);
  if (!price.price) {
    post(bill_without_tariff(message));
    return;
  }
  if (message.result == outcome::accepted && !price.contract)
    warn("no terms in force for partner " + std::to_string(message.partner.value) +
         ": billed without a platform fee");
  post(billing::bill_of(message, price, now()));
}

void world::open_charge(const message_row& message) {
  const auto price = billing::price_of(sold, message);
  auto charge = billing::charge_of(message, price, now());
  count(counters_of_pending(charge, 1));
  effects.push_back(schedule{charge.expires_at, charge_due{charge.id}});
  charges.insert(charge.id, std::move(charge));
}

namespace {

void settle_as(world& in, message_id id, billing::charge_event what) {
  const auto* known = in.charges.find(id);
  if (!known) return;
  const auto settlement = billing::settle(*known, what, in.now());
  if (settlement == billing::settlement::contradictory)
    in.warn("charge of message " + std::to_string(id.value) +
            ": a receipt contradicts what was settled before; nothing was changed");
  if (settlement == billing::settlement::unchanged ||
      settlement == billing::settlement::contradictory)
    return;
  auto& charge = in.charges.edit(id);
  if (charge.state == charge_state::pending) in.count(counters_of_pending(charge, -1));
  if (auto bill = billing::apply(settlement, charge, in.now())) {
    charge.bill = in.post(std::move(*bill)).id;
    settle_service(in, charge, services::settled::posted);
  } else if (charge.state == charge_state::void_) {
    settle_service(in, charge, services::settled::voided);
  }
}

} // namespace

void world::settle_charge(message_id charge, std::uint8_t receipt_state) {
  if (const auto what = billing::charge_event_of(receipt_state)) settle_as(*this, charge, *what);
}

void world::void_charge(message_id charge) {
  settle_as(*this, charge, billing::charge_event::failed);
}

void decide(world& in, const charge_due& e) {
  settle_as(in, e.charge, billing::charge_event::time_is_up);
}

} // namespace farebox::flow
