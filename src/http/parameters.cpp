#include "http/parameters.hpp"

#include "http/json.hpp"

#include <algorithm>
#include <charconv>

namespace farebox::http {

namespace {

constexpr std::size_t phone_digits_min = 5; // shorter ones are short codes
constexpr std::size_t phone_digits_max = 15; // E.164

} // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const bool canonical = !text.empty() && text.front() >= '0' && text.front() <= '9' &&
                         (text.size() == 1 || text.front() != '0');
  if (!canonical) return {};
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {};
  return value;
}

parameters::parameters(const request& what, std::initializer_list<std::string_view> names)
    : list_(what.query) {
  for (auto at = list_.begin(); at != list_.end(); ++at) {
    if (std::find(names.begin(), names.end(), at->first) == names.end())
      fail("unknown parameter", at->first);
    const auto same = [&](const auto& other) { return other.first == at->first; };
    if (std::any_of(list_.begin(), at, same)) fail("given twice", at->first);
  }
}

void parameters::fail(std::string_view message, std::string_view name) {
  if (ok()) error_ = error_response(400, "invalid", message, name);
}

std::optional<std::string_view> parameters::text(std::string_view name) const {
  for (const auto& [known, value] : list_)
    if (known == name) return value;
  return {};
}

std::int64_t parameters::integer_or(std::string_view name, std::int64_t otherwise,
                                    std::int64_t min, std::int64_t max) {
  const auto given = text(name);
  if (!given) return otherwise;
  const auto value = parse_number(*given);
  if (value && *value >= min && *value <= max) return *value;
  fail("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max), name);
  return otherwise;
}

std::optional<utc_time> parameters::time(std::string_view name) {
  const auto given = text(name);
  if (!given) return {};
  const auto value = parse_iso8601(*given);
  if (!value) fail("must be a date (2026-11-23) or a time (2026-11-23T15:00:00Z), in UTC", name);
  return value;
}

std::optional<std::string> parameters::phone(std::string_view name) {
  auto given = text(name);
  if (!given) return {};
  // A plus sign that the asker did not escape has become a space.
  if (given->starts_with('+') || given->starts_with(' ')) given->remove_prefix(1);
  const bool digits = std::all_of(given->begin(), given->end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (digits && given->size() >= phone_digits_min && given->size() <= phone_digits_max)
    return std::string(*given);
  fail("must be the whole number in international form, digits only", name);
  return {};
}

bool parameters::flag(std::string_view name) {
  const auto given = text(name);
  if (given && *given != "0" && *given != "1") fail("must be 0 or 1", name);
  return given == "1";
}

} // namespace farebox::http
