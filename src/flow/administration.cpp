// What people and partner pages ask of the writer: checks of codes, changes of what is sold.

#include "flow/world.hpp"

#include "farebox/base/check_digit.hpp"
#include "farebox/billing/split.hpp"
#include "farebox/service/lock.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace farebox::flow {

std::optional<fact_key> code_key_of(const world& in, const check_code& e) {
  const auto* sold = in.sold.find_service(e.service);
  if (!sold || sold->partner != e.partner || sold->kind != "lock") return {};
  const auto code = services::lock::normalise_code(e.code);
  if (!code) return {};
  return services::lock::code_key(e.service, *code);
}

void decide(world& in, const check_code& e) {
  code_checked answer{e.ticket, "unknown", {}, {}};
  if (const auto key = code_key_of(in, e)) {
    const auto* fact = in.facts.find(*key);
    const auto check = services::lock::check_code(fact, in.now(), e.use_up);
    if (!check) {
      in.warn("a stored unlock code cannot be read: " + check.error().detail);
    } else {
      answer.state = services::lock::name_of(check->state);
      answer.uses_left = check->uses_left;
      answer.expires_at = check->expires_at;
      if (check->changed) in.facts.edit(*key).value = *check->changed;
    }
  }
  in.effects.push_back(std::move(answer));
}

namespace {

result<void> check_partner(const partner& row) {
  if (!damm_is_valid(fmt::format("{:06}", row.id.value)) || row.id.value > 999'999)
    return invalid(fmt::format("partner {:06}: the last digit is not the check digit of the others",
                               row.id.value));
  if (row.name.empty())
    return invalid(fmt::format("partner {:06}: a name is needed", row.id.value));
  return {};
}

result<void> check_service(const world& in, const catalogue_change& e, service row) {
  const auto named = [&](const partner& p) { return p.id == row.partner; };
  if (!in.sold.find_partner(row.partner) &&
      std::none_of(e.partners.begin(), e.partners.end(), named))
    return not_found(fmt::format("there is no partner {:06}", row.partner.value));
  if (row.number < 0 || row.number > service_number_max)
    return invalid(
        fmt::format("service number {} is not in 0..{}", row.number, service_number_max));
  const auto* there = in.sold.find_service(row.partner, row.number);
  if (there && there->id != row.id)
    return conflict(fmt::format("partner {:06} has a service {:02} already: \"{}\"",
                                row.partner.value, row.number, there->title));
  if (row.id && !in.sold.find_service(row.id)) return not_found("there is no such service");
  return services::parse_settings(row);
}

// A version that is there already changes nothing; the same date with other values is refused,
// since bills may name it.
template <class Version>
result<bool> is_new_version(std::span<const Version> known, const Version& given,
                            auto same_place, std::string_view what) {
  for (const auto& there : known) {
    if (!same_place(there, given)) continue;
    auto renamed = given;
    renamed.id = there.id;
    if (renamed == there) return false;
    if (there.from > given.from && std::none_of(known.begin(), known.end(), [&](const Version& v) {
          return same_place(v, given) && v.from == given.from;
        }))
      return conflict(fmt::format("{} from {} is older than the version from {}, under which bills "
                                  "may have been made",
                                  what, to_iso8601(given.from), to_iso8601(there.from)));
    if (there.from != given.from) continue;
    return conflict(fmt::format("{} from {} is in the store with other values; a version is never "
                                "edited: give the new values a later from-date",
                                what, to_iso8601(given.from)));
  }
  return true;
}

// Refused before any row is made: a stored version can never be taken back.
result<void> check_together(const world& in, const std::vector<tariff>& tariffs,
                            const std::vector<terms>& versions) {
  if (tariffs.empty() && versions.empty()) return {};
  catalogue_parts all;
  all.tariffs.assign(in.sold.tariffs().begin(), in.sold.tariffs().end());
  all.tariffs.insert(all.tariffs.end(), tariffs.begin(), tariffs.end());
  all.terms_versions.assign(in.sold.terms_versions().begin(), in.sold.terms_versions().end());
  all.terms_versions.insert(all.terms_versions.end(), versions.begin(), versions.end());
  // Numbered as they will be.
  auto next_tariff = in.numbers.last_tariff.value;
  for (auto& row : all.tariffs)
    if (!row.id) row.id = {++next_tariff};
  auto next_terms = in.numbers.last_terms.value;
  for (auto& row : all.terms_versions)
    if (!row.id) row.id = {++next_terms};
  return billing::check_prices(catalogue(std::move(all)));
}

result<void> take_change(world& in, const catalogue_change& e, catalogue_changed& done) {
  for (const auto& row : e.partners)
    if (auto checked = check_partner(row); !checked) return checked.error();
  for (const auto& row : e.services)
    if (auto checked = check_service(in, e, row); !checked) return checked.error();
  std::vector<tariff> tariffs;
  for (const auto& row : e.tariffs) {
    if (auto checked = billing::check_tariff(row); !checked) return checked.error();
    const auto fresh = is_new_version(
        in.sold.tariffs(), row,
        [](const auto& a, const auto& b) {
          return a.op == b.op && a.code == b.code;
        },
        "the tariff");
    if (!fresh) return fresh.error();
    if (*fresh) tariffs.push_back(row);
  }
  std::vector<terms> versions;
  for (const auto& row : e.terms_versions) {
    const auto fresh = is_new_version(
        in.sold.terms_versions(), row,
        [](const auto& a, const auto& b) { return a.partner == b.partner; },
        "the terms");
    if (!fresh) return fresh.error();
    if (*fresh) versions.push_back(row);
  }
  if (auto checked = check_together(in, tariffs, versions); !checked) return checked;
  // Nothing was refused: from here on rows are made.
  in.made.partners = e.partners;
  for (auto row : e.services) {
    if (!row.id) row.id = {++in.numbers.last_service.value};
    done.services.push_back(row.id);
    in.made.services.push_back(std::move(row));
  }
  for (auto& row : tariffs) {
    row.id = {++in.numbers.last_tariff.value};
    in.made.tariffs.push_back(std::move(row));
  }
  for (auto& row : versions) {
    row.id = {++in.numbers.last_terms.value};
    in.made.terms_versions.push_back(std::move(row));
  }
  for (auto row : e.tokens) {
    if (!row.id) row.id = {++in.numbers.last_token.value};
    done.tokens.push_back(row.id);
    in.made.tokens.push_back(std::move(row));
  }
  return {};
}

} // namespace

void decide(world& in, const catalogue_change& e) {
  catalogue_changed done;
  done.ticket = e.ticket;
  if (auto taken = take_change(in, e, done); !taken) done.refused = taken.error();
  in.effects.push_back(std::move(done));
}

} // namespace farebox::flow
