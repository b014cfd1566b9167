// What can be checked only when every key has been read: names, references, prices.
#pragma once

#include "yaml.hpp"

#include "farebox/daemon/config.hpp"

namespace farebox::daemon {

// `loaded` was read from `root` without an error: item i of a list there is item i of its vector.
void check_config(const yaml_node& root, config& loaded, error_list& errors);

// Where item `index` of this list of the top level stands, or one of its keys.
place place_of(const yaml_node& root, std::string_view list, std::size_t index,
               std::string_view key = {});

} // namespace farebox::daemon
