#include "farebox/service/text_template.hpp"

#include "unit/service/world.hpp"

#include <doctest/doctest.h>

using namespace farebox;
using namespace farebox::services;

TEST_CASE("templates") {
  // Goal: each placeholder and each way to be wrong. Method: template; the filled text, or a piece
  // of the error after "!", last.
  struct row {
    std::string_view text, wanted;
    bool code_allowed = false;
  };
  const std::string longest(template_octets_max, 'x');
  const std::string longer(template_octets_max + 1, 'x');
  const row rows[] = {
      {"plain", "plain"},
      {"{argument}", "20"},
      {"{keyword}", "BILL"},
      {"{price} {currency}", "1.50 EUR"},
      {"{partner}/{number}", "104723/03"},
      {"{service}!", "The lock!"},
      {"#{message}", "#4711"},
      {"a{keyword}{keyword}b", "aBILLBILLb"},
      {"спасибо, {argument}", "спасибо, 20"},
      {"{{price}}", "{price}"},
      {"{{{price}}}", "{1.50}"},
      {"}}{{", "}{"},
      {"{code}", "ABC", true},
      {longest, longest},
      {"", "!the text is empty"},
      {longer, "!the text is longer than 2000 octets"},
      {"{code}", "!unknown placeholder {code}; there are: {argument} {keyword} {price}"},
      {"{Price}", "!unknown placeholder {Price}"},
      {"{ price}", "!unknown placeholder { price}"},
      {"{}", "!unknown placeholder {}"},
      {"{wrong}", "!{message} {code}", true},
      {"{price", "!\"{\" at octet 1 has no counterpart; a brace is written twice: \"{{\""},
      {"abc}", "!\"}\" at octet 4"},
      {"{{price}", "!\"}\" at octet 8"},
      {"{price}}", "!\"}\" at octet 8"},
  };
  const service_test::order_world world("reply");
  for (const auto& [text, wanted, code_allowed] : rows) {
    CAPTURE(text);
    const auto parsed = text_template::parse(text, code_allowed);
    if (wanted.starts_with('!')) {
      REQUIRE_FALSE(parsed.has_value());
      CAPTURE(parsed.error().detail);
      CHECK(parsed.error().detail.find(wanted.substr(1)) != std::string::npos);
    } else {
      REQUIRE(parsed.has_value());
      CHECK(parsed->fill(world.order(), "ABC") == wanted);
    }
  }
}

TEST_CASE("what a template shows of the price") {
  // Goal: what the phone pays for the whole message; nothing where nothing is known. Method: parts,
  // counting and tariff.
  service_test::order_world world("reply");
  const auto parsed = *text_template::parse("{price} {currency}|{argument}");
  world.message.parts = 3;
  CHECK(parsed.fill(world.order()) == "1.50 EUR|20");
  world.price.per = counted_per::part;
  CHECK(parsed.fill(world.order()) == "4.50 EUR|20");
  world.has_price = false;
  CHECK(parsed.fill(world.order()) == " |20");
  world.argument = "{price}"; // what a phone wrote is never read as a placeholder
  CHECK(parsed.fill(world.order()) == " |{price}");
  CHECK(parsed.has(placeholder::price));
  CHECK_FALSE(parsed.has(placeholder::code));
}
