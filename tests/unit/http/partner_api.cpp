// Goal: a partner sees all of his own and nothing of another. Method: the handlers against a fake
// reader and a fake writer; every request goes through the real parser.
#include "unit/http/world.hpp"

#include "farebox/http/limits.hpp"

#include <boost/json/parse.hpp>

using namespace farebox;
using namespace farebox::http;
using namespace farebox::http::test;

namespace {

boost::json::object body_of(const response& given) {
  return boost::json::parse(given.body).as_object();
}

std::string field(const response& given, std::string_view name) {
  for (const auto& [known, value] : given.fields)
    if (known == name) return value;
  return "";
}

} // namespace

TEST_CASE("who may ask") {
  world w;
  struct row {
    const char* authorization;
    int status;
  };
  const row rows[] = {{"", 401},
                      {"Bearer alice-token", 200},
                      {"bearer alice-token", 200},
                      {"Bearer  alice-token", 401},
                      {"Bearer alice-token ", 401},
                      {"Bearer alice-toke", 401},
                      {"Bearer", 401},
                      {"Bearer ", 401},
                      {"Basic alice-token", 401},
                      {"alice-token", 401},
                      {"Bearer old-token", 401}};
  for (const auto& r : rows) {
    CAPTURE(r.authorization);
    auto what = world::make("GET", "/api/v1/messages", peer_kind::tcp);
    what.authorization = r.authorization;
    const auto given = w.ask(what).value();
    CHECK(given.status == r.status);
    if (r.status == 401) CHECK(field(given, "WWW-Authenticate").starts_with("Bearer"));
  }
}

TEST_CASE("paths and methods") {
  world w;
  struct row {
    const char* method;
    const char* target;
    int status;
    const char* allow;
  };
  const row rows[] = {{"GET", "/", 404, ""},
                      {"GET", "/api/v1", 404, ""},
                      {"GET", "/api/v1/messages/", 404, ""},
                      {"GET", "/api/v1/messages/1/2", 404, ""},
                      {"GET", "//api/v1/messages", 404, ""},
                      {"POST", "/api/v1/messages", 405, "GET, HEAD"},
                      {"DELETE", "/api/v1/messages/1", 405, "GET, HEAD"},
                      {"GET", "/api/v1/services/2/codes/check", 405, "POST"},
                      {"OPTIONS", "/healthz", 405, "GET, HEAD"},
                      {"GET", "/admin/v1/partners", 404, ""}, // not over TCP
                      {"POST", "/admin/v1/partners", 404, ""}};
  for (const auto& r : rows) {
    CAPTURE(r.target);
    auto what = world::make(r.method, r.target, peer_kind::tcp);
    what.authorization = "Bearer alice-token";
    const auto given = w.ask(what).value();
    CHECK(given.status == r.status);
    CHECK(field(given, "Allow") == r.allow);
    CHECK(field(given, "Cache-Control") == "no-store");
    CHECK(body_of(given).contains("error"));
  }
}

