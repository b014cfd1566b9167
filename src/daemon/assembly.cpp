#include "farebox/daemon/assembly.hpp"

#include "farebox/billing/split.hpp"
#include "farebox/route/route.hpp"
#include "farebox/service/kind.hpp"

#include <algorithm>

namespace farebox::daemon {

result<void> name_ids(config& settings, store::writer& rows) {
  for (auto& op : settings.operators) {
    const auto id = rows.operator_named(op.info.name);
    if (!id) return id.error();
    op.info.id = *id;
  }
  for (auto& code : settings.short_codes) {
    const auto id = rows.short_code_named(code.value.number);
    if (!id) return id.error();
    code.value.id = *id;
  }
  return {};
}

result<catalogue_change> imported_prices(const config& settings) {
  catalogue_change prices;
  for (const auto& entry : settings.tariffs) {
    auto priced = entry.value.values;
    for (const auto& op : settings.operators)
      if (op.info.name == entry.value.operator_name) priced.op = op.info.id;
    for (const auto& code : settings.short_codes)
      if (code.value.number == entry.value.short_code) priced.code = code.value.id;
    if (!priced.op || !priced.code)
      return invalid(entry.place + ": the tariff's operator or short code is not configured");
    prices.tariffs.push_back(std::move(priced));
  }
  for (const auto& entry : settings.terms_versions)
    prices.terms_versions.push_back(entry.value);
  return prices;
}

result<catalogue_ptr> assemble(const config& settings, store::writer& rows,
                               std::uint64_t generation, std::vector<std::string>& left_out) {
  auto parts = rows.load_catalogue();
  if (!parts) return parts.error();
  for (const auto& op : settings.operators) parts->operators.push_back(op.info);
  for (const auto& code : settings.short_codes) parts->short_codes.push_back(code.value);
  parts->unknown_code_help = settings.unknown_code_help;
  std::erase_if(parts->services, [&](service& sold) {
    const auto parsed = services::parse_settings(sold);
    if (!parsed)
      left_out.push_back("service " + std::to_string(sold.id.value) + ": " +
                         parsed.error().detail);
    return !parsed;
  });
  auto built = std::make_shared<catalogue>(std::move(*parts), generation);
  auto grammars = route::build_grammars(*built);
  if (!grammars) return grammars.error();
  built->grammars = std::move(*grammars);
  if (auto priced = billing::check_prices(*built); !priced) return priced.error();
  return catalogue_ptr(std::move(built));
}

} // namespace farebox::daemon
