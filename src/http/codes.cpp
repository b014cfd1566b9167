// The partner's page asks about a code that a subscriber typed. A code is a secret: it comes in the
// body, never in a URL, which logs keep.
#include "http/call.hpp"
#include "http/parameters.hpp"

namespace farebox::http {

namespace {

constexpr std::string_view kind_with_codes = "lock";

// A page must not turn away somebody who paid because the store is full just now.
response checked(const code_checked& answer) {
  if (answer.state == "unavailable")
    return failure_response(unavailable("the store cannot take a use now: try again"));
  return json_response(json::object{
      {"state", text_of(answer.state)},
      {"valid", answer.state == "valid"},
      {"uses_left", answer.uses_left ? json::value(*answer.uses_left) : json::value(nullptr)},
      {"expires_at", answer.expires_at ? json::value(time_of(*answer.expires_at)) : nullptr}});
}

} // namespace

handler_result check_service_code(const call& c) {
  parameters none(c.what, {});
  if (!none.ok()) return none.error();
  const auto number = parse_number(c.arguments.at(0));
  const auto* sold = number && *number <= service_number_max
                         ? c.known->find_service(*c.partner, static_cast<int>(*number))
                         : nullptr;
  if (!sold) return not_found_response("service");
  if (sold->kind != kind_with_codes)
    return error_response(409, "no_codes", "this service gives no codes");
  body_reader body(c.what, {"code", "use_up"});
  check_code question;
  question.partner = *c.partner;
  question.service = sold->id;
  question.code = body.text("code", 1, limits::code_size_max);
  question.use_up = body.boolean_or("use_up", false);
  if (!body.ok()) return body.error();
  return ask_writer<code_checked>(c, question, checked);
}

} // namespace farebox::http
