// farebox: the administrator's tool. Everything but `smpp decode` asks the running daemon.

#include "client.hpp"
#include "smpp_decode.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using namespace farebox::cli;

// What the exit status says.
constexpr int exit_refused = 1;     // the daemon said no: bad input, not found, exists already
constexpr int exit_usage = 2;       // the command line is wrong
constexpr int exit_unreachable = 3; // no daemon at the socket
constexpr int exit_not_now = 4;     // the daemon cannot at the moment: try again

constexpr column partner_columns[] = {
    {"PARTNER", "id"}, {"STATE", "state"}, {"NAME", "name"}, {"REASON", "reason"}};
constexpr column service_columns[] = {{"PARTNER", "partner"}, {"NUMBER", "number"},
                                      {"KIND", "kind"},       {"ENABLED", "enabled"},
                                      {"SITE", "site"},       {"TITLE", "title"}};
constexpr column token_columns[] = {
    {"TOKEN", "id"}, {"CREATED", "created_at"}, {"REVOKED", "revoked"}, {"TITLE", "title"}};
constexpr column message_columns[] = {
    {"MESSAGE", "id"},       {"RECEIVED", "received_at"}, {"OPERATOR", "operator"},
    {"CODE", "short_code"},  {"PHONE", "phone"},          {"OUTCOME", "outcome"},
    {"PARTNER", "partner"},  {"REPLY", "reply.state"},    {"TEXT", "text"}};
constexpr column link_columns[] = {
    {"OPERATOR", "operator"},    {"BIND", "bind"},        {"ROLE", "role"},
    {"STATE", "state"},          {"SINCE", "since"},      {"PEER", "peer"},
    {"WINDOW", "window.used"},   {"OF", "window.size"},   {"IN/S", "in_per_second"},
    {"OUT/S", "out_per_second"}, {"LAST ERROR", "last_error"}};

// How an answer is shown to people: as the table of one of its members, or as lines.
struct view {
  std::string_view list = {};
  std::span<const column> columns = {};
};

struct request {
  std::string_view method = "GET";
  std::string path;
  json::object body = {};
  view shown = {};
};

struct options {
  std::string socket = "/run/farebox/farebox.sock";
  bool as_json = false;
};

int report_failure(const reply& answer, const options& how) {
  if (answer.status == 0) {
    std::cerr << "farebox: no answer at " << how.socket << ": " << answer.error
              << "\nIs fareboxd running, and may you write to its socket?\n";
    return exit_unreachable;
  }
  boost::system::error_code unreadable;
  const auto body = json::parse(answer.body, unreadable);
  const auto* problem = body.is_object() ? body.get_object().if_contains("error") : nullptr;
  if (how.as_json) std::cout << answer.body << '\n';
  else if (problem && problem->is_object()) {
    const auto& object = problem->get_object();
    const auto* message = object.if_contains("message");
    const auto* field = object.if_contains("field");
    std::cerr << "farebox: ";
    if (field && field->is_string()) std::cerr << std::string_view(field->get_string()) << ": ";
    if (message && message->is_string()) std::cerr << std::string_view(message->get_string());
    std::cerr << '\n';
  } else {
    std::cerr << "farebox: the daemon answered " << answer.status << '\n';
  }
  return answer.status == 503 ? exit_not_now : exit_refused;
}

void show(const json::value& body, const view& how) {
  const auto* object = body.if_object();
  if (!object) return;
  const auto* list = how.list.empty() ? nullptr : object->if_contains(how.list);
  if (!list || !list->is_array()) {
    std::cout << lines(*object);
  } else if (how.columns.empty()) {
    for (const auto& line : list->get_array())
      std::cout << (line.is_string() ? std::string(line.get_string()) : json::serialize(line))
                << '\n';
  } else {
    std::cout << table(list->get_array(), how.columns);
  }
}

