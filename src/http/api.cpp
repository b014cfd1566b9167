#include "farebox/http/api.hpp"

#include "http/call.hpp"
#include "http/parameters.hpp"
#include "http/status_view.hpp"

#include <algorithm>
#include <exception>

namespace farebox::http {

namespace {

handler_result get_health(const call&) { return json_response(json::object{{"alive", true}}); }

handler_result get_readiness(const call& c) {
  const auto status = c.ports.status();
  if (status.ready) return json_response(json::object{{"ready", true}});
  auto out = json_response(
      json::object{{"ready", false}, {"reason", text_of(status.not_ready_reason)}}, 503);
  out.fields.emplace_back("Retry-After", "1");
  return out;
}

handler_result get_metrics(const call& c) { return metrics(c.ports.status()); }

handler_result get_status(const call& c) {
  if (prefers_html(c.what.accept)) return status_page(c.ports.status());
  return json_response(status_json(c.ports.status()));
}

enum class gate : std::uint8_t { open, token, unix_socket };

struct route {
  std::string_view method;
  std::string_view pattern;
  gate access;
  handler run;
};

constexpr route routes[] = {
    {"GET", "healthz", gate::open, get_health},
    {"GET", "readyz", gate::open, get_readiness},
    {"GET", "metrics", gate::open, get_metrics},
    {"GET", "status", gate::open, get_status},
    {"GET", "api/v1/statistics", gate::token, get_statistics},
    {"GET", "api/v1/messages", gate::token, get_messages},
    {"GET", "api/v1/messages/{}", gate::token, get_message},
    {"POST", "api/v1/services/{}/codes/check", gate::token, check_service_code},
    {"GET", "admin/v1/status", gate::unix_socket, get_status},
    {"GET", "admin/v1/statistics", gate::unix_socket, get_statistics},
    {"GET", "admin/v1/messages", gate::unix_socket, get_messages},
    {"GET", "admin/v1/messages/{}", gate::unix_socket, get_message},
    {"POST", "admin/v1/messages/{}/release", gate::unix_socket, release_message},
    {"POST", "admin/v1/messages/{}/settle", gate::unix_socket, settle_message},
    {"GET", "admin/v1/partners", gate::unix_socket, list_partners},
    {"POST", "admin/v1/partners", gate::unix_socket, add_partner},
    {"GET", "admin/v1/partners/{}", gate::unix_socket, show_partner},
    {"POST", "admin/v1/partners/{}/approve", gate::unix_socket, approve_partner},
    {"POST", "admin/v1/partners/{}/suspend", gate::unix_socket, suspend_partner},
    {"POST", "admin/v1/partners/{}/reject", gate::unix_socket, reject_partner},
    {"GET", "admin/v1/partners/{}/tokens", gate::unix_socket, list_tokens},
    {"POST", "admin/v1/partners/{}/tokens", gate::unix_socket, add_token},
    {"DELETE", "admin/v1/partners/{}/tokens/{}", gate::unix_socket, revoke_token},
    {"GET", "admin/v1/partners/{}/services", gate::unix_socket, list_partner_services},
    {"POST", "admin/v1/partners/{}/services", gate::unix_socket, add_service},
    {"POST", "admin/v1/partners/{}/services/{}/enable", gate::unix_socket, enable_service},
    {"POST", "admin/v1/partners/{}/services/{}/disable", gate::unix_socket, disable_service},
    {"GET", "admin/v1/services", gate::unix_socket, list_services},
    {"GET", "admin/v1/links", gate::unix_socket, list_links},
    {"POST", "admin/v1/links/{}/{}/start", gate::unix_socket, start_link},
    {"POST", "admin/v1/links/{}/{}/stop", gate::unix_socket, stop_link},
    {"POST", "admin/v1/links/{}/{}/drain", gate::unix_socket, drain_link},
    {"GET", "admin/v1/links/{}/{}/trace", gate::unix_socket, trace_link},
};

// The segments that stand for {}; nullopt if the path does not fit the pattern.
std::optional<std::vector<std::string_view>> match(std::string_view pattern,
                                                   const std::vector<std::string>& path) {
  std::vector<std::string_view> arguments;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto end = pattern.find('/');
    const auto expected = pattern.substr(0, end);
    if (expected == "{}") arguments.push_back(path[i]);
    else if (expected != path[i]) return {};
    const bool last = i + 1 == path.size();
    if (last != (end == pattern.npos)) return {};
    if (!last) pattern.remove_prefix(end + 1);
  }
  return arguments;
}

// The partner whose token the request carries. The scheme's name is case-insensitive (RFC 9110).
std::optional<partner_id> authenticated(const request& what, const token_directory& tokens) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view given = what.authorization;
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const bool bearer = given.size() > scheme.size() &&
                      std::equal(scheme.begin(), scheme.end(), given.begin(),
                                 [&](char a, char b) { return a == fold(b); });
  if (!bearer) return {};
  return tokens.find(token_digest(given.substr(scheme.size())));
}

response method_not_allowed(std::string allowed) {
  auto out = error_response(405, "method_not_allowed", "this path takes " + allowed);
  out.fields.emplace_back("Allow", std::move(allowed));
  return out;
}

// Every answer is for the asker alone, and only what it says it is.
void add_common_fields(response& answer) {
  answer.fields.emplace_back("Cache-Control", "no-store");
  answer.fields.emplace_back("X-Content-Type-Options", "nosniff");
  answer.fields.emplace_back("Referrer-Policy", "no-referrer");
}

handler_result dispatch(call& c) {
  std::string allowed;
  for (const auto& r : routes) {
    if (r.access == gate::unix_socket && c.what.peer != peer_kind::unix_socket) continue;
    auto arguments = match(r.pattern, c.what.path);
    if (!arguments) continue;
    if (r.method != c.what.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(r.method);
      if (r.method == "GET") allowed += ", HEAD";
      continue;
    }
    if (r.access == gate::token) {
      c.partner = authenticated(c.what, c.ports.tokens);
      if (!c.partner)
        return error_response(401, "unauthorized", "send Authorization: Bearer <your token>");
    }
    c.arguments = std::move(*arguments);
    return r.run(c);
  }
  return allowed.empty() ? not_found_response("path") : method_not_allowed(std::move(allowed));
}

} // namespace

api::api(api_ports ports) : state_(std::make_shared<state>(std::move(ports))) {}
api::~api() = default;

void api::handle(const request& what, store::reader& reader, respond answer) {
  respond finish = [answer = std::move(answer)](response out) {
    add_common_fields(out);
    answer(std::move(out));
  };
  handler_result now;
  try {
    call c{what, state_->ports, state_, reader, state_->ports.catalogue(), state_->ports.now(),
           {},   {},            finish};
    now = dispatch(c);
  } catch (const std::exception& broken) {
    now = failure_response({failure_kind::fatal, broken.what()});
  }
  if (now) finish(std::move(*now));
}

} // namespace farebox::http
