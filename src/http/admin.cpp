// The administrator's side, on the Unix socket: partners, their tokens and services.
#include "http/call.hpp"
#include "http/parameters.hpp"

#include "farebox/http/limits.hpp"
#include "farebox/service/kind.hpp"

#include <algorithm>

namespace farebox::http {

namespace {

const partner* partner_of(const call& c) {
  const auto id = parse_partner_id(c.arguments.at(0));
  return id ? c.known->find_partner(*id) : nullptr;
}

const service* service_of(const call& c) {
  const auto* owner = partner_of(c);
  const auto number = parse_number(c.arguments.at(1));
  if (!owner || !number || *number > service_number_max) return nullptr;
  return c.known->find_service(owner->id, static_cast<int>(*number));
}

// A change that takes effect as a whole; `done` is answered if it was taken.
handler_result ask_change(const call& c, catalogue_change change,
                          std::function<response(const catalogue_changed&)> done) {
  return ask_writer<catalogue_changed>(
      c, std::move(change), [done = std::move(done)](const catalogue_changed& effect) {
        return effect.refused ? failure_response(*effect.refused) : done(effect);
      });
}

// `kept` lives until the answer is out, or until it is certain that there will be none.
handler_result save_partner(const call& c, partner row, int status,
                            std::shared_ptr<const void> kept = nullptr) {
  catalogue_change change;
  change.partners.push_back(row);
  return ask_change(c, std::move(change), [row = std::move(row), status, kept](const auto&) {
    return json_response(partner_json(row), status);
  });
}

// A partner ID that is not in the catalogue yet and must not be given to a second one.
struct reserved_id {
  std::shared_ptr<api::state> state;
  partner_id id;
  ~reserved_id() {
    const std::lock_guard lock(state->mutex);
    state->being_added.erase(id);
  }
};

// The asked-for ID, else the next free one; null: it is taken, or all are.
std::shared_ptr<const reserved_id> reserve_id(const call& c, std::optional<partner_id> asked) {
  const std::lock_guard lock(c.state->mutex);
  const auto known = c.ports.catalogue(); // read under the lock: a reservation ends after the swap
  auto& taken = c.state->being_added;
  const auto id = asked ? asked : next_partner_id(*known, taken);
  if (!id || known->find_partner(*id) || !taken.insert(*id).second) return nullptr;
  return std::shared_ptr<const reserved_id>(new reserved_id{c.state, *id});
}

handler_result set_partner_state(const call& c, partner_state state, bool reason_required) {
  const auto* known = partner_of(c);
  if (!known) return not_found_response("partner");
  body_reader body(c.what, {"reason"});
  partner row = *known;
  row.state = state;
  row.reason = reason_required ? body.text("reason", 1, limits::name_size_max)
                               : body.text_or("reason", "", limits::name_size_max);
  if (!body.ok()) return body.error();
  return save_partner(c, std::move(row), 200);
}

handler_result save_service(const call& c, service row, int status) {
  catalogue_change change;
  change.services.push_back(row);
  return ask_change(c, std::move(change), [row = std::move(row), status](const auto&) {
    return json_response(service_json(row), status);
  });
}

handler_result set_service_enabled(const call& c, bool enabled) {
  const auto* known = service_of(c);
  if (!known) return not_found_response("service");
  body_reader body(c.what, {});
  if (!body.ok()) return body.error();
  service row = *known;
  row.enabled = enabled;
  return save_service(c, std::move(row), 200);
}

json::array services_json(const catalogue& known, std::optional<partner_id> of) {
  json::array list;
  for (const auto& row : known.services())
    if (!of || row.partner == *of) list.push_back(service_json(row));
  return list;
}

// The lowest number from 1 that the partner does not use yet; 0 is left to those who ask for it.
std::optional<int> next_service_number(const catalogue& known, partner_id of) {
  for (int number = 1; number <= service_number_max; ++number)
    if (!known.find_service(of, number)) return number;
  return {};
}

} // namespace

handler_result list_partners(const call& c) {
  parameters given(c.what, {"state"});
  std::optional<partner_state> state;
  if (const auto name = given.text("state")) {
    state = parse_partner_state(*name);
    if (!state) given.fail("must be pending, active, rejected or suspended", "state");
  }
  if (!given.ok()) return given.error();
  json::array list;
  for (const auto& row : c.known->partners())
    if (!state || row.state == *state) list.push_back(partner_json(row));
  return json_response(json::object{{"partners", std::move(list)}});
}

handler_result show_partner(const call& c) {
  const auto* row = partner_of(c);
  if (!row) return not_found_response("partner");
  auto body = partner_json(*row);
  body["services"] = services_json(*c.known, row->id);
  return json_response(body);
}

handler_result add_partner(const call& c) {
  body_reader body(c.what, {"name", "id"});
  partner row;
  row.name = body.text("name", 1, limits::name_size_max);
  const auto asked = body.integer("id", 0, 999'999);
  if (asked && !is_partner_id(partner_id{*asked}))
    body.fail("must have six digits, the last of them Damm's check digit", "id");
  if (!body.ok()) return body.error();

  const auto reserved = reserve_id(c, asked ? std::optional(partner_id{*asked}) : std::nullopt);
  if (!reserved) return error_response(409, "exists", "this partner ID is taken", "id");
  row.id = reserved->id;
  return save_partner(c, std::move(row), 201, reserved);
}

handler_result approve_partner(const call& c) {
  return set_partner_state(c, partner_state::active, false);
}
handler_result suspend_partner(const call& c) {
  return set_partner_state(c, partner_state::suspended, true);
}
handler_result reject_partner(const call& c) {
  return set_partner_state(c, partner_state::rejected, true);
}

handler_result list_tokens(const call& c) {
  const auto* owner = partner_of(c);
  if (!owner) return not_found_response("partner");
  json::array list;
  for (const auto& row : c.ports.tokens.of(owner->id)) list.push_back(token_json(row));
  return json_response(json::object{{"tokens", std::move(list)}});
}

handler_result add_token(const call& c) {
  const auto* owner = partner_of(c);
  if (!owner) return not_found_response("partner");
  body_reader body(c.what, {"title"});
  token_row row;
  row.title = body.text_or("title", "", limits::name_size_max);
  if (!body.ok()) return body.error();
  const auto token = token_text(c.ports.random());
  row.partner = owner->id;
  row.digest = token_digest(token);
  row.created_at = c.now;
  catalogue_change change;
  change.tokens.push_back(row);
  auto& directory = c.ports.tokens;
  return ask_change(c, std::move(change), [row, token, &directory](const auto& effect) mutable {
    ensure(effect.tokens.size() == 1, "one token was asked for");
    row.id = effect.tokens.front();
    directory.put(row);
    auto shown = token_json(row);
    shown["token"] = token; // this once
    return json_response(shown, 201);
  });
}

handler_result revoke_token(const call& c) {
  const auto* owner = partner_of(c);
  const auto number = parse_number(c.arguments.at(1));
  auto row = owner && number ? c.ports.tokens.find(token_id{*number}) : std::nullopt;
  if (!row || row->partner != owner->id) return not_found_response("token");
  row->revoked = true;
  catalogue_change change;
  change.tokens.push_back(*row);
  auto& directory = c.ports.tokens;
  return ask_change(c, std::move(change), [row = *row, &directory](const auto&) {
    directory.put(row);
    return json_response(token_json(row));
  });
}

handler_result list_services(const call& c) {
  return json_response(json::object{{"services", services_json(*c.known, {})}});
}

handler_result list_partner_services(const call& c) {
  const auto* owner = partner_of(c);
  if (!owner) return not_found_response("partner");
  return json_response(json::object{{"services", services_json(*c.known, owner->id)}});
}

handler_result add_service(const call& c) {
  const auto* owner = partner_of(c);
  if (!owner) return not_found_response("partner");
  body_reader body(c.what, {"number", "kind", "title", "site", "enabled", "settings"});
  service row;
  row.partner = owner->id;
  row.kind = body.text("kind", 1, limits::name_size_max);
  row.title = body.text("title", 1, limits::name_size_max);
  row.site = body.text_or("site", "", limits::name_size_max);
  row.enabled = body.boolean_or("enabled", true);
  row.settings = body.settings("settings");
  const auto asked = body.integer("number", 0, service_number_max);
  if (!body.ok()) return body.error();
  const auto number = asked ? static_cast<int>(*asked) : next_service_number(*c.known, owner->id);
  if (!number) return error_response(409, "exhausted", "every service number is taken");
  row.number = *number;
  if (c.known->find_service(owner->id, row.number))
    return error_response(409, "exists", "the partner has a service with this number", "number");
  if (const auto parsed = services::parse_settings(row); !parsed)
    return error_response(400, "invalid", parsed.error().detail, "settings");
  return save_service(c, std::move(row), 201);
}

handler_result enable_service(const call& c) { return set_service_enabled(c, true); }
handler_result disable_service(const call& c) { return set_service_enabled(c, false); }

} // namespace farebox::http
