// Goal: people, Prometheus and load balancers read the same snapshot, and no text in it breaks out
// of its format. Method: one snapshot with hostile names, each answer looked at closely.
#include "unit/http/world.hpp"

#include <boost/json/parse.hpp>

#include <set>
#include <sstream>

using namespace farebox;
using namespace farebox::http;
using namespace farebox::http::test;

namespace {

const std::string hostile = "</script><script>alert(\"\\\n\xFF\xE2\x80\xA8&amp;";

status_snapshot snapshot() {
  status_snapshot s;
  s.version = "0.1.0";
  s.started_at = at("2026-11-23T00:00:00Z");
  s.now = at("2026-11-23T15:30:00Z");
  s.ready = true;
  bind_status bind;
  bind.op = hostile;
  bind.name = "trx";
  bind.state = "bound";
  bind.up = true;
  bind.last_error = hostile;
  bind.window_used = 3;
  bind.window_size = 10;
  bind.messages = 7;
  s.binds = {bind, bind};
  s.outboxes = {{"north", 5, 100}};
  s.flow.received = {100, 12.3456};
  s.store = {4096, 9, 2500, 3};
  s.ack_latency = {{0.001, 0.01}, {4, 9}, 10, 0.25};
  s.alarms = {{s.now, hostile}};
  return s;
}

std::string field(const response& given, std::string_view name) {
  for (const auto& [known, value] : given.fields)
    if (known == name) return value;
  return "";
}

} // namespace

TEST_CASE("health and readiness") {
  world w;
  w.status.ready = false;
  w.status.not_ready_reason = "the disk is full";
  CHECK(w.get("/healthz", "").status == 200);
  const auto waiting = w.get("/readyz", "");
  CHECK(waiting.status == 503);
  CHECK(field(waiting, "Retry-After") == "1");
  CHECK(boost::json::parse(waiting.body).at("reason") == "the disk is full");
  w.status.ready = true;
  CHECK(w.get("/readyz", "").status == 200);
}

TEST_CASE("JSON or HTML, as Accept says") {
  world w;
  w.status = snapshot();
  struct row {
    const char* accept;
    bool html;
  };
  const row rows[] = {
      {"", false},
      {"*/*", false},
      {"application/json", false},
      {"text/html", true},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true}, // a browser
      {"application/json, text/html;q=0.5", false},
      {"application/json;q=0.1, text/html;q=0.5", true},
      {"text/html;q=0", false}};
  for (const auto& r : rows) {
    CAPTURE(r.accept);
    const auto given = w.get("/status", "", r.accept);
    CHECK(given.status == 200);
    CHECK((given.content_type == "text/html; charset=utf-8") == r.html);
  }
}

TEST_CASE("the JSON holds what was told") {
  world w;
  w.status = snapshot();
  const auto body = boost::json::parse(w.get("/status", "").body);
  CHECK(body.at("uptime_seconds") == 15 * 3600 + 1800);
  CHECK(body.at("flow").at("received").at("per_second") == 12.35);
  CHECK(body.at("binds").at(0).at("window").at("used") == 3);
  CHECK(body.at("queues").at("outboxes").at(0).at("waiting") == 5);
  CHECK(body.at("alarms").at(0).at("what").as_string().starts_with("</script>"));
  w.status.alarms.resize(60);
  w.status.flow.received.rate = std::numeric_limits<double>::quiet_NaN();
  const auto odd = boost::json::parse(w.get("/status", "").body);
  CHECK(odd.at("alarms").as_array().size() == limits::alarms_shown_max);
  CHECK(odd.at("flow").at("received").at("per_second") == 0.0);
}

TEST_CASE("the page cannot be broken out of") {
  world w;
  w.status = snapshot();
  const auto page = w.get("/status", "", "text/html");
  // Two scripts were written by us, and only those are there; the snapshot is still the same JSON.
  std::size_t scripts = 0;
  for (auto found = page.body.find("<script"); found != std::string::npos;
       found = page.body.find("<script", found + 1))
    ++scripts;
  CHECK(scripts == 2);
  const std::string mark = "id=\"snapshot\">";
  const auto start = page.body.find(mark) + mark.size();
  const auto inside = page.body.substr(start, page.body.find("</script>", start) - start);
  const auto body = boost::json::parse(inside);
  CHECK(body.at("alarms").at(0).at("what") ==
        "</script><script>alert(\"\\\n\xEF\xBF\xBD\xE2\x80\xA8&amp;");
  for (const char* raw : {"<", "&", "\xE2\x80\xA8", "\n"})
    CHECK(inside.find(raw) == std::string::npos);
  // Nothing from elsewhere is loaded, and only our own script may run.
  for (const char* outside : {"http://", "https://", " src=", "@import", "url("})
    CHECK(page.body.find(outside) == (outside == std::string("http://")
                                          ? page.body.find("http://www.w3.org/2000/svg")
                                          : std::string::npos));
  const auto policy = field(page, "Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'"));
  CHECK(policy.find("script-src 'sha256-") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  for (const char* left : {"/*style*/", "/*script*/", "/*snapshot*/"})
    CHECK(page.body.find(left) == std::string::npos);
}

TEST_CASE("metrics: each family announced once, each sample well formed") {
  world w;
  w.status = snapshot();
  const auto given = w.get("/metrics", "");
  CHECK(given.content_type == "text/plain; version=0.0.4; charset=utf-8");
  std::istringstream lines(given.body);
  std::set<std::string> helped, typed;
  std::string line, family;
  int samples = 0;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    std::istringstream words(line);
    std::string hash, word, name;
    if (line.starts_with("# ")) {
      words >> hash >> word >> name;
      CHECK((word == "HELP" ? helped : typed).insert(name).second);
      family = name;
      continue;
    }
    ++samples;
    CHECK(line.starts_with(family)); // samples follow their own family
    CHECK(line.rfind(' ') != std::string::npos);
    CHECK_NOTHROW((void)std::stod(line.substr(line.rfind(' ') + 1)));
  }
  CHECK(helped == typed);
  CHECK(samples > 30);
  for (const char* expected :
       {"farebox_messages_received_total 100\n",
        "farebox_ack_latency_seconds_bucket{le=\"0.001\"} 4\n",
        "farebox_ack_latency_seconds_bucket{le=\"0.01\"} 9\n",
        "farebox_ack_latency_seconds_bucket{le=\"+Inf\"} 10\n",
        "farebox_ack_latency_seconds_sum 0.25\n", "farebox_ack_latency_seconds_count 10\n",
        "farebox_store_last_commit_seconds 0.0025\n", "farebox_ready 1\n",
        "farebox_outbox_replies{operator=\"north\"} 5\n",
        "farebox_bind_messages_total{operator=\"</script><script>alert(\\\"\\\\\\n\xEF\xBF\xBD"
        "\xE2\x80\xA8&amp;\",bind=\"trx\"} 7\n"})
    CHECK(given.body.find(expected) != std::string::npos);
}
