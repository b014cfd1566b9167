// Statistics cut from counters: the same for every store.
#pragma once

#include "farebox/model/changes.hpp"
#include "farebox/model/queries.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace farebox::store {

class statistics_sum {
 public:
  // `kind_of` names a service's kind; it is asked only if the query cuts by kind.
  statistics_sum(const statistics_query& query, std::function<std::string(service_id)> kind_of)
      : query_(query), kind_of_(std::move(kind_of)) {}

  void add(const counter_key& key, const counter_values& values);
  std::vector<statistics_row> rows() &&; // ordered by the fields that are asked for

 private:
  const statistics_query& query_;
  std::function<std::string(service_id)> kind_of_;
  std::map<std::pair<counter_key, std::string>, counter_values> sums_;
};

} // namespace farebox::store
