#include "farebox/http/ports.hpp"

#include <utility>

namespace farebox::http {

std::string_view name_of(link_action action) {
  switch (action) {
  case link_action::start: return "start";
  case link_action::stop: return "stop";
  case link_action::drain: return "drain";
  }
  return "unknown";
}

std::uint64_t ticket_desk::issue(writer_port::on_effect done, steady_time now) {
  std::vector<writer_port::on_effect> late;
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= limits::tickets_max)
      std::erase_if(waiting_, [&](auto& entry) {
        if (entry.second.deadline > now) return false;
        late.push_back(std::move(entry.second.done));
        return true;
      });
    if (waiting_.size() < limits::tickets_max) {
      ticket = ++last_;
      waiting_.emplace(ticket, waiter{std::move(done), now + limits::answer_timeout});
    }
  }
  for (const auto& tell : late) tell(unavailable("the writer did not answer in time"));
  return ticket;
}

void ticket_desk::settle(std::uint64_t ticket, result<effect> outcome) {
  writer_port::on_effect done;
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(ticket);
    if (at == waiting_.end()) return;
    done = std::move(at->second.done);
    waiting_.erase(at);
  }
  done(std::move(outcome));
}

void ticket_desk::withdraw(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(ticket);
}

std::size_t ticket_desk::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

} // namespace farebox::http
