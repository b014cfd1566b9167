// DESIGN rule R4: the parts of a long MO. Each is durable before its acknowledgement; the message
// is understood when all are there, and closed as incomplete when they never come.

#include "flow/world.hpp"

#include "farebox/billing/bill.hpp"

#include <algorithm>

namespace farebox::flow {

part_set_key set_key_of(const mo_arrived& mo) {
  return {mo.op, mo.source, mo.destination, mo.part->reference, mo.part->total};
}

namespace {

constexpr std::uint8_t udh_indicator = 0x40; // esm_class, SMPP 3.4 5.2.12

struct place {
  message_id set;          // 0: a new one
  message_id repeated;     // the same part, already there
};

// The newest open set that lacks this part or has the very same one. A part with another text under
// the same number belongs to another message: references wrap.
place place_of(const world& in, const mo_arrived& mo) {
  const auto known = in.sets_by_key.find(set_key_of(mo));
  if (known == in.sets_by_key.end()) return {};
  for (auto id = known->second.rbegin(); id != known->second.rend(); ++id) {
    const auto* set = in.sets.find(*id);
    if (!set || set->state != set_state::open) continue;
    const auto& parts = in.parts.at(*id);
    const auto same = std::find_if(parts.begin(), parts.end(), [&](const part_row& part) {
      return part.number == mo.part->number;
    });
    if (same == parts.end()) return {*id, {}};
    if (same->raw == mo.raw) return {*id, same->id};
  }
  return {};
}

part_row part_of(const mo_arrived& mo, message_id id, message_id set) {
  part_row row;
  row.id = id;
  row.set = set;
  row.received_at = mo.received_at;
  row.connection = mo.answer_to.connection;
  row.number = mo.part->number;
  row.esm_class = mo.esm_class;
  row.data_coding = mo.data_coding;
  row.alphabet = mo.alphabet;
  row.reference = mo.reference;
  row.raw = mo.raw;
  row.text = mo.text;
  return row;
}

// On arrival, that is; `at` is when the part came.
bool billed_per_part(const world& in, const part_set_row& set, utc_time at) {
  const auto* code = in.sold.find_short_code(set.destination);
  const auto* price = code ? in.sold.tariff_at(set.op, code->id, at) : nullptr;
  return price && price->per == counted_per::part && price->when == charged::on_mo;
}

void sort_parts(std::vector<part_row>& parts) {
  std::sort(parts.begin(), parts.end(),
            [](const part_row& a, const part_row& b) { return a.number < b.number; });
}

} // namespace

std::string joined_text(std::vector<part_row> parts) {
  sort_parts(parts);
  std::string text;
  // Neighbours of one alphabet are joined as octets; binds that differ in it are joined as text.
  for (std::size_t first = 0; first < parts.size();) {
    std::size_t last = first;
    std::vector<text::part_view> views;
    for (; last < parts.size() && parts[last].alphabet == parts[first].alphabet; ++last)
      views.push_back({parts[last].raw, parts[last].data_coding,
                       (parts[last].esm_class & udh_indicator) != 0});
    text += text::join(views, static_cast<text::charset>(parts[first].alphabet));
    first = last;
  }
  return text;
}

namespace {

message_row joined(const part_set_row& set, std::vector<part_row> parts) {
  sort_parts(parts);
  message_row message;
  message.received_at = parts.front().received_at;
  for (const auto& part : parts)
    message.received_at = std::max(message.received_at, part.received_at);
  message.op = set.op;
  message.connection = parts.back().connection;
  message.source = set.source;
  message.destination = set.destination;
  message.esm_class = parts.front().esm_class;
  message.data_coding = parts.front().data_coding;
  message.text = joined_text(parts);
  message.parts = static_cast<int>(parts.size());
  return message;
}

message_row message_of_set(world& in, const part_set_row& set) {
  auto message = joined(set, in.parts.at(set.id));
  message.id = in.next_message();
  return message;
}

// A part of a message that is not understood yet is billed to suspense, under its own id.
void bill_part(world& in, const part_row& part, const part_set_row& set) {
  message_row message;
  message.id = part.id;
  message.received_at = part.received_at;
  message.op = set.op;
  message.destination = set.destination;
  message.code = in.sold.find_short_code(set.destination)->id;
  message.result = outcome::incomplete;
  in.part_bills[set.id].push_back([&]() -> const bill_row& {
    in.bill_message(message, 1);
    return in.made.bills.back();
  }());
}

// The parts' bills leave suspense: the completed message bills all of its parts.
void reverse_part_bills(world& in, message_id set) {
  for (const auto& bill : in.part_bills[set])
    if (bill.kind != bill_kind::reversal) in.post(billing::reversal_of(bill, in.now()));
  in.part_bills.erase(set);
}

void complete(world& in, const event& e, const mo_arrived& mo, part_set_row& set) {
  whole_mo whole{message_of_set(in, set), mo.mo_link, mo.permit, 1};
  if (billed_per_part(in, set, mo.received_at)) whole.units = whole.message.parts;
  set.state = set_state::complete;
  set.message = whole.message.id;
  reverse_part_bills(in, set.id); // none, unless the tariff counted parts when they came
  take_order(in, e, std::move(whole));
}

} // namespace

// The text of the message that this part completes; nothing if it does not, or is not the last.
std::optional<std::string> text_completed_by(const world& in, const mo_arrived& mo) {
  const auto at = place_of(in, mo);
  if (!at.set || at.repeated) return {};
  auto parts = in.parts.at(at.set);
  if (parts.size() + 1 < mo.part->total) return {};
  parts.push_back(part_of(mo, {}, at.set));
  return joined_text(std::move(parts));
}

void take_part(world& in, const event& e, const mo_arrived& mo, message_id id) {
  const auto at = place_of(in, mo);
  if (at.repeated) return take_absorbed(in, mo, id, at.repeated);
  const auto set_id = at.set ? at.set : id;
  if (!at.set) {
    const auto* op = in.sold.find_operator(mo.op);
    part_set_row fresh{id, mo.op, mo.source, mo.destination, mo.part->reference, mo.part->total,
                       set_state::open, in.now(),
                       in.now() + (op ? op->part_wait : operator_info{}.part_wait), {}};
    in.effects.push_back(schedule{fresh.expires_at, part_set_due{id}});
    in.sets.put(id, std::move(fresh));
    in.parts[id];
    in.sets_by_key[set_key_of(mo)].push_back(id);
  }
  auto& set = in.sets.edit(set_id);
  in.parts[set_id].push_back(part_of(mo, id, set_id));
  in.made.parts.push_back(in.parts[set_id].back());
  if (in.parts[set_id].size() == set.total) return complete(in, e, mo, set);
  if (billed_per_part(in, set, mo.received_at)) bill_part(in, in.parts[set_id].back(), set);
}

whole_mo copy_of_set(world& in, const part_set_row& set) {
  whole_mo whole{joined(set, in.parts.at(set.id)), {}, false, 1};
  whole.message.connection = {};
  if (billed_per_part(in, set, whole.message.received_at)) whole.units = whole.message.parts;
  return whole;
}

void decide(world& in, const part_set_due& e) {
  const auto* known = in.sets.find(e.set);
  if (!known || known->state != set_state::open) return;
  auto& set = in.sets.edit(e.set);
  auto message = message_of_set(in, set);
  if (const auto* code = in.sold.find_short_code(set.destination)) message.code = code->id;
  message.result = outcome::incomplete;
  message.detail = "only " + std::to_string(message.parts) + " of " + std::to_string(set.total) +
                   " parts came";
  set.state = set_state::expired;
  set.message = message.id;
  const auto* price = in.sold.tariff_at(message.op, message.code, message.received_at);
  in.count(counters_of(message, price ? price->unit : currency{}));
  // Parts that were billed on arrival stay billed to suspense; the message itself costs nothing.
  if (in.part_bills[e.set].empty()) in.bill_message(message, 1);
  const auto* code = in.sold.find_short_code(set.destination);
  in.answer(message, price, code ? code->help : in.sold.unknown_code_help(), false, {}, false);
  in.messages.insert(message.id, std::move(message));
}

} // namespace farebox::flow
