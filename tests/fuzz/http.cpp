// Input: what a client sends on one connection, several requests perhaps.
//
// - The guard's verdict does not depend on how the octets came, and what was refused stays refused.
// - Where the guard accepts, so does a reading that is as generous as other readers are: no
//   Transfer-Encoding, one Host, one length at most, in any spelling; no bare CR or LF, no fold.
// - Where a request comes of it, Beast left to itself ends it at the same octet with the same body.
// - What handlers get is decoded: UTF-8 without control characters, within its limits.
#include "farebox/http/guard.hpp"
#include "farebox/http/limits.hpp"
#include "farebox/text/utf8.hpp"
#include "fuzz/fuzz.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <string>

using namespace farebox;
using namespace farebox::http;
using fuzz::require;
using kind = head_verdict::kind;

namespace {

// A field's name as the most forgiving reader would take it: in any case, and with blanks, control
// characters and what is not ASCII put aside ("transfer-encoding\x0B :").
std::string generous_name(std::string_view line) {
  std::string name;
  for (const char c : line.substr(0, line.find(':')))
    if (c > ' ' && c < '\x7F') name += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return name;
}

void check_head_generously(std::string_view head) {
  std::size_t hosts = 0, lengths = 0, lines = 0;
  for (; !head.empty(); ++lines) {
    const auto end = head.find_first_of("\r\n");
    require(end != head.npos && head.substr(end, 2) == "\r\n", "lines end in CR LF alone");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    require(line.empty() == head.empty(), "an empty line ends the head");
    if (line.empty()) break;
    require(line.front() > ' ', "no folded field");
    require(line.find('\0') == line.npos, "no NUL");
    if (lines == 0) continue;
    const auto name = generous_name(line);
    require(name != "transfer-encoding", "no Transfer-Encoding");
    hosts += name == "host";
    lengths += name == "content-length";
  }
  require(hosts == 1, "exactly one Host");
  require(lengths <= 1, "one length at most");
  require(lines <= limits::fields_max + 1, "fields are counted");
}

// Beast's own reading of the octets, as if nobody stood before it.
struct other_reading {
  std::size_t size = 0; // of head and body
  std::string body;
};
other_reading beast_reading(std::string_view octets) {
  namespace beast = boost::beast::http;
  beast::request_parser<beast::string_body> parser;
  parser.header_limit(limits::head_size_max);
  parser.body_limit(limits::body_size_max);
  parser.eager(true);
  other_reading out;
  while (!parser.is_done() && out.size < octets.size()) {
    boost::system::error_code error;
    const auto rest = octets.substr(out.size);
    const auto used = parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
    require(!error || error == beast::error::need_more, "Beast reads what parse_request read");
    if (used == 0) break;
    out.size += used;
  }
  require(parser.is_done(), "Beast ends the request too");
  out.body = parser.get().body();
  return out;
}

bool is_clean(const std::string& text) {
  return text::is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

void check_request(const request& got, std::string_view head) {
  require(got.method != "HEAD" && head.starts_with(got.head_only ? "HEAD" : got.method),
          "the method is the request line's");
  require(!got.path.empty() && std::ranges::all_of(got.path, is_clean), "a path is decoded");
  require(got.query.size() <= limits::parameters_max, "parameters are limited");
  for (const auto& [name, value] : got.query)
    require(is_clean(name) && is_clean(value), "a query is decoded");
  require(got.version == 10 || got.version == 11, "HTTP/1.0 or 1.1");
}

// The verdict while the octets come in: all of the first ones, then some.
void check_on_the_way(std::string_view received, const head_verdict& whole) {
  bool refused = false;
  for (std::size_t size = 0; size < received.size(); size += size < 200 ? 1 : 97) {
    const auto then = check_head(received.substr(0, size));
    refused = refused || then.what == kind::refused;
    if (then.what == kind::accepted)
      require(whole.what == kind::accepted && then.head_size == whole.head_size &&
                  then.body_size == whole.body_size && then.head_size <= size,
              "accepted is accepted, whatever follows");
    require(!refused || then.what == kind::refused, "refused stays refused");
  }
  require(!refused || whole.what == kind::refused, "refused stays refused, also when all has come");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto received = as_text({data, size});
  while (!received.empty()) { // as the server does it, request after request
    const auto verdict = check_head(received);
    check_on_the_way(received, verdict);
    if (verdict.what == kind::refused)
      require(verdict.status >= 400 && verdict.status < 600 && !verdict.reason.empty(),
              "a refusal says why");
    if (verdict.what != kind::accepted) break;
    require(verdict.head_size <= std::min(received.size(), limits::head_size_max) &&
                verdict.body_size <= limits::body_size_max,
            "a request is within its limits");
    const auto head = received.substr(0, verdict.head_size);
    check_head_generously(head);
    if (received.size() - head.size() < verdict.body_size) break;
    const auto body = received.substr(head.size(), verdict.body_size);
    if (const auto got = parse_request(head, body, peer_kind::tcp)) {
      check_request(*got, head);
      require(got->body == body, "the body is as long as the guard said");
      const auto other = beast_reading(received);
      require(other.size == head.size() + body.size() && other.body == body,
              "two readings of a request agree");
    }
    received.remove_prefix(head.size() + body.size());
  }
  return 0;
}
