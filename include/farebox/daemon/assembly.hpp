// From the configuration and the store's rows to one catalogue.
#pragma once

#include "farebox/daemon/config.hpp"
#include "farebox/store/store.hpp"

#include <cstdint>

namespace farebox::daemon {

// Gives operators and short codes their ids for ever: on the writer thread.
result<void> name_ids(config& settings, store::writer& rows);

// The tariffs and terms of the configuration, ready to be taken over by the store. Ids are named.
result<catalogue_change> imported_prices(const config& settings);

// Everything that is sold now; checks grammars, services' settings and prices. A service whose
// settings its kind no longer takes is left out and named in `left_out`.
result<catalogue_ptr> assemble(const config& settings, store::writer& rows,
                               std::uint64_t generation, std::vector<std::string>& left_out);

} // namespace farebox::daemon
