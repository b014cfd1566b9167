#include "scenario/daemon.hpp"

#include "scenario/fareboxd.hpp"
#include "scenario/wire.hpp"

#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/session.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace farebox::scenario {
namespace {

using namespace smpp;
using clock = std::chrono::steady_clock;
namespace json = boost::json;

constexpr milliseconds poll_interval{20};
constexpr milliseconds late_after{500}; // half of the shortest time that a script tells apart
// A daemon that did not come by itself by now waits patiently, and is told to start the link.
constexpr seconds start_after{2};
constexpr std::uint32_t first_sequence = 1'000'000; // of ours on the other bind: no story's
constexpr std::string_view short_code = "4242";
constexpr std::string_view links_path = "/admin/v1/links";
constexpr std::string_view main_path = "/admin/v1/links/north/main";

constexpr std::string_view sold = R"(
tariffs:
  - operator: north
    short_code: "4242"
    from: 2026-01-01
    currency: RUB
    price: 60.00
    vat: 20%
    operator_share: 45%
    reply: {receipts: true}
terms:
  - {from: 2026-01-01, platform_fee: 1%}
)";

std::string in_quotes(std::string_view text) { return json::serialize(json::string(text)); }

std::string text_in(const json::value& row, std::string_view name) {
  const auto& found = row.at(name);
  return found.is_string() ? std::string(found.as_string()) : std::string();
}

class played_daemon final : public subject {
 public:
  explicit played_daemon(seconds patience) : patience_(patience) {}

  void given(arguments settings) override;
  void connect() override;
  void receive(const bytes& segment, scenario::bind over) override;
  std::deque<bytes>& written(scenario::bind over) override {
    return over == scenario::bind::tested ? main_.frames() : other_.frames();
  }
  void pass(microseconds span) override;
  void tick() override {}
  void cut() override { main_.cut(); }
  void act(std::string_view action, arguments with, const variables& known) override;
  std::optional<fact> next_told(const step& expected) override;
  std::optional<std::string> state(std::string_view name) override;

  bool in_real_time() const override { return true; }
  bool wait(clock::time_point began) override;
  bool on_time() override {
    late_ |= clock::now() - script_now_ > late_after;
    return !late_;
  }

 private:
  using settings = std::map<std::string, std::string>; // YAML by its key

  void take_settings(arguments& from);
  std::string configuration();
  void start();
  void sell();
  void await(const std::function<bool()>& holds, std::string_view what);
  void pump(microseconds at_most);
  void serve_other();
  bool serve(const pdu& message);
  void deliver_elsewhere(deliver_sm message);
  void submit(arguments with, const variables& known);

  json::value link() const;
  std::string close_reason() const;
  bool is_seen(const step& told) const;
  std::optional<std::string> count_messages(std::string_view name) const;

  fareboxd process_;
  wire main_, other_;
  settings bind_{{"type", "transceiver"}, {"system_id", "farebox"}, {"reconnect_delay", "100ms"},
                 {"session_init_timeout", "1m"}, {"response_timeout", "1m"},
                 {"enquire_link_interval", "10m"}};
  settings redelivery_{{"proof_delay", "1m"}, {"probe_timeout", "1m"}};
  settings operator_{{"retry_delay", "3s"}}, code_;
  std::string password_ = "secret";
  std::size_t segment_ = 0;
  std::uint16_t outbind_port_ = 0; // not 0: the script calls the daemon

  const seconds patience_;
  clock::time_point script_now_ = clock::now(); // what the script takes for now
  bool late_ = false;
  bool other_bound_ = false;
  std::uint32_t last_sequence_ = first_sequence;
  std::optional<deliver_sm> last_message_; // of the script, over the bind under test
  std::set<std::string> said_;             // by the service
};

// --- settings -----------------------------------------------------------------------------------

std::string to_yaml_duration(const value& v) {
  return fmt::format("{}ms", std::chrono::duration_cast<milliseconds>(duration_of(v.text)).count());
}
std::string to_yaml_number(const value& v) { return std::to_string(number_of(v, {})); }
std::string to_yaml_text(const value& v) { return in_quotes(v.text); }

void played_daemon::given(arguments settings) {
  if (process_.running()) throw mistake("settings come before the first connect");
  take_settings(settings);
  if (!settings.empty())
    throw mistake("the daemon has no such setting: " + settings.front().first);
}

