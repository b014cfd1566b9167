#include "http/views.hpp"

#include "farebox/base/mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace farebox::http {

namespace {

const terms* find_terms(const catalogue& known, terms_id id) {
  const auto all = known.terms_versions();
  const auto at = std::find_if(all.begin(), all.end(), [&](const terms& t) { return t.id == id; });
  return at == all.end() ? nullptr : &*at;
}

std::string_view name_of_base(share_base base) {
  return base == share_base::gross ? "gross" : "net";
}

json::value operator_name(operator_id id, const catalogue& known) {
  const auto* found = known.find_operator(id);
  return found ? json::value(text_of(found->name)) : json::value(nullptr);
}

json::value service_reference(service_id id, const catalogue& known) {
  const auto* found = known.find_service(id);
  if (!found) return nullptr;
  return json::object{{"number", found->number},
                      {"title", text_of(found->title)},
                      {"kind", text_of(found->kind)}};
}

// One sentence that adds up: it ends most questions about a payment.
std::string split_in_words(const split& s, const tariff& price, const terms& contract,
                           std::string_view unit) {
  return fmt::format("{} {} = {} VAT ({} inside the price) + {} operator ({} of {}) + {} platform "
                     "({} of {}) + {} partner (the rest)",
                     to_text(s.gross), unit, to_text(s.vat), to_text(price.vat),
                     to_text(s.operator_share), to_text(price.operator_share),
                     name_of_base(price.operator_base), to_text(s.platform_fee),
                     to_text(contract.platform_fee), name_of_base(contract.fee_base),
                     to_text(s.partner_share));
}

json::object split_json(const bill_row& bill, const catalogue& known) {
  const auto& s = bill.amounts;
  json::object vat{{"amount", amount_of(s.vat)}};
  json::object op{{"amount", amount_of(s.operator_share)}};
  json::object platform{{"amount", amount_of(s.platform_fee)}};
  const auto* price = known.find_tariff(bill.tariff);
  if (price) {
    vat["rate"] = to_text(price->vat);
    vat["remitted_by"] = price->vat_remitter == remitter::by_operator ? "operator" : "platform";
    op["rate"] = to_text(price->operator_share);
    op["of"] = name_of_base(price->operator_base);
  }
  const auto* contract = find_terms(known, bill.contract);
  if (contract) {
    platform["rate"] = to_text(contract->platform_fee);
    platform["of"] = name_of_base(contract->fee_base);
  }
  json::object out{{"gross", amount_of(s.gross)},
                   {"vat", std::move(vat)},
                   {"operator", std::move(op)},
                   {"platform", std::move(platform)},
                   {"partner", json::object{{"amount", amount_of(s.partner_share)}}}};
  if (price && contract && bill.partner)
    out["in_words"] = split_in_words(s, *price, *contract, bill.unit.code());
  return out;
}

json::value tariff_reference(tariff_id id, const catalogue& known) {
  const auto* price = known.find_tariff(id);
  if (!price) return nullptr;
  return json::object{{"version", id.value},
                      {"from", time_of(price->from)},
                      {"price", amount_of(price->price)},
                      {"charged", price->when == charged::on_mo ? "on_mo" : "on_mt"},
                      {"per", price->per == counted_per::message ? "message" : "part"}};
}

json::value terms_reference(terms_id id, const catalogue& known) {
  const auto* contract = find_terms(known, id);
  if (!contract) return nullptr;
  return json::object{{"version", id.value},
                      {"from", time_of(contract->from)},
                      {"general", !contract->partner}};
}

// `state` is that of the charge, for what is charged on the reply; else what was billed is posted.
json::value money_json(const message_view& view, const catalogue& known) {
  if (!view.bill && !view.charge) return nullptr;
  const auto& bill = view.bill ? *view.bill : view.charge->estimate;
  json::object out{{"state", view.charge ? json::string(name_of(view.charge->state)) : "posted"},
                   {"bill", view.bill ? json::value(bill.id.value) : json::value(nullptr)},
                   {"posted_at", view.bill ? json::value(time_of(bill.posted_at)) : nullptr},
                   {"kind", name_of(bill.kind)},
                   {"beneficiary", bill.partner ? "partner" : "suspense"},
                   {"currency", bill.unit.code()},
                   {"split", split_json(bill, known)},
                   {"tariff", tariff_reference(bill.tariff, known)},
                   {"terms", terms_reference(bill.contract, known)}};
  if (view.charge && view.charge->state == charge_state::pending)
    out["expires_at"] = time_of(view.charge->expires_at);
  return out;
}

json::value reply_json(const message_view& view, audience who) {
  if (!view.reply) return nullptr;
  const auto& reply = *view.reply;
  json::object out{{"text", text_of(reply.text)},
                   {"state", name_of(reply.state)},
                   {"created_at", time_of(reply.created_at)},
                   {"segments", reply.segments},
                   {"attempts", reply.attempts}};
  if (who != audience::partner) {
    out["id"] = reply.id.value;
    out["sender"] = text_of(reply.source);
    out["status"] = reply.status;
    out["resends"] = reply.resends;
  }
  return out;
}

void add_for_administrator(json::object& out, const message_view& view) {
  const auto& row = view.message;
  out["partner"] = row.partner ? json::value(row.partner.value) : json::value(nullptr);
  out["destination"] = text_of(row.destination);
  out["connection"] = row.connection.value;
  out["data_coding"] = row.data_coding;
  out["esm_class"] = row.esm_class;
  out["raw"] = to_hex(row.raw);
  out["operator_message_id"] = text_of(row.operator_message_id);
  json::array decisions;
  for (const auto& fact : view.decisions)
    decisions.push_back(json::object{
        {"what", fact.at.space == platform_space::released ? "released" : "settled"},
        {"how", text_of(as_text(fact.value))}});
  out["decisions"] = std::move(decisions);
}

} // namespace

