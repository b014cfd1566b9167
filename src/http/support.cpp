// The administrator's side, on the Unix socket: what support decides about one message.
#include "http/call.hpp"
#include "http/parameters.hpp"

namespace farebox::http {

namespace {

std::optional<message_id> message_of(const call& c) {
  const auto number = parse_number(c.arguments.at(0));
  return number ? std::optional(message_id{*number}) : std::nullopt;
}

// A retry is told so: `done_before`.
response answered(const support_answered& answer) {
  if (answer.refused) return failure_response(*answer.refused);
  return json_response(json::object{{"message", answer.message.value},
                                    {"done_before", answer.done_before}});
}

} // namespace

handler_result release_message(const call& c) {
  const auto id = message_of(c);
  if (!id) return not_found_response("message");
  body_reader body(c.what, {"reason"});
  release_absorbed asked;
  asked.message = *id;
  asked.reason = body.text("reason", 1, limits::name_size_max);
  if (!body.ok()) return body.error();
  return ask_writer<support_answered>(c, std::move(asked), answered);
}

handler_result settle_message(const call& c) {
  const auto id = message_of(c);
  if (!id) return not_found_response("message");
  body_reader body(c.what, {"delivered", "reason"});
  settle_reply asked;
  asked.reply = *id;
  const auto delivered = body.boolean("delivered");
  asked.reason = body.text("reason", 1, limits::name_size_max);
  if (!body.ok()) return body.error();
  asked.delivered = *delivered;
  return ask_writer<support_answered>(c, std::move(asked), answered);
}

} // namespace farebox::http
