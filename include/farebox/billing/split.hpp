// How the price of one message is divided. Whole millionths, products in 128 bits, no floating
// point; the parts always add up to the gross.
#pragma once

#include "farebox/base/limits.hpp"
#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/model/rows.hpp"

namespace farebox::billing {

// A gross is zero or inside these. The least is a hundredth of the unit: below it the rounding of
// three parts could outweigh a small share. A price is at most a million units, and a long message
// has so many parts: 36,000 of such bills still add up in 64 bits.
inline constexpr millionths gross_min{10'000};
inline constexpr millionths price_max{1'000'000'000'000};
inline constexpr millionths gross_max{price_max.value * std::int64_t{limits::message_parts_max}};

// What the rates must leave to the partner, of the gross: 0.015 %. See check_terms.
inline constexpr rate partner_share_min{150};

//   vat            = gross * r / (1 + r), rounded half up
//   operator_share = base * operator_share rate, rounded half up; base: gross, or gross - vat
//   platform_fee   = base * platform_fee rate, rounded half up; base: gross, or gross - vat
//   partner_share  = the remainder
//
// Without terms (suspense) there is no platform fee: the remainder stands as partner_share of
// partner 0 until somebody settles it. Throws std::logic_error if the gross is out of range or the
// remainder is negative, which check_tariff and check_terms rule out.
split split_of(millionths gross, const tariff& price, const terms* contract);

// Refuses a price out of range, rates outside 0..100 %, and an operator share that could make the
// remainder of a suspense bill negative.
result<void> check_tariff(const tariff& price);

// Refuses a fee outside 0..100 %, and terms under which any gross in range could leave the partner
// less than nothing. The condition, with the exact rates:
//
//   1 - v - o * (1 or 1-v) - f * (1 or 1-v) >= partner_share_min      where v = vat / (1 + vat)
//
// It is enough: each of the three roundings adds at most half a unit, so the remainder is at least
// gross * partner_share_min - 1.5, and gross_min * partner_share_min = 1.5. (VAT rounded down by d
// makes a net base larger by d, and with it both shares by at most d together; but then the VAT is
// smaller by d.)
result<void> check_terms(const tariff& price, const terms& contract);

// Every tariff by itself and under every version of terms: all terms apply to all tariffs.
result<void> check_prices(const catalogue& catalogue);

// What the operator transfers for a bill: gross less its share, and less VAT if it remits that.
millionths operator_owes(const split& amounts, const tariff& price);

} // namespace farebox::billing