json::object message_json(const message_view& view, const catalogue& known, audience who) {
  const auto& row = view.message;
  const auto* code = known.find_short_code(row.code);
  const bool full = who == audience::administrator_full;
  json::object out{{"id", row.id.value},
                   {"received_at", time_of(row.received_at)},
                   {"phone", text_of(full ? row.source : mask_msisdn(row.source))},
                   {"operator", operator_name(row.op, known)},
                   {"short_code", text_of(code ? code->number : row.destination)},
                   {"text", text_of(row.text)},
                   {"parts", row.parts},
                   {"outcome", name_of(row.result)},
                   {"detail", text_of(row.detail)},
                   {"service", service_reference(row.service, known)},
                   {"site", text_of(row.site)},
                   {"absorbed_by", row.absorbed_by ? json::value(row.absorbed_by.value) : nullptr},
                   {"possible_redelivery", row.possible_redelivery},
                   {"reply", reply_json(view, who)},
                   {"money", money_json(view, known)}};
  if (who != audience::partner) add_for_administrator(out, view);
  return out;
}

json::object partner_json(const partner& row) {
  return {{"id", row.id.value},
          {"name", text_of(row.name)},
          {"state", name_of(row.state)},
          {"reason", text_of(row.reason)}};
}

json::object service_json(const service& row) {
  json::object settings;
  for (const auto& [key, value] : row.settings) settings[key] = text_of(value);
  return {{"partner", row.partner.value},
          {"number", row.number},
          {"kind", text_of(row.kind)},
          {"title", text_of(row.title)},
          {"site", text_of(row.site)},
          {"enabled", row.enabled},
          {"settings", std::move(settings)}};
}

json::object token_json(const token_row& row) {
  return {{"id", row.id.value},
          {"partner", row.partner.value},
          {"title", text_of(row.title)},
          {"created_at", time_of(row.created_at)},
          {"revoked", row.revoked}};
}

namespace {

constexpr std::string_view cursor_mark = "m";

} // namespace

std::string cursor_after(message_id last) {
  return fmt::format("{}{:x}", cursor_mark, last.value);
}

std::optional<message_id> parse_cursor(std::string_view cursor) {
  if (!cursor.starts_with(cursor_mark)) return {};
  cursor.remove_prefix(cursor_mark.size());
  message_id last;
  const auto* end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data(), end, last.value, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != end || last.value <= 0) return {};
  return last;
}

} // namespace farebox::http
