// Goal: the administrator's changes reach the writer as whole rows and are answered only when they
// are on disk. Method: the handlers against a writer that answers when the test says so.
#include "unit/http/world.hpp"

#include <boost/json/parse.hpp>

using namespace farebox;
using namespace farebox::http;
using namespace farebox::http::test;

namespace {

boost::json::object body_of(const response& given) {
  return boost::json::parse(given.body).as_object();
}

const std::string alice_path = "/admin/v1/partners/" + std::to_string(alice.value);

} // namespace

TEST_CASE("partner IDs: the lowest free one with its check digit") {
  // Method: IDs are given out one after the other into the catalogue; each must be valid and new.
  catalogue_parts parts;
  std::vector<std::int64_t> given;
  for (int i = 0; i < 3; ++i) {
    const auto id = next_partner_id(catalogue{parts}).value();
    CHECK(is_partner_id(id));
    given.push_back(id.value / 10);
    parts.partners.push_back({id, "p", partner_state::pending, ""});
  }
  CHECK(given == std::vector<std::int64_t>{10'000, 10'001, 10'002});
  CHECK(next_partner_id(catalogue{parts}, {make_partner_id(10'003)})->value / 10 == 10'004);
}

TEST_CASE("a partner is added, and two at once get two IDs") {
  world w;
  CHECK_FALSE(w.admin("POST", "/admin/v1/partners", R"({"name":"Carol"})").has_value());
  CHECK_FALSE(w.admin("POST", "/admin/v1/partners", R"({"name":"Dave"})").has_value());
  const auto first = std::get<catalogue_change>(w.writer.asked[0].first).partners.at(0);
  const auto second = std::get<catalogue_change>(w.writer.asked[1].first).partners.at(0);
  CHECK(first.name == "Carol");
  CHECK(first.state == partner_state::pending);
  CHECK(first.id != second.id);
  w.writer.answer(effect{catalogue_changed{}});
  CHECK(w.late->status == 201);

  // One whose addition failed gives its ID back.
  w.writer.answer(unavailable("disk full"));
  CHECK(w.late->status == 503);
  CHECK_FALSE(w.admin("POST", "/admin/v1/partners", R"({"name":"Eve"})").has_value());
  CHECK(w.writer.last<catalogue_change>().partners.at(0).id == first.id);
}

TEST_CASE("partners: bad input") {
  world w;
  struct row {
    std::string body;
    int status;
    const char* field;
  };
  const auto with_id = [](std::int64_t id) {
    return R"({"name":"x","id":)" + std::to_string(id) + "}";
  };
  const row rows[] = {{"{}", 400, "name"},
                      {R"({"name":""})", 400, "name"},
                      {R"({"name":"a\tb"})", 400, "name"},
                      {R"({"name":")" + std::string(201, 'x') + "\"}", 400, "name"},
                      {R"({"name":"x","id":"104723"})", 400, "id"},
                      {with_id(make_partner_id(30'000).value ^ 1), 400, "id"},
                      {with_id(1'000'000), 400, "id"},
                      {with_id(-1), 400, "id"},
                      {with_id(alice.value), 409, "id"},
                      {R"({"name":"x","state":"active"})", 400, "state"}};
  for (const auto& r : rows) {
    CAPTURE(r.body);
    const auto given = w.admin("POST", "/admin/v1/partners", r.body);
    REQUIRE(given.has_value());
    CHECK(given->status == r.status);
    CHECK(body_of(*given).at("error").at("field").as_string() == r.field);
  }
  CHECK(w.writer.asked.empty());
}

TEST_CASE("partner states") {
  struct row {
    const char* verb;
    const char* body;
    int status; // 0: asked of the writer
    partner_state state;
  };
  const row rows[] = {{"approve", "", 0, partner_state::active},
                      {"suspend", R"({"reason":"complaints"})", 0, partner_state::suspended},
                      {"reject", R"({"reason":"unreachable site"})", 0, partner_state::rejected},
                      {"suspend", "", 400, {}},
                      {"reject", R"({"reason":""})", 400, {}},
                      {"approve", R"({"why":"x"})", 400, {}}};
  for (const auto& r : rows) {
    CAPTURE(r.verb);
    world w;
    const auto given = w.admin("POST", alice_path + "/" + r.verb, r.body);
    CHECK(given.has_value() == (r.status != 0));
    if (given) {
      CHECK(given->status == r.status);
      continue;
    }
    const auto& change = w.writer.last<catalogue_change>();
    REQUIRE(change.partners.size() == 1);
    CHECK(change.partners[0].id == alice);
    CHECK(change.partners[0].name == "Alice & Co");
    CHECK(change.partners[0].state == r.state);
    w.writer.answer(effect{catalogue_changed{}});
    CHECK(w.late->status == 200);
    CHECK(body_of(*w.late).at("state").as_string() == std::string(name_of(r.state)));
  }
}

TEST_CASE("lists of partners and services") {
  world w;
  CHECK(body_of(*w.admin("GET", "/admin/v1/partners")).at("partners").as_array().size() == 2);
  const auto none = body_of(*w.admin("GET", "/admin/v1/partners?state=pending"));
  CHECK(none.at("partners").as_array().empty());
  CHECK(w.admin("GET", "/admin/v1/partners?state=odd")->status == 400);
  CHECK(body_of(*w.admin("GET", alice_path)).at("services").as_array().size() == 2);
  CHECK(body_of(*w.admin("GET", "/admin/v1/services")).at("services").as_array().size() == 3);
  CHECK(body_of(*w.admin("GET", alice_path + "/services")).at("services").as_array().size() == 2);
  CHECK(w.admin("GET", "/admin/v1/partners/999999")->status == 404);
  CHECK(w.admin("GET", "/admin/v1/partners/x/services")->status == 404);
}

TEST_CASE("a token is shown once, works once it is on disk, and not after it is revoked") {
  world w;
  CHECK_FALSE(w.admin("POST", alice_path + "/tokens", R"({"title":"shop"})").has_value());
  const auto stored = w.writer.last<catalogue_change>().tokens.at(0);
  CHECK(stored.partner == alice);
  CHECK(stored.created_at == w.now);
  catalogue_changed done;
  done.tokens = {token_id{9}};
  w.writer.answer(effect{done});
  REQUIRE(w.late.has_value());
  CHECK(w.late->status == 201);
  const std::string token(body_of(*w.late).at("token").as_string());
  CHECK(token.size() == 4 + 64);
  CHECK(stored.digest == token_digest(token));
  CHECK(w.get("/api/v1/messages", token).status == 200);

  const auto list = w.admin("GET", alice_path + "/tokens").value();
  CHECK(list.body.find(token) == std::string::npos);
  CHECK(body_of(list).at("tokens").as_array().size() == 2);

  const auto bob_path = "/admin/v1/partners/" + std::to_string(bob.value);
  CHECK(w.admin("DELETE", bob_path + "/tokens/9")->status == 404);
  CHECK_FALSE(w.admin("DELETE", alice_path + "/tokens/9").has_value());
  CHECK(w.writer.last<catalogue_change>().tokens.at(0).revoked);
  CHECK(w.get("/api/v1/messages", token).status == 200); // not on disk yet
  w.writer.answer(effect{catalogue_changed{}});
  CHECK(w.late->status == 200);
  CHECK(w.get("/api/v1/messages", token).status == 401);
}

TEST_CASE("an effect that is not what was asked for harms nobody") {
  // Goal: a slip of the writer becomes a 500, not an exception on the writer's thread.
  world w;
  CHECK_FALSE(w.admin("POST", alice_path + "/tokens", "{}").has_value());
  w.writer.answer(effect{catalogue_changed{}}); // without the token's id
  CHECK(w.late->status == 500);
  CHECK_FALSE(w.admin("POST", alice_path + "/approve", "").has_value());
  w.writer.answer(effect{farebox::alarm{"x"}});
  CHECK(w.late->status == 500);
}

TEST_CASE("a service is added") {
  world w;
  const std::string body = R"({"kind":"reply","title":"Joke","site":"a.example",)"
                           R"("settings":{"text":"Ha {argument}"}})";
  CHECK_FALSE(w.admin("POST", alice_path + "/services", body).has_value());
  const auto& row = w.writer.last<catalogue_change>().services.at(0);
  CHECK_FALSE(row.id); // a new one
  CHECK(row.partner == alice);
  CHECK(row.number == 3); // 1 and 2 are taken
  CHECK(row.kind == "reply");
  CHECK(row.site == "a.example");
  CHECK(row.enabled);
  CHECK(row.settings == settings_list{{"text", "Ha {argument}"}});
  CHECK(row.parsed != nullptr);
  w.writer.answer(effect{catalogue_changed{}});
  CHECK(w.late->status == 201);
  CHECK(body_of(*w.late).at("number") == 3);

  SUBCASE("what the writer refuses is told") {
    CHECK_FALSE(w.admin("POST", alice_path + "/services", body).has_value());
    catalogue_changed refused;
    refused.refused = conflict("service 03 is there already");
    w.writer.answer(effect{refused});
    CHECK(w.late->status == 409);
  }
  SUBCASE("bad input") {
    struct row {
      std::string body;
      int status;
      const char* field;
    };
    const row rows[] = {
        {"{}", 400, "kind"},
        {R"({"kind":"reply"})", 400, "title"},
        {R"({"kind":"nonsense","title":"x"})", 400, "settings"},
        {R"({"kind":"reply","title":"x","settings":{}})", 400, "settings"},
        {R"({"kind":"reply","title":"x","settings":[]})", 400, "settings"},
        {R"({"kind":"reply","title":"x","settings":{"text":{}}})", 400, "settings.text"},
        {R"({"kind":"reply","title":"x","number":100})", 400, "number"},
        {R"({"kind":"reply","title":"x","number":1})", 409, "number"},
        {R"({"kind":"reply","title":"x","enabled":1})", 400, "enabled"}};
    for (const auto& r : rows) {
      CAPTURE(r.body);
      const auto given = w.admin("POST", alice_path + "/services", r.body);
      REQUIRE(given.has_value());
      CHECK(given->status == r.status);
      CHECK(body_of(*given).at("error").at("field").as_string() == r.field);
    }
  }
}

TEST_CASE("a service is switched off and on") {
  world w;
  for (const bool enabled : {false, true}) {
    const std::string verb = enabled ? "enable" : "disable";
    CHECK_FALSE(w.admin("POST", alice_path + "/services/2/" + verb).has_value());
    const auto& row = w.writer.last<catalogue_change>().services.at(0);
    CHECK(row.id == service_id{12});
    CHECK(row.enabled == enabled);
    w.writer.answer(effect{catalogue_changed{}});
    CHECK(w.late->status == 200);
  }
  CHECK(w.admin("POST", alice_path + "/services/9/disable")->status == 404);
}

TEST_CASE("support sees every message; the whole number only when asked") {
  world w;
  w.reader.rows = {sale(2, bob, {21}, "b"), sale(1, alice, {11}, "a")};
  const auto list = w.admin("GET", "/admin/v1/messages?phone=79121234345").value();
  CHECK(body_of(list).at("messages").as_array().size() == 2);
  CHECK(list.body.find("79121234345") == std::string::npos);
  CHECK_FALSE(w.reader.last_messages.partner.has_value());
  const auto full = w.admin("GET", "/admin/v1/messages/1?full=1").value();
  CHECK(body_of(full).at("phone") == "79121234345");
  CHECK(body_of(full).at("partner") == alice.value);
  CHECK(w.admin("GET", "/admin/v1/messages?full=yes")->status == 400);
  CHECK(w.admin("GET", "/admin/v1/messages?partner=" + std::to_string(bob.value))->status == 200);
  CHECK(w.reader.last_messages.partner == bob);
  CHECK(w.admin("GET", "/admin/v1/messages?partner=1")->status == 400);
}

TEST_CASE("links are controlled and traced") {
  world w;
  w.status.binds.emplace_back();
  w.status.binds.back().op = "north";
  w.status.binds.back().name = "trx";
  const auto list = body_of(*w.admin("GET", "/admin/v1/links"));
  CHECK(list.at("links").at(0).at("bind") == "trx");
  struct row {
    const char* method;
    const char* target;
    int status;
  };
  const row rows[] = {{"POST", "/admin/v1/links/north/trx/start", 200},
                      {"POST", "/admin/v1/links/north/trx/stop", 200},
                      {"POST", "/admin/v1/links/north/trx/drain", 200},
                      {"POST", "/admin/v1/links/south/trx/drain", 404},
                      {"POST", "/admin/v1/links/north/trx/kick", 404},
                      {"GET", "/admin/v1/links/north/trx/start", 405},
                      {"GET", "/admin/v1/links/north/trx/trace?lines=7", 200},
                      {"GET", "/admin/v1/links/north/trx/trace?lines=0", 400}};
  for (const auto& r : rows) {
    CAPTURE(r.target);
    CHECK(w.admin(r.method, r.target)->status == r.status);
  }
  CHECK(w.links.said == std::vector<std::string>{"start north/trx", "stop north/trx",
                                                 "drain north/trx", "drain south/trx"});
  const auto trace = body_of(*w.admin("GET", "/admin/v1/links/north/trx/trace"));
  CHECK(trace.at("trace").at(0) == "{\"lines\":100}");
}

TEST_CASE("the administrator's side has no meaning over TCP, whatever the token") {
  world w;
  for (const char* target : {"/admin/v1/partners", "/admin/v1/messages/1", "/admin/v1/links"}) {
    const auto given = w.get(target, "alice-token");
    const auto none = w.get("/no/such/path", "alice-token");
    CHECK(given.status == 404);
    CHECK(given.body == none.body);
  }
}

TEST_CASE("support: release and settle ask the writer, with a reason") {
  struct row {
    std::string path, body;
    int status; // 0: the writer is asked
    const char* field;
  };
  const row rows[] = {
      {"12/release", R"({"reason":"ordered twice"})", 0, ""},
      {"12/settle", R"({"delivered":true,"reason":"report"})", 0, ""},
      {"12/settle", R"({"delivered":false,"reason":"report"})", 0, ""},
      {"12/release", "{}", 400, "reason"},
      {"12/release", R"({"reason":""})", 400, "reason"},
      {"12/settle", R"({"reason":"report"})", 400, "delivered"},
      {"12/settle", R"({"delivered":"yes","reason":"report"})", 400, "delivered"},
      {"12/settle", R"({"delivered":true})", 400, "reason"},
      {"12/release", R"({"reason":"x","message":13})", 400, "message"},
      {"x/release", R"({"reason":"x"})", 404, ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.path);
    CAPTURE(r.body);
    world w;
    const auto given = w.admin("POST", "/admin/v1/messages/" + r.path, r.body);
    REQUIRE(given.has_value() == (r.status != 0));
    if (!given) continue;
    CHECK(given->status == r.status);
    if (*r.field) CHECK(body_of(*given).at("error").at("field").as_string() == r.field);
  }
  world w;
  w.admin("POST", "/admin/v1/messages/12/settle", R"({"delivered":true,"reason":"report"})");
  const auto& asked = w.writer.last<settle_reply>();
  CHECK(asked.reply.value == 12);
  CHECK(asked.delivered);
  CHECK(asked.reason == "report");
  w.writer.answer(effect{support_answered{0, {12}, true, {}}});
  CHECK(w.late->status == 200);
  CHECK(body_of(*w.late) == boost::json::object{{"message", 12}, {"done_before", true}});
  w.admin("POST", "/admin/v1/messages/12/release", R"({"reason":"x"})");
  w.writer.answer(effect{support_answered{0, {}, false, conflict("it was not absorbed")}});
  CHECK(w.late->status == 409);
}