int run(const request& what, const options& how) {
  const auto answer = ask(how.socket, what.method, "/admin/v1" + what.path,
                          what.method == "POST" ? json::serialize(what.body) : std::string{});
  if (answer.status < 200 || answer.status > 299) return report_failure(answer, how);
  if (how.as_json) return std::cout << answer.body << '\n', 0;
  boost::system::error_code unreadable;
  const auto body = json::parse(answer.body, unreadable);
  if (unreadable) return std::cerr << "farebox: the answer is not JSON\n", exit_refused;
  show(body, what.shown);
  return 0;
}

std::string query_of(const std::map<std::string, std::string>& values) {
  std::string text;
  for (const auto& [key, value] : values)
    if (!value.empty()) text += (text.empty() ? "?" : "&") + key + "=" + escaped(value);
  return text;
}

// The state of the command line while it is read; each command sets `chosen`.
struct command_line {
  options how;
  request chosen;
  std::string partner, name, reason, title, kind, site, number, operator_name, bind, message;
  std::string phone, from, before, state, limit = "50", lines = "50", token;
  std::vector<std::string> settings;
  bool full = false, delivered = false, failed = false;
  bool decode = false;

  void add_partner_commands(CLI::App& app);
  void add_service_commands(CLI::App& app);
  void add_message_commands(CLI::App& app);
  void add_link_commands(CLI::App& app);
  void add_partner_argument(CLI::App& command) {
    command.add_option("partner", partner, "Partner ID, six digits")->required();
  }
};

void command_line::add_partner_commands(CLI::App& app) {
  auto& group = *app.add_subcommand("partner", "Who sells: add, list, approve, suspend, tokens");
  group.require_subcommand(1);
  auto& list = *group.add_subcommand("list", "All partners");
  list.add_option("--state", state, "Only these: pending, active, rejected, suspended");
  list.callback([this] {
    chosen = {"GET", "/partners" + query_of({{"state", state}}), {}, {"partners", partner_columns}};
  });
  auto& show_one = *group.add_subcommand("show", "One partner with its services");
  add_partner_argument(show_one);
  show_one.callback([this] { chosen = {"GET", "/partners/" + escaped(partner), {}, {}}; });
  auto& add = *group.add_subcommand("add", "A new partner, pending until it is approved");
  add.add_option("name", name, "Name")->required();
  add.add_option("--id", partner, "Partner ID; left out: the next free one");
  add.callback([this] {
    chosen = {"POST", "/partners", {{"name", name}}, {}};
    if (!partner.empty()) chosen.body["id"] = std::strtoll(partner.c_str(), nullptr, 10);
  });
  auto& approve = *group.add_subcommand("approve", "Lets the partner sell");
  add_partner_argument(approve);
  approve.callback(
      [this] { chosen = {"POST", "/partners/" + escaped(partner) + "/approve", {}, {}}; });
  for (const char* verb : {"suspend", "reject"}) {
    auto& stop = *group.add_subcommand(verb, "Stops the partner's sales, with a reason");
    add_partner_argument(stop);
    stop.add_option("--reason", reason, "Shown to the partner")->required();
    stop.callback([this, verb] {
      chosen = {"POST", "/partners/" + escaped(partner) + "/" + verb, {{"reason", reason}}, {}};
    });
  }
  auto& tokens = *group.add_subcommand("token", "Tokens for the partner API");
  tokens.require_subcommand(1);
  auto& create = *tokens.add_subcommand("add", "A new token; it is shown this once");
  add_partner_argument(create);
  create.add_option("--title", title, "What it is for");
  create.callback([this] {
    chosen = {"POST", "/partners/" + escaped(partner) + "/tokens", {{"title", title}}, {}};
  });
  auto& list_all = *tokens.add_subcommand("list", "The partner's tokens");
  add_partner_argument(list_all);
  list_all.callback([this] {
    chosen = {"GET", "/partners/" + escaped(partner) + "/tokens", {}, {"tokens", token_columns}};
  });
  auto& revoke = *tokens.add_subcommand("revoke", "Makes a token worthless, at once");
  add_partner_argument(revoke);
  revoke.add_option("token", token, "Its number, from `token list`")->required();
  revoke.callback([this] {
    chosen = {"DELETE", "/partners/" + escaped(partner) + "/tokens/" + escaped(token), {}, {}};
  });
}

