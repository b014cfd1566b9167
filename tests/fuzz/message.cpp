// Input: an octet that chooses the short code, then the text of a message. Whoever is found to have
// sold it has an ID with its check digit and sells on that code; a word that the platform reserved
// is nobody's; what is given to the service stood in the text.
#include "farebox/route/route.hpp"

#include "farebox/base/check_digit.hpp"
#include "farebox/text/fold.hpp"
#include "fuzz/fuzz.hpp"
#include "unit/route/world.hpp"

#include <array>
#include <string>

using namespace farebox;
using fuzz::require;

namespace {

constexpr std::array<std::string_view, 5> destinations{"1234", "4444", "5555", "+1234", "7"};

const catalogue& sold() {
  static const catalogue all = route_test::world();
  return all;
}

bool is_general(const std::string& keyword, const grammar_settings& rules) {
  return std::ranges::find(rules.general, keyword) != rules.general.end();
}

// By a keyword of this one service, by a general one, or by the fallback.
bool is_sold_on(const short_code& code, const route::routing& found) {
  const auto& [dedicated, general, fallback, reserved] = code.grammar;
  const auto* service = sold().find_service(found.service);
  if (found.keyword.empty())
    return fallback && fallback->partner == found.partner &&
           fallback->service_number == service->number;
  if (is_general(found.keyword, code.grammar)) return true;
  return std::ranges::any_of(dedicated, [&](const dedicated_keyword& one) {
    return one.keyword == found.keyword && one.partner == found.partner &&
           one.service_number == service->number;
  });
}

// Behind a general keyword the ID itself must stand, digit by digit, with separators at most.
bool names_the_partner(std::string_view text, partner_id partner) {
  std::string digits;
  for (const char c : text::fold(text))
    if (c >= '0' && c <= '9') digits += c;
  return digits.find(std::to_string(partner.value)) != digits.npos;
}

void check_seller(std::string_view text, const route::routing& found) {
  require(is_partner_id(found.partner) && damm_is_valid(std::to_string(found.partner.value)),
          "a partner that was found has a valid check digit");
  const auto* partner = sold().find_partner(found.partner);
  const auto* service = sold().find_service(found.service);
  require(partner && service && service->partner == found.partner, "the service is the partner's");
  require(is_sold_on(*found.code, found), "and is sold on that code");
  if (is_general(found.keyword, found.code->grammar))
    require(names_the_partner(text, found.partner), "the partner was named");
  const bool sells = partner->state == partner_state::active && service->enabled;
  require((found.result == outcome::accepted) == sells, "only who may sell, does");
  require(text.find(found.argument) != text.npos, "the argument is as typed");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in({data, size});
  const auto destination = destinations[in.u8() % destinations.size()];
  const auto text = as_text(in.rest());
  const auto found = route::route(text, destination, {1}, sold());
  require((found.code == nullptr) == (destination == "7"), "the code is the one written to");
  switch (found.result) {
  case outcome::accepted:
  case outcome::refused: check_seller(text, found); break;
  case outcome::reserved:
    require(std::ranges::count(found.code->grammar.reserved, found.keyword) > 0,
            "a reserved word is one of the list");
    [[fallthrough]];
  default: require(!found.partner.value && !found.service.value, "nobody else is paid");
  }
  require(found.detail.empty() == (found.result == outcome::accepted ||
                                   found.result == outcome::reserved),
          "whoever is not served is told why");
  return 0;
}
