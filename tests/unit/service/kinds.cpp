#include "farebox/service/kind.hpp"

#include "unit/service/world.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace farebox;
using namespace farebox::services;

TEST_CASE("the table of kinds") {
  // Goal: names are unique and found, and no entry has a hole. Method: walk over all.
  std::set<std::string_view> names;
  for (const auto& row : kinds()) {
    CHECK(names.insert(row.name).second);
    CHECK(find_kind(row.name) == &row);
    CHECK((row.parse && row.needs && row.decide && row.settle_needs && row.settle));
  }
  CHECK(names == std::set<std::string_view>{"reply", "lock"});
  CHECK(find_kind("Reply") == nullptr);
  CHECK(find_kind("") == nullptr);
  CHECK(find_kind("lock")->due == due_class::online);
  CHECK(find_kind("lock")->valid_on_post);
  CHECK_FALSE(find_kind("reply")->valid_on_post);
  CHECK(name_of(due_class::content) == "content");
  CHECK(name_of(due_class::online) == "online");
}

TEST_CASE("settings of each kind") {
  // Goal: what is refused, and that the message names the key and what is right. Method: kind and
  // settings a row; a piece of the error last, empty if they are taken.
  struct row {
    std::string kind;
    settings_list settings;
    std::string_view wanted;
  };
  const row rows[] = {
      {"reply", {{"text", "Thanks, {keyword}"}}, ""},
      {"reply", {}, "setting \"text\" is missing"},
      {"reply", {{"text", ""}}, "setting \"text\": the text is empty"},
      {"reply", {{"text", "{code}"}}, "setting \"text\": unknown placeholder {code}"},
      {"reply", {{"Text", "x"}}, "unknown setting \"Text\"; there are: text"},
      {"reply", {{"text", "x"}, {"text", "y"}}, "setting \"text\" is there twice"},
      {"lock", {{"minutes", "60"}}, ""},
      {"lock", {{"uses", "1"}}, ""},
      {"lock", {{"minutes", "60"}, {"text", "{code} for {price}"}, {"uses", "3"}}, ""},
      {"lock", {}, "setting \"minutes\" or \"uses\" is missing"},
      {"lock", {{"text", "{code}"}}, "setting \"minutes\" or \"uses\" is missing"},
      {"lock", {{"minutes", "0"}}, "setting \"minutes\": \"0\" is not a whole number from 1 to"},
      {"lock", {{"minutes", "-5"}}, "setting \"minutes\": \"-5\" is not"},
      {"lock", {{"minutes", "1.5"}}, "\"1.5\" is not a whole number"},
      {"lock", {{"minutes", ""}}, "\"\" is not a whole number"},
      {"lock", {{"minutes", " 5"}}, "\" 5\" is not a whole number"},
      {"lock", {{"minutes", "5270400"}}, ""},
      {"lock", {{"minutes", "5270401"}}, "from 1 to 5270400"},
      {"lock", {{"minutes", "99999999999999999999"}}, "is not a whole number"},
      {"lock", {{"uses", "1000000"}}, ""},
      {"lock", {{"uses", "1000001"}}, "setting \"uses\": \"1000001\" is not a whole number from 1"},
      {"lock", {{"uses", "many"}}, "setting \"uses\": \"many\""},
      {"lock", {{"minute", "5"}}, "unknown setting \"minute\"; there are: minutes, text, uses"},
      {"lock", {{"uses", "1"}, {"text", "no place"}}, "setting \"text\": {code} is missing"},
      {"lock", {{"uses", "1"}, {"text", "{kode}"}}, "unknown placeholder {kode}"},
      {"vote", {}, "unknown kind of service \"vote\"; there are: reply lock"},
      {"", {}, "unknown kind of service \"\""},
  };
  for (const auto& [kind, settings, wanted] : rows) {
    service_test::order_world world(kind, settings);
    const auto parsed = parse_settings(world.sold);
    const auto error = parsed ? std::string() : parsed.error().detail;
    CAPTURE(error);
    CHECK(parsed.has_value() == wanted.empty());
    CHECK((world.sold.parsed != nullptr) == wanted.empty());
    CHECK(error.find(wanted) != error.npos);
  }
}

TEST_CASE("kind reply") {
  // Goal: the text, and nothing else. Method: one order.
  service_test::order_world world("reply", {{"text", "Thanks for {argument}"}});
  REQUIRE(parse_settings(world.sold).has_value());
  const auto* kind = find_kind("reply");
  auto entropy = world.entropy_of(1);
  std::vector<fact_key> wanted;
  kind->needs(world.order(), entropy, wanted);
  kind->settle_needs(world.sold.id, world.message.id, wanted);
  CHECK(wanted.empty());
  const auto decided = kind->decide(world.order(), entropy, service_test::fact_map());
  CHECK(decided.reply == "Thanks for 20");
  CHECK(decided.facts.written.empty());
  const auto settled_facts = kind->settle(world.sold.id, world.message.id, settled::posted,
                                          world.now, service_test::fact_map());
  CHECK(settled_facts.written.empty());
}
