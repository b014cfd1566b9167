// The store in plain maps: the reference that the contract suite holds the others against, and the
// store of simulations. Safe to use from several threads, as one lock covers everything.
#pragma once

#include "farebox/store/store.hpp"

#include <memory>

namespace farebox::store {

struct memory_state;

class memory_store final : public writer {
 public:
  memory_store();
  ~memory_store() override;

  result<loaded> load(const wanted& what) override;
  result<void> commit(const changes& what) override;
  void rollback() noexcept override {}
  result<sequences> load_sequences() override;
  result<catalogue_parts> load_catalogue() override;
  result<std::vector<token_row>> load_tokens() override;
  result<operator_id> operator_named(std::string_view name) override;
  result<short_code_id> short_code_named(std::string_view number) override;

  // The next commit changes nothing and returns this.
  void fail_next_commit(failure with);

  // Lives as long as it likes, also without the writer.
  std::unique_ptr<reader> open_reader();

 private:
  std::shared_ptr<memory_state> state_;
};

} // namespace farebox::store
