// What support decides where a rule leaves a doubt: an absorbed message was an order after all
// (rule R3); a reply that is charged and never reported on was delivered, or was not (rule R6).
// Each is done once and kept as a fact of the platform, with the reason that was given.

#include "flow/world.hpp"

#include "farebox/route/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace farebox::flow {

namespace {

constexpr std::uint8_t state_delivered = 2, state_undeliverable = 5; // SMPP 3.4 5.2.28

fact_key key_of(std::uint16_t where, message_id id) {
  return {service_id{}, where, std::to_string(id.value)};
}

// "12345 at 2026-11-23T10:00:00Z: the customer ordered twice"
void note(world& in, const fact_key& key, std::string_view what, std::string_view reason) {
  const auto text = fmt::format("{} at {}: {}", what, to_iso8601(in.now()), reason);
  const auto octets = as_bytes(text);
  in.facts.put(key, {key, bytes(octets.begin(), octets.end()), 0, {}});
}

std::string_view noted(const fact_row& fact) {
  const auto text = as_text(fact.value);
  return text.substr(0, text.find(' '));
}

// The complete set that the part belongs to; nullptr: it is no part of one.
const part_set_row* set_with(const world& in, message_id part) {
  for (const auto& [id, parts] : in.parts) {
    const auto is_it = [&](const part_row& row) { return row.id == part; };
    const auto* set = in.sets.find(id);
    if (set && set->state == set_state::complete &&
        std::any_of(parts.begin(), parts.end(), is_it))
      return set;
  }
  return nullptr;
}

// What was taken first, behind redeliveries of redeliveries: a message or a part.
message_id origin_of(const world& in, message_row const& absorbed) {
  auto id = absorbed.absorbed_by;
  for (const auto* earlier = in.messages.find(id);
       earlier && earlier->result == outcome::absorbed; earlier = in.messages.find(id))
    id = earlier->absorbed_by;
  return id;
}

// What an absorbed message orders if it is released: itself, or, of an absorbed part, the whole
// message that its twin was a part of. All parts of it are absorbed, and released together.
struct second_order {
  message_id known_as; // released once under this number
  whole_mo order;
};
std::optional<second_order> order_in(world& in, const message_row& absorbed) {
  const auto origin = origin_of(in, absorbed);
  if (in.messages.find(origin)) {
    whole_mo order{absorbed, {}, false, 1};
    order.message.connection = {};
    order.message.operator_message_id.clear(); // the first one keeps it
    order.message.absorbed_by = {};
    return second_order{absorbed.id, std::move(order)};
  }
  const auto* set = set_with(in, origin);
  if (!set) return {};
  return second_order{set->id, copy_of_set(in, *set)};
}

// Released once: what would not be sold, or could not be answered, is better not begun.
result<void> is_sold(const world& in, const message_row& order) {
  const auto routed = route::route(order.text, order.destination, order.op, in.sold);
  if (routed.result != outcome::accepted)
    return conflict(fmt::format("its text would not be sold now: {} {}", name_of(routed.result),
                                routed.detail));
  const auto* price = in.sold.tariff_at(order.op, routed.code->id, order.received_at);
  const auto is_link = [](const extra_tlv& tlv) { return tlv.is_mo_link; };
  if (price && std::any_of(price->reply.tlvs.begin(), price->reply.tlvs.end(), is_link))
    return conflict("its reply would need a TLV of the message, which is not kept");
  return {};
}

result<void> release(world& in, const event& e, const release_absorbed& asked,
                     support_answered& answer) {
  const auto* found = in.messages.find(asked.message);
  if (!found) return not_found(fmt::format("there is no message {}", asked.message.value));
  if (found->result != outcome::absorbed)
    return conflict(fmt::format("message {} was not absorbed: its outcome is {}",
                                asked.message.value, name_of(found->result)));
  auto second = order_in(in, *found);
  if (!second)
    return conflict(fmt::format("message {} repeats a part of a message that is not complete",
                                asked.message.value));
  const auto key = key_of(platform_space::released, second->known_as);
  if (const auto* before = in.facts.find(key)) {
    const auto number = noted(*before);
    std::from_chars(number.data(), number.data() + number.size(), answer.message.value);
    answer.done_before = true;
    return {};
  }
  auto& message = second->order.message;
  if (auto sold = is_sold(in, message); !sold) return sold;
  message.id = answer.message = in.next_message();
  message.detail = fmt::format("released from {}", asked.message.value);
  note(in, key, std::to_string(message.id.value), asked.reason);
  if (second->known_as != asked.message) // shown with the message that was asked for, too
    note(in, key_of(platform_space::released, asked.message), std::to_string(message.id.value),
         asked.reason);
  take_order(in, e, std::move(second->order));
  return {};
}

result<void> settle(world& in, const settle_reply& asked, support_answered& answer) {
  answer.message = asked.reply;
  const std::string_view decision = asked.delivered ? "delivered" : "failed";
  const auto* reply = in.replies.find(asked.reply);
  if (!reply) return not_found(fmt::format("message {} has no reply", asked.reply.value));
  const auto* charge = reply->charged_on_mt ? in.charges.find(reply->message) : nullptr;
  if (!charge)
    return conflict(fmt::format("the reply to message {} is not charged on delivery",
                                asked.reply.value));
  const auto key = settled_key(asked.reply);
  const auto* before = in.facts.find(key);
  if (before && noted(*before) == decision) {
    answer.done_before = true;
    return {};
  }
  if (before || charge->state == charge_state::posted || charge->state == charge_state::void_)
    return conflict(fmt::format("the charge of message {} is settled: {}", asked.reply.value,
                                name_of(charge->state)));
  if (reply->state <= reply_state::sending)
    return conflict(fmt::format("the reply to message {} is still being sent: {}",
                                asked.reply.value, name_of(reply->state)));
  note(in, key, decision, asked.reason);
  const auto state = asked.delivered ? state_delivered : state_undeliverable;
  in.apply_receipt(asked.reply, all_segments(*reply), state, 0);
  return {};
}

} // namespace

fact_key settled_key(message_id reply) { return key_of(platform_space::settled, reply); }

void release_needs(world& in, const event& e, const release_absorbed& asked, wanted& out) {
  if (!in.messages.asked(asked.message)) return out.messages.push_back(asked.message);
  const auto* absorbed = in.messages.find(asked.message);
  if (!absorbed || absorbed->result != outcome::absorbed) return;
  const auto origin = origin_of(in, *absorbed);
  if (!in.messages.asked(origin)) {
    out.messages.push_back(origin);
    out.sets.push_back(origin);
    return;
  }
  const auto* set = in.messages.find(origin) ? nullptr : set_with(in, origin);
  const auto key = key_of(platform_space::released, set ? set->id : absorbed->id);
  if (!in.facts.asked(key)) out.facts.push_back(key);
  const auto text = set ? joined_text(in.parts.at(set->id)) : absorbed->text;
  order_needs(in, e, text, absorbed->destination, absorbed->op, out);
}

void decide(world& in, const event& e, const release_absorbed& asked) {
  support_answered answer;
  answer.ticket = asked.ticket;
  if (auto done = release(in, e, asked, answer); !done) answer.refused = done.error();
  in.effects.push_back(std::move(answer));
}

void decide(world& in, const settle_reply& asked) {
  support_answered answer;
  answer.ticket = asked.ticket;
  if (auto done = settle(in, asked, answer); !done) answer.refused = done.error();
  in.effects.push_back(std::move(answer));
}

} // namespace farebox::flow
