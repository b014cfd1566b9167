// JSON for the handlers: how our values look in an answer, and how a body is read.
#pragma once

#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/http/message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::http {

namespace json = boost::json;

// Texts come from phones and peers: ill-formed UTF-8 would make the whole document invalid.
json::string text_of(std::string_view text);
json::string amount_of(millionths amount); // decimal, never a JSON number
json::string time_of(utc_time time);

response json_response(const json::value& body, int status = 200);
response error_response(int status, std::string_view code, std::string_view message,
                        std::string_view field = {});
// What a failure of the store, the writer or a link looks like to the asker.
response failure_response(const failure& why);
// One text for what is not there and what is not the asker's.
response not_found_response(std::string_view what);

// Safe inside <script>: no "<", "&", U+2028 or U+2029 is left as it is.
std::string json_for_html(const json::value& value);

// Reads a JSON object with known keys. The first error sticks, like byte_reader's.
class body_reader {
 public:
  body_reader(const request& what, std::initializer_list<std::string_view> keys);

  // Text between size_min and size_max octets, no control characters but line feeds.
  std::string text(std::string_view key, std::size_t size_min, std::size_t size_max);
  std::string text_or(std::string_view key, std::string_view otherwise, std::size_t size_max);
  std::optional<bool> boolean(std::string_view key); // must be there
  bool boolean_or(std::string_view key, bool otherwise);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  // An object of texts, numbers and booleans, as texts, in order of the keys.
  std::vector<std::pair<std::string, std::string>> settings(std::string_view key);

  bool ok() const { return !error_; }
  response error() const { return *error_; }
  void fail(std::string_view message, std::string_view field);

 private:
  const json::value* find(std::string_view key) const;

  json::object object_;
  std::optional<response> error_;
};

} // namespace farebox::http
