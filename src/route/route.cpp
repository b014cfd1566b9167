#include "farebox/route/route.hpp"

#include "route/candidates.hpp"

namespace farebox::route {

namespace {

// Addresses of type "international" come with a plus sign from some SMSCs.
const short_code* find_code(std::string_view destination, const catalogue& catalogue) {
  if (const auto* found = catalogue.find_short_code(destination)) return found;
  return destination.starts_with('+') ? catalogue.find_short_code(destination.substr(1)) : nullptr;
}

} // namespace

routing route(std::string_view utf8_text, std::string_view destination, operator_id,
              const catalogue& catalogue) {
  const auto& grammars = grammar_set::of(catalogue);
  routing out;
  out.code = find_code(destination, catalogue);
  if (!out.code) {
    out.detail = "the short code is not one of ours";
    return out;
  }
  const auto rules = grammars.by_code.find(out.code->id.value);
  ensure(rules != grammars.by_code.end(), "route: a short code without a grammar");
  const reading text(utf8_text, grammars.table);
  findings found;
  for (auto* generate : generators) {
    found.candidates.clear();
    generate(text, rules->second, found);
    if (!found.reserved.empty()) {
      out.result = outcome::reserved;
      out.keyword = found.reserved;
      return out;
    }
    if (settle(found.candidates, catalogue, out)) return out;
  }
  if (const auto& fallback = rules->second.fallback(); fallback && !found.has_keyword)
    settle({{*fallback, nullptr, text.trimmed(), {}}}, catalogue, out);
  else if (out.detail.empty())
    out.detail = std::move(found.reason);
  return out;
}

} // namespace farebox::route
