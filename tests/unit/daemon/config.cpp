// Goal: every mistake in a configuration is one line that says where it is and what would be right.
// Method: a good file with one thing changed, a row each; the expected lines last.
#include "farebox/daemon/config.hpp"

#include "files.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace farebox::daemon {

namespace {

constexpr std::string_view good = R"(store:
  path: /tmp/farebox.db
operators:
  - name: alpha
    country: RU
    long_messages: udh8
    binds:
      - name: one
        type: transceiver
        hosts: ["smsc.example:2776"]
        system_id: shop
        password_credential: alpha
        window: 20
        response_timeout: 15s
short_codes:
  - number: 1234
    country: RU
    general: [RR]
    dedicated:
      - {keyword: LOCK, partner: 104723, service: 1}
tariffs:
  - operator: alpha
    short_code: 1234
    from: 2026-01-01
    currency: EUR
    price: 1.50
    vat: 20%
    operator_share: 40%
terms:
  - from: 2026-01-01
    platform_fee: 1%
)";

std::string changed(std::string_view from, std::string_view to) {
  std::string text(good);
  const auto at = text.find(from);
  REQUIRE_MESSAGE(at != text.npos, from);
  return text.replace(at, from.size(), to);
}

load_options options_for(const test_folder& folder) {
  load_options options;
  options.credentials_directory = folder.path("credentials");
  return options;
}

// The lines of the failure; "" if there is none.
std::string lines_of(const test_folder& folder, const load_options& options) {
  const auto loaded = load_config(folder.path("f.yaml"), options);
  return loaded ? "" : folder.relative(loaded.error().detail);
}

struct bad_case {
  std::string_view from, to, expected;
};

void check_bad(const std::vector<bad_case>& cases) {
  const test_folder folder;
  folder.write("credentials/alpha", "secret\n");
  for (const auto& [from, to, expected] : cases) {
    CAPTURE(to);
    folder.write("f.yaml", changed(from, to));
    CHECK(lines_of(folder, options_for(folder)) == expected);
  }
}

} // namespace

