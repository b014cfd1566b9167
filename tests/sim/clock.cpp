#include "sim/clock.hpp"

#include <algorithm>
#include <utility>

namespace farebox::sim {

void clock::at(steady_time when, owner whose, std::function<void()> what) {
  plans_.push_back({std::max(when, now_), ++planned_, whose, std::move(what)});
  std::push_heap(plans_.begin(), plans_.end(), is_later);
}

void clock::forget(owner whose) {
  std::erase_if(plans_, [&](const plan& p) { return p.whose == whose; });
  std::make_heap(plans_.begin(), plans_.end(), is_later);
}

bool clock::step(steady_time until) {
  if (plans_.empty() || plans_.front().when > until) {
    now_ = until;
    return false;
  }
  std::pop_heap(plans_.begin(), plans_.end(), is_later);
  auto next = std::move(plans_.back());
  plans_.pop_back();
  now_ = next.when;
  ++steps_;
  next.what();
  return true;
}

} // namespace farebox::sim
