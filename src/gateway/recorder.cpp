#include "gateway/recorder.hpp"

#include "farebox/base/limits.hpp"
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace farebox::gateway {
namespace {

std::string line_of(bytes_view frame) {
  if (const auto decoded = smpp::decode(frame)) return smpp::to_log_line(*decoded);
  // Not even masked: what cannot be read cannot be masked.
  return fmt::format("not decodable or too long to keep: header {}",
                     to_hex(frame.first(std::min<std::size_t>(frame.size(), 16))));
}

} // namespace

void recorder::connected() {
  const std::lock_guard lock(mutex_);
  in_ = {};
  out_ = {};
}

void recorder::record(smpp::framer& stream, bytes_view chunk, utc_time at, bool sent) {
  const std::lock_guard lock(mutex_);
  stream.push(chunk);
  while (const auto next = stream.next()) {
    frame kept;
    if (frames_.size() >= pdus_max) { // its memory is used again
      kept = std::move(frames_.front());
      frames_.pop_front();
    }
    const auto size = next->size() > frame_size_max ? limits::pdu_size_min : next->size();
    kept.at = at;
    kept.sent = sent;
    kept.data.assign(next->begin(), next->begin() + static_cast<std::ptrdiff_t>(size));
    frames_.push_back(std::move(kept));
  }
}

std::vector<traced_pdu> recorder::last(std::size_t lines) const {
  const std::lock_guard lock(mutex_);
  std::vector<traced_pdu> out;
  for (auto i = frames_.size() - std::min(lines, frames_.size()); i < frames_.size(); ++i)
    out.push_back({frames_[i].at, frames_[i].sent, line_of(frames_[i].data)});
  return out;
}

} // namespace farebox::gateway