void played_daemon::take_settings(arguments& from) {
  struct {
    std::string_view name, key;
    settings played_daemon::* section;
    std::string (*to_yaml)(const value&);
  } const known[] = {
      {"bind", "type", &played_daemon::bind_, to_yaml_text},
      {"system_id", "system_id", &played_daemon::bind_, to_yaml_text},
      {"window_max", "window", &played_daemon::bind_, to_yaml_number},
      {"response_timeout", "response_timeout", &played_daemon::bind_, to_yaml_duration},
      {"enquire_link_interval", "enquire_link_interval", &played_daemon::bind_, to_yaml_duration},
      {"inactivity_timeout", "inactivity_timeout", &played_daemon::bind_, to_yaml_duration},
      {"session_init_timeout", "session_init_timeout", &played_daemon::bind_, to_yaml_duration},
      {"unbind_timeout", "unbind_timeout", &played_daemon::bind_, to_yaml_duration},
      {"busy_status", "retry_status", &played_daemon::operator_, to_yaml_number},
      {"proof_delay", "proof_delay", &played_daemon::redelivery_, to_yaml_duration},
      {"probe_timeout", "probe_timeout", &played_daemon::redelivery_, to_yaml_duration},
      {"help", "help", &played_daemon::code_, to_yaml_text},
      {"reserved_reply", "reserved_reply", &played_daemon::code_, to_yaml_text},
  };
  for (const auto& [name, key, section, to_yaml] : known)
    if (const auto v = extract(from, name)) (this->*section)[std::string(key)] = to_yaml(*v);
  if (const auto v = extract(from, "password")) password_ = v->text;
  if (const auto v = extract(from, "segment")) segment_ = number_of(*v, {});
  if (const auto v = extract(from, "wait_for_outbind"); v && v->text == "yes")
    outbind_port_ = free_port();
  extract(from, "answers_at_once"); // as it always does
}

std::string lines_of(const std::map<std::string, std::string>& settings, int indent) {
  std::string out;
  for (const auto& [key, yaml] : settings)
    out += fmt::format("{:{}}{}: {}\n", "", indent, key, yaml);
  return out;
}

std::string played_daemon::configuration() {
  const auto password = process_.write("password", password_ + '\n');
  const auto host = [](const wire& at) { return fmt::format("[\"127.0.0.1:{}\"]", at.port()); };
  bind_["password_file"] = password;
  if (outbind_port_ != 0)
    bind_["outbind"] = fmt::format("{{listen: \"127.0.0.1:{}\", password_file: {}}}", outbind_port_,
                                   process_.write("outbind", "pw\n"));
  else bind_["hosts"] = host(main_);
  auto other = bind_;
  other.erase("outbind");
  other["hosts"] = host(other_);
  other["type"] = bind_["type"] == "\"receiver\"" ? "transmitter" : "receiver";
  return fmt::format("operators:\n  - name: north\n    country: RU\n{}    redelivery:\n{}"
                     "    binds:\n      - name: main\n{}      - name: other\n{}"
                     "short_codes:\n  - number: \"{}\"\n    country: RU\n{}"
                     "    dedicated:\n      - {{keyword: SAY, partner: 104723, service: 1}}\n"
                     "      - {{keyword: LOCK, partner: 104723, service: 2}}\n"
                     "    reserved: [STOP, СТОП]\n",
                     lines_of(operator_, 4), lines_of(redelivery_, 6), lines_of(bind_, 8),
                     lines_of(other, 8), short_code, lines_of(code_, 4)) +
         std::string(sold);
}

void played_daemon::start() {
  process_.start(configuration(), patience_);
  sell();
  await([&] { return other_bound_; }, "the other bind was not bound");
}

void played_daemon::sell() {
  const auto post = [&](std::string_view what, const char* body) {
    process_.ask("POST", fmt::format("/admin/v1/partners{}", what), body);
  };
  post("", R"({"name": "Archive", "id": 104723})");
  post("/104723/approve", "");
  post("/104723/services", R"({"kind": "reply", "title": "Echo", "number": 1,
                               "settings": {"text": "{argument}"}})");
  post("/104723/services", R"({"kind": "lock", "title": "Archive", "number": 2,
                               "settings": {"text": "Code: {code}", "uses": 1}})");
}

