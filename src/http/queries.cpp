// Statistics and messages: the same for a partner and for the administrator, who sees all of them.
#include "http/call.hpp"
#include "http/parameters.hpp"

#include "farebox/http/limits.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace farebox::http {

namespace {

constexpr int page_default = 50;

bool is_whole_hour(utc_time time) { return time.time_since_epoch() % hours{1} == microseconds{0}; }

// The administrator may look at one partner; a partner looks at himself.
std::optional<partner_id> whose(const call& c, parameters& given) {
  if (c.partner) return c.partner;
  const auto asked = given.text("partner");
  if (!asked) return {};
  const auto id = parse_partner_id(*asked);
  if (!id) given.fail("is not a partner ID", "partner");
  return id;
}

std::vector<dimension> columns(parameters& given) {
  std::vector<dimension> by;
  std::string_view list = given.text("by").value_or("day");
  for (;;) {
    const auto comma = list.find(',');
    const auto column = parse_dimension(list.substr(0, comma));
    if (!column)
      given.fail("must be a comma list of hour, day, service, kind, site, operator, code, currency",
                 "by");
    else if (std::find(by.begin(), by.end(), *column) != by.end())
      given.fail("names a column twice", "by");
    else by.push_back(*column);
    if (comma == list.npos || !given.ok()) return by;
    list.remove_prefix(comma + 1);
  }
}

statistics_query statistics_asked(const call& c, parameters& given) {
  const utc_time today{std::chrono::floor<std::chrono::days>(c.now.time_since_epoch())};
  const auto from = given.time("from").value_or(today);
  const auto to = given.time("to").value_or(utc_time{hours{hour_of(c.now) + 1}});
  if (!is_whole_hour(from)) given.fail("must be a whole hour", "from");
  if (!is_whole_hour(to)) given.fail("must be a whole hour", "to");
  if (to < from) given.fail("must not be before `from`", "to");
  if (to - from > limits::statistics_span_max) given.fail("is more than 400 days later", "to");
  statistics_query query;
  query.partner = whose(c, given);
  query.hour_from = hour_of(from);
  query.hour_to = hour_of(to);
  query.by = columns(given);
  return query;
}

audience audience_of(const call& c, bool full) {
  if (c.partner) return audience::partner;
  return full ? audience::administrator_full : audience::administrator;
}

response too_many_phones(utc_time now) {
  auto out = error_response(429, "too_many",
                            "too many phones were looked for in vain today", "phone");
  const auto tomorrow = utc_time{hours{24 * (day_of(now) + 1)}};
  out.fields.emplace_back(
      "Retry-After", std::to_string(std::chrono::ceil<seconds>(tomorrow - now).count()));
  return out;
}

// ?full=1 is the administrator's alone: for a partner it is an unknown parameter.
parameters message_parameters(const call& c) {
  if (c.partner) return {c.what, {"limit", "before", "from", "phone"}};
  return {c.what, {"limit", "before", "from", "phone", "partner", "full"}};
}

} // namespace

std::set<digest128>& phone_limit::missed_today(partner_id who, utc_time now) {
  if (std::exchange(day_, day_of(now)) != day_of(now)) missed_.clear();
  return missed_[who];
}

bool phone_limit::admits(partner_id who, utc_time now) {
  const std::lock_guard lock(mutex_);
  return missed_today(who, now).size() < limits::phones_missed_per_day_max;
}

void phone_limit::note_miss(partner_id who, std::string_view phone, utc_time now) {
  const std::lock_guard lock(mutex_);
  missed_today(who, now).insert(hash128(as_bytes(phone)));
}

handler_result get_statistics(const call& c) {
  parameters given = c.partner ? parameters{c.what, {"from", "to", "by"}}
                               : parameters{c.what, {"from", "to", "by", "partner"}};
  const auto query = statistics_asked(c, given);
  if (!given.ok()) return given.error();
  const auto rows = c.reader.statistics(query);
  if (!rows) return failure_response(rows.error());
  if (rows->size() > limits::statistics_rows_max)
    return error_response(400, "too_much", "too many rows: ask for fewer hours or columns", "by");
  auto body = statistics_json(*rows, {query.by, !c.partner}, *c.known);
  body["from"] = time_of(utc_time{hours{query.hour_from}});
  body["to"] = time_of(utc_time{hours{query.hour_to}});
  return json_response(body);
}

handler_result get_messages(const call& c) {
  auto given = message_parameters(c);
  message_query query;
  query.partner = whose(c, given);
  query.limit = static_cast<int>(given.integer_or("limit", page_default, 1, message_page_max));
  query.phone = given.phone("phone");
  query.from = given.time("from").value_or(utc_time{});
  if (const auto cursor = given.text("before")) {
    const auto place = parse_cursor(*cursor);
    if (!place) given.fail("is not a cursor of this list", "before");
    query.before = place.value_or(message_id{});
  }
  const bool full = given.flag("full");
  if (!given.ok()) return given.error();
  const bool searched = c.partner && query.phone;
  if (searched && !c.state->phones.admits(*c.partner, c.now)) return too_many_phones(c.now);
  const auto views = c.reader.messages(query);
  if (!views) return failure_response(views.error());
  if (searched && views->empty()) c.state->phones.note_miss(*c.partner, *query.phone, c.now);

  json::array messages;
  for (const auto& view : *views) {
    // The store's answer is checked once more: a slip there must not show another's message.
    ensure(!c.partner || view.message.partner == *c.partner, "a message of another partner");
    messages.push_back(message_json(view, *c.known, audience_of(c, full)));
  }
  const bool more = views->size() == static_cast<std::size_t>(query.limit);
  json::value next = more ? json::value(cursor_after(views->back().message.id)) : nullptr;
  return json_response(json::object{{"messages", std::move(messages)}, {"next", std::move(next)}});
}

handler_result get_message(const call& c) {
  parameters given = c.partner ? parameters{c.what, {}} : parameters{c.what, {"full"}};
  const bool full = given.flag("full");
  if (!given.ok()) return given.error();
  const auto number = parse_number(c.arguments.at(0));
  if (!number || *number == 0) return not_found_response("message");
  const auto view = c.reader.message(message_id{*number});
  const bool others = view && c.partner && view->message.partner != *c.partner;
  if (others || (!view && view.error().kind == failure_kind::not_found))
    return not_found_response("message");
  if (!view) return failure_response(view.error());
  return json_response(message_json(*view, *c.known, audience_of(c, full)));
}

} // namespace farebox::http
