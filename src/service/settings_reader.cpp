#include "service/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace farebox::services {

result<void> check_keys(const settings_list& settings,
                        std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : settings) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      return invalid(fmt::format("unknown setting \"{}\"; there are: {}", key,
                                 fmt::join(known, ", ")));
    const auto same = [&](const auto& row) { return row.first == key; };
    if (std::count_if(settings.begin(), settings.end(), same) > 1)
      return invalid(fmt::format("setting \"{}\" is there twice", key));
  }
  return {};
}

std::optional<std::string_view> find_setting(const settings_list& settings, std::string_view key) {
  for (const auto& [name, value] : settings)
    if (name == key) return value;
  return {};
}

result<std::optional<std::int64_t>> read_number(const settings_list& settings,
                                                std::string_view key, std::int64_t min,
                                                std::int64_t max) {
  const auto text = find_setting(settings, key);
  if (!text) return std::optional<std::int64_t>{};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < min || value > max)
    return invalid(fmt::format("setting \"{}\": \"{}\" is not a whole number from {} to {}", key,
                               *text, min, max));
  return std::optional(value);
}

} // namespace farebox::services
