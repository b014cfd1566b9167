// farebox-smsc: a fake operator. Reads the command line, runs the centre, judges what came of it.
#include "smsc/core/parse.hpp"
#include "smsc/core/report.hpp"
#include "smsc/shell.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace farebox;
using namespace farebox::smsc;

// What the exit status says.
constexpr int exit_clean = 0;
constexpr int exit_not_clean = 1; // something is missing, doubled or misaddressed
constexpr int exit_usage = 2;     // or an address, a file, that cannot be used

constexpr std::uint16_t default_port = 2775; // IANA: smpp

// What people send to a premium number, among them those who do not read twice.
const std::vector<std::string> lifelike{"LOCK", "lock", "Lock {word}", "RR 104723 3 {word}",
                                        "rr10472303 {word}", "RR-104723-3-{word}"};

constexpr const char* examples = R"text(Examples:
  Listen, take any bind, answer submits, send the receipts they ask for, until Ctrl-C:
    farebox-smsc --listen 127.0.0.1:2775
  A thousand MOs, 50 a second, each to be answered with one code of its own; then say what is
  missing, doubled or misaddressed, by the exit status too:
    farebox-smsc --generate 1000 --rate 50 --text "LOCK {n}" \
                 --expect-reply "code" --unique-code "code ([A-Z0-9]+)"
  As fast as two binds take it, with trouble on the way:
    farebox-smsc --generate 20000 --binds-wanted 2 --window 50 --cyrillic-multipart 5% \
                 --throttle 2% --late 1% --drop-after 5000 --drop-after 12000 --expect-reply .
  The lines of a file, each from a phone and to a number, with every MO in a ledger:
    farebox-smsc --mo messages.txt --ledger ledger.jsonl --receipts 90% --message-id hex

Signals: SIGINT or SIGTERM stops new MOs and finishes; again ends at once. SIGUSR1 cuts all
connections. Exit status: 0 nothing is missing, doubled or misaddressed; 1 something is; 2 usage.
The manual, farebox-smsc(1), has the lines of --mo and --script.)text";

struct options {
  centre_settings centre;
  ledger_settings judged;
  stream_settings stream;
  shell_settings shell;
  std::vector<std::string> listen, outbind;
  std::string password_file, mo_file, script_file, ledger_file;
  std::optional<std::uint64_t> generate;
  bool as_json = false;
  bool quiet = false;
  std::size_t examples = 10;
};

// ---- reading values ----

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) throw std::runtime_error("cannot read " + path);
  return text;
}

endpoint parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  endpoint at{text.substr(0, colon), default_port};
  if (colon != text.npos && text.find(']', colon) == text.npos) {
    const auto port = parse_number(std::string_view(text).substr(colon + 1));
    if (!port || *port > 65'535)
      throw std::runtime_error(fmt::format("\"{}\": expected ADDRESS:PORT", text));
    at.port = static_cast<std::uint16_t>(*port);
  } else at.host = text;
  if (at.host.starts_with('[') && at.host.ends_with(']'))
    at.host = at.host.substr(1, at.host.size() - 2);
  return at;
}

template <class Value, class Parse>
CLI::Option* add(CLI::App& app, const std::string& name, Value& to, const std::string& value,
                 Parse parse, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&to, name, value, parse](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed)
              throw CLI::ValidationError(name, fmt::format("\"{}\": expected {}", text, value));
            to = *parsed;
          },
          help)
      ->type_name(value);
}

auto duration(CLI::App& app, const std::string& name, auto& to, const std::string& help) {
  return add(app, name, to, "TIME", parse_duration, help);
}

auto share(CLI::App& app, const std::string& name, auto& to, const std::string& help) {
  return add(app, name, to, "P%", parse_share, help);
}

std::optional<std::optional<rate>> parse_receipts(std::string_view text) {
  if (text == "none") return std::optional<rate>{};
  if (text == "delivered") return rate{rate_one};
  if (text == "failed") return rate{0};
  if (text == "mixed") return rate{rate_one / 2};
  const auto share = parse_share(text);
  if (!share) return std::nullopt;
  return share;
}

std::optional<smpp::id_format> parse_id(std::string_view text) {
  if (text == "hex") return smpp::id_format::hexadecimal;
  if (text == "decimal") return smpp::id_format::decimal;
  if (text == "uuid") return smpp::id_format::uuid;
  return std::nullopt;
}

