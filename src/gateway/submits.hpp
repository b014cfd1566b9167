// The submits of one connection from queue to answer, so that each is answered for exactly once:
// answered, lost (the bytes may have left) or unsent (they have certainly not). Pure; lives on the
// thread of its link. DESIGN rule R5.
#pragma once

#include "gateway/mapping.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace farebox::gateway {

class submit_ledger {
 public:
  struct entry {
    message_id reply;
    int attempt = 1;
    outgoing what;
  };

  void queue(entry&& next) {
    queued_tokens_ += next.what.tokens;
    queue_.push_back(std::move(next));
  }
  const entry* next() const { return queue_.empty() ? nullptr : &queue_.front(); }
  std::size_t queued() const { return queue_.size(); }
  std::int64_t queued_tokens() const { return queued_tokens_; }

  // The next one is given to the session under this cookie; its message is moved out.
  std::uint64_t cookie() const { return last_cookie_ + 1; }
  smpp::submit_sm take_next();
  // The session refused it all the same: it and what follows of its attempt are gone from here.
  submit_unsent refuse_last(bool final);

  // All that was given to the session so far may be on the wire from now on.
  void written() { written_up_to_ = last_cookie_; }

  // The first answer, late or not. An answer of another kind than ESME_ROK takes the segments of
  // the same attempt out of the queue: the next attempt carries them too. It is told when no other
  // segment of the attempt is under way, or the next attempt could send what was just taken.
  std::vector<event> answered(std::uint64_t cookie, std::uint32_t status, std::string smsc_id,
                              utc_time at);
  // No answer in time: told once for each attempt. A late answer may still come.
  std::optional<event> abandoned(std::uint64_t cookie);

  // The connection is gone: what became of everything without an answer.
  std::vector<event> closed();

 private:
  struct sent_entry {
    message_id reply;
    int attempt = 1;
    std::uint32_t covers = 0;
    bool abandoned = false;
  };
  using attempt_key = std::pair<message_id, int>;
  void drop_queued(message_id reply, int attempt);
  bool is_under_way(const attempt_key& attempt, std::uint64_t near) const;

  std::deque<entry> queue_;
  std::int64_t queued_tokens_ = 0;
  std::map<std::uint64_t, sent_entry> sent_; // by cookie
  std::map<attempt_key, submit_answered> refused_; // not told yet
  std::uint64_t last_cookie_ = 0;
  std::uint64_t written_up_to_ = 0;
};

} // namespace farebox::gateway
