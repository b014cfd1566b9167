// Goal: the centre keeps its ledger right whatever the gateway and the trouble do: nothing that was
// not acked is forgotten, nothing acked is sent again, and bad gateways are found out. Method: real
// ESME sessions talk to the centre in simulated time; tables of habits of the gateway and of
// trouble.
#include "smsc/core/report.hpp"

#include "farebox/text/parts.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace farebox;
using namespace farebox::smsc;
using smpp::command_status;
using smpp::session_event;
namespace event = smpp::event;

namespace {

// A gateway of several links that knows each MO part by its octets and answers it once. Its links
// connect again a second after they were lost.
struct gateway {
  struct link {
    smpp::bind_kind kind{};
    std::unique_ptr<smpp::session> session;
    centre::connection_key key = 0;
    bool up = false;
    steady_time connect_at;
  };
  struct habits {
    // What it says to a deliver_sm with this text; the count says how often it came.
    std::function<command_status(const std::string& text, int count)> status =
        [](const std::string&, int) { return command_status::ESME_ROK; };
    bool answers = true;       // deliver_sm_resp at all
    int replies = 1;           // different ones for each MO
    int repeats = 1;           // of each
    bool wrong_phone = false;
    bool same_code = false;
    bool retries_throttled = true;
    bool long_replies = false;
    bool forgets = false; // it does not know an MO that comes again
  };

  explicit gateway(centre& smsc, habits does, std::vector<smpp::bind_kind> kinds)
      : smsc(smsc), does(std::move(does)) {
    for (const auto kind : kinds) links.emplace_back().kind = kind;
  }

  void connect(link& l, steady_time now) {
    smpp::session_settings settings;
    settings.bind = l.kind;
    settings.system_id = "farebox";
    settings.password = password;
    settings.window_max = 1'000;
    l.session = std::make_unique<smpp::session>(settings);
    l.key = smsc.on_accepted("test", now);
    l.up = true;
    std::vector<session_event> events;
    l.session->on_connected(now, events);
    handle(l, events, now);
  }

  void handle(link& l, std::vector<session_event>& events, steady_time now) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      auto what = std::move(events[i]);
      if (auto* request = std::get_if<event::request_received>(&what)) take(l, *request, now);
      if (auto* answered = std::get_if<event::response_received>(&what))
        if (smpp::is_throttle(answered->response.status) && does.retries_throttled)
          throttled.push_back(sent.at(answered->cookie));
      if (auto* over = std::get_if<event::close_now>(&what)) closed = over->why, l.up = false;
    }
  }

  void take(link& l, const event::request_received& what, steady_time now) {
    const auto& mo = std::get<smpp::deliver_sm>(what.request.body);
    if (smpp::is_receipt(mo.esm_class)) {
      receipts.push_back(smpp::parse_receipt(mo));
      respond(l, what, command_status::ESME_ROK, now);
      return;
    }
    const bool has_udh = (mo.esm_class & 0x40) != 0;
    const auto part = text::part_header_of(has_udh, mo.short_message);
    std::string text;
    text::text_of({mo.short_message, mo.data_coding, has_udh}, text::charset::gsm7, text);
    const auto octets = mo.source_addr + "|" + std::string(as_text(mo.short_message));
    if (const auto id = smpp::text_of(mo.tlvs, 0x1400))
      CHECK(id_of.try_emplace(octets, *id).first->second == *id);
    const auto status = does.status(text, ++seen[octets]);
    respond(l, what, status, now);
    if (status != command_status::ESME_ROK) return;
    const bool is_new = taken.insert(octets).second || does.forgets;
    if (!is_new || (part && part->number != 1)) return; // the first part stands for all
    for (int i = 0; i < does.replies * does.repeats; ++i) {
      smpp::submit_sm reply;
      reply.source_addr = mo.destination_addr;
      reply.destination_addr = does.wrong_phone ? "7000" : mo.source_addr;
      reply.registered_delivery = 1;
      const auto code = fmt::format("{}X{}", taken.size(), i % does.replies);
      auto words = "code " + (does.same_code ? "X" : code);
      if (does.long_replies) words += std::string(200, 'z');
      for (auto& segment : text::split(words, {}, 7)) {
        reply.esm_class = segment.has_udh ? 0x40 : 0;
        reply.short_message = segment.user_data;
        waiting.push_back(reply);
      }
    }
  }

  void respond(link& l, const event::request_received& what, command_status status,
               steady_time now) {
    if (!does.answers) return;
    CHECK(l.session->respond(what.request.sequence, smpp::deliver_sm_resp{}, status, 0, now));
  }

  // Replies leave by any link that may send.
  void flush(steady_time now) {
    if (now >= retry_at) {
      waiting.insert(waiting.end(), throttled.begin(), throttled.end());
      throttled.clear();
      retry_at = now + milliseconds(500);
    }
    for (auto& l : links)
      while (l.up && !waiting.empty() && l.session->window_free() > 0 &&
             l.kind != smpp::bind_kind::receiver) {
        const auto cookie = ++last_cookie;
        sent[cookie] = waiting.front();
        waiting.pop_front();
        REQUIRE(l.session->request(sent[cookie], cookie, now));
      }
  }

  centre& smsc;
  habits does;
  std::string password = "secret";
  std::vector<link> links;
  std::deque<smpp::submit_sm> waiting, throttled;
  steady_time retry_at;
  std::map<std::uint64_t, smpp::submit_sm> sent;
  std::uint64_t last_cookie = 0;
  std::map<std::string, int> seen;
  std::map<std::string, std::string> id_of; // of what has one
  std::set<std::string> taken;
  std::vector<smpp::receipt> receipts;
  std::optional<smpp::close_reason> closed;
};