TEST_CASE("nothing of another partner, byte for byte as if it did not exist") {
  world w;
  w.reader.rows = {sale(2, bob, {21}, "bob's"), sale(1, alice, {11}, "alice's")};
  struct row {
    const char* mine;    // exists, of Bob
    const char* nowhere; // does not exist
  };
  const row rows[] = {
      {"/api/v1/messages/2", "/api/v1/messages/999"},
      {"/api/v1/messages/0", "/api/v1/messages/x"},
      {"/api/v1/messages/02", "/api/v1/messages/-2"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.mine);
    const auto a = w.get(r.mine, "alice-token"), b = w.get(r.nowhere, "alice-token");
    CHECK(a.status == 404);
    CHECK(a.status == b.status);
    CHECK(a.body == b.body);
    CHECK(a.fields == b.fields);
  }
  CHECK(w.get("/api/v1/messages/2", "bob-token").status == 200);

  SUBCASE("lists hold the asker's only") {
    const auto list = body_of(w.get("/api/v1/messages", "alice-token"));
    REQUIRE(list.at("messages").as_array().size() == 1);
    CHECK(list.at("messages").at(0).at("id") == 1);
  }
  SUBCASE("a number finds the asker's only") {
    w.reader.rows = {sale(2, bob, {21}, "bob's")};
    const auto found = w.get("/api/v1/messages?phone=79121234345", "alice-token");
    const auto none = w.get("/api/v1/messages?phone=70000000000", "alice-token");
    CHECK(found.body == none.body);
  }
  SUBCASE("a cursor into another's list gives nothing of it") {
    const auto list = body_of(w.get("/api/v1/messages?before=m3", "alice-token"));
    CHECK(list.at("messages").as_array().size() == 1);
  }
  SUBCASE("another's service looks like none") {
    const auto other = w.post("/api/v1/services/21/codes/check", "bob-token", R"({"code":"X"})");
    const auto none = w.post("/api/v1/services/77/codes/check", "bob-token", R"({"code":"X"})");
    CHECK(other.value().status == 404);
    CHECK(other.value().body == none.value().body);
  }
  SUBCASE("no parameter widens the view") {
    const auto id = std::to_string(bob.value);
    CHECK(w.get("/api/v1/messages?partner=" + id, "alice-token").status == 400);
    CHECK(w.get("/api/v1/statistics?partner=" + id, "alice-token").status == 400);
    CHECK(w.get("/api/v1/messages?full=1", "alice-token").status == 400);
    CHECK(w.reader.last_messages.partner != bob);
  }
  SUBCASE("a slip of the store shows nothing") {
    // A reader that forgets the partner: the handler still answers without the message.
    struct leaky : fake_reader {
      result<std::vector<message_view>> messages(const message_query&) override { return rows; }
    } reader;
    reader.rows = w.reader.rows;
    auto what = world::make("GET", "/api/v1/messages", peer_kind::tcp);
    what.authorization = "Bearer alice-token";
    response given;
    w.handlers.handle(what, reader, [&](response answer) { given = std::move(answer); });
    CHECK(given.status == 500);
    CHECK(given.body.find("bob's") == std::string::npos);
    CHECK_FALSE(given.problem.empty());
  }
}

TEST_CASE("pages by cursor: every message once, newest first") {
  world w;
  for (std::int64_t id = 7; id > 0; --id) w.reader.rows.push_back(sale(id, alice, {11}, "t"));
  std::vector<std::int64_t> seen;
  std::string target = "/api/v1/messages?limit=3";
  for (int page = 0; page < 10; ++page) {
    const auto list = body_of(w.get(target, "alice-token"));
    for (const auto& one : list.at("messages").as_array()) seen.push_back(one.at("id").as_int64());
    if (list.at("next").is_null()) break;
    target = "/api/v1/messages?limit=3&before=" + std::string(list.at("next").as_string());
    // What arrives meanwhile does not shift the pages.
    w.reader.rows.insert(w.reader.rows.begin(), sale(8 + page, alice, {11}, "new"));
  }
  CHECK(seen == std::vector<std::int64_t>{7, 6, 5, 4, 3, 2, 1});
}

