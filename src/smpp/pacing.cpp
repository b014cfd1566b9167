#include "farebox/smpp/pacing.hpp"

#include <algorithm>

namespace farebox::smpp {
namespace {

constexpr std::int64_t token = 1'000'000; // so that rate times microseconds needs no division
constexpr std::uint32_t rate_unlimited = 1'000'000;

} // namespace

pacing::pacing(pacing_settings settings, steady_time now)
    : settings_(settings), at_(now), step_from_(now), paused_until_(now),
      next_pause_(settings.pause) {
  if (settings_.rate == 0) {
    settings_.rate = rate_unlimited;
    settings_.burst = rate_unlimited;
  }
  settings_.rate = std::min(settings_.rate, rate_unlimited);
  settings_.rate_min = std::clamp(settings_.rate_min, 1u, settings_.rate);
  settings_.burst = std::max(settings_.burst, 1u);
  level_ = settings_.burst * token;
  rate_ = settings_.rate;
}

std::uint32_t pacing::available(steady_time now) const {
  if (now < paused_until_) return 0;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(advanced(now).level / token, 0));
}

bool pacing::take(std::uint32_t parts, steady_time now) {
  if (now < paused_until_) return false;
  advance(now);
  if (level_ < needed(parts)) return false;
  level_ -= parts * token;
  return true;
}

steady_time pacing::next_at(std::uint32_t parts, steady_time now) const {
  const auto start = std::max(now, paused_until_);
  const auto then = advanced(start);
  const auto missing = needed(parts) - then.level;
  if (missing <= 0) return start;
  return start + microseconds((missing + then.rate - 1) / then.rate);
}

void pacing::give_back(std::uint32_t parts) {
  level_ = std::min(level_ + parts * token, settings_.burst * token);
}

void pacing::on_throttled(steady_time now) {
  if (now < paused_until_) return;
  advance(now);
  rate_ = std::max(rate_ / 2, settings_.rate_min);
  level_ = std::min(level_, token); // what was saved up would be a new flood after the pause
  paused_until_ = now + next_pause_;
  step_from_ = paused_until_;
  next_pause_ = std::min(next_pause_ * 2, settings_.pause_max);
  cautious_ = true;
}

void pacing::on_accepted(steady_time now) {
  if (now < paused_until_) return;
  cautious_ = false;
  next_pause_ = settings_.pause;
}

std::uint32_t pacing::rate_at(steady_time now) const { return advanced(now).rate; }

pacing::fill pacing::advanced(steady_time now) const {
  fill state{level_, rate_, step_from_};
  auto at = at_;
  const auto pour = [&](steady_time until) {
    if (until <= at) return;
    // A day is longer than any bucket takes to fill and keeps the product inside 64 bits.
    const auto elapsed = std::min<microseconds>(until - at, hours(24)).count();
    state.level = std::min(state.level + elapsed * state.rate, settings_.burst * token);
    at = until;
  };
  while (state.rate < full_rate() && state.step_from + settings_.recovery_interval <= now) {
    pour(state.step_from += settings_.recovery_interval);
    state.rate = std::min(state.rate + recovery_step(), full_rate());
  }
  pour(now);
  return state;
}

void pacing::advance(steady_time now) {
  const auto state = advanced(now);
  level_ = state.level;
  rate_ = state.rate;
  step_from_ = state.step_from;
  at_ = std::max(at_, now);
}

std::uint32_t pacing::full_rate() const { return settings_.rate; }

std::uint32_t pacing::recovery_step() const { return std::max(settings_.rate / 8, 1u); }

std::int64_t pacing::needed(std::uint32_t parts) const {
  return std::min(parts, settings_.burst) * token;
}

} // namespace farebox::smpp