struct trial {
  centre_settings centre_is{};
  ledger_settings judged{.expect_reply = "code", .unique_code = "code ([0-9X]+)"};
  stream_settings stream_is{};
  gateway::habits gateway_does{};
  std::vector<smpp::bind_kind> binds{smpp::bind_kind::transceiver};
  std::string_view script{};
  std::string password = "secret";
  seconds limit{600};
};

// The world: octets arrive at once, links reconnect after a second; until the centre has finished.
struct world {
  explicit world(trial t) : limit(t.limit) {
    t.centre_is.system_id = "farebox";
    t.centre_is.password = "secret";
    if (t.centre_is.retry_statuses.empty())
      t.centre_is.retry_statuses = {command_status::ESME_RMSGQFUL};
    if (t.stream_is.templates.empty()) t.stream_is.templates = {"LOCK {n}"};
    smsc = std::make_unique<centre>(t.centre_is, t.judged, stream(t.stream_is),
                                    parse_script(t.script).value(), now, utc_time(hours(24)),
                                    [this](std::string_view line) { log.emplace_back(line); });
    far = std::make_unique<gateway>(*smsc, t.gateway_does, t.binds);
    far->password = t.password;
  }

  // One exchange over one link; true if anything happened.
  bool exchange(gateway::link& l) {
    bool busy = false;
    if (!l.up) {
      if (now < l.connect_at) return false;
      far->connect(l, now);
      busy = true;
    }
    std::vector<session_event> events;
    if (const auto out = l.session->take_output(now); !out.empty()) {
      smsc->on_bytes(l.key, out, now);
      busy = true;
    }
    if (smsc->has_output(l.key)) {
      l.session->on_bytes(smsc->take_output(l.key, now), now, events);
      busy = true;
    }
    if (const auto due = l.session->next_tick(); due && *due <= now)
      l.session->on_tick(now, events);
    far->handle(l, events, now);
    if (smsc->wants_close(l.key) != centre::closing::no || !l.up) {
      l.up = false;
      l.connect_at = now + seconds(1);
      smsc->on_lost(l.key, "lost", now);
      busy = true;
    }
    return busy;
  }

  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& l : far->links) busy |= exchange(l);
      far->flush(now);
      for (auto& l : far->links) busy |= l.up && l.session->has_output();
    }
  }

  world& run() {
    const auto end = now + limit;
    for (; now < end && !smsc->finished(now); now += milliseconds(20)) {
      smsc->on_tick(now);
      settle();
    }
    found = judge(*smsc);
    return *this;
  }

  const ledger_totals& totals() const { return smsc->book().totals(); }
  bool has_finding(finding_kind kind) const {
    return found.counts[static_cast<std::size_t>(kind)] > 0;
  }

  seconds limit;
  steady_time now{seconds(1'000)};
  std::vector<std::string> log;
  std::unique_ptr<centre> smsc;
  std::unique_ptr<gateway> far;
  verdict found;
};

trial of(std::uint64_t mos) {
  trial t;
  t.stream_is.count = mos;
  return t;
}

} // namespace

