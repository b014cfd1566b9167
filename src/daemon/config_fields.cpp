#include "config_fields.hpp"

#include "farebox/base/bytes.hpp"
#include "farebox/base/check_digit.hpp"
#include "farebox/base/limits.hpp"
#include "farebox/text/utf8.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <unistd.h>

namespace farebox::daemon {

namespace {

constexpr std::size_t name_size_max = 32; // columns of the status page and the CLI
constexpr std::size_t host_size_max = 253; // RFC 1035
constexpr std::size_t path_size_max = 4'095; // PATH_MAX less its NUL

bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= name_size_max && std::ranges::all_of(text, allowed);
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A notation of text that `holds` for.
notation<std::string> text_that(std::string type, std::function<bool(std::string_view)> holds) {
  return {std::move(type),
          [holds = std::move(holds)](std::string_view text) -> result<std::string> {
            if (!holds(text)) return invalid("");
            return std::string(text);
          },
          [](const std::string& text) { return text; }};
}

// A notation of what a parser of base reads.
template <class V, class Print>
notation<V> parsed_by(std::string type, std::optional<V> (*parse)(std::string_view), Print print) {
  return {std::move(type),
          [parse](std::string_view text) -> result<V> {
            if (const auto value = parse(text)) return *value;
            return invalid("");
          },
          print};
}

// Insertions, deletions, changes and swaps of neighbours that make `a` into `b`.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

// What to write instead of a key that nobody knows here; empty: no idea.
std::string hint_for(std::string_view key, const std::vector<std::string_view>& known) {
  constexpr std::size_t edits_max = 2; // three edits make most short words into each other
  constexpr std::size_t key_size_max = 64; // longer than any key: not worth comparing
  if (key.size() > key_size_max) return {};
  std::string_view nearest;
  std::size_t least = std::min(edits_max + 1, key.size());
  for (const auto candidate : known)
    if (const auto edits = edits_between(key, candidate); edits < least)
      least = edits, nearest = candidate;
  if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
  for (const auto& other : config_keys()) {
    const auto dot = other.path.rfind('.');
    if (dot != other.path.npos && std::string_view(other.path).substr(dot + 1) == key)
      return fmt::format("; it belongs to '{}'", other.path.substr(0, dot));
  }
  return {};
}

} // namespace

std::optional<std::int64_t> parse_whole(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && !(hexadecimal && text.starts_with('-')) ? std::optional(value) : std::nullopt;
}

namespace {

struct unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array units{unit{"ms", 1}, unit{"s", 1'000}, unit{"m", 60'000},
                           unit{"h", 3'600'000}};

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds{0};
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto count = parse_whole(digits);
  const auto used = std::ranges::find(units, text.substr(digits.size()), &unit::name);
  if (!count || used == units.end() || *count > std::numeric_limits<std::int64_t>::max() / used->ms)
    return {};
  return milliseconds{*count * used->ms};
}

std::string duration_text(milliseconds duration) {
  const auto ms = duration.count();
  if (ms == 0) return "0";
  auto used = units.end() - 1;
  while (ms % used->ms != 0) --used;
  return fmt::format("{}{}", ms / used->ms, used->name);
}

notation<std::string> text_up_to(std::size_t octets_max) {
  return text_that(fmt::format("text of at most {} octets", octets_max), [octets_max](auto text) {
    return text.size() <= octets_max && text.find('\0') == text.npos;
  });
}

notation<std::string> name() {
  return text_that(fmt::format("a name: 1 to {} of a-z A-Z 0-9 - _", name_size_max), is_name);
}

notation<std::string> digits() {
  return text_that(fmt::format("1 to {} digits", limits::address_size_max), [](auto text) {
    return is_digits(text) && text.size() <= limits::address_size_max;
  });
}

notation<std::string> absolute_path() {
  return text_that("an absolute path", [](auto text) {
    return text.empty() || (text.starts_with('/') && text.size() <= path_size_max);
  });
}

notation<std::string> existing_file() {
  auto how = absolute_path();
  how.parse = [is_path = how.parse](std::string_view text) -> result<std::string> {
    auto path = is_path(text);
    if (!path || path->empty()) return path;
    if (auto content = read_file(*path, yaml_file_size_max); !content) return content.error();
    return path;
  };
  return how;
}

notation<std::string> ip_address() {
  return text_that("an IP address", [](std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const std::string terminated(text);
    return inet_pton(AF_INET, terminated.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
  });
}

notation<std::string> country() {
  return text_that("a country: two capital letters of ISO 3166", [](auto text) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    return text.size() == 2 && std::ranges::all_of(text, is_capital);
  });
}

notation<bool> flag() { return choice<bool>({{"true", true}, {"false", false}}); }

notation<currency> currency_code() {
  return parsed_by<currency>("a currency: three capital letters of ISO 4217", parse_currency,
                             [](const currency& unit) { return std::string(unit.code()); });
}

notation<millionths> amount() {
  return parsed_by<millionths>("an amount such as 1.50, with at most six decimals", parse_amount,
                               [](const millionths& value) { return to_text(value); });
}

notation<rate> percentage() {
  auto how = parsed_by<rate>("a rate from 0% to 100%", parse_rate,
                             [](const rate& value) { return to_text(value); });
  how.parse = [parse = how.parse](std::string_view text) -> result<rate> {
    auto value = parse(text);
    if (value && (value->millionths < 0 || value->millionths > rate_one)) return invalid("");
    return value;
  };
  return how;
}

notation<utc_time> date() {
  return parsed_by<utc_time>("a date such as 2026-01-31, or 2026-01-31T00:00:00Z", parse_iso8601,
                             [](const utc_time& time) { return to_iso8601(time); });
}

notation<partner_id> partner_number() {
  return {"a partner ID: six digits, the last a check digit",
          [](std::string_view text) -> result<partner_id> {
            if (!is_digits(text) || text.size() != partner_id_digits || text.front() == '0')
              return invalid("");
            if (const auto id = parse_partner_id(text)) return *id;
            const auto digits = text.substr(0, partner_id_digits - 1);
            return invalid(fmt::format("the check digit of partner ID {} is wrong: {}{} would be "
                                       "right, if the rest is",
                                       text, digits, *damm_check_digit(digits)));
          },
          [](const partner_id& id) { return id ? fmt::format("{}", id.value) : ""; }};
}

notation<gateway::endpoint> host_and_port(std::uint16_t port_default) {
  const auto type = port_default ? fmt::format("host:port (port {} if left out)", port_default)
                                 : std::string("host:port");
  return {type,
          [port_default](std::string_view text) -> result<gateway::endpoint> {
            const bool bracketed = text.starts_with('['); // IPv6
            const auto close = bracketed ? text.find(']') : 0;
            if (close == text.npos) return invalid("");
            const auto host =
                bracketed ? text.substr(1, close - 1) : text.substr(0, text.find(':'));
            const auto rest = text.substr(bracketed ? close + 1 : host.size());
            std::optional<std::int64_t> port;
            if (rest.empty() && port_default != 0) port = port_default;
            if (rest.starts_with(':')) port = parse_whole(rest.substr(1));
            if (host.empty() || host.size() > host_size_max || !port || *port < 1 ||
                *port > 65'535 || host.find_first_of(" /@\t") != host.npos)
              return invalid("");
            return gateway::endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
          },
          [](const gateway::endpoint& e) {
            return e.host.empty() ? std::string() : fmt::format("{}:{}", e.host, e.port);
          }};
}

notation<std::string> octets_in_hex() {
  return {"octets in hexadecimal, such as 01ff",
          [](std::string_view text) -> result<std::string> {
            bytes octets;
            if (text.empty() || !from_hex(text, octets)) return invalid("");
            return std::string(as_text(octets));
          },
          [](const std::string& octets) { return to_hex(as_bytes(octets)); }};
}

bool check_keys(const yaml_node& node, const std::vector<std::string_view>& known,
                const std::vector<std::string_view>& required, reading& in) {
  // Nothing below a section's key, or comments only, is a section without keys.
  if (!node.is(yaml_node::kind::map) && !node.is(yaml_node::kind::null)) {
    in.errors.add(node.at, "expected a section: lines of 'key: value'");
    return false;
  }
  for (const auto& key : node.keys)
    if (std::ranges::find(known, key.text) == known.end())
      in.errors.add(key.at, fmt::format("unknown key '{}'{}", excerpt(key.text),
                                        hint_for(key.text, known)));
  for (const auto key : required)
    if (!node.find(key)) in.errors.add(node.at, fmt::format("missing key '{}'", key));
  return true;
}

bool expect_list(const yaml_node& node, std::string_view key, reading& in) {
  if (node.is(yaml_node::kind::list)) return true;
  in.errors.add(node.at, fmt::format("{}: expected a list", key));
  return false;
}

void report_value(const yaml_node& node, std::string_view key, const std::string& type,
                  const failure& why, reading& in) {
  using kind = yaml_node::kind;
  const auto got = node.is(kind::null)   ? std::string("nothing")
                   : node.is(kind::list) ? "a list"
                   : node.is(kind::map)  ? "a section"
                                         : "'" + excerpt(node.text) + "'";
  in.errors.add(node.at, why.detail.empty()
                             ? fmt::format("{}: expected {}, got {}", key, type, got)
                             : fmt::format("{}: {}", key, why.detail));
}

result<std::string> reading::credential(const std::string& name) const {
  if (name.find('/') != name.npos || name.starts_with('.'))
    return invalid("expected the name of a file, not a path: that is password_file");
  if (credentials_directory.empty()) return secrets_directory + "/" + name;
  const auto prefixed = credentials_directory + "/secret_" + name;
  return access(prefixed.c_str(), F_OK) == 0 ? prefixed : credentials_directory + "/" + name;
}

result<std::string> read_secret(const std::string& path, std::size_t size_max) {
  constexpr std::size_t file_size_max = 4'096; // enough to say "too long" of any honest mistake
  auto content = read_file(path, file_size_max, true);
  if (!content) return content.error();
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  if (content->empty()) return invalid(excerpt(path) + " is empty");
  if (content->size() > size_max)
    return invalid(fmt::format("the secret in {} is longer than the {} characters that SMPP allows",
                               excerpt(path), size_max));
  if (std::ranges::any_of(*content, [](char c) { return c >= 0 && c < ' '; }))
    return invalid(excerpt(path) + " holds more than one line");
  return std::move(*content);
}

} // namespace farebox::daemon