// --- time and octets ----------------------------------------------------------------------------

void played_daemon::pump(microseconds at_most) {
  std::vector<int> watched;
  for (const auto* one : {&main_, &other_})
    if (one->open()) watched.push_back(one->number());
  wait_for_news(watched, at_most);
  if (!other_.open()) other_bound_ = false, other_.accept();
  if (main_.open()) main_.read();
  if (other_.open()) other_.read();
  serve_other();
}

bool played_daemon::wait(clock::time_point began) {
  if (clock::now() - began > patience_) return false;
  pump(poll_interval);
  script_now_ = clock::now();
  return true;
}

void played_daemon::await(const std::function<bool()>& holds, std::string_view what) {
  for (const auto began = clock::now(); !holds();)
    if (!wait(began)) throw mistake(std::string(what));
}

void played_daemon::pass(microseconds span) {
  const auto until = script_now_ = clock::now() + span;
  for (auto now = clock::now(); now < until; now = clock::now())
    pump(std::chrono::ceil<microseconds>(
        std::min<clock::duration>(until - now, poll_interval)));
}

void played_daemon::connect() {
  if (!process_.running()) start();
  bool told = false;
  const auto began = clock::now();
  await(
      [&] {
        if (outbind_port_ != 0) return main_.call(outbind_port_);
        if (main_.accept()) return true;
        if (!told && clock::now() - began > start_after)
          told = true, process_.ask("POST", fmt::format("{}/start", main_path));
        return false;
      },
      "the daemon did not connect");
}

void played_daemon::receive(const bytes& segment, scenario::bind over) {
  if (const auto message = decode(segment); message && over == scenario::bind::tested)
    if (const auto* deliver = std::get_if<deliver_sm>(&message->body)) last_message_ = *deliver;
  (over == scenario::bind::tested ? main_ : other_).send(segment, segment_);
  script_now_ = clock::now();
}

// --- the other bind -----------------------------------------------------------------------------

void played_daemon::serve_other() {
  std::erase_if(other_.frames(), [&](const bytes& frame) {
    const auto message = decode(frame);
    return message && serve(*message);
  });
}

// True for what no story is about: it is answered here.
bool played_daemon::serve(const pdu& message) {
  const auto id = id_of(message);
  if (is_response(id)) return message.sequence > first_sequence;
  const bool binds = id == command_id::bind_receiver || id == command_id::bind_transmitter;
  if (!binds && id != command_id::enquire_link) return false;
  auto answer = refusal(id, message.sequence, command_status::ESME_ROK);
  bytes out;
  if (!answer || !encode(*answer, out)) throw mistake("the other bind cannot be served");
  other_.send(out, 0);
  other_bound_ |= binds;
  return true;
}

void played_daemon::deliver_elsewhere(deliver_sm message) {
  pdu out;
  out.sequence = ++last_sequence_;
  out.body = std::move(message);
  bytes octets;
  if (const auto encoded = encode(out, octets); !encoded) throw mistake(encoded.error().detail);
  other_.send(octets, 0);
}

// --- the application ----------------------------------------------------------------------------

void played_daemon::act(std::string_view action, arguments with, const variables& known) {
  constexpr std::array by_itself{"deliver_sm_resp", "start_bind"};
  if (std::ranges::find(by_itself, action) != by_itself.end()) return;
  if (action == "submit_sm") return submit(std::move(with), known);
  if (action == "unbind") {
    process_.ask("POST", fmt::format("{}/drain", main_path));
  } else if (action == "probe") {
    if (!last_message_) throw mistake("there is no message to come over the other bind");
    deliver_elsewhere(*last_message_);
  } else throw mistake("the daemon is not made to do this: " + std::string(action));
}

void played_daemon::submit(arguments with, const variables& known) {
  const bool refused = extract(with, "refused").has_value();
  const auto text = extract(with, "short_message");
  // A receiver has no MO for us over the transmitter beside it, and no service writes a payload.
  if (refused && (!text || bind_["type"] == "\"receiver\"")) return;
  if (!text) throw mistake("a service answers with a short_message");
  if (!said_.insert(text_of(*text, known)).second) return; // the daemon sends it by itself
  deliver_sm order;
  const auto phone = extract(with, "destination_addr");
  order.source_addr = phone ? text_of(*phone, known) : fmt::format("7999{:07}", said_.size());
  order.destination_addr = short_code;
  const auto asked = "SAY " + text_of(*text, known);
  order.short_message.assign(asked.begin(), asked.end());
  deliver_elsewhere(std::move(order));
}