TEST_CASE("bad parameters are named") {
  world w;
  struct row {
    const char* target;
    const char* field;
  };
  const row rows[] = {{"/api/v1/messages?limit=0", "limit"},
                      {"/api/v1/messages?limit=501", "limit"},
                      {"/api/v1/messages?limit=1e2", "limit"},
                      {"/api/v1/messages?limit=", "limit"},
                      {"/api/v1/messages?limit=99999999999999999999", "limit"},
                      {"/api/v1/messages?before=7", "before"},
                      {"/api/v1/messages?before=m", "before"},
                      {"/api/v1/messages?before=m-1", "before"},
                      {"/api/v1/messages?before=m0", "before"},
                      {"/api/v1/messages?before=mzz", "before"},
                      {"/api/v1/messages?from=yesterday", "from"},
                      {"/api/v1/messages?from=2026-02-30", "from"},
                      {"/api/v1/messages?phone=abc", "phone"},
                      {"/api/v1/messages?phone=7912", "phone"},
                      {"/api/v1/messages?phone=7912%25", "phone"},
                      {"/api/v1/messages?Phone=79121234345", "Phone"},
                      {"/api/v1/messages?limit=1&limit=2", "limit"},
                      {"/api/v1/statistics?by=week", "by"},
                      {"/api/v1/statistics?by=day,day", "by"},
                      {"/api/v1/statistics?by=", "by"},
                      {"/api/v1/statistics?by=day,", "by"},
                      {"/api/v1/statistics?from=2026-11-23T10:30:00Z", "from"},
                      {"/api/v1/statistics?from=2026-11-24&to=2026-11-23", "to"},
                      {"/api/v1/statistics?from=2020-01-01", "to"},
                      {"/api/v1/messages/1?x=1", "x"}};
  for (const auto& r : rows) {
    CAPTURE(r.target);
    const auto given = w.get(r.target, "alice-token");
    CHECK(given.status == 400);
    CHECK(body_of(given).at("error").at("field").as_string() == r.field);
  }
}

TEST_CASE("a message explains itself") {
  world w;
  w.reader.rows = {sale(1, alice, {12}, "RR 104723 2")};
  const auto one = body_of(w.get("/api/v1/messages/1", "alice-token"));
  CHECK(one.at("phone") == "7912xxxx345");
  CHECK(one.at("operator") == "north");
  CHECK(one.at("short_code") == "7122");
  CHECK(one.at("outcome") == "accepted");
  CHECK(one.at("received_at") == "2026-11-23T12:00:01Z");
  CHECK(one.at("service").at("number") == 2);
  CHECK(one.at("reply").at("text") == "Thank you");
  CHECK(one.at("reply").at("state") == "delivered");
  const auto& money = one.at("money");
  CHECK(money.at("state") == "posted");
  CHECK(money.at("currency") == "EUR");
  CHECK(money.at("tariff").at("version") == 5);
  CHECK(money.at("terms").at("version") == 3);
  const auto& split = money.at("split");
  CHECK(split.at("gross") == "12.00");
  CHECK(split.at("vat").at("amount") == "2.00");
  CHECK(split.at("vat").at("rate") == "20%");
  CHECK(split.at("operator").at("amount") == "5.00");
  CHECK(split.at("operator").at("of") == "net");
  CHECK(split.at("platform").at("amount") == "0.12");
  CHECK(split.at("partner").at("amount") == "4.88");
  CHECK(split.at("in_words") ==
        "12.00 EUR = 2.00 VAT (20% inside the price) + 5.00 operator (50% of net) + "
        "0.12 platform (1% of gross) + 4.88 partner (the rest)");
  CHECK_FALSE(one.contains("raw"));
}

TEST_CASE("money that is not posted says so") {
  world w;
  auto view = sale(1, alice, {12}, "t");
  charge_row charge;
  charge.estimate = *view.bill;
  charge.expires_at = at("2026-11-26");
  struct row {
    charge_state state;
    bool billed;
    const char* shown;
  };
  const row rows[] = {{charge_state::pending, false, "pending"},
                      {charge_state::posted, true, "posted"},
                      {charge_state::void_, false, "void"},
                      {charge_state::expired, false, "expired"}};
  for (const auto& r : rows) {
    charge.state = r.state;
    view.charge = charge;
    if (!r.billed) view.bill.reset();
    else view.bill = charge.estimate;
    w.reader.rows = {view};
    const auto one = body_of(w.get("/api/v1/messages/1", "alice-token"));
    const auto& money = one.at("money");
    CHECK(money.at("state") == r.shown);
    CHECK(money.at("bill").is_null() == !r.billed);
    CHECK(money.at("posted_at").is_null() == !r.billed);
    CHECK(money.at("split").at("gross") == "12.00");
  }
  view.charge.reset();
  view.bill.reset();
  w.reader.rows = {view};
  CHECK(body_of(w.get("/api/v1/messages/1", "alice-token")).at("money").is_null());
}

