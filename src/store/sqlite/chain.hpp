// The hash chain over the bills, recomputed from what is stored and held against the stored heads.
#pragma once

#include "farebox/model/changes.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/tables.hpp"

#include <optional>

namespace farebox::store {

class chain_checker {
 public:
  explicit chain_checker(database& db);

  // The newest stored head of `bill` or before it; the empty head (bill 0) if there is none.
  chain_head head_at(bill_id bill);

  // Goes on from a head to the newest bill, or to the first head after `bills_max` bills. `also` is
  // a head kept elsewhere that must fit too. Returns the head reached; failure `corrupt` says where
  // and why.
  result<chain_head> follow(chain_head from, std::int64_t bills_max,
                            const std::optional<chain_head>& also = {});

 private:
  database& db_;
  statement heads_, head_at_, bills_;
};

} // namespace farebox::store
