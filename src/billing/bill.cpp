#include "farebox/billing/bill.hpp"

#include <fmt/format.h>

namespace farebox::billing {

namespace {

millionths gross_of(const tariff& price, outcome result, int parts) {
  if (result == outcome::absorbed) return {};
  if (result == outcome::reserved && price.reserved_words_free) return {};
  if (price.when == charged::on_mt && result != outcome::accepted) return {};
  if (price.per == counted_per::message) return price.price;
  return {price.price.value * parts};
}

} // namespace

pricing price_of(const catalogue& catalogue, operator_id op, short_code_id code, utc_time at,
                 outcome result, partner_id partner, int parts) {
  ensure(parts >= 1, "price: no parts");
  pricing found;
  found.price = catalogue.tariff_at(op, code, at);
  if (result == outcome::accepted) found.contract = catalogue.terms_at(partner, at);
  if (found.price) found.gross = gross_of(*found.price, result, parts);
  return found;
}

pricing price_of(const catalogue& catalogue, const message_row& message) {
  return price_of(catalogue, message.op, message.code, message.received_at, message.result,
                  message.partner, message.parts);
}

bill_row bill_of(const message_row& message, const pricing& price, utc_time posted_at) {
  ensure(price.price != nullptr, "bill: no tariff");
  const bool sold = message.result == outcome::accepted;
  ensure(!sold || bool{message.partner}, "bill: accepted without a partner");
  bill_row bill;
  bill.posted_at = posted_at;
  bill.message = message.id;
  bill.reason = message.result;
  bill.op = message.op;
  bill.code = message.code;
  bill.tariff = price.price->id;
  bill.unit = price.price->unit;
  if (sold) {
    bill.partner = message.partner;
    bill.service = message.service;
    bill.site = message.site;
    if (price.contract) bill.contract = price.contract->id;
  }
  bill.amounts = split_of(price.gross, *price.price, sold ? price.contract : nullptr);
  return bill;
}

charge_row charge_of(const message_row& message, const pricing& price, utc_time now) {
  ensure(message.result == outcome::accepted, "charge: the message was not accepted");
  charge_row charge;
  charge.id = message.id;
  charge.created_at = now;
  charge.estimate = bill_of(message, price, now);
  charge.expires_at = now + price.price->charge_expiry;
  return charge;
}

bill_row reversal_of(const bill_row& bill, utc_time posted_at) {
  ensure(bool{bill.id} && bill.kind != bill_kind::reversal, "reversal: of a posted bill only");
  bill_row reversal = bill;
  reversal.id = {};
  reversal.posted_at = posted_at;
  reversal.kind = bill_kind::reversal;
  reversal.reverses = bill.id;
  reversal.amounts = -bill.amounts;
  return reversal;
}

result<bill_row> partial_reversal_of(const bill_row& bill, millionths before, millionths after,
                                     const tariff& price, const terms* contract,
                                     utc_time posted_at) {
  ensure(price.id == bill.tariff && (contract ? contract->id : terms_id{}) == bill.contract,
         "reversal: not the bill's tariff and terms");
  if (after.value < 0 || after >= before || before < gross_min || before > bill.amounts.gross)
    return invalid(fmt::format("bill {}: cannot go from {} to {} of {}", bill.id.value,
                               to_text(before), to_text(after), to_text(bill.amounts.gross)));
  if (after.value != 0 && after < gross_min)
    return invalid(fmt::format("bill {}: what is left, {}, is less than {}", bill.id.value,
                               to_text(after), to_text(gross_min)));
  auto reversal = reversal_of(bill, posted_at);
  reversal.amounts = split_of(after, price, contract) - split_of(before, price, contract);
  return reversal;
}

} // namespace farebox::billing