TEST_CASE("one's own test message by number") {
  world w;
  for (const char* number : {"79121234345", "%2B79121234345", "+79121234345"}) {
    const auto given = w.get("/api/v1/messages?phone=" + std::string(number), "alice-token");
    CHECK(given.status == 200);
    CHECK(w.reader.last_messages.phone == "79121234345");
    CHECK(w.reader.last_messages.partner == alice);
  }
}

TEST_CASE("hostile text stays text") {
  // Goal: whatever a phone sends, the answer is valid JSON that gives the same text back. Method:
  // texts that break out of careless encoders; ill-formed UTF-8 becomes U+FFFD.
  struct row {
    std::string text, shown;
  };
  const row rows[] = {
      {"</script><img src=x onerror=alert(1)>", "</script><img src=x onerror=alert(1)>"},
      {"\"quoted\" \\ back", "\"quoted\" \\ back"},
      {std::string("\0\x01\x1F\x7F", 4), std::string("\0\x01\x1F\x7F", 4)},
      {"line\r\nline\ttab", "line\r\nline\ttab"},
      {"\xF0\x9F\x98\x80 \xD0\x9F\xD1\x80", "\xF0\x9F\x98\x80 \xD0\x9F\xD1\x80"},
      {"\xE2\x80\xA8\xE2\x80\xAE", "\xE2\x80\xA8\xE2\x80\xAE"},
      {"\xFF\xFE", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}};
  for (const auto& r : rows) {
    world w;
    auto view = sale(1, alice, {11}, r.text);
    view.reply->text = r.text;
    view.message.site = r.text;
    view.message.detail = r.text;
    w.reader.rows = {view};
    const auto given = w.get("/api/v1/messages/1", "alice-token");
    CHECK(given.content_type == "application/json");
    CHECK(field(given, "X-Content-Type-Options") == "nosniff");
    const auto one = body_of(given);
    CHECK(one.at("text").as_string() == r.shown);
    CHECK(one.at("reply").at("text").as_string() == r.shown);
    CHECK(one.at("site").as_string() == r.shown);
  }
}

