#include "farebox/smpp/link.hpp"

#include "farebox/base/result.hpp"

#include <algorithm>
#include <utility>

namespace farebox::smpp {
namespace {

constexpr std::int64_t draw_max = 1'000'000;

microseconds drawn(microseconds wait, jitter draw) {
  const auto part = std::min<std::int64_t>(draw.millionths, draw_max);
  const auto half = wait / 2;
  return half + microseconds((wait - half).count() * part / draw_max);
}

} // namespace

bind_refusal refusal_of(command_status status) {
  switch (status) {
  case command_status::ESME_RINVPASWD:
  case command_status::ESME_RINVSYSID:
  case command_status::ESME_RBINDFAIL: return bind_refusal::credentials;
  case command_status::ESME_RALYBND: return bind_refusal::already_bound;
  default: return bind_refusal::other;
  }
}

link_policy::link_policy(link_settings settings) : settings_(settings) {
  ensure(settings_.hosts > 0, "a link without a host");
}

connect_attempt link_policy::start(steady_time now) {
  host_ = 0;
  rounds_failed_ = 0;
  round_wait_ = milliseconds(0);
  bound_since_.reset();
  return {host_, now};
}

connect_attempt link_policy::on_connect_failed(steady_time now, jitter draw) {
  return after_failure(backoff(), now, draw);
}

connect_attempt link_policy::on_bind_refused(command_status status, steady_time now, jitter draw) {
  switch (refusal_of(status)) {
  case bind_refusal::credentials:
    credentials_alarm_ = true;
    return after_failure(settings_.credentials_delay, now, draw);
  case bind_refusal::already_bound:
    return after_failure(settings_.already_bound_delay, now, draw);
  case bind_refusal::other: break;
  }
  return after_failure(backoff(), now, draw);
}

connect_attempt link_policy::on_lost(steady_time now, jitter draw) {
  const bool stable = bound_since_ && now - *bound_since_ >= settings_.stable_after;
  bound_since_.reset();
  if (!stable) return after_failure(backoff(), now, draw);
  host_ = 0;
  rounds_failed_ = 0;
  round_wait_ = milliseconds(0);
  return {host_, now + drawn(settings_.backoff_min, draw)};
}

void link_policy::on_bound(steady_time now) {
  bound_since_ = now;
  credentials_alarm_ = false;
}

connect_attempt link_policy::after_failure(milliseconds asked, steady_time now, jitter draw) {
  round_wait_ = std::max(round_wait_, asked);
  if (++host_ < settings_.hosts) return {host_, now + drawn(settings_.host_gap, draw)};
  host_ = 0;
  ++rounds_failed_;
  const auto wait = round_wait_;
  round_wait_ = milliseconds(0);
  return {host_, now + drawn(wait, draw)};
}

milliseconds link_policy::backoff() const {
  auto wait = settings_.backoff_min;
  for (std::uint32_t round = 0; round < rounds_failed_ && wait < settings_.backoff_max; ++round)
    wait *= 2;
  return std::min(wait, settings_.backoff_max);
}

void silence_watch::on_bound(steady_time now) {
  quiet_since_ = now;
  arrived_ = false;
}

void silence_watch::on_lost() { quiet_since_.reset(); }

void silence_watch::on_arrival(steady_time now) {
  if (!quiet_since_) return;
  const microseconds gap = now - *quiet_since_;
  quiet_since_ = now;
  if (!std::exchange(arrived_, true)) return; // the time since the bind is no gap between two
  if (gaps_ == 0) {
    mean_ = gap;
    deviation_ = gap / 2;
  } else {
    deviation_ += (std::chrono::abs(gap - mean_) - deviation_) / 8;
    mean_ += (gap - mean_) / 16;
  }
  gaps_ = std::min(gaps_ + 1, settings_.arrivals_min);
}

std::optional<steady_time> silence_watch::alarm_at() const {
  if (!quiet_since_ || gaps_ < settings_.arrivals_min) return std::nullopt;
  return *quiet_since_ + std::max<microseconds>(usual_gap() * settings_.factor, settings_.least);
}

} // namespace farebox::smpp
