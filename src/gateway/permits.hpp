// How many reply segments one bind may still take: granted by its link, taken by the writer, by
// one atomic and no lock. Each side counts from the beginning of the process and never takes back:
//
//   granted = segments that have arrived at the link + what it could send now
//   taken   = segments that the writer reserved
//
// so what is reserved and on its way is in `taken` and not in `granted`, and needs no counting.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace farebox::gateway {

class permits {
 public:
  // `whole`: what a bind at rest grants at once. A reply of more segments needs no more than that,
  // or it would wait for ever; it then runs the bind into debt.
  explicit permits(std::int64_t whole) { set_whole(whole); }

  // ---- link thread ----

  // `segments` reserved ones have arrived.
  void arrived(std::int64_t segments) { arrived_ += segments; }

  // Less than at first after a throttle, or with slots that nobody answers any more.
  void set_whole(std::int64_t whole) {
    whole_.store(std::max<std::int64_t>(whole, 1), std::memory_order_relaxed);
  }

  // The bind can send so many segments now, those in its queue counted off. True: the writer was
  // refused before, and is to be told.
  bool grant(std::int64_t sendable) {
    granted_.store(arrived_ + sendable, std::memory_order_release);
    return sendable > 0 && refused_.load(std::memory_order_relaxed) && refused_.exchange(false);
  }
  void close() { granted_.store(closed, std::memory_order_release); }

  // ---- writer thread ----

  bool is_open() const { return granted_.load(std::memory_order_acquire) != closed; }
  std::int64_t available() const {
    const auto granted = granted_.load(std::memory_order_acquire);
    return granted == closed ? closed : granted - taken_;
  }
  bool enough(std::int64_t segments) const {
    const auto granted = available();
    return granted >= std::min(segments, whole_.load(std::memory_order_relaxed));
  }

  // What is reserved goes out by use(), which says that `segments` will arrive here, or by
  // give_back().
  void take(std::int64_t segments) { taken_ += segments, held_ += segments; }
  void give_back(std::int64_t segments) { taken_ -= segments, held_ -= segments; }
  void use(std::int64_t segments) { held_ -= segments; }
  std::int64_t held() const { return held_; }

  void refuse() { refused_.store(true, std::memory_order_relaxed); }

  static constexpr std::int64_t closed = std::numeric_limits<std::int64_t>::min();

 private:
  std::atomic<std::int64_t> whole_{1};
  std::int64_t arrived_ = 0; // link thread
  std::int64_t taken_ = 0;   // writer thread, as held_
  std::int64_t held_ = 0;    // reserved, and neither used nor given back
  std::atomic<std::int64_t> granted_{closed};
  std::atomic<bool> refused_{false};
};

} // namespace farebox::gateway
