// How many texts one core routes in a second, by the kind of text; with the 7,000 partners and
// 49,000 services of the domain, and with few.

#include "farebox/model/catalogue.hpp"
#include "farebox/route/route.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace farebox::route {

namespace {

constexpr int services_of_partner = 7;
constexpr int dedicated_keywords = 200;

std::shared_ptr<catalogue> market(int partners) {
  catalogue_parts parts;
  short_code code;
  code.id = {1};
  code.number = "1234";
  code.grammar.general = {"RR"};
  code.grammar.reserved = {"STOP", "HELP", "INFO"};
  for (int i = 0; i < partners; ++i) {
    const auto id = make_partner_id(10'000 + i);
    parts.partners.push_back({id, "Partner", partner_state::active, {}});
    for (int number = 1; number <= services_of_partner; ++number) {
      service sold;
      sold.id = {static_cast<std::int64_t>(parts.services.size()) + 1};
      sold.partner = id;
      sold.number = number;
      sold.kind = "reply";
      parts.services.push_back(std::move(sold));
    }
    if (i < dedicated_keywords)
      code.grammar.dedicated.push_back({"WORD" + std::to_string(1'000 + i), id, 1, false});
  }
  parts.short_codes.push_back(std::move(code));
  auto built = std::make_shared<catalogue>(std::move(parts));
  auto grammars = build_grammars(*built);
  if (!grammars) throw std::runtime_error(grammars.error().detail);
  built->grammars = std::move(*grammars);
  return built;
}

enum class form { general, glued, dedicated, reserved, nobodys };

std::string text_of(form what, int i) {
  const auto id = std::to_string(make_partner_id(10'000 + i).value);
  switch (what) {
  case form::general: return "RR " + id + " 3 blue";
  case form::glued: return "rr" + id + "03 blue";
  case form::dedicated: return "word" + std::to_string(1'000 + i % dedicated_keywords) + " 20";
  case form::reserved: return "stop";
  case form::nobodys: return "hello, is there anybody?";
  }
  return {};
}

void routing_texts(benchmark::State& state, form what) {
  const auto partners = static_cast<int>(state.range(0));
  const auto sold = market(partners);
  std::vector<std::string> texts;
  for (int i = 0; i < partners; ++i) texts.push_back(text_of(what, i * 4'001 % partners));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(route(texts[next], "1234", operator_id{1}, *sold));
    next = next + 1 < texts.size() ? next + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(routing_texts, general, form::general)->Arg(200)->Arg(7'000);
BENCHMARK_CAPTURE(routing_texts, glued, form::glued)->Arg(7'000);
BENCHMARK_CAPTURE(routing_texts, dedicated, form::dedicated)->Arg(7'000);
BENCHMARK_CAPTURE(routing_texts, reserved, form::reserved)->Arg(7'000);
BENCHMARK_CAPTURE(routing_texts, nobodys, form::nobodys)->Arg(7'000);

} // namespace

} // namespace farebox::route

BENCHMARK_MAIN();
