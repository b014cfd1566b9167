#include "store/statistics.hpp"

namespace farebox::store {

void statistics_sum::add(const counter_key& key, const counter_values& values) {
  counter_key cut;
  std::string kind;
  cut.unit = key.unit; // amounts of different currencies are never added
  for (const auto by : query_.by) {
    switch (by) {
    case dimension::hour: cut.hour = key.hour; break;
    case dimension::day: cut.hour = key.hour - key.hour % 24; break;
    case dimension::service:
      cut.service = key.service;
      cut.partner = key.partner;
      break;
    case dimension::kind: kind = kind_of_(key.service); break;
    case dimension::site: cut.site = key.site; break;
    case dimension::op: cut.op = key.op; break;
    case dimension::code: cut.code = key.code; break;
    case dimension::currency: break;
    }
  }
  sums_[{std::move(cut), std::move(kind)}] += values;
}

std::vector<statistics_row> statistics_sum::rows() && {
  std::vector<statistics_row> out;
  out.reserve(sums_.size());
  for (auto& [key, values] : sums_) out.push_back({key.first, key.second, values});
  return out;
}

} // namespace farebox::store