// --- what the administrator sees ----------------------------------------------------------------

json::value played_daemon::link() const {
  const auto all = process_.ask("GET", std::string(links_path));
  for (const auto& one : all.at("links").as_array())
    if (text_in(one, "bind") == "main") return one;
  throw mistake("the daemon has lost its link");
}

// Without the detail behind it: "bind refused: ESME_RALYBND". A link that was stopped on purpose
// shows no error.
std::string played_daemon::close_reason() const {
  const auto now = link();
  if (text_in(now, "state") == "stopped") return std::string(unseen);
  const auto error = text_in(now, "last_error");
  return error.substr(0, error.find(": "));
}

bool played_daemon::is_seen(const step& told) const {
  const auto stated = [&](std::string_view name) -> std::optional<std::string> {
    auto copy = told.given;
    const auto v = extract(copy, name);
    return v ? std::optional(v->text) : std::nullopt;
  };
  if (told.name == "bound") return text_in(link(), "state") == "bound";
  if (told.name == "bind_refused")
    return text_in(link(), "last_error") == "bind refused: " + stated("status").value_or("");
  if (told.name == "close_now") {
    const auto is = main_.open() ? "no" : close_reason();
    return is != "no" && (is == unseen || is == stated("why").value_or(is));
  }
  const auto text = stated("short_message");
  if (told.name != "request_received" || !text || stated("data_coding")) return true;
  const auto all = process_.ask("GET", "/admin/v1/messages?limit=500");
  return std::ranges::any_of(all.at("messages").as_array(),
                             [&](const auto& one) { return text_in(one, "text") == *text; });
}

std::optional<fact> played_daemon::next_told(const step& expected) {
  if (expected.name == "nothing" || !is_seen(expected)) return std::nullopt;
  fact out{expected.name, {}};
  for (const auto& [name, v] : expected.given) out.values.emplace(name, unseen);
  return out;
}

std::optional<std::string> played_daemon::count_messages(std::string_view name) const {
  constexpr std::array names{"accepted", "unrouted", "ambiguous", "refused",   "reserved",
                             "incomplete", "absorbed", "sent",    "delivered", "rejected"};
  if (std::ranges::find(names, name) == names.end()) return std::nullopt;
  const auto all = process_.ask("GET", "/admin/v1/messages?limit=500");
  const auto count = std::ranges::count_if(all.at("messages").as_array(), [&](const auto& one) {
    const auto& reply = one.at("reply");
    return text_in(one, "outcome") == name ||
           (reply.is_object() && text_in(reply, "state") == name);
  });
  return std::to_string(count);
}

std::optional<std::string> played_daemon::state(std::string_view name) {
  if (name == "closed") {
    pump(microseconds{0});
    if (main_.open()) return "no";
    return on_time() ? close_reason() : std::string(unseen);
  }
  if (name == "window_free" || name == "outstanding") {
    const auto window = link().at("window");
    const auto used = window.at("used").to_number<int>();
    return std::to_string(name == "outstanding" ? used : window.at("size").to_number<int>() - used);
  }
  if (name == "state") {
    const auto now = link();
    if (const auto is = text_in(now, "state"); is != "bound") return is;
    const auto role = text_in(now, "role");
    return role == "receiver" ? "BOUND_RX" : role == "transmitter" ? "BOUND_TX" : "BOUND_TRX";
  }
  constexpr std::array only_the_session_counts{
      "abandoned",      "taken",            "unproven",        "responses_duplicate",
      "responses_late", "responses_unknown", "requests_refused", "decode_failures",
      "throttled",      "unknown_commands"};
  if (std::ranges::find(only_the_session_counts, name) != only_the_session_counts.end())
    return std::string(unseen);
  return count_messages(name);
}

} // namespace

std::unique_ptr<subject> daemon_subject(seconds patience) {
  return std::make_unique<played_daemon>(patience);
}

} // namespace farebox::scenario
