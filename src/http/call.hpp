// One request on its way through a handler. A handler returns the response, or nothing if it will
// be answered later through call::answer.
#pragma once

#include "farebox/http/api.hpp"
#include "http/json.hpp"
#include "http/views.hpp"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace farebox::http {

// Which phones each partner looked for in vain today (UTC).
class phone_limit {
 public:
  bool admits(partner_id who, utc_time now);
  void note_miss(partner_id who, std::string_view phone, utc_time now);

 private:
  std::set<digest128>& missed_today(partner_id who, utc_time now);

  std::mutex mutex_;
  std::int64_t day_ = 0;
  std::map<partner_id, std::set<digest128>> missed_;
};

struct api::state {
  api_ports ports;
  phone_limit phones;
  // Partner IDs that were given out and are not in the catalogue yet.
  std::mutex mutex;
  std::set<partner_id> being_added;
};

struct call {
  const request& what;
  api_ports& ports;
  std::shared_ptr<api::state> state;
  store::reader& reader;
  catalogue_ptr known;
  utc_time now;
  std::optional<partner_id> partner;       // who asks; none: the administrator
  std::vector<std::string_view> arguments; // of the {} in the route's pattern, in order
  respond answer;
};

using handler_result = std::optional<response>;
using handler = handler_result (*)(const call&);

// Sends an event to the writer; `then` makes the response of the effect, on any thread, so it holds
// nothing of the call but copies.
template <class Effect>
handler_result ask_writer(const call& c, event what, std::function<response(const Effect&)> then) {
  const bool queued = c.ports.writer.submit(
      std::move(what), [answer = c.answer, then = std::move(then)](result<effect> outcome) {
        if (!outcome) return answer(failure_response(outcome.error()));
        response made;
        try { // this is not the handler's thread: nothing may pass into the writer
          made = then(std::get<Effect>(*outcome));
        } catch (const std::exception& broken) {
          made = failure_response({failure_kind::fatal, broken.what()});
        }
        answer(std::move(made));
      });
  if (queued) return {};
  return error_response(503, "busy", "too much is waiting; nothing was done; try again");
}

// ---- shared by the partner's and the administrator's side ----

handler_result get_statistics(const call& c);
handler_result get_messages(const call& c);
handler_result get_message(const call& c);

// ---- the partner's ----

handler_result check_service_code(const call& c);

// ---- the administrator's ----

handler_result list_partners(const call& c);
handler_result add_partner(const call& c);
handler_result show_partner(const call& c);
handler_result approve_partner(const call& c);
handler_result suspend_partner(const call& c);
handler_result reject_partner(const call& c);
handler_result list_tokens(const call& c);
handler_result add_token(const call& c);
handler_result revoke_token(const call& c);
handler_result list_services(const call& c);
handler_result list_partner_services(const call& c);
handler_result add_service(const call& c);
handler_result enable_service(const call& c);
handler_result disable_service(const call& c);
handler_result release_message(const call& c);
handler_result settle_message(const call& c);
handler_result list_links(const call& c);
handler_result start_link(const call& c);
handler_result stop_link(const call& c);
handler_result drain_link(const call& c);
handler_result trace_link(const call& c);

} // namespace farebox::http