TEST_CASE("statistics: columns, names, sums, two kinds of money") {
  world w;
  const auto counted = [&](std::int64_t hour, service_id what, std::string kind, std::string site,
                           const char* gross, const char* waiting) {
    statistics_row row;
    row.key = {hour, alice, what, std::move(site), {1}, {1}, eur};
    row.kind = std::move(kind);
    row.values.requests = 2;
    row.values.bills = 1;
    row.values.pending = 1;
    row.values.money.gross = amount(gross);
    row.values.pending_money.gross = amount(waiting);
    w.reader.counters.push_back(row);
  };
  const auto hour = hour_of(at("2026-11-23T09:00:00Z"));
  counted(hour, {12}, "lock", "b.example", "12", "0");
  counted(hour, {11}, "reply", "a.example", "0.000001", "0.5");
  counted(hour + 1, {12}, "lock", "a.example", "3", "0");

  const auto given = w.get("/api/v1/statistics?by=day,service&from=2026-11-23&to=2026-11-24",
                           "alice-token");
  CHECK(w.reader.last_statistics.partner == alice);
  CHECK(w.reader.last_statistics.hour_from == hour_of(at("2026-11-23")));
  CHECK(w.reader.last_statistics.hour_to == hour_of(at("2026-11-24")));
  CHECK(w.reader.last_statistics.by == std::vector{dimension::day, dimension::service});
  const auto body = body_of(given);
  CHECK(body.at("from") == "2026-11-23T00:00:00Z");
  const auto& rows = body.at("rows").as_array();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("day") == "2026-11-23");
  CHECK(rows[0].at("service").at("number") == 1);
  CHECK(rows[0].at("posted").at("gross") == "0.000001");
  CHECK(rows[0].at("posted").at("bills") == 1);
  CHECK(rows[0].at("pending").at("gross") == "0.50");
  CHECK(rows[0].at("pending").at("charges") == 1);
  CHECK(rows[1].at("service").at("title") == "Service 12");
  CHECK(rows[1].at("posted").at("gross") == "15.00");
  CHECK(rows[1].at("requests") == 4);
  CHECK(body.at("totals").at(0).at("requests") == 6);
  CHECK(body.at("totals").at(0).at("posted").at("gross") == "15.000001");

  struct row {
    const char* by;
    const char* column;
    const char* first;
    std::size_t rows;
  };
  const row by_rows[] = {{"hour", "hour", "2026-11-23T09:00:00Z", 2},
                         {"kind", "kind", "lock", 2},
                         {"site", "site", "a.example", 2},
                         {"operator", "operator", "north", 1},
                         {"code", "code", "7122", 1},
                         {"currency", "currency", "EUR", 1}};
  for (const auto& r : by_rows) {
    CAPTURE(r.by);
    const auto cut = body_of(w.get("/api/v1/statistics?by=" + std::string(r.by), "alice-token"));
    CHECK(cut.at("rows").as_array().size() == r.rows);
    CHECK(cut.at("rows").at(0).at(r.column).as_string() == r.first);
    CHECK(cut.at("rows").at(0).at("currency") == "EUR");
  }
}

TEST_CASE("without dates the statistics are of today, this hour included") {
  world w;
  CHECK(w.get("/api/v1/statistics", "alice-token").status == 200);
  CHECK(w.reader.last_statistics.hour_from == hour_of(at("2026-11-23T00:00:00Z")));
  CHECK(w.reader.last_statistics.hour_to == hour_of(at("2026-11-23T16:00:00Z")));
  CHECK(w.reader.last_statistics.by == std::vector{dimension::day});
}

TEST_CASE("currencies are never added up") {
  world w;
  for (const char* unit : {"USD", "EUR"}) {
    statistics_row row;
    row.key.partner = alice;
    row.key.unit = parse_currency(unit).value();
    row.values.money.gross = amount("1");
    w.reader.counters.push_back(row);
  }
  const auto body = body_of(w.get("/api/v1/statistics?by=site", "alice-token"));
  CHECK(body.at("rows").as_array().size() == 2);
  CHECK(body.at("totals").as_array().size() == 2);
}

TEST_CASE("a code is checked by the writer") {
  world w;
  const auto ask = [&](std::string body) {
    return w.post("/api/v1/services/2/codes/check", "alice-token", std::move(body));
  };
  CHECK_FALSE(ask(R"({"code":"7D4FK-M9QA8-TPXWC","use_up":true})").has_value());
  const auto& asked = w.writer.last<check_code>();
  CHECK(asked.partner == alice);
  CHECK(asked.service == service_id{12});
  CHECK(asked.code == "7D4FK-M9QA8-TPXWC");
  CHECK(asked.use_up);
  code_checked answer{.state = "valid", .uses_left = 2, .expires_at = at("2026-11-24")};
  w.writer.answer(effect{answer});
  REQUIRE(w.late.has_value());
  CHECK(w.late->status == 200);
  CHECK(body_of(*w.late) == boost::json::object{{"state", "valid"},
                                                {"valid", true},
                                                {"uses_left", 2},
                                                {"expires_at", "2026-11-24T00:00:00Z"}});

  CHECK_FALSE(ask(R"({"code":"x"})").has_value());
  CHECK_FALSE(w.writer.last<check_code>().use_up);
  w.writer.answer(unavailable("disk full"));
  CHECK(w.late->status == 503);
  CHECK(w.late->problem == "disk full");
  CHECK(w.late->body.find("disk") == std::string::npos);

  w.writer.full = true;
  const auto busy = ask(R"({"code":"x"})").value();
  CHECK(busy.status == 503);
  CHECK(field(busy, "Retry-After") == "1");
}

