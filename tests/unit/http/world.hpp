// A small world for the handlers: two partners, a fake reader, a writer that answers when told to.
#pragma once

#include "farebox/http/api.hpp"
#include "farebox/http/guard.hpp"
#include "farebox/service/kind.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace farebox::http::test {

inline utc_time at(std::string_view text) { return parse_iso8601(text).value(); }
inline millionths amount(std::string_view text) { return parse_amount(text).value(); }

inline const partner_id alice = make_partner_id(10'472);
inline const partner_id bob = make_partner_id(20'001);
inline const currency eur = parse_currency("EUR").value();

inline catalogue_parts small_catalogue() {
  catalogue_parts parts;
  parts.operators.emplace_back();
  parts.operators.back().id = {1};
  parts.operators.back().name = "north";
  parts.short_codes.emplace_back();
  parts.short_codes.back().id = {1};
  parts.short_codes.back().number = "7122";
  parts.partners = {{alice, "Alice & Co", partner_state::active, ""},
                    {bob, "Bob", partner_state::active, ""}};
  const auto sold = [&](std::int64_t id, partner_id owner, int number, std::string_view kind) {
    service row;
    row.id = {id};
    row.partner = owner;
    row.number = number;
    row.kind = kind;
    row.title = "Service " + std::to_string(id);
    parts.services.push_back(row);
  };
  sold(11, alice, 1, "reply");
  sold(12, alice, 2, "lock");
  sold(21, bob, 1, "lock");
  tariff price;
  price.id = {5};
  price.op = {1};
  price.code = {1};
  price.from = at("2026-01-01");
  price.unit = eur;
  price.price = amount("12");
  price.vat = parse_rate("20%").value();
  price.operator_share = parse_rate("50%").value();
  parts.tariffs = {price};
  parts.terms_versions = {{{3}, {}, at("2026-01-01"), parse_rate("1%").value()}};
  return parts;
}

// One billed and answered message of a partner.
inline message_view sale(std::int64_t id, partner_id owner, service_id what, std::string text) {
  message_view view;
  auto& row = view.message;
  row.id = {id};
  row.received_at = at("2026-11-23T12:00:00Z") + seconds{id};
  row.op = {1};
  row.code = {1};
  row.source = "79121234345";
  row.destination = "7122";
  row.text = std::move(text);
  row.result = outcome::accepted;
  row.partner = owner;
  row.service = what;
  bill_row bill;
  bill.id = {id + 1000};
  bill.posted_at = row.received_at;
  bill.message = row.id;
  bill.partner = owner;
  bill.service = what;
  bill.op = row.op;
  bill.code = row.code;
  bill.tariff = {5};
  bill.contract = {3};
  bill.unit = eur;
  bill.amounts = {amount("12"), amount("2"), amount("5"), amount("0.12"), amount("4.88")};
  view.bill = bill;
  reply_row reply;
  reply.id = reply.message = row.id;
  reply.destination = row.source;
  reply.source = "7122";
  reply.text = "Thank you";
  reply.state = reply_state::delivered;
  view.reply = reply;
  return view;
}

class fake_reader : public store::reader {
 public:
  std::vector<message_view> rows; // newest first
  std::vector<statistics_row> counters;
  std::optional<failure> broken;
  statistics_query last_statistics;
  message_query last_messages;

  result<std::vector<statistics_row>> statistics(const statistics_query& query) override {
    last_statistics = query;
    if (broken) return *broken;
    std::vector<statistics_row> found;
    for (const auto& row : counters)
      if (!query.partner || row.key.partner == *query.partner) found.push_back(row);
    return found;
  }

  result<std::vector<message_view>> messages(const message_query& query) override {
    last_messages = query;
    if (broken) return *broken;
    std::vector<message_view> found;
    for (const auto& view : rows) {
      const auto& row = view.message;
      if (query.partner && row.partner != *query.partner) continue;
      if (query.before && row.id >= query.before) continue;
      if (query.phone && row.source != *query.phone) continue;
      if (row.received_at < query.from) continue;
      if (found.size() < static_cast<std::size_t>(query.limit)) found.push_back(view);
    }
    return found;
  }

  result<message_view> message(message_id id) override {
    if (broken) return *broken;
    for (const auto& view : rows)
      if (view.message.id == id) return view;
    return not_found("no such message");
  }
};

class fake_writer : public writer_port {
 public:
  bool full = false;
  std::deque<std::pair<event, on_effect>> asked;

  bool submit(event what, on_effect done) override {
    if (full) return false;
    asked.emplace_back(std::move(what), std::move(done));
    return true;
  }

  template <class Event>
  const Event& last() const {
    return std::get<Event>(asked.back().first);
  }

  void answer(result<effect> with) {
    auto done = std::move(asked.front().second);
    asked.pop_front();
    done(std::move(with));
  }
};

class fake_links : public admin_port {
 public:
  std::vector<std::string> said;
  void control(link_action action, std::string_view op, std::string_view bind,
               on_text done) override {
    said.push_back(std::string(name_of(action)) + " " + std::string(op) + "/" + std::string(bind));
    if (op == "north") done(std::string("connecting"));
    else done(not_found("no such operator"));
  }
  void trace(std::string_view, std::string_view, int lines, on_lines done) override {
    done(std::vector<std::string>{"{\"lines\":" + std::to_string(lines) + "}"});
  }
};

struct world {
  catalogue_ptr known = std::make_shared<catalogue>(small_catalogue());
  status_snapshot status;
  utc_time now = at("2026-11-23T15:30:00Z");
  fake_reader reader;
  fake_writer writer;
  fake_links links;
  token_directory tokens;
  std::uint8_t seed = 0;
  api handlers{{[this] { return known; }, [this] { return status; }, [this] { return now; },
                [this] {
                  digest256 random;
                  random.octets.fill(++seed);
                  return random;
                },
                tokens, writer, links}};

  world() {
    tokens.put({{1}, alice, token_digest("alice-token"), now, "first", false});
    tokens.put({{2}, bob, token_digest("bob-token"), now, "", false});
    tokens.put({{3}, bob, token_digest("old-token"), now, "", true});
  }

  // Runs a request; nullopt if it waits for an answer. A later answer is found in `late`.
  std::optional<response> late;
  std::optional<response> ask(request what) {
    late.reset();
    handlers.handle(what, reader, [this, answers = 0](response given) mutable {
      REQUIRE(++answers == 1);
      late = std::move(given);
    });
    return std::exchange(late, std::nullopt);
  }

  response get(std::string_view target, std::string_view token, std::string_view accept = {}) {
    auto what = make("GET", target, peer_kind::tcp);
    if (!token.empty()) what.authorization = "Bearer " + std::string(token);
    what.accept = accept;
    return ask(std::move(what)).value();
  }

  std::optional<response> post(std::string_view target, std::string_view token, std::string body) {
    auto what = make("POST", target, peer_kind::tcp);
    what.authorization = "Bearer " + std::string(token);
    what.content_type = "application/json";
    what.body = std::move(body);
    return ask(std::move(what));
  }

  std::optional<response> admin(std::string_view method, std::string_view target,
                                std::string body = {}) {
    auto what = make(method, target, peer_kind::unix_socket);
    what.content_type = "application/json";
    what.body = std::move(body);
    return ask(std::move(what));
  }

  // By way of the real parser, so that targets mean here what they mean on the wire.
  static request make(std::string_view method, std::string_view target, peer_kind peer) {
    const std::string head =
        std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    REQUIRE(check_head(head).what == head_verdict::kind::accepted);
    return parse_request(head, {}, peer).value();
  }
};

} // namespace farebox::http::test
