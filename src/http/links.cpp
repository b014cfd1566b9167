// The administrator's side, on the Unix socket: the SMPP links.
#include "http/call.hpp"
#include "http/parameters.hpp"
#include "http/status_view.hpp"

#include "farebox/http/limits.hpp"

namespace farebox::http {

namespace {

constexpr int trace_lines_default = 100;

response link_failure(const failure& why) {
  return why.kind == failure_kind::not_found ? not_found_response("link") : failure_response(why);
}

handler_result control(const call& c, link_action action) {
  body_reader body(c.what, {});
  if (!body.ok()) return body.error();
  const std::string op(c.arguments.at(0)), bind(c.arguments.at(1));
  const auto told = [op, bind, action, answer = c.answer](const result<std::string>& said) {
    if (!said) return answer(link_failure(said.error()));
    answer(json_response(json::object{{"operator", text_of(op)},
                                      {"bind", text_of(bind)},
                                      {"action", name_of(action)},
                                      {"result", text_of(*said)}}));
  };
  c.ports.links.control(action, op, bind, told);
  return {};
}

} // namespace

handler_result list_links(const call& c) {
  return json_response(json::object{{"links", binds_json(c.ports.status())}});
}

handler_result start_link(const call& c) { return control(c, link_action::start); }
handler_result stop_link(const call& c) { return control(c, link_action::stop); }
handler_result drain_link(const call& c) { return control(c, link_action::drain); }

handler_result trace_link(const call& c) {
  parameters given(c.what, {"lines"});
  const auto lines = given.integer_or("lines", trace_lines_default, 1, limits::trace_lines_max);
  if (!given.ok()) return given.error();
  const auto told = [answer = c.answer](const result<std::vector<std::string>>& traced) {
    if (!traced) return answer(link_failure(traced.error()));
    json::array list;
    for (const auto& line : *traced) list.push_back(text_of(line));
    answer(json_response(json::object{{"trace", std::move(list)}}));
  };
  c.ports.links.trace(c.arguments.at(0), c.arguments.at(1), static_cast<int>(lines), told);
  return {};
}

} // namespace farebox::http
