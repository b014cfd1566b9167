#include "farebox/billing/split.hpp"

#include <fmt/format.h>

namespace farebox::billing {

namespace {

__extension__ using int128 = __int128;

millionths base_of(share_base base, millionths gross, millionths vat) {
  return base == share_base::gross ? gross : gross - vat;
}

bool is_share(rate r) { return r.millionths >= 0 && r.millionths <= rate_one; }

bool is_gross(millionths gross) {
  return gross.value == 0 || (gross >= gross_min && gross <= gross_max);
}

// What the rates leave of the gross, in units of 1 / (rate_one * (rate_one + vat)): exact, since
// v = vat / (rate_one + vat) and 1 - v = rate_one / (rate_one + vat) have that denominator.
int128 remainder_of(const tariff& price, const terms* contract) {
  const int128 one = rate_one;
  const int128 whole = one + price.vat.millionths;
  const auto weight = [&](rate share, share_base base) {
    return static_cast<int128>(share.millionths) * (base == share_base::gross ? whole : one);
  };
  int128 left = one * one - weight(price.operator_share, price.operator_base);
  if (contract) left -= weight(contract->platform_fee, contract->fee_base);
  return left;
}

bool leaves_enough(const tariff& price, const terms* contract) {
  const int128 least =
      static_cast<int128>(partner_share_min.millionths) * (rate_one + price.vat.millionths);
  return remainder_of(price, contract) >= least;
}

} // namespace

split split_of(millionths gross, const tariff& price, const terms* contract) {
  ensure(is_gross(gross), "split: gross out of range");
  split parts;
  parts.gross = gross;
  parts.vat = multiply_divide(gross, price.vat.millionths, rate_one + price.vat.millionths);
  parts.operator_share = multiply_divide(base_of(price.operator_base, gross, parts.vat),
                                         price.operator_share.millionths, rate_one);
  if (contract)
    parts.platform_fee = multiply_divide(base_of(contract->fee_base, gross, parts.vat),
                                         contract->platform_fee.millionths, rate_one);
  parts.partner_share = gross - parts.vat - parts.operator_share - parts.platform_fee;
  ensure(parts.partner_share.value >= 0, "split: negative remainder");
  return parts;
}

result<void> check_tariff(const tariff& price) {
  if (!is_gross(price.price) || price.price > price_max)
    return invalid(fmt::format("tariff {}: price {} is neither 0 nor from {} to {}", price.id.value,
                               to_text(price.price), to_text(gross_min), to_text(price_max)));
  if (!is_share(price.vat))
    return invalid(fmt::format("tariff {}: VAT {} is not from 0% to 100%", price.id.value,
                               to_text(price.vat)));
  if (!is_share(price.operator_share))
    return invalid(fmt::format("tariff {}: operator share {} is not from 0% to 100%",
                               price.id.value, to_text(price.operator_share)));
  // The phone is charged once, by the one answer that was delivered: several may be charged twice.
  if (price.when == charged::on_mt &&
      (price.per == counted_per::part || price.reply.segments_max > 1))
    return invalid(fmt::format("tariff {}: what is charged on the reply is charged by message, "
                               "and its reply has one segment",
                               price.id.value));
  if (!leaves_enough(price, nullptr))
    return invalid(fmt::format("tariff {}: VAT {} and operator share {} leave less than {} of the "
                               "price",
                               price.id.value, to_text(price.vat), to_text(price.operator_share),
                               to_text(partner_share_min)));
  return {};
}

result<void> check_terms(const tariff& price, const terms& contract) {
  if (!is_share(contract.platform_fee))
    return invalid(fmt::format("terms {}: platform fee {} is not from 0% to 100%",
                               contract.id.value, to_text(contract.platform_fee)));
  if (!leaves_enough(price, &contract))
    return invalid(fmt::format("terms {}: with tariff {}, VAT {}, operator share {} and platform "
                               "fee {} leave the partner less than {} of the price",
                               contract.id.value, price.id.value, to_text(price.vat),
                               to_text(price.operator_share), to_text(contract.platform_fee),
                               to_text(partner_share_min)));
  return {};
}

result<void> check_prices(const catalogue& catalogue) {
  for (const auto& price : catalogue.tariffs()) {
    if (auto checked = check_tariff(price); !checked) return checked;
    for (const auto& contract : catalogue.terms_versions())
      if (auto checked = check_terms(price, contract); !checked) return checked;
  }
  return {};
}

millionths operator_owes(const split& amounts, const tariff& price) {
  const auto kept = amounts.gross - amounts.operator_share;
  return price.vat_remitter == remitter::by_operator ? kept - amounts.vat : kept;
}

} // namespace farebox::billing