void command_line::add_service_commands(CLI::App& app) {
  auto& group = *app.add_subcommand("service", "What is sold: add, list, enable, disable");
  group.require_subcommand(1);
  auto& list = *group.add_subcommand("list", "All services, or those of one partner");
  list.add_option("partner", partner, "Partner ID");
  list.callback([this] {
    const auto of = partner.empty() ? std::string("/services")
                                    : "/partners/" + escaped(partner) + "/services";
    chosen = {"GET", of, {}, {"services", service_columns}};
  });
  auto& add = *group.add_subcommand("add", "A new service of a partner");
  add_partner_argument(add);
  add.add_option("--kind", kind, "reply or lock")->required();
  add.add_option("--title", title, "Shown in statistics and replies")->required();
  add.add_option("--number", number, "0 to 99; left out: the next free one");
  add.add_option("--site", site, "The partner's site that sells it");
  add.add_option("--set", settings,
                 "A setting of the kind: --set uses=1 --set \"text=Your code: {code}\"")
      ->type_name("KEY=VALUE");
  add.callback([this] {
    json::object given;
    for (const auto& setting : settings) {
      const auto equals = setting.find('=');
      if (equals == setting.npos)
        throw CLI::ValidationError("--set", "\"" + setting + "\" is not KEY=VALUE");
      given[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    chosen = {"POST",
              "/partners/" + escaped(partner) + "/services",
              {{"kind", kind}, {"title", title}, {"site", site}, {"settings", given}},
              {}};
    if (!number.empty()) chosen.body["number"] = std::strtoll(number.c_str(), nullptr, 10);
  });
  for (const char* verb : {"enable", "disable"}) {
    auto& change = *group.add_subcommand(verb, "Sold from now on, or not any more");
    add_partner_argument(change);
    change.add_option("number", number, "Service number")->required();
    change.callback([this, verb] {
      chosen = {"POST",
                "/partners/" + escaped(partner) + "/services/" + escaped(number) + "/" + verb,
                {},
                {}};
    });
  }
}

void command_line::add_message_commands(CLI::App& app) {
  auto& group = *app.add_subcommand("message", "What phones sent: find, show, release, settle");
  group.require_subcommand(1);
  auto& find = *group.add_subcommand("find", "Newest first; by phone, partner or date");
  find.add_option("--phone", phone, "The whole number, digits only");
  find.add_option("--partner", partner, "Only this partner's");
  find.add_option("--from", from, "Not before this: 2026-01-31 or 2026-01-31T10:00:00Z");
  find.add_option("--before", before, "Continue a list: the `next` of --json");
  find.add_option("--limit", limit, "How many")->capture_default_str();
  find.add_flag("--full", full, "Show whole phone numbers");
  find.callback([this] {
    chosen = {"GET",
              "/messages" + query_of({{"phone", phone},
                                      {"partner", partner},
                                      {"from", from},
                                      {"before", before},
                                      {"limit", limit},
                                      {"full", full ? "1" : ""}}),
              {},
              {"messages", message_columns}};
  });
  auto& show_one = *group.add_subcommand("show", "One message with its bill and reply");
  show_one.add_option("message", message, "Its number")->required();
  show_one.add_flag("--full", full, "Show the whole phone number");
  show_one.callback([this] {
    chosen = {"GET", "/messages/" + escaped(message) + (full ? "?full=1" : ""), {}, {}};
  });
  auto& release = *group.add_subcommand(
      "release", "An absorbed message was an order of its own: bills and answers it, once");
  release.add_option("message", message, "The absorbed message's number")->required();
  release.add_option("--reason", reason, "Kept with the order")->required();
  release.callback([this] {
    chosen = {"POST", "/messages/" + escaped(message) + "/release", {{"reason", reason}}, {}};
  });
  auto& settle = *group.add_subcommand(
      "settle", "Decides a reply that is charged on delivery and that no receipt came for");
  settle.add_option("message", message, "The message's number")->required();
  auto& outcome = *settle.add_option_group("outcome");
  outcome.add_flag("--delivered", delivered, "The phone has it: the charge is posted");
  outcome.add_flag("--failed", failed, "The phone will not get it: the charge is void");
  outcome.require_option(1);
  settle.add_option("--reason", reason, "Kept with the decision")->required();
  settle.callback([this] {
    chosen = {"POST",
              "/messages/" + escaped(message) + "/settle",
              {{"delivered", delivered}, {"reason", reason}},
              {}};
  });
}

void command_line::add_link_commands(CLI::App& app) {
  auto& group = *app.add_subcommand("link", "Binds to SMSCs: list, start, stop, drain, trace");
  group.require_subcommand(1);
  auto& list = *group.add_subcommand("list", "All binds and how they do");
  list.callback([this] { chosen = {"GET", "/links", {}, {"links", link_columns}}; });
  const auto add_names = [this](CLI::App& command) {
    command.add_option("operator", operator_name, "The operator's name")->required();
    command.add_option("bind", bind, "The bind's name")->required();
  };
  const std::pair<const char*, const char*> verbs[] = {
      {"start", "Connects (again)"},
      {"stop", "Unbinds and closes at once; stays stopped"},
      {"drain", "Takes no new work, finishes the window, unbinds; stays stopped"}};
  for (const auto& [verb, help] : verbs) {
    auto& change = *group.add_subcommand(verb, help);
    add_names(change);
    change.callback([this, verb = verb] {
      chosen = {"POST",
                "/links/" + escaped(operator_name) + "/" + escaped(bind) + "/" + verb,
                {},
                {}};
    });
  }
  auto& trace = *group.add_subcommand("trace", "The last PDUs, numbers masked, texts left out");
  add_names(trace);
  trace.add_option("--lines", lines, "How many")->capture_default_str();
  trace.callback([this] {
    chosen = {"GET",
              "/links/" + escaped(operator_name) + "/" + escaped(bind) + "/trace" +
                  query_of({{"lines", lines}}),
              {},
              {"trace", {}}};
  });
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"farebox: administers a running fareboxd over its Unix socket."};
  command_line line;
  app.set_version_flag("--version", std::string("farebox ") + FAREBOX_VERSION);
  app.add_option("--socket", line.how.socket, "The daemon's socket")
      ->envname("FAREBOX_SOCKET")
      ->capture_default_str();
  app.add_flag("--json", line.how.as_json, "Print the daemon's JSON");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Exit status: 0 done, 1 refused, 2 wrong usage, 3 no daemon, 4 not now.\n"
             "Examples:\n"
             "  farebox partner add \"Anna's wallpapers\"\n"
             "  farebox service add 104723 --kind lock --title Archive --set uses=1 \\\n"
             "      --set \"text=Your code: {code}\"\n"
             "  farebox message find --phone 79121234345\n"
             "  echo 00000010000000150000000000000001 | farebox smpp decode");
  line.add_partner_commands(app);
  line.add_service_commands(app);
  line.add_message_commands(app);
  line.add_link_commands(app);
  app.add_subcommand("status", "How the daemon does")->callback([&] {
    line.chosen = {"GET", "/status", {}, {}};
  });
  auto& smpp = *app.add_subcommand("smpp", "Looks into SMPP; needs no daemon");
  smpp.require_subcommand(1);
  smpp.add_subcommand("decode", "Reads PDUs as hex from standard input, prints JSON lines")
      ->callback([&] { line.decode = true; });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  if (line.decode) return farebox::cli::smpp_decode(std::cin, std::cout);
  return run(line.chosen, line.how);
}
