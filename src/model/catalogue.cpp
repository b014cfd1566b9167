#include "farebox/model/catalogue.hpp"

#include "farebox/base/check_digit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace farebox {

namespace {

constexpr std::int64_t first_digits_min = 10'000;
constexpr std::int64_t first_digits_max = 99'999;

template <class Key, class Row, class KeyOf>
void fill_index(std::unordered_map<Key, std::size_t>& index, const std::vector<Row>& rows,
                std::string_view what, KeyOf&& key_of) {
  index.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!index.emplace(key_of(rows[i]), i).second)
      broken_invariant(fmt::format("catalogue: {} twice", what));
}

template <class Key, class Row>
const Row* look_up(const std::unordered_map<Key, std::size_t>& index, const std::vector<Row>& rows,
                   const Key& key) {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &rows[found->second];
}

// Puts the versions in order of their from-dates; of two from the same moment the later one rules.
template <class Row>
void sort_versions(std::vector<std::size_t>& versions, const std::vector<Row>& rows) {
  std::sort(versions.begin(), versions.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(rows[a].from, rows[a].id) < std::pair(rows[b].from, rows[b].id);
  });
}

template <class Row>
const Row* version_at(const std::vector<std::size_t>& versions, const std::vector<Row>& rows,
                      utc_time at) {
  const auto next =
      std::upper_bound(versions.begin(), versions.end(), at,
                       [&](utc_time time, std::size_t i) { return time < rows[i].from; });
  return next == versions.begin() ? nullptr : &rows[*std::prev(next)];
}

std::int64_t number_key(partner_id partner, int number) {
  return partner.value * (service_number_max + 1) + number;
}

constexpr std::pair<partner_state, std::string_view> state_names[] = {
    {partner_state::pending, "pending"},
    {partner_state::active, "active"},
    {partner_state::rejected, "rejected"},
    {partner_state::suspended, "suspended"}};

} // namespace

std::string_view name_of(partner_state state) {
  for (const auto& [value, name] : state_names)
    if (value == state) return name;
  return "unknown";
}

std::optional<partner_state> parse_partner_state(std::string_view name) {
  for (const auto& [value, text] : state_names)
    if (text == name) return value;
  return {};
}

bool is_partner_id(partner_id id) {
  return id.value / 10 >= first_digits_min && id.value / 10 <= first_digits_max &&
         damm_is_valid(fmt::format("{}", id.value));
}

std::optional<partner_id> parse_partner_id(std::string_view digits) {
  if (digits.size() != partner_id_digits || digits.front() == '0' || !damm_is_valid(digits))
    return {};
  partner_id id;
  for (const char c : digits) id.value = id.value * 10 + (c - '0');
  return id;
}

partner_id make_partner_id(std::int64_t first_five_digits) {
  ensure(first_five_digits >= first_digits_min && first_five_digits <= first_digits_max,
         "partner ID: not five digits");
  const auto check = damm_check_digit(fmt::format("{}", first_five_digits));
  return {first_five_digits * 10 + (*check - '0')};
}

catalogue::catalogue(catalogue_parts parts, std::uint64_t generation)
    : parts_(std::move(parts)), generation_(generation) {
  const auto id_of = [](const auto& row) { return row.id.value; };
  fill_index(operator_index_, parts_.operators, "operator", id_of);
  fill_index(code_index_, parts_.short_codes, "short code", id_of);
  fill_index(code_number_index_, parts_.short_codes, "short code number",
             [](const short_code& row) { return row.number; });
  fill_index(partner_index_, parts_.partners, "partner", id_of);
  fill_index(service_index_, parts_.services, "service", id_of);
  fill_index(service_number_index_, parts_.services, "service number", [](const service& row) {
    ensure(row.number >= 0 && row.number <= service_number_max, "catalogue: service number");
    return number_key(row.partner, row.number);
  });
  fill_index(tariff_index_, parts_.tariffs, "tariff", id_of);
  for (std::size_t i = 0; i < parts_.tariffs.size(); ++i) {
    const auto& row = parts_.tariffs[i];
    tariff_versions_[{row.op.value, row.code.value}].push_back(i);
  }
  for (auto& [key, versions] : tariff_versions_) sort_versions(versions, parts_.tariffs);
  for (std::size_t i = 0; i < parts_.terms_versions.size(); ++i)
    terms_index_[parts_.terms_versions[i].partner.value].push_back(i);
  for (auto& [key, versions] : terms_index_) sort_versions(versions, parts_.terms_versions);
}

const operator_info* catalogue::find_operator(operator_id id) const {
  return look_up(operator_index_, parts_.operators, id.value);
}

const operator_info* catalogue::find_operator(std::string_view name) const {
  const auto found = std::find_if(parts_.operators.begin(), parts_.operators.end(),
                                  [&](const operator_info& row) { return row.name == name; });
  return found == parts_.operators.end() ? nullptr : &*found;
}

const short_code* catalogue::find_short_code(std::string_view number) const {
  return look_up(code_number_index_, parts_.short_codes, std::string(number));
}

const short_code* catalogue::find_short_code(short_code_id id) const {
  return look_up(code_index_, parts_.short_codes, id.value);
}

const partner* catalogue::find_partner(partner_id id) const {
  return look_up(partner_index_, parts_.partners, id.value);
}

const service* catalogue::find_service(service_id id) const {
  return look_up(service_index_, parts_.services, id.value);
}

const service* catalogue::find_service(partner_id partner, int number) const {
  if (number < 0 || number > service_number_max) return nullptr;
  return look_up(service_number_index_, parts_.services, number_key(partner, number));
}

const tariff* catalogue::find_tariff(tariff_id id) const {
  return look_up(tariff_index_, parts_.tariffs, id.value);
}

const tariff* catalogue::tariff_at(operator_id op, short_code_id code, utc_time at) const {
  const auto versions = tariff_versions_.find({op.value, code.value});
  if (versions == tariff_versions_.end()) return nullptr;
  return version_at(versions->second, parts_.tariffs, at);
}

const terms* catalogue::terms_at(partner_id partner, utc_time at) const {
  for (const std::int64_t whose : {partner.value, std::int64_t{0}}) {
    const auto versions = terms_index_.find(whose);
    if (versions == terms_index_.end()) continue;
    if (const auto* found = version_at(versions->second, parts_.terms_versions, at)) return found;
  }
  return nullptr;
}

} // namespace farebox
