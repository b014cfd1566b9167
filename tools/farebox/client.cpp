#include "client.hpp"

#include <curl/curl.h>

#include <memory>

namespace farebox::cli {

namespace {

constexpr long connect_timeout_ms = 2'000;
constexpr long answer_timeout_ms = 30'000; // a drain waits for its window

std::size_t append(char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

} // namespace

std::string escaped(std::string_view text) {
  const std::unique_ptr<char, decltype(&curl_free)> out(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), curl_free);
  return out ? out.get() : "";
}

reply ask(const std::string& socket, std::string_view method, const std::string& path,
          const std::string& body) {
  reply answer;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields(
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
  if (!handle || !fields) return answer.error = "out of memory", answer;
  auto* h = handle.get();
  const std::string url = "http://farebox" + path; // the name only fills the Host field
  const std::string verb(method);
  const std::string sent = body.empty() ? "{}" : body;
  curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, answer_timeout_ms);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, &answer.body);
  if (method == "POST") {
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, fields.get());
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, sent.c_str());
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, static_cast<long>(sent.size()));
  }
  if (const auto code = curl_easy_perform(h); code != CURLE_OK) {
    answer.error = curl_easy_strerror(code);
    return answer;
  }
  long status = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

} // namespace farebox::cli
