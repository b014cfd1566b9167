#include "farebox/http/guard.hpp"
#include "farebox/http/limits.hpp"
#include "farebox/text/utf8.hpp"
#include "http/json.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>

namespace farebox::http {

namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

// Percent-decoding; nullopt for a bad escape, a control character or what is not UTF-8.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return {};
      const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (!high || !low) return {};
      c = static_cast<char>(*high << 4 | *low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') return {};
    out += c;
  }
  if (!text::is_valid_utf8(out)) return {};
  return out;
}

// Calls `use` for each piece between separators, an empty text being one empty piece.
template <class Use>
bool split(std::string_view text, char separator, Use use) {
  for (;;) {
    const auto end = text.find(separator);
    if (!use(text.substr(0, end))) return false;
    if (end == text.npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool read_path(std::string_view path, request& out) {
  return split(path.substr(1), '/', [&](std::string_view piece) {
    auto segment = decoded(piece, false);
    if (segment) out.path.push_back(std::move(*segment));
    return segment.has_value();
  });
}

bool read_query(std::string_view query, request& out) {
  return split(query, '&', [&](std::string_view piece) {
    if (piece.empty()) return true;
    const auto equals = piece.find('=');
    auto name = decoded(piece.substr(0, equals), true);
    auto value = decoded(equals == piece.npos ? "" : piece.substr(equals + 1), true);
    if (!name || !value || out.query.size() == limits::parameters_max) return false;
    out.query.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
}

} // namespace

result<request> parse_request(std::string_view head, std::string_view body, peer_kind peer) {
  namespace beast = boost::beast::http;
  beast::request_parser<beast::string_body> parser;
  parser.header_limit(limits::head_size_max);
  parser.body_limit(limits::body_size_max);
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (!error && !body.empty()) parser.put(boost::asio::buffer(body.data(), body.size()), error);
  if (error || !parser.is_done()) return invalid("malformed request");

  auto& parsed = parser.get();
  request out;
  out.method = std::string(parsed.method_string());
  out.version = static_cast<int>(parsed.version());
  out.keep_alive = parsed.keep_alive();
  out.peer = peer;
  out.authorization = std::string(parsed[beast::field::authorization]);
  out.accept = std::string(parsed[beast::field::accept]);
  out.content_type = std::string(parsed[beast::field::content_type]);
  out.body = std::move(parsed.body());
  if (out.method == "HEAD") {
    out.method = "GET";
    out.head_only = true;
  }
  const std::string_view target(parsed.target().data(), parsed.target().size());
  const auto question = target.find('?');
  if (!read_path(target.substr(0, question), out)) return invalid("bad escape in the path");
  if (question != target.npos && !read_query(target.substr(question + 1), out))
    return invalid("bad escape in the query, or too many parameters");
  return out;
}

response refusal(int status, std::string_view code, std::string_view message) {
  return error_response(status, code, message);
}

} // namespace farebox::http