TEST_CASE("a good gateway passes, whatever the trouble") {
  struct row {
    std::string_view name;
    trial what;
  };
  std::vector<row> rows;
  const auto add = [&](std::string_view name, auto change) {
    auto t = of(500);
    change(t);
    rows.push_back({name, std::move(t)});
  };
  using enum smpp::bind_kind;
  add("plain", [](trial&) {});
  add("a pair", [](trial& t) {
    t.binds = {transmitter, receiver};
    t.centre_is.binds_wanted = 2;
  });
  add("window of one", [](trial& t) { t.centre_is.window = 1; });
  add("paced", [](trial& t) { t.centre_is.mos_per_second = 100; });
  add("multi-part", [](trial& t) {
    t.stream_is.cyrillic_multipart = rate{500'000};
    t.centre_is.shuffled_parts = rate{500'000};
    t.binds = {transceiver, transceiver, receiver};
  });
  add("drops", [](trial& t) {
    t.centre_is.drop_after = {200, 10};
    t.centre_is.cut_every = 100;
    t.binds = {transceiver, transceiver};
  });
  add("throttled, late", [](trial& t) {
    t.centre_is.throttled = rate{100'000};
    t.centre_is.late = rate{50'000};
  });
  add("throttled by rate", [](trial& t) { t.centre_is.submit_rate_max = 100; });
  add("binds refused", [](trial& t) { t.centre_is.refuse_binds = 3; });
  add("scripted", [](trial& t) {
    t.centre_is.mos_per_second = 100;
    t.script = "at +1s cut\nat +2s throttle 1s\nat +3s refuse-binds 2\nat +3s unbind\n"
               "at +4s late 500ms\nat +6s send 79990000000 1234 \"LOCK €\"";
  });
  add("queue full at first", [](trial& t) {
    t.gateway_does.status = [](const std::string&, int count) {
      return count == 1 ? command_status::ESME_RMSGQFUL : command_status::ESME_ROK;
    };
  });
  add("long replies", [](trial& t) { t.gateway_does.long_replies = true; });
  add("each reply twice", [](trial& t) { t.gateway_does.repeats = 2; });
  add("few phones", [](trial& t) { t.stream_is.phones = 500, t.stream_is.count = 100; });
  for (auto& [name, what] : rows) {
    CAPTURE(name);
    const auto expected = what.stream_is.count + (what.script.empty() ? 0 : 1);
    what.centre_is.receipts = rate{rate_one};
    world w(std::move(what));
    w.run();
    CAPTURE(summary_text(*w.smsc, w.found));
    CHECK(w.smsc->finished(w.now));
    CHECK(w.found.clean());
    CHECK(w.totals().mos_sent == expected);
    CHECK(w.totals().mos_acked == expected);
    CHECK(w.smsc->in_flight() == 0);
    CHECK(w.totals().receipts_planned == w.totals().submits_accepted);
    CHECK(w.totals().receipts_acked == w.totals().receipts_planned);
    CHECK(w.far->receipts.size() >= w.totals().receipts_acked);
  }
}

TEST_CASE("bad gateways are found out") {
  struct row {
    std::string_view name;
    std::function<void(trial&)> change;
    finding_kind expected;
  };
  for (const auto& [name, change, expected] : {
           row{"no acks", [](trial& t) { t.gateway_does.answers = false; }, finding_kind::unacked},
           row{"refuses",
               [](trial& t) {
                 t.gateway_does.status = [](const std::string& text, int) {
                   return text == "LOCK 7" ? command_status::ESME_RINVDSTADR
                                           : command_status::ESME_ROK;
                 };
               },
               finding_kind::refused},
           row{"no replies", [](trial& t) { t.gateway_does.replies = 0; },
               finding_kind::missing_reply},
           row{"two replies", [](trial& t) { t.gateway_does.replies = 2; },
               finding_kind::doubled_reply},
           row{"the same three times", [](trial& t) { t.gateway_does.repeats = 3; },
               finding_kind::doubled_reply},
           row{"to others", [](trial& t) { t.gateway_does.wrong_phone = true; },
               finding_kind::misaddressed},
           row{"one code for all", [](trial& t) { t.gateway_does.same_code = true; },
               finding_kind::doubled_code},
           row{"other texts", [](trial& t) { t.judged.expect_reply = "bye"; },
               finding_kind::unexpected},
           row{"forgets throttled ones",
               [](trial& t) {
                 t.gateway_does.retries_throttled = false;
                 t.centre_is.throttled = rate{200'000};
               },
               finding_kind::missing_reply},
           row{"serves a redelivered MO thrice",
               [](trial& t) {
                 t.gateway_does.forgets = true;
                 t.gateway_does.repeats = 2;
                 t.centre_is.cut_every = 10;
               },
               finding_kind::doubled_reply},
       }) {
    CAPTURE(name);
    auto t = of(50);
    t.centre_is.grace = seconds(40);
    change(t);
    world w(std::move(t));
    w.run();
    CHECK(w.smsc->finished(w.now));
    CHECK(w.has_finding(expected));
  }
}

TEST_CASE("what we refuse for good is not missing") {
  auto t = of(200);
  t.centre_is.refused = rate{300'000};
  world w(std::move(t));
  w.run();
  CHECK(w.found.clean());
  CHECK(w.totals().submits_refused > 30);
  CHECK(w.totals().submits_refused + w.totals().submits_accepted == 200);
}

TEST_CASE("redelivery: after a time-out, and never where it is switched off") {
  for (const bool redeliver : {true, false}) {
    CAPTURE(redeliver);
    auto t = of(3);
    t.gateway_does.answers = false;
    t.centre_is.redeliver = redeliver;
    t.centre_is.grace = seconds(65);
    world w(std::move(t));
    w.run();
    CHECK(w.totals().mos_acked == 0);
    CHECK(w.found.missing() == 3);
    CHECK(w.totals().mos_redelivered == (redeliver ? 3 : 0));
    CHECK(w.far->seen.begin()->second == (redeliver ? 3 : 1));
  }
}

TEST_CASE("the same seed does the same") {
  const auto once = [] {
    auto t = of(300);
    t.centre_is.throttled = rate{100'000};
    t.centre_is.late = rate{20'000};
    t.centre_is.drop_after = {150};
    t.centre_is.receipts = rate{700'000};
    t.stream_is.cyrillic_multipart = rate{50'000};
    world w(std::move(t));
    w.run();
    std::string all = summary_json(*w.smsc, w.found);
    write_ledger(*w.smsc, [&](std::string_view line) { all += line; });
    return all;
  };
  CHECK(once() == once());
}

TEST_CASE("receipts in each style and with ids in each format can be read and matched") {
  using enum smpp::id_format;
  for (const auto style : {receipt_style::text, receipt_style::tlv, receipt_style::both})
    for (const auto& [told, repeated] :
         {std::pair{decimal, decimal}, std::pair{hexadecimal, decimal}, std::pair{uuid, uuid}}) {
      auto t = of(100);
      t.centre_is.receipts = rate{500'000};
      t.centre_is.style = style;
      t.centre_is.id_formats = {told, repeated};
      t.centre_is.first_message_number = 0xABCDEF;
      world w(std::move(t));
      w.run();
      REQUIRE(w.far->receipts.size() == 100);
      std::set<std::string> ids;
      for (const auto& each : w.far->receipts)
        ids.insert(smpp::normalise_message_id(each.message_id, repeated));
      CHECK(ids.size() == 100);
      CHECK(ids.contains(smpp::normalise_message_id(message_id_text(0xABCDEF, told), told)));
      const auto delivered = std::ranges::count(
          w.far->receipts, std::optional(smpp::message_state::delivered), &smpp::receipt::state);
      CHECK(delivered > 25);
      CHECK(delivered < 75);
    }
}

TEST_CASE("an ESME that was called by outbind binds; each request gets the answer of its kind") {
  centre_settings settings;
  settings.system_id = "farebox";
  settings.password = "secret";
  std::vector<std::string> log;
  centre smsc(settings, {}, stream({}), {}, steady_time(), utc_time(),
              [&](std::string_view line) { log.emplace_back(line); });
  smpp::session_settings esme_settings;
  esme_settings.system_id = "farebox";
  esme_settings.password = "secret";
  esme_settings.wait_for_outbind = true;
  smpp::session esme(esme_settings);
  std::vector<session_event> events;
  std::map<std::uint64_t, smpp::pdu> answers;
  const auto now = steady_time(seconds(1));
  esme.on_connected(now, events);
  const auto key = smsc.on_called("test", now);
  const auto exchange = [&] {
    while (smsc.has_output(key) || esme.has_output()) {
      if (smsc.has_output(key)) esme.on_bytes(smsc.take_output(key, now), now, events);
      for (auto& what : std::exchange(events, {})) {
        if (const auto* called = std::get_if<event::outbind_received>(&what)) {
          CHECK(called->password == "secret");
          CHECK(esme.start_bind(now));
        }
        if (auto* answered = std::get_if<event::response_received>(&what))
          answers[answered->cookie] = std::move(answered->response);
      }
      if (esme.has_output()) smsc.on_bytes(key, esme.take_output(now), now);
    }
  };
  exchange();
  REQUIRE(esme.bound());
  CHECK(smsc.binds() == 1);

  struct row {
    smpp::pdu_body request;
    command_status expected;
  };
  smpp::submit_multi many;
  many.dest_addresses = {{1, 1, 1, "7001", {}}, {1, 1, 1, "7002", {}}, {2, 0, 0, {}, "friends"}};
  std::uint64_t cookie = 0;
  for (auto& [request, expected] : {
           row{smpp::submit_sm{.destination_addr = "7001"}, command_status::ESME_ROK},
           row{smpp::data_sm{.destination_addr = "7001"}, command_status::ESME_ROK},
           row{many, command_status::ESME_ROK},
           row{smpp::query_sm{}, command_status::ESME_RQUERYFAIL},
           row{smpp::cancel_sm{}, command_status::ESME_RCANCELFAIL},
           row{smpp::replace_sm{}, command_status::ESME_RREPLACEFAIL},
       }) {
    CAPTURE(cookie);
    REQUIRE(esme.request(request, ++cookie, now));
    exchange();
    REQUIRE(answers.contains(cookie));
    CHECK(answers[cookie].status == expected);
  }
  CHECK(smsc.book().totals().submits_accepted == 4);
  const auto& multi = std::get<smpp::submit_multi_resp>(answers[3].body);
  CHECK(multi.message_id == "0000000003");
  REQUIRE(multi.unsuccess_smes.size() == 1);
  CHECK(multi.unsuccess_smes[0].destination_addr == "friends");
}

TEST_CASE("only who has the password may bind") {
  struct row {
    std::string_view password;
    bool expected;
  };
  for (const auto& [password, expected] :
       {row{"secret", true}, row{"secre", false}, row{"", false}}) {
    auto t = of(1);
    t.password = password;
    t.limit = seconds(20);
    world w(std::move(t));
    w.run();
    CHECK(w.smsc->started() == expected);
    CHECK((w.far->closed == smpp::close_reason::bind_refused) == !expected);
  }
}

TEST_CASE("each part has an identity of its own, kept when it is sent again") {
  auto t = of(40);
  t.centre_is.id_tlv = 0x1400;
  t.centre_is.cut_every = 15;
  t.stream_is.cyrillic_multipart = rate{500'000};
  world w(std::move(t));
  w.run();
  CHECK(w.found.clean());
  CHECK(w.totals().mos_redelivered > 0);
  CHECK(w.far->taken.size() > 40); // parts, by their octets
  CHECK(w.far->id_of.size() == w.far->taken.size());
  std::set<std::string> ids;
  for (const auto& [octets, id] : w.far->id_of) ids.insert(id);
  CHECK(ids.size() == w.far->taken.size());
}

TEST_CASE("stopped: nothing new, and an end; a centre that only listens ends at once") {
  auto t = of(0); // without end
  t.centre_is.mos_per_second = 100;
  t.centre_is.duration = seconds(3);
  world w(std::move(t));
  w.run();
  CHECK(w.found.clean());
  CHECK(w.totals().mos_sent >= 295);
  CHECK(w.totals().mos_sent <= 310);

  centre idle({}, {}, stream({}), {}, steady_time(), utc_time(), [](std::string_view) {});
  CHECK(!idle.finished(steady_time(hours(1))));
  idle.stop(steady_time(hours(1)));
  CHECK(idle.finished(steady_time(hours(1))));
}

TEST_CASE("an open loop counts from when an MO was due, a closed one from when it left") {
  // 100 a second for 5 s; in the middle the only link is away for a second.
  struct row {
    bool open;
    milliseconds longest_for_most; // of nine acks in ten, at least
    milliseconds and_at_most;
  };
  for (const auto& [open, at_least, at_most] :
       {row{false, milliseconds(0), milliseconds(100)},
        row{true, milliseconds(300), milliseconds(900)}}) {
    auto t = of(500);
    t.centre_is.mos_per_second = 100;
    t.centre_is.open_loop = open;
    t.script = "at +2s cut";
    world w(std::move(t));
    w.run();
    CAPTURE(open);
    CHECK(w.found.clean());
    CHECK(w.smsc->book().ack_latency().percentile(90) >= at_least);
    CHECK(w.smsc->book().ack_latency().percentile(90) <= at_most);
    CHECK((w.smsc->active() < milliseconds(5'200)) == open); // it catches up
  }
}

TEST_CASE("the ledger file and the summary are JSON and complete") {
  auto t = of(20);
  t.stream_is.templates = {"LOCK \"{n}\"\n"};
  t.centre_is.receipts = rate{rate_one};
  world w(std::move(t));
  w.run();
  std::size_t lines = 0;
  write_ledger(*w.smsc, [&](std::string_view line) {
    const auto value = boost::json::parse(line.substr(0, line.size() - 1)).as_object();
    CHECK(value.at("id").as_int64() == static_cast<std::int64_t>(++lines));
    CHECK(value.at("status").as_string() == "ESME_ROK");
    CHECK(value.at("sent").as_array().size() == 1);
    CHECK(value.at("acked").as_string().starts_with("1970-01-02T"));
    CHECK(value.at("replies").as_array().size() == 1);
    const auto& submit = value.at("submits").as_array().at(0).as_object();
    CHECK(submit.at("receipt").as_string() == "DELIVRD");
    CHECK(submit.at("receipt_answer").as_string() == "ESME_ROK");
    CHECK(value.at("findings").as_array().empty());
  });
  CHECK(lines == 20);
  const auto summary = boost::json::parse(summary_json(*w.smsc, w.found)).as_object();
  CHECK(summary.at("clean").as_bool());
  CHECK(summary.at("mos_acked").to_number<int>() == 20);
  CHECK(summary_text(*w.smsc, w.found).find("clean: missing 0") != std::string::npos);
}
