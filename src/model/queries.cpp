#include "farebox/model/queries.hpp"

#include <utility>

namespace farebox {

namespace {

constexpr std::pair<dimension, std::string_view> dimension_names[] = {
    {dimension::hour, "hour"}, {dimension::day, "day"},   {dimension::service, "service"},
    {dimension::kind, "kind"}, {dimension::site, "site"}, {dimension::op, "operator"},
    {dimension::code, "code"}, {dimension::currency, "currency"}};

} // namespace

std::string_view name_of(dimension d) {
  for (const auto& [value, name] : dimension_names)
    if (value == d) return name;
  return "unknown";
}

std::optional<dimension> parse_dimension(std::string_view name) {
  for (const auto& [value, text] : dimension_names)
    if (text == name) return value;
  return {};
}

} // namespace farebox
