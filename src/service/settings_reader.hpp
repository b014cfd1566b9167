// Reads a kind's settings: each key once, no unknown ones.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/model/catalogue.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace farebox::services {

// Refuses a key that is not among `known`, and one that is there twice.
result<void> check_keys(const settings_list& settings,
                        std::initializer_list<std::string_view> known);

// nullopt: the key is not there.
std::optional<std::string_view> find_setting(const settings_list& settings, std::string_view key);

// A whole number in decimal digits; nullopt: the key is not there.
result<std::optional<std::int64_t>> read_number(const settings_list& settings,
                                                std::string_view key, std::int64_t min,
                                                std::int64_t max);

} // namespace farebox::services
