// A whole small world for the rules of delivery: two operators, two partners, the in-memory store
// and the real engine; time and permits are in the test's hand.
#pragma once

#include "farebox/engine/engine.hpp"
#include "farebox/route/route.hpp"
#include "farebox/service/kind.hpp"
#include "farebox/store/memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace farebox::test {

inline constexpr operator_id op_mo{1}; // charges the MO
inline constexpr operator_id op_mt{2}; // charges the reply
inline constexpr short_code_id code_mo{1};
inline constexpr short_code_id code_mt{2};
inline constexpr short_code_id code_part{3}; // charges each part of an MO
inline constexpr partner_id seller{104723};
inline constexpr partner_id suspended_seller{200015};
inline const std::string phone = "79121234345";

inline catalogue_ptr small_catalogue(redelivery_policy policy = {}) {
  catalogue_parts parts;
  const auto op = [&](operator_id id, const char* name) {
    operator_info info;
    info.id = id;
    info.name = name;
    info.country = "RU";
    info.redelivery = policy;
    parts.operators.push_back(info);
  };
  op(op_mo, "mo");
  op(op_mt, "mt");
  const auto code = [&](short_code_id id, const char* number) {
    short_code c;
    c.id = id;
    c.number = number;
    c.grammar.general = {"RR"};
    c.grammar.reserved = {"STOP"};
    c.help = "We did not understand. Send RR, the partner's number and the service.";
    c.reserved_reply = "You will get no more messages.";
    parts.short_codes.push_back(c);
  };
  code(code_mo, "1234");
  code(code_mt, "5678");
  code(code_part, "9012");
  parts.unknown_code_help = "This number sells nothing.";
  parts.partners.push_back({seller, "Anna's wallpapers", partner_state::active, {}});
  parts.partners.push_back({suspended_seller, "Gone", partner_state::suspended, {}});
  const auto sell = [&](std::int64_t id, partner_id by, int number, const char* kind,
                        settings_list settings) {
    farebox::service s;
    s.id = {id};
    s.partner = by;
    s.number = number;
    s.kind = kind;
    s.title = kind;
    s.site = "anna.example";
    s.settings = std::move(settings);
    REQUIRE(services::parse_settings(s).has_value());
    parts.services.push_back(std::move(s));
  };
  sell(1, seller, 1, "reply", {{"text", "Thank you for {argument}, {price} {currency}"}});
  sell(2, seller, 2, "lock", {{"text", "Your code: {code}"}, {"uses", "1"}});
  sell(3, suspended_seller, 1, "reply", {{"text", "never"}});
  const auto price = [&](std::int64_t id, operator_id by, short_code_id at, charged when) {
    tariff t;
    t.id = {id};
    t.op = by;
    t.code = at;
    t.unit = *parse_currency("RUB");
    t.price = {118'000'000};
    t.when = when;
    t.per = at == code_part ? counted_per::part : counted_per::message;
    t.vat = {180'000};
    t.operator_share = {500'000};
    t.reserved_words_free = true;
    t.reply.receipts = true;
    t.reply.segments_max = when == charged::on_mo ? 3 : 1;
    parts.tariffs.push_back(t);
  };
  price(1, op_mo, code_mo, charged::on_mo);
  price(2, op_mt, code_mt, charged::on_mt);
  price(3, op_mo, code_part, charged::on_mo);
  terms usual;
  usual.id = {1};
  usual.platform_fee = {10'000};
  parts.terms_versions.push_back(usual);
  auto built = std::make_shared<catalogue>(std::move(parts));
  auto grammars = route::build_grammars(*built);
  REQUIRE(grammars.has_value());
  built->grammars = *grammars;
  return built;
}

struct permits final : engine::outlet {
  int free = 100;
  bool reserve(operator_id, int segments) override {
    if (free < segments) return false;
    free -= segments;
    return true;
  }
  void release(operator_id, int segments) override { free += segments; }
};

struct small_world {
  explicit small_world(redelivery_policy policy = {}) : sold(small_catalogue(policy)) { restart(); }

  // A process that was killed: memory is gone, rows stay.
  void restart() {
    auto numbers = rows.load_sequences();
    REQUIRE(numbers.has_value());
    process.emplace(rows, *numbers, hash256(as_bytes("process " + std::to_string(++processes))));
    run({started{}});
  }

  std::vector<effect> run(std::vector<event> events) {
    auto done = process->run(events, *sold, now, slots);
    able = done.store_able;
    last = std::move(done.effects);
    return last;
  }
  std::vector<effect> run_due() {
    std::vector<event> due;
    process->take_due(now, slots, due);
    return due.empty() ? last = {} : run(std::move(due));
  }
  void open(connection_id id, operator_id op = op_mo) {
    run({connection_opened{{id, op, "bind", now, {}, {}}}});
  }
  void close(connection_id id) { run({connection_closed{id}}); }

  mo_arrived mo(connection_id from, std::string text, operator_id op = op_mo,
                std::string code = "1234") {
    mo_arrived m;
    m.answer_to = {from, ++sequence};
    m.op = op;
    m.received_at = m.previous_read_at = now;
    m.arrived_at = steady_time(now.time_since_epoch());
    m.source = phone;
    m.destination = std::move(code);
    m.raw.assign(text.begin(), text.end());
    m.text = std::move(text);
    return keyed(std::move(m));
  }
  static mo_arrived keyed(mo_arrived m) {
    m.key = content_key(m.op, m.source, m.destination, m.data_coding, m.raw, m.reference);
    return m;
  }
  mo_arrived part(connection_id from, std::string text, std::uint8_t number, std::uint8_t total,
                  std::string code = "1234", std::uint16_t reference = 7) {
    auto m = mo(from, text, op_mo, std::move(code));
    m.esm_class = 0x40;
    m.raw = {5, 0, 3, static_cast<std::uint8_t>(reference), total, number};
    m.raw.insert(m.raw.end(), text.begin(), text.end());
    m.part = part_place{reference, total, number};
    return keyed(std::move(m));
  }

  template <class Effect>
  std::vector<Effect> effects() const {
    std::vector<Effect> found;
    for (const auto& e : last)
      if (const auto* wanted = std::get_if<Effect>(&e)) found.push_back(*wanted);
    return found;
  }
  send_reply sent() const {
    const auto all = effects<send_reply>();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  // The answer of the SMSC to the last send_reply.
  submit_answered accepted(const send_reply& e, std::string smsc_id, std::uint32_t status = 0) {
    return {e.reply.id, e.reply.attempts, 1, status, std::move(smsc_id), now};
  }
  receipt_arrived receipt(std::string smsc_id, std::uint8_t state, operator_id op = op_mo,
                          std::string code = "1234") {
    return {{connection_id{1}, ++sequence}, op, now, std::move(smsc_id), state, 0, phone,
            std::move(code), {}};
  }

  // Oldest first.
  std::vector<message_view> messages() {
    auto reader = rows.open_reader();
    message_query all;
    all.limit = message_page_max;
    auto page = reader->messages(all);
    REQUIRE(page.has_value());
    std::reverse(page->begin(), page->end());
    return *page;
  }
  message_view message(std::size_t index) {
    const auto all = messages();
    REQUIRE(index < all.size());
    return all[index];
  }
  counter_values totals(std::optional<partner_id> of = {}) {
    auto reader = rows.open_reader();
    statistics_query all;
    all.partner = of;
    all.hour_to = 10'000'000;
    auto rows_found = reader->statistics(all);
    REQUIRE(rows_found.has_value());
    counter_values sum;
    for (const auto& row : *rows_found) sum += row.values;
    return sum;
  }

  store::memory_store rows;
  catalogue_ptr sold;
  std::optional<engine::engine> process;
  permits slots;
  utc_time now = *parse_iso8601("2026-11-23T10:00:00Z");
  std::uint32_t sequence = 0;
  int processes = 0;
  bool able = true;
  std::vector<effect> last;
};

inline constexpr connection_id first{1};
inline constexpr connection_id second{2};

} // namespace farebox::test
