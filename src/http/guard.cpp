#include "farebox/http/guard.hpp"

#include "farebox/http/limits.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace farebox::http {

namespace {

constexpr std::size_t method_size_max = 16;

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z'); }
constexpr bool is_token(char c) { // RFC 9110 5.6.2
  return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
constexpr bool is_host(char c) {
  return is_alnum(c) || std::string_view("-._:[]%").find(c) != std::string_view::npos;
}
constexpr bool is_visible(char c) { return c > ' ' && c <= '~'; }
constexpr bool is_value(char c) {
  const auto octet = static_cast<std::uint8_t>(c);
  return octet == '\t' || (octet >= ' ' && octet != 0x7F);
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool equal_names(std::string_view a, std::string_view lower) {
  const auto fold = [](char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [&](char x, char y) { return fold(x) == y; });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Reads one head line by line; the first refusal sticks.
class head_reader {
 public:
  head_verdict verdict;

  bool refused() const { return verdict.what == head_verdict::kind::refused; }

  void refuse(int status, std::string_view reason) {
    verdict = {};
    verdict.what = head_verdict::kind::refused;
    verdict.status = status;
    verdict.reason = reason;
  }

  void request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || first == last) return refuse(400, "malformed request line");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (method.empty() || method.size() > method_size_max || !all(method, is_upper))
      return refuse(400, "malformed method");
    if (target.empty() || target.front() != '/' || !all(target, is_visible) ||
        target.find('#') != target.npos)
      return refuse(400, "the target must be a path");
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return;
    const bool other = version.size() == 8 && version.starts_with("HTTP/") &&
                       is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    refuse(other ? 505 : 400, other ? "HTTP/1.1 and HTTP/1.0 only" : "malformed version");
  }

  void field(std::string_view line) {
    if (++fields_ > limits::fields_max) return refuse(431, "too many header fields");
    if (line.front() == ' ' || line.front() == '\t') return refuse(400, "folded header field");
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == line.npos || name.empty() || !all(name, is_token))
      return refuse(400, "malformed header field");
    known_field(name, trimmed(line.substr(colon + 1)));
  }

  void end(std::size_t size) {
    if (!seen_[host]) return refuse(400, "exactly one Host is required");
    verdict.what = head_verdict::kind::accepted;
    verdict.head_size = size;
  }

 private:
  enum single : std::size_t { host, content_length, authorization, content_type, expect, count };
  static constexpr std::array<std::string_view, count> single_names{
      "host", "content-length", "authorization", "content-type", "expect"};

  void known_field(std::string_view name, std::string_view value) {
    if (equal_names(name, "transfer-encoding"))
      return refuse(501, "Transfer-Encoding is not accepted; send Content-Length");
    const auto same = [&](std::string_view known) { return equal_names(name, known); };
    const auto found = std::find_if(single_names.begin(), single_names.end(), same);
    if (found == single_names.end()) return;
    const auto which = static_cast<std::size_t>(found - single_names.begin());
    if (seen_[which])
      return refuse(400, which == host ? "exactly one Host is required" : "repeated header field");
    seen_[which] = true;
    if (which == host && (value.empty() || !all(value, is_host)))
      return refuse(400, "malformed Host");
    if (which == content_length) read_length(value);
    if (which == expect) {
      if (!equal_names(value, "100-continue")) return refuse(417, "unknown expectation");
      verdict.expects_continue = true;
    }
  }

  void read_length(std::string_view value) {
    if (value.empty() || !all(value, is_digit)) return refuse(400, "malformed Content-Length");
    std::size_t length = 0;
    for (const char c : value) {
      length = length * 10 + static_cast<std::size_t>(c - '0');
      if (length > limits::body_size_max) return refuse(413, "the body is too large");
    }
    verdict.body_size = length;
  }

  std::size_t fields_ = 0;
  std::array<bool, count> seen_{};
};

// The octets after the last line end: they may still become a good line, unless one of them never
// occurs in one. So a TLS hello or another protocol is refused at its first octets.
void check_partial(std::string_view line, bool first, head_reader& reader) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!all(line, is_value) || (first && !line.empty() && !is_upper(line.front())))
    reader.refuse(400, "this is not HTTP");
}

} // namespace

head_verdict check_head(std::string_view received) {
  head_reader reader;
  std::size_t position = 0;
  while (!reader.refused()) {
    const auto window = received.substr(0, limits::head_size_max);
    const auto end = window.find('\n', position);
    if (end == window.npos) {
      if (received.size() >= limits::head_size_max) reader.refuse(431, "the header is too large");
      else check_partial(received.substr(position), position == 0, reader);
      break;
    }
    const auto line = received.substr(position, end - position);
    if (!line.ends_with('\r') || !all(line.substr(0, line.size() - 1), is_value)) {
      reader.refuse(400, "malformed line end or control character");
      break;
    }
    const auto text = line.substr(0, line.size() - 1);
    const bool first = position == 0;
    position = end + 1;
    if (first) reader.request_line(text);
    else if (!text.empty()) reader.field(text);
    else {
      reader.end(position);
      break;
    }
  }
  return reader.verdict;
}

} // namespace farebox::http