TEST_CASE("bad questions about codes") {
  world w;
  struct row {
    const char* service;
    std::string body;
    int status;
    const char* field;
  };
  const row rows[] = {{"2", "", 400, "code"},
                      {"2", "{}", 400, "code"},
                      {"2", "[]", 400, ""},
                      {"2", "{", 400, ""},
                      {"2", "null", 400, ""},
                      {"2", R"({"code":1})", 400, "code"},
                      {"2", R"({"code":""})", 400, "code"},
                      {"2", R"({"code":"x","use_up":"yes"})", 400, "use_up"},
                      {"2", R"({"code":"x","useup":true})", 400, "useup"},
                      {"2", R"({"code":"a\u0000b"})", 400, "code"},
                      {"2", R"({"code":")" + std::string(65, 'x') + "\"}", 400, "code"},
                      {"2", std::string(100, '['), 400, ""},
                      {"1", R"({"code":"x"})", 409, ""}, // of a kind without codes
                      {"02", R"({"code":"x"})", 404, ""},
                      {"100", R"({"code":"x"})", 404, ""},
                      {"x", R"({"code":"x"})", 404, ""}};
  for (const auto& r : rows) {
    CAPTURE(r.body);
    const auto given = w.post("/api/v1/services/" + std::string(r.service) + "/codes/check",
                              "alice-token", r.body);
    REQUIRE(given.has_value());
    CHECK(given->status == r.status);
    const auto error = body_of(*given).at("error").as_object();
    CHECK((error.contains("field") ? error.at("field").as_string() : "") == r.field);
  }
  CHECK(w.writer.asked.empty());

  auto form = world::make("POST", "/api/v1/services/2/codes/check", peer_kind::tcp);
  form.authorization = "Bearer alice-token";
  form.content_type = "application/x-www-form-urlencoded";
  form.body = "code=x";
  CHECK(w.ask(form).value().status == 415);
}

TEST_CASE("a store that cannot answers 503 and says why to the log alone") {
  world w;
  w.reader.broken = unavailable("interrupted after 1 s");
  for (const char* target : {"/api/v1/messages", "/api/v1/messages/1", "/api/v1/statistics"}) {
    const auto given = w.get(target, "alice-token");
    CHECK(given.status == 503);
    CHECK(given.problem == "interrupted after 1 s");
    CHECK(given.body.find("interrupted") == std::string::npos);
  }
}

TEST_CASE("phones looked for in vain: a partner cannot try out the masked digits") {
  // Method: one partner looks for as many unknown phones as are allowed, and for one more.
  world w;
  w.reader.rows = {sale(7, alice, {11}, "hello")};
  const auto look = [&](std::size_t number, const char* token) {
    return w.get("/api/v1/messages?phone=" + std::to_string(number), token);
  };
  const std::size_t customer = 79121234345, stranger = 79129999000;
  for (std::size_t i = 0; i < 2 * limits::phones_missed_per_day_max; ++i) {
    REQUIRE(look(customer, "alice-token").status == 200); // a hit costs nothing
    REQUIRE(look(stranger + i / 2, "alice-token").status == 200); // nor does the same miss again
    if (i / 2 + 1 == limits::phones_missed_per_day_max) break;
  }
  const auto refused = look(customer, "alice-token");
  CHECK(refused.status == 429);
  const std::pair<std::string, std::string> retry{"Retry-After", "30600"}; // 15:30 to midnight
  CHECK(std::count(refused.fields.begin(), refused.fields.end(), retry) == 1);
  CHECK(look(stranger, "bob-token").status == 200); // his own count
  w.now += hours{9};
  CHECK(look(customer, "alice-token").status == 200);
}
