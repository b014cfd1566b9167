// An MO comes in: new or redelivered, whole or in parts; understood, billed and answered, in one
// commit (DESIGN rule R1).

#include "flow/world.hpp"

#include "farebox/billing/bill.hpp"
#include "farebox/route/route.hpp"

#include <algorithm>

namespace farebox::flow {

namespace {

// The same for needs and decide: what a service mints depends on the batch and the event alone.
entropy entropy_for(const world& in, const void* event) {
  const auto index =
      static_cast<std::uint64_t>(static_cast<const farebox::event*>(event) - in.events.data());
  auto seed = in.around.seed;
  for (std::size_t i = 0; i < 8; ++i)
    seed.octets[i] ^= static_cast<std::uint8_t>(index >> (8 * i));
  return entropy(seed);
}

const services::kind& kind_of(const service& sold) {
  const auto* kind = services::find_kind(sold.kind);
  ensure(kind != nullptr, "the kind of a service in the catalogue exists");
  return *kind;
}

services::order order_of(const world& in, const message_row& message,
                         const route::routing& routed) {
  const auto* sold = in.sold.find_service(routed.service);
  ensure(sold != nullptr, "a routed service is in the catalogue");
  const auto* seller = in.sold.find_partner(sold->partner);
  ensure(seller != nullptr, "a routed service has a partner");
  return {message,  routed.argument, routed.keyword,
          *seller,  *sold,           in.sold.tariff_at(message.op, message.code,
                                                       message.received_at),
          in.now()};
}

void understand(const world& in, message_row& message, const route::routing& routed) {
  message.result = routed.result;
  message.code = routed.code ? routed.code->id : short_code_id{};
  message.partner = routed.partner;
  message.service = routed.service;
  const auto& how = routed.repair.empty() ? routed.detail : routed.repair;
  if (!how.empty()) message.detail += (message.detail.empty() ? "" : "; ") + how;
  if (const auto* sold = in.sold.find_service(routed.service)) message.site = sold->site;
}

// What the platform itself answers to what nobody sells.
const std::string& platform_reply(const world& in, const route::routing& routed) {
  if (!routed.code) return in.sold.unknown_code_help();
  return routed.result == outcome::reserved ? routed.code->reserved_reply : routed.code->help;
}

message_row message_of(const mo_arrived& mo, message_id id) {
  message_row row;
  row.id = id;
  row.received_at = mo.received_at;
  row.op = mo.op;
  row.connection = mo.answer_to.connection;
  row.source = mo.source;
  row.destination = mo.destination;
  row.esm_class = mo.esm_class;
  row.data_coding = mo.data_coding;
  row.raw = mo.raw;
  row.text = mo.text;
  row.operator_message_id = mo.operator_message_id;
  row.reference = mo.reference;
  return row;
}

} // namespace

void order_needs(world& in, const event& e, std::string_view text, std::string_view destination,
                 operator_id op, wanted& out) {
  const auto [at, is_new] = in.orders.try_emplace(&e);
  auto& known = at->second;
  if (is_new || known.text != text) {
    known = {std::string(text), route::route(text, destination, op, in.sold), {}};
    if (known.routed.result == outcome::accepted) {
      message_row message;
      message.op = op;
      message.text = text;
      message.destination = destination;
      understand(in, message, known.routed);
      const auto order = order_of(in, message, known.routed);
      auto minting = entropy_for(in, &e);
      kind_of(order.sold).needs(order, minting, known.facts);
    }
  }
  for (const auto& key : known.facts)
    if (!in.facts.asked(key)) out.facts.push_back(key);
}

void take_order(world& in, const event& e, whole_mo&& mo) {
  auto& message = mo.message;
  const auto known = in.orders.find(&e);
  const auto routed =
      known != in.orders.end() && known->second.text == message.text
          ? std::move(known->second.routed)
          : route::route(message.text, message.destination, message.op, in.sold);
  understand(in, message, routed);
  const auto* price = in.sold.tariff_at(message.op, message.code, message.received_at);
  if (message.code && !price)
    in.warn("no tariff at operator " + std::to_string(message.op.value) + " for short code " +
            message.destination + ": billed as zero");
  const bool charged_on_reply = price && !billing::is_billed_at_once(*price, message.result);
  std::string reply;
  if (message.result == outcome::accepted) {
    auto minting = entropy_for(in, &e);
    const auto order = order_of(in, message, routed);
    auto decided = kind_of(order.sold).decide(order, minting, facts_in(in));
    reply = std::move(decided.reply);
    in.change_facts(std::move(decided.facts.written), decided.facts.erased);
  } else {
    reply = platform_reply(in, routed);
  }
  in.count(counters_of(message, price ? price->unit : currency{}));
  if (charged_on_reply) in.open_charge(message);
  else in.bill_message(message, mo.units);
  in.answer(message, price, std::move(reply), charged_on_reply, std::move(mo.mo_link), mo.permit);
  in.messages.insert(message.id, std::move(message));
}

void take_absorbed(world& in, const mo_arrived& mo, message_id id, message_id earlier) {
  auto row = message_of(mo, id);
  if (const auto* code = in.sold.find_short_code(mo.destination)) row.code = code->id;
  row.result = outcome::absorbed;
  row.absorbed_by = earlier;
  const auto* price = in.sold.tariff_at(row.op, row.code, row.received_at);
  in.count(counters_of(row, price ? price->unit : currency{}));
  in.bill_message(row, 1);
  in.messages.insert(id, std::move(row));
}

// An MO that was held may come back when its own connection is gone: its SMSC delivers it again.
bool nobody_waits(const world& in, const mo_arrived& mo) {
  const auto here = mo.answer_to.connection;
  if (mo.probe == probe_result::not_asked) return false;
  if (std::find(in.closed.begin(), in.closed.end(), here) != in.closed.end()) return true;
  return !in.book.find(here) && !in.connections.find(here);
}

void decide(world& in, const event& e, const mo_arrived& mo) {
  if (nobody_waits(in, mo)) return;
  const auto verdict = in.judge(mo);
  if (verdict.what == world::verdict::held) return; // no answer yet: nothing is stored
  const auto id = in.next_message();
  if (verdict.what == world::verdict::absorbed) {
    take_absorbed(in, mo, id, verdict.earlier);
  } else if (mo.part) {
    take_part(in, e, mo, id);
  } else {
    whole_mo whole{message_of(mo, id), mo.mo_link, mo.permit, 1};
    whole.message.possible_redelivery = verdict.what == world::verdict::flagged;
    take_order(in, e, std::move(whole));
  }
  in.remember_unproven(mo, id);
  in.effects.push_back(acknowledge{mo.answer_to, 0, id});
}

namespace {

void refuse_order(world& in, whole_mo&& mo, const std::string& why) {
  auto& message = mo.message;
  const auto* code = in.sold.find_short_code(message.destination);
  message.code = code ? code->id : short_code_id{};
  message.result = outcome::refused;
  message.detail = why;
  const auto* price = in.sold.tariff_at(message.op, message.code, message.received_at);
  in.count(counters_of(message, price ? price->unit : currency{}));
  in.bill_message(message, mo.units);
  in.answer(message, price, code ? code->help : std::string{}, false, std::move(mo.mo_link), false);
  in.messages.insert(message.id, std::move(message));
}

} // namespace

void decide_aside(world& in, const mo_arrived& mo, const std::string& why) {
  const auto id = in.next_message();
  refuse_order(in, {message_of(mo, id), mo.mo_link, false, 1}, why);
  in.remember_unproven(mo, id);
  in.effects.push_back(acknowledge{mo.answer_to, 0, id});
}

} // namespace farebox::flow