TEST_CASE("a good file gives what it says, and the defaults of the rest") {
  const test_folder folder;
  folder.write("credentials/alpha", "secret\n");
  folder.write("f.yaml", good);
  const auto loaded = load_config(folder.path("f.yaml"), options_for(folder));
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
  CHECK(loaded->store.path == "/tmp/farebox.db");
  CHECK(loaded->http.port == 8080);
  REQUIRE(loaded->operators.size() == 1);
  const auto& op = loaded->operators[0];
  CHECK(op.info.name == "alpha");
  CHECK(op.info.submit_retry_statuses == std::vector<std::uint32_t>{0x14, 0x58, 0x08});
  REQUIRE(op.binds.size() == 1);
  CHECK(op.binds[0].hosts == std::vector<gateway::endpoint>{{"smsc.example", 2776}});
  CHECK(op.binds[0].password == "secret");
  CHECK(op.binds[0].window == 20);
  CHECK(op.binds[0].response_timeout == milliseconds{15'000});
  REQUIRE(loaded->short_codes.size() == 1);
  CHECK(loaded->short_codes[0].value.number == "1234");
  CHECK(loaded->short_codes[0].value.grammar.dedicated[0].partner == partner_id{104'723});
  REQUIRE(loaded->tariffs.size() == 1);
  CHECK(loaded->tariffs[0].value.values.price == millionths{1'500'000});
  CHECK(folder.relative(loaded->tariffs[0].place) == "f.yaml:22:5");
  CHECK(loaded->terms_versions[0].value.platform_fee == rate{10'000});
  CHECK(loaded->warnings.empty());
}

TEST_CASE("bad keys") {
  check_bad({
      {"window: 20", "windw: 20", "f.yaml:13:9: unknown key 'windw'; did you mean 'window'?"},
      {"window: 20", "wnidow: 20", "f.yaml:13:9: unknown key 'wnidow'; did you mean 'window'?"},
      {"window: 20", "zzz: 20", "f.yaml:13:9: unknown key 'zzz'"},
      {"window: 20", "port: 20", "f.yaml:13:9: unknown key 'port'; it belongs to 'http'"},
      {"store:", "stor:", "f.yaml:1:1: unknown key 'stor'; did you mean 'store'?"},
      {"window: 20", "system_id: b", "f.yaml:13:9: 'system_id' is given twice, first at line 11"},
      {"window: 20", "\"a\\nb\": 20", "f.yaml:13:9: unknown key 'a?b'"},
      {"window: 20", "[a]: 20", "f.yaml:13:9: a key must be a word"},
      {"- name: alpha\n    country", "- country", "f.yaml:4:5: missing key 'name'"},
      {"    currency: EUR\n", "", "f.yaml:22:5: missing key 'currency'"},
      {"        type: transceiver\n        hosts: [\"smsc.example:2776\"]\n", "",
       "f.yaml:8:9: missing key 'type'\nf.yaml:8:9: missing key 'hosts' or 'outbind'"},
      {"short_codes:", "shrt_codes:",
       "f.yaml:1:1: missing key 'short_codes'\n"
       "f.yaml:15:1: unknown key 'shrt_codes'; did you mean 'short_codes'?"},
  });
}

TEST_CASE("bad types and values") {
  check_bad({
      {"window: 20", "window: abc",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got 'abc'"},
      {"window: 20", "window: 0",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got '0'"},
      {"window: 20", "window: 1001",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got '1001'"},
      {"window: 20", "window: 2.5",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got '2.5'"},
      {"window: 20", "window: 99999999999999999999",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got '99999999999999999999'"},
      {"window: 20", "window:",
       "f.yaml:13:9: window: expected a whole number, 1 to 1000, got nothing"},
      {"window: 20", "window: [20]",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got a list"},
      {"window: 20", "window: {a: 1}",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got a section"},
      {"15s", "15", "f.yaml:14:27: response_timeout: expected a duration, 100ms to 5m, got '15'"},
      {"15s", "15 s",
       "f.yaml:14:27: response_timeout: expected a duration, 100ms to 5m, got '15 s'"},
      {"15s", "99ms",
       "f.yaml:14:27: response_timeout: expected a duration, 100ms to 5m, got '99ms'"},
      {"15s", "301s",
       "f.yaml:14:27: response_timeout: expected a duration, 100ms to 5m, got '301s'"},
      {"15s", "9999999999999999999h",
       "f.yaml:14:27: response_timeout: expected a duration, 100ms to 5m, got "
       "'9999999999999999999h'"},
      {"vat: 20%", "vat: 20% \n    charge_expiry: 90m",
       "f.yaml:28:20: charge_expiry: too fine: use 1h steps"},
      {"type: transceiver", "type: tranceiver",
       "f.yaml:9:15: type: expected transceiver, transmitter or receiver, got 'tranceiver'"},
      {"window: 20", "tls: {enabled: yes}",
       "f.yaml:13:24: enabled: expected true or false, got 'yes'"},
      {"window: 20", "tls: true", "f.yaml:13:14: expected a section: lines of 'key: value'"},
      {"[\"smsc.example:2776\"]", "smsc.example", "f.yaml:10:16: hosts: expected a list"},
      {"[\"smsc.example:2776\"]", "[]", "f.yaml:10:16: hosts: the list is empty"},
      {"\"smsc.example:2776\"", "\"smsc.example:0\"",
       "f.yaml:10:17: hosts: expected host:port (port 2775 if left out), got 'smsc.example:0'"},
      {"\"smsc.example:2776\"", "\"smsc.example:\"",
       "f.yaml:10:17: hosts: expected host:port (port 2775 if left out), got 'smsc.example:'"},
      {"\"smsc.example:2776\"", "\"[::1]x:5\"",
       "f.yaml:10:17: hosts: expected host:port (port 2775 if left out), got '[::1]x:5'"},
      {"\"smsc.example:2776\"", "\"::1\"",
       "f.yaml:10:17: hosts: expected host:port (port 2775 if left out), got '::1'"},
      {"name: alpha", "name: al pha",
       "f.yaml:4:11: name: expected a name: 1 to 32 of a-z A-Z 0-9 - _, got 'al pha'"},
      {"system_id: shop", "system_id: sixteen-letters-",
       "f.yaml:11:20: system_id: expected text of at most 15 octets, got 'sixteen-letters-'"},
      {"country: RU", "country: ru",
       "f.yaml:5:14: country: expected a country: two capital letters of ISO 3166, got 'ru'"},
      {"number: 1234", "number: 12a4",
       "f.yaml:16:13: number: expected 1 to 20 digits, got '12a4'"},
      {"partner: 104723", "partner: 104729",
       "f.yaml:20:34: partner: the check digit of partner ID 104729 is wrong: 104723 would be "
       "right, if the rest is"},
      {"partner: 104723", "partner: 10472",
       "f.yaml:20:34: partner: expected a partner ID: six digits, the last a check digit, got "
       "'10472'"},
      {"service: 1}", "service: 100}",
       "f.yaml:20:51: service: expected a whole number, 0 to 99, got '100'"},
      {"2026-01-01", "01.01.2026",
       "f.yaml:24:11: from: expected a date such as 2026-01-31, or 2026-01-31T00:00:00Z, got "
       "'01.01.2026'"},
      {"EUR", "euro",
       "f.yaml:25:15: currency: expected a currency: three capital letters of ISO 4217, got "
       "'euro'"},
      {"1.50", "1,50",
       "f.yaml:26:12: price: expected an amount such as 1.50, with at most six decimals, got "
       "'1,50'"},
      {"vat: 20%", "vat: 101%", "f.yaml:27:10: vat: expected a rate from 0% to 100%, got '101%'"},
      {"vat: 20%", "vat: -1%", "f.yaml:27:10: vat: expected a rate from 0% to 100%, got '-1%'"},
      {"path: /tmp/farebox.db", "path: farebox.db",
       "f.yaml:2:9: path: expected an absolute path, got 'farebox.db'"},
      {"store:", "http: {address: localhost}\nstore:",
       "f.yaml:1:17: address: expected an IP address, got 'localhost'"},
      {"store:", "log: {target: file}\nstore:", "f.yaml:1:6: target: file needs the key 'file'"},
      {"window: 20", "tls: {ca_file: /nowhere/ca.pem}",
       "f.yaml:13:24: ca_file: cannot read /nowhere/ca.pem: No such file or directory"},
      {"vat: 20%", "vat: 20%\n    reply: {tlvs: [{tag: 0x1400, text: a, hex: bb}]}",
       "f.yaml:28:20: a TLV has exactly one of text, hex and from_mo"},
      {"vat: 20%", "vat: 20%\n    reply: {tlvs: [{tag: 0x1400, hex: b}]}",
       "f.yaml:28:39: hex: expected octets in hexadecimal, such as 01ff, got 'b'"},
      {"window: 20", "window: \"line\\nbreak\"",
       "f.yaml:13:17: window: expected a whole number, 1 to 1000, got 'line?break'"},
  });
}

TEST_CASE("what fits together badly") {
  check_bad({
      {"short_codes:", "  - {name: alpha, country: RU, binds: []}\nshort_codes:",
       "f.yaml:15:12: operator 'alpha' is given twice, first at f.yaml:4:11\n"
       "f.yaml:15:39: no bind of 'alpha' can take messages: add a transceiver or a receiver\n"
       "f.yaml:15:39: no bind of 'alpha' can send replies: add a transceiver or a transmitter"},
      {"type: transceiver", "type: receiver",
       "f.yaml:8:7: no bind of 'alpha' can send replies: add a transceiver or a transmitter"},
      {"short_codes:",
       "      - {name: one, type: receiver, hosts: [h], system_id: s, password_credential: alpha}\n"
       "short_codes:",
       "f.yaml:15:16: bind 'one' is given twice, first at f.yaml:8:15"},
      {"short_codes:",
       "      - {name: two, type: transmitter, hosts: [h], system_id: s, password_credential: "
       "alpha, charset: latin1}\nshort_codes:",
       "f.yaml:15:103: charset: all binds of an operator that send must have the same, since a "
       "reply is split before its bind is chosen"},
      {"long_messages: udh8", "long_messages: sar", ""},
      {"window: 20", "interface_version: 3.3", ""},
      {"window: 20", "reconnect_delay: 2m",
       "f.yaml:8:9: reconnect_delay is above reconnect_delay_max"},
      {"tariffs:", "  - {number: 1234, country: RU}\ntariffs:",
       "f.yaml:21:14: short code 1234 is given twice, first at f.yaml:16:13"},
      {"operator: alpha", "operator: beta", "f.yaml:22:15: there is no operator 'beta'"},
      {"short_code: 1234", "short_code: 5678", "f.yaml:23:17: there is no short code 5678"},
      {"terms:",
       "  - {operator: alpha, short_code: 1234, from: 2026-01-01, currency: EUR, price: 2, "
       "vat: 0%, operator_share: 0%}\nterms:",
       "f.yaml:29:47: the tariff of alpha on 1234 from this date is given twice, first at "
       "f.yaml:24:11"},
      {"price: 1.50", "price: 0", "f.yaml:26:12: price: must be above zero"},
      {"price: 1.50", "price: -1.50", "f.yaml:26:12: price: must be above zero"},
      {"price: 1.50", "price: 0.009",
       "f.yaml:22:5: price 0.009 is neither 0 nor from 0.01 to 1000000.00"},
  });
}

TEST_CASE("what billing and routing refuse is told with its place") {
  const test_folder folder;
  folder.write("credentials/alpha", "secret");
  folder.write("f.yaml", changed("operator_share: 40%", "operator_share: 99.5%"));
  CHECK(lines_of(folder, options_for(folder)) ==
        "f.yaml:31:19: with the tariff at f.yaml:22:5: VAT 20%, operator share 99.5% and platform "
        "fee 1% leave the partner less than 0.015% of the price");
  folder.write("f.yaml", good);
  auto options = options_for(folder);
  options.check_short_code = [](const short_code& code) -> result<void> {
    return invalid("keywords of " + code.number + " clash");
  };
  CHECK(lines_of(folder, options) == "f.yaml:16:5: keywords of 1234 clash");
}

TEST_CASE("what is allowed but odd is a warning") {
  struct row {
    std::string from, to, expected;
  };
  const std::string letters(71, 'x'), cyrillic = [] {
    std::string text;
    for (int i = 0; i < 71; ++i) text += "я"; // 70 fit into one segment of UCS-2
    return text;
  }();
  const std::vector<row> cases{
      {"", "", ""},
      {"country: RU\n    general", "country: RU\n    help: " + letters + "\n    general", ""},
      {"country: RU\n    general", "country: RU\n    help: " + cyrillic + "\n    general",
       "f.yaml:18:11: help: takes 2 segments at alpha, where the tariff allows 1: it will be cut"},
      {"tariffs:", "  - {number: 5, country: RU}\ntariffs:",
       "f.yaml:21:5: short code 5 has no tariff here"},
      {"terms:\n  - from: 2026-01-01\n    platform_fee: 1%\n", "",
       "f.yaml: no terms here: the fee is that of terms stored before"},
  };
  const test_folder folder;
  folder.write("credentials/alpha", "secret");
  for (const auto& [from, to, expected] : cases) {
    CAPTURE(to);
    folder.write("f.yaml", changed(from, to));
    const auto loaded = load_config(folder.path("f.yaml"), options_for(folder));
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
    CHECK(loaded->warnings.size() == (expected.empty() ? 0 : 1));
    for (const auto& warning : loaded->warnings) CHECK(folder.relative(warning) == expected);
  }
}

TEST_CASE("what is not YAML") {
  struct row {
    std::string text, expected;
  };
  const std::vector<row> cases{
      {"store: [1, 2\n", "f.yaml:2:1: not YAML: end of sequence flow not found"},
      {"store: {path: \"x}\n", "f.yaml:2:1: not YAML: end of map flow not found"},
      {"a: &x 1\nb: *x\n", "f.yaml:2:4: an alias (*name) is not supported: write the value out"},
      {"a: !secret x\n", "f.yaml:1:4: a tag (!secret) is not supported"},
      {"store: {}\n---\nstore: {}\n", "f.yaml:3:1: a second document (---): one file holds one"},
      {"store:\n\tpath: /x\n", "f.yaml:2:6: not YAML: illegal map value"},
      {"- a\n", "f.yaml:1:1: expected a section: lines of 'key: value'"},
      {"text\n", "f.yaml:1:1: expected a section: lines of 'key: value'"},
      {"store: \"\xFF\"\n", "f.yaml:1:9: not UTF-8"},
      {std::string("store: {}\n\x04http: 1\n"), "f.yaml:2:1: control character 0x04"},
      {std::string("a: \0", 4), "f.yaml:1:4: control character 0x00"},
      {"", "f.yaml:1:1: missing key 'operators'\nf.yaml:1:1: missing key 'short_codes'"},
      {"# nothing\n", "f.yaml:1:1: missing key 'operators'\nf.yaml:1:1: missing key 'short_codes'"},
      {std::string(2000, '['), "f.yaml:2:1: not YAML: nested too deeply"},
  };
  const test_folder folder;
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    folder.write("f.yaml", text);
    CHECK(lines_of(folder, {}) == expected);
  }
}

TEST_CASE("only so many mistakes are told, in the order of the file") {
  const test_folder folder;
  std::string text = "operators: []\nshort_codes:\n";
  for (int i = 0; i < 30; ++i) text += "  - {number: 1, country: x}\n";
  folder.write("f.yaml", text);
  const auto lines = lines_of(folder, {});
  CHECK(std::count(lines.begin(), lines.end(), '\n') + 1 == config_errors_max);
  CHECK(lines.starts_with("f.yaml:3:26: country: "));
}

TEST_CASE("files that are missing or cannot be read") {
  const test_folder folder;
  CHECK(lines_of(folder, {}) == "f.yaml:1:1: cannot read f.yaml: No such file or directory");
  std::filesystem::create_directory(folder.path("f.yaml"));
  CHECK(lines_of(folder, {}) == "f.yaml:1:1: cannot read f.yaml: not a regular file");
  std::filesystem::remove(folder.path("f.yaml"));
  folder.write("f.yaml", std::string((1 << 20) + 1, '#'));
  CHECK(lines_of(folder, {}) == "f.yaml:1:1: cannot read f.yaml: longer than 1048576 octets");
}

TEST_CASE("includes join lists and refuse everything else that is there twice") {
  struct row {
    std::string main, other, expected; // other: d/other.yaml
  };
  const std::string rest = "operators: []\nshort_codes: []\n";
  const std::vector<row> cases{
      {"include: d/*.yaml\n" + rest, "short_codes: [{number: 1, country: RU}]", ""},
      {"include: [d/other.yaml]\n" + rest, "store: {path: /a}", ""},
      {"include: d/*.none\n" + rest, "", ""},
      {"include: d/none.yaml\n" + rest, "",
       "f.yaml:1:10: cannot read d/none.yaml: No such file or directory"},
      {"include: {a: b}\n" + rest, "",
       "f.yaml:1:10: include: expected a file name or a list of them"},
      {"include: f.yaml\n" + rest, "", "f.yaml:1:10: f.yaml includes itself"},
      {"include: d/other.yaml\n" + rest, "include: ../f.yaml",
       "d/other.yaml:1:10: d/../f.yaml includes itself"},
      {"include: [d/other.yaml, d/*.yaml]\n" + rest, "",
       "f.yaml:1:25: d/other.yaml is included twice"},
      {"include: d/other.yaml\nstore: {}\n" + rest, "store: {}",
       "d/other.yaml:1:1: 'store' is given twice, first at f.yaml:2:1"},
      {"include: d/other.yaml\n" + rest, "short_codes: [{number: 1, country: RU, x: 1}]",
       "d/other.yaml:1:40: unknown key 'x'"},
      {"include: d/other.yaml\n" + rest, "a: [",
       "d/other.yaml:2:1: not YAML: end of sequence flow not found"},
  };
  for (const auto& [main, other, expected] : cases) {
    const test_folder folder;
    CAPTURE(main);
    CAPTURE(other);
    folder.write("f.yaml", main);
    folder.write("d/other.yaml", other);
    CHECK(lines_of(folder, {}) == expected);
  }
}

TEST_CASE("includes go so deep and no deeper") {
  const test_folder folder;
  folder.write("f.yaml", "include: 1.yaml\noperators: []\nshort_codes: []\n");
  for (int i = 1; i <= 4; ++i)
    folder.write(std::to_string(i) + ".yaml", "include: " + std::to_string(i + 1) + ".yaml\n");
  folder.write("5.yaml", "");
  CHECK(lines_of(folder, {}) == "4.yaml:1:10: includes nested deeper than 4");
  folder.write("4.yaml", "");
  CHECK(lines_of(folder, {}) == "");
}

TEST_CASE("passwords come from files that are nobody else's") {
  struct row {
    std::string line, file;
    mode_t mode;
    std::string expected;
  };
  const std::vector<row> cases{
      {"password_credential: k", "secret", 0600, ""},
      {"password_credential: k", "secret\n", 0640, ""},
      {"password_credential: k", "secret\r\n", 0400, ""},
      {"password_credential: k", "12345678\n", 0600, ""},
      {"password_credential: k", "123456789", 0600,
       "password: the secret in credentials/k is longer than the 8 characters that SMPP allows"},
      {"password_credential: k", "", 0600, "password: credentials/k is empty"},
      {"password_credential: k", "a\nb\n", 0600,
       "password: credentials/k holds more than one line"},
      {"password_credential: k", "secret", 0604,
       "password: every user may use credentials/k (mode 0604): chmod o= it"},
      {"password_credential: none", "secret", 0600,
       "password: cannot read credentials/none: No such file or directory"},
      {"password_credential: ../k", "secret", 0600,
       "password: expected the name of a file, not a path: that is password_file"},
      {"password_file: k", "secret", 0600, "password: expected an absolute path"},
      {"password: secret", "secret", 0600,
       "a password does not stand here: put it into a file, and its name under password_file or "
       "password_credential"},
  };
  for (const auto& [line, file, mode, expected] : cases) {
    const test_folder folder;
    CAPTURE(line);
    CAPTURE(file);
    folder.write("credentials/k", file, mode);
    folder.write("f.yaml", changed("password_credential: alpha", line));
    const auto column = line.find(':') + 11;
    CHECK(lines_of(folder, options_for(folder)) ==
          (expected.empty() ? "" : "f.yaml:12:" + std::to_string(column) + ": " + expected));
  }
}

TEST_CASE("where a password is looked for") {
  const test_folder folder;
  folder.write("credentials/secret_k", "systemd"); // LoadCredential=secret:/some/directory
  folder.write("secrets/k", "local");
  const auto text = changed("password_credential: alpha", "password_credential: k");
  folder.write("f.yaml", text + "secrets_directory: " + folder.path("secrets") + "\n");
  const auto password = [&](const load_options& options) {
    const auto loaded = load_config(folder.path("f.yaml"), options);
    return loaded ? loaded->operators[0].binds[0].password : loaded.error().detail;
  };
  CHECK(password(options_for(folder)) == "systemd");
  CHECK(password({}) == "local");
  folder.write("f.yaml", changed("password_credential: alpha",
                                 "password_file: " + folder.path("secrets/k")));
  CHECK(password({}) == "local");
  folder.write("f.yaml", changed("window: 20", "password_file: /x"));
  CHECK(password(options_for(folder)).ends_with("only one of them"));
}

TEST_CASE("--set changes what the files say, before anything is checked") {
  struct row {
    std::string assignment, expected;
  };
  const std::vector<row> cases{
      {"store.path=/elsewhere", ""},
      {"http.socket=", ""},
      {"operators.alpha.binds.one.hosts=[127.0.0.1:12775]", ""},
      {"operators.0.binds.0.window=5", ""},
      {"short_codes.1234.help=Send RR", ""},
      {"http.port=x", "--set http.port: port: expected a whole number, 0 to 65535, got 'x'"},
      {"http.prt=1", "--set http.prt: unknown key 'prt'; did you mean 'port'?"},
      {"htp.port=1", "--set htp.port: unknown key 'htp'; did you mean 'http'?"},
      {"operators.beta.country=EE",
       "--set operators.beta.country: 'beta' is not the name, number or index of an item"},
      {"operators.1.country=EE",
       "--set operators.1.country: '1' is not the name, number or index of an item"},
      {"store.path.x=1", "--set store.path.x: 'x' is not inside a section"},
      {"store..path=1", "--set store..path: '' is not inside a section"},
      {"http.port", "--set: expected key=value, got 'http.port'"},
      {"=1", "--set: expected key=value, got '=1'"},
      {"http.port=[", "--set http.port: the value '[' is not YAML"},
      {"include=x.yaml", "--set include: include stands at the top of a file only"},
  };
  const test_folder folder;
  folder.write("credentials/alpha", "secret");
  folder.write("f.yaml", good);
  for (const auto& [assignment, expected] : cases) {
    CAPTURE(assignment);
    auto options = options_for(folder);
    options.overrides = {assignment};
    CHECK(lines_of(folder, options) == expected);
  }
  auto options = options_for(folder);
  options.overrides = {"store.path=/elsewhere", "http.port=1",
                       "operators.alpha.binds.one.hosts=[127.0.0.1:12775]", "http.port=0x10"};
  const auto loaded = load_config(folder.path("f.yaml"), options);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
  CHECK(loaded->store.path == "/elsewhere");
  CHECK(loaded->http.port == 16); // the last one holds
  CHECK(loaded->operators[0].binds[0].hosts ==
        std::vector<gateway::endpoint>{{"127.0.0.1", 12775}});
}

TEST_CASE("hosts") {
  struct row {
    std::string text, host;
    int port;
  };
  const std::vector<row> cases{{"a.example", "a.example", 2775},
                               {"a.example:1", "a.example", 1},
                               {"10.0.0.1:65535", "10.0.0.1", 65535},
                               {"[2001:db8::1]", "2001:db8::1", 2775},
                               {"[2001:db8::1]:2776", "2001:db8::1", 2776}};
  const test_folder folder;
  folder.write("credentials/alpha", "secret");
  for (const auto& [text, host, port] : cases) {
    CAPTURE(text);
    folder.write("f.yaml", changed("smsc.example:2776", text));
    const auto loaded = load_config(folder.path("f.yaml"), options_for(folder));
    REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
    CHECK(loaded->operators[0].binds[0].hosts[0].host == host);
    CHECK(loaded->operators[0].binds[0].hosts[0].port == port);
  }
}

} // namespace farebox::daemon
