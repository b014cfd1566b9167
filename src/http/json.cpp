#include "http/json.hpp"

#include "farebox/http/limits.hpp"
#include "farebox/text/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace farebox::http {

json::string text_of(std::string_view text) { return json::string(text::to_valid_utf8(text)); }
json::string amount_of(millionths amount) { return json::string(to_text(amount)); }
json::string time_of(utc_time time) { return json::string(to_iso8601(time)); }

response json_response(const json::value& body, int status) {
  response out;
  out.status = status;
  out.body = json::serialize(body) + "\n";
  return out;
}

response error_response(int status, std::string_view code, std::string_view message,
                        std::string_view field) {
  json::object error{{"code", json::string(code)}, {"message", text_of(message)}};
  if (!field.empty()) error["field"] = text_of(field);
  auto out = json_response(json::object{{"error", std::move(error)}}, status);
  if (status == 401) out.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"farebox\"");
  if (status == 503) out.fields.emplace_back("Retry-After", "1");
  return out;
}

response not_found_response(std::string_view what) {
  return error_response(404, "not_found", "there is no such " + std::string(what));
}

response failure_response(const failure& why) {
  switch (why.kind) {
  case failure_kind::invalid: return error_response(400, "invalid", why.detail);
  case failure_kind::not_found: return not_found_response("thing");
  case failure_kind::conflict: return error_response(409, "conflict", why.detail);
  case failure_kind::forbidden: return error_response(409, "forbidden", why.detail);
  case failure_kind::exhausted:
  case failure_kind::unavailable: {
    auto out = error_response(503, "unavailable", "cannot answer now; try again");
    out.problem = why.detail;
    return out;
  }
  case failure_kind::corrupt:
  case failure_kind::fatal: break;
  }
  auto out = error_response(500, "internal", "an internal error; it was logged");
  out.problem = why.detail;
  return out;
}

std::string json_for_html(const json::value& value) {
  const std::string plain = json::serialize(value);
  std::string safe;
  safe.reserve(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::string_view rest = std::string_view(plain).substr(i);
    if (rest.front() == '<') safe += "\\u003c";
    else if (rest.front() == '>') safe += "\\u003e";
    else if (rest.front() == '&') safe += "\\u0026";
    else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      safe += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else safe += rest.front();
  }
  return safe;
}

namespace {

constexpr std::size_t body_depth_max = 4; // an object that holds settings has two

bool is_json(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view expected = "application/json";
  return std::equal(type.begin(), type.end(), expected.begin(), expected.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= ' ' && c != '\x7F') || c == '\n';
  });
}

// Numbers and booleans as a partner would write them in a text.
std::optional<std::string> setting_text(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (value.is_int64() || value.is_uint64() || value.is_bool()) return json::serialize(value);
  return {};
}

} // namespace

body_reader::body_reader(const request& what, std::initializer_list<std::string_view> keys) {
  if (what.body.empty()) return; // an empty object: enough where every key is optional
  if (!is_json(what.content_type)) {
    error_ = error_response(415, "unsupported_media_type", "send Content-Type: application/json");
    return;
  }
  boost::system::error_code failed;
  json::parse_options strict;
  strict.max_depth = body_depth_max;
  auto value = json::parse(what.body, failed, {}, strict);
  if (failed) fail("the body is not JSON: " + failed.message(), {});
  else if (!value.is_object()) fail("the body must be a JSON object", {});
  else object_ = std::move(value.as_object());
  for (const auto& member : object_)
    if (std::find(keys.begin(), keys.end(), std::string_view(member.key())) == keys.end())
      fail("unknown key", std::string_view(member.key()));
}

void body_reader::fail(std::string_view message, std::string_view field) {
  if (ok()) error_ = error_response(400, "invalid", message, field);
}

const json::value* body_reader::find(std::string_view key) const {
  return object_.if_contains(key);
}

std::string body_reader::text(std::string_view key, std::size_t size_min, std::size_t size_max) {
  const auto* value = find(key);
  const auto* found = value ? value->if_string() : nullptr;
  if (!found) return fail("a text is required", key), std::string{};
  if (found->size() < size_min) return fail("must not be empty", key), std::string{};
  if (found->size() > size_max) return fail("is too long", key), std::string{};
  std::string text(*found);
  if (!is_plain(text)) return fail("must not hold control characters", key), std::string{};
  return text;
}

std::string body_reader::text_or(std::string_view key, std::string_view otherwise,
                                 std::size_t size_max) {
  return find(key) ? text(key, 0, size_max) : std::string(otherwise);
}

std::optional<bool> body_reader::boolean(std::string_view key) {
  const auto* value = find(key);
  if (value && value->is_bool()) return value->get_bool();
  fail("must be true or false", key);
  return {};
}

bool body_reader::boolean_or(std::string_view key, bool otherwise) {
  const auto* value = find(key);
  if (!value) return otherwise;
  if (!value->is_bool()) return fail("must be true or false", key), otherwise;
  return value->get_bool();
}

std::optional<std::int64_t> body_reader::integer(std::string_view key, std::int64_t min,
                                                 std::int64_t max) {
  const auto* value = find(key);
  if (!value || value->is_null()) return {};
  if (!value->is_int64() || value->get_int64() < min || value->get_int64() > max) {
    fail("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max), key);
    return {};
  }
  return value->get_int64();
}

std::vector<std::pair<std::string, std::string>> body_reader::settings(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto* value = find(key);
  if (!value) return out;
  const auto* members = value->if_object();
  if (!members) return fail("must be an object", key), out;
  if (members->size() > limits::settings_max) return fail("has too many settings", key), out;
  for (const auto& member : *members) {
    auto text = setting_text(member.value());
    const std::string name(member.key());
    if (!text || text->size() > limits::setting_size_max || !is_plain(*text) || !is_plain(name))
      return fail("must hold texts, whole numbers, true or false", std::string(key) + "." + name),
             out;
    out.emplace_back(name, std::move(*text));
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace farebox::http
