// A small catalogue for the tests of this module. A service's id is partner ID * 100 + number.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/route/route.hpp"

#include <utility>

namespace farebox::route_test {

inline constexpr std::int64_t alice = 104723;
inline constexpr std::int64_t bob = 200002;
inline constexpr std::int64_t carol = 303031;   // suspended
inline constexpr std::int64_t dave = 147233;    // alice's digits with one lost and a 3 behind
inline constexpr std::int64_t erin = 100009;    // pending
inline constexpr std::int64_t nobody = 555555;  // a valid ID that is not given out

inline short_code main_code() {
  short_code code;
  code.id = {1};
  code.number = "1234";
  code.grammar.dedicated = {{"BILL", {alice}, 1, true},    {"Free Win", {bob}, 0, false},
                            {"ПРИЗ", {bob}, 7, true},      {"QUIZ", {carol}, 1, false},
                            {"OLD", {alice}, 9, false},    {"GONE", {nobody}, 1, false},
                            {"STRASSE", {bob}, 7, false},  {"MISSING", {alice}, 44, false},
                            {"A.B", {bob}, 7, false},      {"МАЙ", {bob}, 0, true}};
  code.grammar.general = {"RR", "Ж"};
  code.grammar.reserved = {"STOP", "stop", "STOP ALL", "СТОП", "HELP", "?", "***"};
  return code;
}

inline catalogue_parts parts() {
  catalogue_parts all;
  const auto add = [&](std::int64_t id, partner_state state, std::vector<int> numbers) {
    all.partners.push_back({{id}, "", state, ""});
    for (const int number : numbers) {
      service row;
      row.id = {id * 100 + number};
      row.partner = {id};
      row.number = number;
      row.enabled = number != 9;
      all.services.push_back(std::move(row));
    }
  };
  add(alice, partner_state::active, {0, 1, 3, 5, 9, 23});
  add(bob, partner_state::active, {0, 7});
  add(carol, partner_state::suspended, {1, 3});
  add(dave, partner_state::active, {1, 3, 5, 35});
  add(erin, partner_state::pending, {3});

  auto with_fallback = short_code{};
  with_fallback.id = {2};
  with_fallback.number = "4444";
  with_fallback.grammar.general = {"RR"};
  with_fallback.grammar.reserved = {"STOP"};
  with_fallback.grammar.fallback = default_service{{alice}, 1};
  auto refused_fallback = short_code{};
  refused_fallback.id = {3};
  refused_fallback.number = "5555";
  refused_fallback.grammar.fallback = default_service{{carol}, 1};
  all.short_codes = {main_code(), with_fallback, refused_fallback};
  return all;
}

inline catalogue world() {
  catalogue built(parts());
  built.grammars = *route::build_grammars(built);
  return built;
}

} // namespace farebox::route_test
