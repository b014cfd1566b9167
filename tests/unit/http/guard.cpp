// Goal: nothing reaches the parser that two HTTP readers could understand differently, and every
// honest head does. Method: a table of raw heads, each also fed octet by octet.
#include "farebox/http/guard.hpp"

#include "farebox/http/limits.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace farebox;
using namespace farebox::http;

namespace {

using kind = head_verdict::kind;

std::string fields(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "x-" + std::to_string(i) + ": 1\r\n";
  return text;
}

const std::string get = "GET / HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";

} // namespace

TEST_CASE("what the guard refuses, and how") {
  struct row {
    const char* why;
    std::string head;
    int status;
  };
  const row rows[] = {
      {"chunked", get + host + "Transfer-Encoding: chunked\r\n\r\n", 501},
      {"chunked with a length",
       get + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
      {"identity", get + host + "transfer-encoding: identity\r\n\r\n", 501},
      {"empty transfer-encoding", get + host + "Transfer-Encoding:\r\n\r\n", 501},
      {"vertical tab", get + host + "Transfer-Encoding: \x0B" "chunked\r\n\r\n", 400},
      {"blank before the colon", get + host + "Transfer-Encoding : chunked\r\n\r\n", 400},
      {"blank before Content-Length's colon", get + host + "Content-Length : 5\r\n\r\n", 400},
      {"two lengths", get + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
      {"two equal lengths", get + host + "Content-Length: 5\r\ncontent-length: 5\r\n\r\n", 400},
      {"list of lengths", get + host + "Content-Length: 5, 5\r\n\r\n", 400},
      {"signed length", get + host + "Content-Length: +5\r\n\r\n", 400},
      {"negative length", get + host + "Content-Length: -1\r\n\r\n", 400},
      {"hexadecimal length", get + host + "Content-Length: 0x5\r\n\r\n", 400},
      {"empty length", get + host + "Content-Length: \r\n\r\n", 400},
      {"length with text", get + host + "Content-Length: 5 5\r\n\r\n", 400},
      {"length too large", get + host + "Content-Length: 65537\r\n\r\n", 413},
      {"length that overflows", get + host + "Content-Length: 18446744073709551617\r\n\r\n", 413},
      {"no Host", get + "\r\n", 400},
      {"no Host in 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
      {"two Hosts", get + host + host + "\r\n", 400},
      {"list of Hosts", get + "Host: a, b\r\n\r\n", 400},
      {"Host with a path", get + "Host: a/b\r\n\r\n", 400},
      {"Host with a user", get + "Host: u@a\r\n\r\n", 400},
      {"empty Host", get + "Host:\r\n\r\n", 400},
      {"folded field", get + host + "x: 1\r\n y\r\n\r\n", 400},
      {"folded first field", get + " Host: a\r\n\r\n", 400},
      {"fold by tab", get + host + "x: 1\r\n\ty\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF in a field", get + "Host: a\nx: 1\r\n\r\n", 400},
      {"bare CR in a field", get + host + "x: 1\rTransfer-Encoding: chunked\r\n\r\n", 400},
      {"double CR", get + host + "x: 1\r\r\n\r\n", 400},
      {"NUL", get + host + std::string("x: \0\r\n\r\n", 8), 400},
      {"field without colon", get + host + "x\r\n\r\n", 400},
      {"field without name", get + host + ": x\r\n\r\n", 400},
      {"blank in a name", get + host + "a b: x\r\n\r\n", 400},
      {"octet above ASCII in a name", get + host + "\xC3\xA9: x\r\n\r\n", 400},
      {"two Authorizations", get + host + "Authorization: a\r\nAuthorization: b\r\n\r\n", 400},
      {"unknown expectation", get + host + "Expect: tea\r\n\r\n", 417},
      {"65 fields", get + host + fields(64) + "\r\n", 431},
      {"8 KiB and more", get + host + "x: " + std::string(8 * 1024, 'y') + "\r\n\r\n", 431},
      {"a long target", "GET /" + std::string(8 * 1024, 'y'), 431},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"longer version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab as blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"octet above ASCII in the target", "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS hello", std::string("\x16\x03\x01\x02", 4), 400},
      {"SMPP bind", std::string("\0\0\0\x2F", 4), 400},
  };
  for (const auto& r : rows) {
    CAPTURE(r.why);
    const auto verdict = check_head(r.head);
    CHECK(verdict.what == kind::refused);
    CHECK(verdict.status == r.status);
    CHECK_FALSE(verdict.reason.empty());
    // However the octets are cut up, it is never accepted on the way.
    for (std::size_t size = 0; size < r.head.size() && size < 300; ++size)
      CHECK(check_head(std::string_view(r.head).substr(0, size)).what != kind::accepted);
  }
}

TEST_CASE("what the guard lets pass") {
  struct row {
    const char* why;
    std::string head;
    std::size_t body_size;
    bool expects_continue;
  };
  const row rows[] = {
      {"the shortest", get + host + "\r\n", 0, false},
      {"1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 0, false},
      {"a body", "POST /x HTTP/1.1\r\nHost: a:80\r\nContent-Length: 65536\r\n\r\n", 65536, false},
      {"an IPv6 host", get + "Host: [::1]:8080\r\n\r\n", 0, false},
      {"64 fields", get + host + fields(63) + "\r\n", 0, false},
      {"blanks around values", get + "host: \t a \r\nContent-Length:\t7 \r\n\r\n", 7, false},
      {"an octet above ASCII in a value", get + host + "x: \xE9\r\n\r\n", 0, false},
      {"an expectation", get + host + "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n", 2, true},
  };
  for (const auto& r : rows) {
    CAPTURE(r.why);
    const auto verdict = check_head(r.head + "GET /smuggled"); // what follows is not looked at
    CHECK(verdict.what == kind::accepted);
    CHECK(verdict.head_size == r.head.size());
    CHECK(verdict.body_size == r.body_size);
    CHECK(verdict.expects_continue == r.expects_continue);
    for (std::size_t size = 0; size < r.head.size(); ++size)
      CHECK(check_head(std::string_view(r.head).substr(0, size)).what == kind::incomplete);
  }
}

TEST_CASE("a head of exactly 8 KiB passes, one octet more does not") {
  const auto of_size = [](std::size_t size) {
    const std::string start = get + host + "x: ";
    return start + std::string(size - start.size() - 4, 'y') + "\r\n\r\n";
  };
  CHECK(check_head(of_size(limits::head_size_max)).what == kind::accepted);
  CHECK(check_head(of_size(limits::head_size_max + 1)).what == kind::refused);
}

TEST_CASE("a head and its body become a request") {
  // Goal: the parser gives handlers decoded values. Method: one request with every field.
  const std::string head = "POST /api/v1/a%20b/%D0%B6?x=1+2&y=%26&z HTTP/1.1\r\nHost: a\r\n"
                           "Authorization: Bearer t\r\nAccept: text/html\r\n"
                           "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n";
  const auto parsed = parse_request(head, "{}", peer_kind::unix_socket);
  REQUIRE(parsed.has_value());
  CHECK(parsed->method == "POST");
  CHECK(parsed->path == std::vector<std::string>{"api", "v1", "a b", "\xD0\xB6"});
  CHECK(parsed->query == parameter_list{{"x", "1 2"}, {"y", "&"}, {"z", ""}});
  CHECK(parsed->authorization == "Bearer t");
  CHECK(parsed->accept == "text/html");
  CHECK(parsed->content_type == "application/json");
  CHECK(parsed->body == "{}");
  CHECK(parsed->peer == peer_kind::unix_socket);
  CHECK(parsed->keep_alive);
}

TEST_CASE("bad targets are refused, odd ones find nothing") {
  struct row {
    const char* target;
    bool parsed;
  };
  const row rows[] = {
      {"/%", false},       {"/%4", false},     {"/%zz", false},       {"/%00", false},
      {"/%0a", false},     {"/%ff", false},    {"/?x=%c0%80", false}, {"/?a=%0d%0aX:1", false},
      {"/?%zz=1", false},  {"/a%2fb", true},   {"//", true},          {"/../../etc/passwd", true},
      {"/?a=1&&b=2", true}};
  for (const auto& r : rows) {
    CAPTURE(r.target);
    const auto head = "GET " + std::string(r.target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(parse_request(head, {}, peer_kind::tcp).has_value() == r.parsed);
  }
}

TEST_CASE("versions and HEAD") {
  struct row {
    const char* head;
    bool keep_alive, head_only;
  };
  const row rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, false},
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false, false},
      {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true, false},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true, true}};
  for (const auto& r : rows) {
    CAPTURE(r.head);
    const auto parsed = parse_request(r.head, {}, peer_kind::tcp);
    REQUIRE(parsed.has_value());
    CHECK(parsed->method == "GET");
    CHECK(parsed->keep_alive == r.keep_alive);
    CHECK(parsed->head_only == r.head_only);
  }
}