std::optional<std::uint8_t> parse_version(std::string_view text) {
  if (text == "3.3") return smpp::interface_version::v3_3;
  if (text == "3.4") return smpp::interface_version::v3_4;
  if (text == "5.0") return smpp::interface_version::v5_0;
  return std::nullopt;
}

std::optional<std::vector<smpp::command_status>> parse_statuses(std::string_view text) {
  std::vector<smpp::command_status> found;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto status = smpp::parse_command_status(text.substr(0, comma));
    if (!status) return std::nullopt;
    found.push_back(*status);
    if ((more = comma != text.npos)) text.remove_prefix(comma + 1);
  }
  return found;
}

// ---- options ----

void add_link_options(CLI::App& app, options& o) {
  const auto group = "Links";
  app.add_option("--listen", o.listen, "Take binds there (default 127.0.0.1:2775); repeatable")
      ->type_name("ADDRESS:PORT")->group(group);
  app.add_option("--outbind", o.outbind, "Call an ESME there and say outbind; repeatable")
      ->type_name("ADDRESS:PORT")->group(group);
  app.add_option("--system-id", o.centre.system_id, "Refuse binds of any other")->group(group);
  app.add_option("--password", o.centre.password, "Refuse binds with any other")->group(group);
  app.add_option("--password-file", o.password_file, "The same, the first line of a file")
      ->type_name("FILE")->group(group);
  add(app, "--interface-version", o.centre.version, "3.3|3.4|5.0", parse_version,
      "Offered to ESMEs (default 3.4)")->group(group);
  app.add_option("--window", o.centre.window, "deliver_sm outstanding for each bind")
      ->capture_default_str()->check(CLI::Range(1, 100'000))->group(group);
  duration(app, "--response-timeout", o.centre.response_timeout,
           "The wait for an ESME's answer (default 30s)")->group(group);
  duration(app, "--enquire-link", o.centre.enquire_link_interval,
           "Ask after so much silence (default 30s; 0 never)")->group(group);
}

void add_mo_options(CLI::App& app, options& o) {
  const auto group = "MOs";
  app.add_option("--mo", o.mo_file, "Send the lines of a file: `text` or `phone|number|text`")
      ->type_name("FILE")->group(group);
  app.add_option("--generate", o.generate, "Send so many lifelike MOs; 0 without end")
      ->group(group);
  app.add_option("--count", o.stream.count, "MOs in all: the file again and again")->group(group);
  app.add_option("--text,--template", o.stream.templates,
                 "What is generated; repeatable. {n} {word} {digits} {phone} are filled in")
      ->group(group);
  app.add_option("--destination", o.stream.destinations, "Short code (default 1234); repeatable")
      ->group(group);
  app.add_option("--source-prefix", o.stream.source_prefix, "What phone numbers begin with")
      ->capture_default_str()->group(group);
  app.add_option("--phones", o.stream.phones, "Only so many phones; 0: each MO has its own")
      ->capture_default_str()->group(group);
  share(app, "--cyrillic-multipart", o.stream.cyrillic_multipart,
        "This share takes two or three parts in UCS-2")->group(group);
  add(app, "--long-messages", o.centre.coding.style, "udh8|udh16|sar|payload",
      text::parse_long_message, "How long ones are sent (default udh8)")->group(group);
  share(app, "--shuffle-parts", o.centre.shuffled_parts,
        "This share of long MOs leaves with its parts in any order")->group(group);
  add(app, "--alphabet", o.centre.coding.default_alphabet, "gsm7|ascii|latin1|windows_1251",
      text::parse_charset, "What data_coding 0 means, both ways (default gsm7)")->group(group);
  add(app, "--id-tlv", o.centre.id_tlv, "TAG", smpp::parse_tag,
      "Give each MO an identity in this TLV, such as 0x1400")->group(group);
  app.add_option("--rate", o.centre.mos_per_second, "MOs per second; 0: as the windows allow")
      ->capture_default_str()->check(CLI::Range(0, 1'000'000))->group(group);
  app.add_flag("--open-loop", o.centre.open_loop,
               "At --rate, whatever is answered: latencies count from when an MO was due")
      ->group(group);
  app.add_option("--binds-wanted", o.centre.binds_wanted, "Begin when so many are up")
      ->capture_default_str()->group(group);
  app.add_option("--script", o.script_file, "What to do when: send, cut, throttle, ...")
      ->type_name("FILE")->group(group);
}

void add_answer_options(CLI::App& app, options& o) {
  const auto group = "Answers to submits";
  add(app, "--receipts", o.centre.receipts, "delivered|failed|mixed|none|P%", parse_receipts,
      "For submits that ask for one; P%: so many delivered (default delivered)")->group(group);
  duration(app, "--receipt-delay", o.centre.receipt_delay, "After the submit (default 1s)")
      ->group(group);
  add(app, "--receipt-style", o.centre.style, "text|tlv|both", parse_receipt_style,
      "Where a receipt says it (default both)")->group(group);
  add(app, "--message-id", o.centre.id_formats.in_response, "decimal|hex|uuid", parse_id,
      "In submit_sm_resp (default decimal)")->group(group);
  add(app, "--receipt-message-id", o.centre.id_formats.in_receipt, "decimal|hex|uuid", parse_id,
      "In receipts (default: the same)")->group(group);
  share(app, "--throttle", o.centre.throttled, "This share is answered ESME_RTHROTTLED")
      ->group(group);
  app.add_option("--submit-rate-max", o.centre.submit_rate_max,
                 "Those beyond so many a second are answered ESME_RTHROTTLED")->group(group);
  share(app, "--refuse", o.centre.refused, "This share is refused for good")->group(group);
  add(app, "--refuse-status", o.centre.refuse_status, "STATUS", smpp::parse_command_status,
      "With this (default ESME_RINVDSTADR)")->group(group);
  share(app, "--late", o.centre.late, "This share is answered late")->group(group);
  duration(app, "--late-by", o.centre.late_by, "By so much (default 5s)")->group(group);
}

void add_trouble_options(CLI::App& app, options& o) {
  const auto group = "Trouble";
  app.add_option("--drop-after", o.centre.drop_after,
                 "Cut the connection that the Nth MO left by; repeatable")
      ->type_name("N")->group(group);
  app.add_option("--cut-every", o.centre.cut_every, "The same, after each N MOs")
      ->type_name("N")->group(group);
  app.add_option("--refuse-binds", o.centre.refuse_binds, "Refuse the first N")
      ->type_name("N")->group(group);
  add(app, "--refuse-binds-status", o.centre.refuse_bind_status, "STATUS",
      smpp::parse_command_status, "With this (default ESME_RBINDFAIL)")->group(group);
  app.add_flag("--redeliver,!--no-redeliver", o.centre.redeliver,
               "Send again what was not acked (default)")->group(group);
  duration(app, "--retry-after", o.centre.retry_after,
           "The wait after a retryable status (default 5s)")->group(group);
  add(app, "--retry-statuses", o.centre.retry_statuses, "STATUS,...", parse_statuses,
      "Which ones (default 0x08,0x14,0x45,0x58,0x64,0x67,0xFE,0xFF)")->group(group);
}

void add_judging_options(CLI::App& app, options& o) {
  const auto group = "Judging";
  add(app, "--expect-reply", o.judged.expect_reply, "REGEX",
      [](const std::string& text) { return std::optional(text); },
      "Every acked MO gets one reply, to its phone, that matches")->group(group);
  add(app, "--unique-code", o.judged.unique_code, "REGEX",
      [](const std::string& text) { return std::optional(text); },
      "Its first group captures a code that no two MOs may share")->group(group);
  app.add_option("--sends-max", o.judged.sends_max, "How often the same reply may come")
      ->capture_default_str()->check(CLI::Range(1, 1'000))->group(group);
  duration(app, "--duration", o.centre.duration, "No new MOs after so long")->group(group);
  duration(app, "--quiet-after", o.centre.quiet_after,
           "End when nothing is left for so long (default 5s)")->group(group);
  duration(app, "--grace", o.centre.grace, "The longest wait for what is missing (default 90s)")
      ->group(group);
  app.add_option("--ledger", o.ledger_file, "Write a line of JSON for each MO")
      ->type_name("FILE")->group(group);
  app.add_flag("--json", o.as_json, "The summary as JSON")->group(group);
  app.add_option("--examples", o.examples, "Findings told of each kind")
      ->capture_default_str()->group(group);
  app.add_flag("--quiet", o.quiet, "No log of links and no live line")->group(group);
  app.add_option("--seed", o.centre.seed, "The same seed, the same MOs and the same trouble")
      ->capture_default_str()->group(group);
  app.add_option("--first-message-id", o.centre.first_message_number,
                 "The number of the first message id (default: by the clock)")->group(group);
}

// ---- what follows from them ----

std::string first_line(std::string text) { return text.substr(0, text.find_first_of("\r\n")); }

template <class Value>
Value of_file(const std::string& path, result<Value> parsed) {
  if (!parsed) throw std::runtime_error(path + ": " + parsed.error().detail);
  return std::move(*parsed);
}

std::uint64_t number_by_clock() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

void complete(options& o) {
  using enum smpp::command_status;
  if (o.listen.empty() && o.outbind.empty()) o.listen = {"127.0.0.1:2775"};
  for (const auto& each : o.listen) o.shell.listen.push_back(parse_endpoint(each));
  for (const auto& each : o.outbind) o.shell.call.push_back(parse_endpoint(each));
  o.shell.progress = !o.quiet && isatty(STDERR_FILENO);
  if (!o.password_file.empty()) o.centre.password = first_line(read_file(o.password_file));
  if (o.centre.retry_statuses.empty())
    o.centre.retry_statuses = {ESME_RSYSERR,   ESME_RMSGQFUL,  ESME_RSUBMITFAIL,
                               ESME_RTHROTTLED, ESME_RX_T_APPN, ESME_RQUERYFAIL,
                               ESME_RDELIVERYFAILURE, ESME_RUNKNOWNERR};
  auto& ids = o.centre.id_formats;
  if (ids.in_response == smpp::id_format::as_is) ids.in_response = smpp::id_format::decimal;
  if (ids.in_receipt == smpp::id_format::as_is) ids.in_receipt = ids.in_response;
  if ((ids.in_receipt == smpp::id_format::uuid) != (ids.in_response == smpp::id_format::uuid))
    throw std::runtime_error("message ids are UUIDs in both PDUs or in none");
  if (o.centre.open_loop && o.centre.mos_per_second == 0)
    throw std::runtime_error("--open-loop needs --rate");
  if (o.centre.first_message_number == 0) o.centre.first_message_number = number_by_clock();
  o.centre.run = number_by_clock();
  o.judged.alphabet = o.centre.coding.default_alphabet;

  o.stream.seed = o.centre.seed;
  if (o.generate && !o.mo_file.empty())
    throw std::runtime_error("--mo and --generate exclude each other");
  if (!o.generate && !o.stream.templates.empty())
    throw std::runtime_error("--text needs --generate");
  if (o.generate) {
    if (o.stream.templates.empty()) o.stream.templates = lifelike;
    if (*o.generate) o.stream.count = *o.generate;
  }
  if (!o.mo_file.empty()) o.stream.lines = of_file(o.mo_file, parse_lines(read_file(o.mo_file)));
}

int run(options& o) {
  complete(o);
  std::vector<action> script;
  if (!o.script_file.empty())
    script = of_file(o.script_file, parse_script(read_file(o.script_file)));
  std::ofstream ledger_file;
  if (!o.ledger_file.empty()) {
    ledger_file.open(o.ledger_file, std::ios::binary);
    if (!ledger_file) throw std::runtime_error("cannot write " + o.ledger_file);
  }
  const auto log = [&o](std::string_view line) {
    if (!o.quiet) log_line(line);
  };
  const auto done = smsc::run(o.shell, [&](steady_time now, utc_time utc_now) {
    return std::make_unique<centre>(o.centre, o.judged, stream(o.stream), std::move(script), now,
                                    utc_now, log);
  });
  const auto found = judge(*done);
  const auto summary = o.as_json ? summary_json(*done, found, o.examples)
                                 : summary_text(*done, found, o.examples);
  std::fputs(summary.c_str(), stdout);
  if (ledger_file.is_open()) {
    write_ledger(*done, [&](std::string_view line) { ledger_file << line; });
    if (!ledger_file.flush()) throw std::runtime_error("cannot write " + o.ledger_file);
  }
  return found.clean() ? exit_clean : exit_not_clean;
}

} // namespace

int main(int count, char** words) {
  CLI::App app{"A fake operator: an SMPP message centre that sends MOs, answers submits, sends "
               "receipts, makes\ntrouble on request, and says at the end what is missing, doubled "
               "or misaddressed."};
  app.footer(examples);
  app.set_version_flag("--version", "farebox-smsc " FAREBOX_VERSION);
  app.get_formatter()->column_width(42);
  options o;
  o.centre.receipts = rate{rate_one};
  o.centre.first_message_number = 0;
  o.stream.templates.clear();
  add_link_options(app, o);
  add_mo_options(app, o);
  add_answer_options(app, o);
  add_trouble_options(app, o);
  add_judging_options(app, o);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_clean : exit_usage;
  }
  try {
    return run(o);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("farebox-smsc: {}\n", error.what()).c_str(), stderr);
    return exit_usage;
  }
}
