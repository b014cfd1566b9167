#include "farebox/http/api.hpp"

namespace farebox::http {

std::optional<partner_id> next_partner_id(const catalogue& known,
                                          const std::set<partner_id>& taken) {
  for (std::int64_t first_five = 10'000; first_five <= 99'999; ++first_five) {
    const auto candidate = make_partner_id(first_five);
    if (!known.find_partner(candidate) && !taken.contains(candidate)) return candidate;
  }
  return {};
}

} // namespace farebox::http
