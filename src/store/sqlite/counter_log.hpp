// With thousands of partners, a batch adds to as many rows of the table counter as it has messages,
// each on another page. So it writes its additions down in one row of counter_log; those of many
// batches are summed up, and the sums moved to the table a slice at a time. Whoever reads counters
// adds up both tables.
#pragma once

#include "farebox/base/bytes.hpp"
#include "farebox/model/changes.hpp"
#include "store/sqlite/tables.hpp"

#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace farebox::store {

using counter_map = std::map<counter_key, counter_values>;

// Of the writer. What it knows changes only when a commit is reported to it.
class counter_log {
 public:
  explicit counter_log(database& db);

  void read(); // at the opening
  void write(const counter_map& added); // in the batch's transaction, once
  void committed(const counter_map& added);

 private:
  struct slice {
    std::int64_t row = 0; // of the table counter_log
    std::vector<counted> counters;
  };
  void write_slices();

  database& db_;
  row_inserter<counted> add_;
  statement append_, drop_one_, drop_all_;
  counter_map logged_; // the sum of the rows of the batches
  int logged_rows_ = 0;
  std::deque<slice> slices_; // summed up, to be moved; one in each batch
  std::deque<slice> fresh_;  // made in this transaction
};

bytes pack_counters(const counter_map& counters);

// Calls `each` for every counter, in order; false if the octets are not what pack_counters makes.
bool unpack_counters(bytes_view packed,
                     const std::function<void(const counter_key&, const counter_values&)>& each);

} // namespace farebox::store
