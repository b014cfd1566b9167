// Goal: one event is one line whatever it holds, and no whole phone number is among it.
// Method: a table of events and lines; then a real file, changed under the log.
#include "farebox/daemon/logging.hpp"

#include "files.hpp"

#include <algorithm>
#include <thread>

namespace farebox::daemon {

TEST_CASE("lines") {
  using log::field;
  struct row {
    std::string_view what;
    std::vector<field> with;
    std::string_view expected;
  };
  const std::vector<row> cases{
      {"started", {}, "started"},
      {"link up", {{"operator", "demo-mo"}, {"port", 2775}}, "link up operator=demo-mo port=2775"},
      {"done", {{"late", true}, {"early", false}}, "done late=yes early=no"},
      {"text", {{"body", "two words"}}, "text body=\"two words\""},
      {"text", {{"body", ""}}, "text body=\"\""},
      {"text", {{"body", "a=b"}}, "text body=\"a=b\""},
      {"text", {{"body", "say \"hi\"\\"}}, "text body=\"say \\\"hi\\\"\\\\\""},
      {"text", {{"body", "a\nerror forged"}}, "text body=\"a\\nerror forged\""},
      {"what\nelse", {}, "what\\nelse"},
      {"text", {{"body", "\x1b[31m\x7f"}}, "text body=\"\\x1b[31m\\x7f\""},
      {"text", {{"body", "привет"}}, "text body=привет"},
      {"reply", {log::phone("to", "79121234345")}, "reply to=7912xxxx345"},
      {"reply", {log::phone("to", "+79121234345")}, "reply to=+7912xxxx345"},
  };
  for (const auto& [what, with, expected] : cases)
    CHECK(log::to_line(what, with) == expected);
}

TEST_CASE("a file is opened anew, and a log that cannot be opened leaves the old one") {
  const test_folder folder;
  const auto path = folder.path("fareboxd.log");
  REQUIRE(log::start({log::target::file, path, log::level::info}).has_value());
  log::info("first");
  log::debug("not written");
  std::filesystem::rename(path, path + ".1");
  log::info("second");
  REQUIRE(log::start({log::target::file, path, log::level::debug}).has_value());
  log::debug("third", {{"n", 3}});
  CHECK_FALSE(log::start({log::target::file, "/proc/nowhere/x", log::level::info}).has_value());
  log::warning("fourth");
  CHECK(log::start({log::target::standard_error, {}, log::level::error}).has_value());

  const auto messages = [](const std::string& text) { // without the time
    std::string all;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
      all += text.substr(text.find(' ', at), end - text.find(' ', at)) + ";";
    return all;
  };
  CHECK(messages(content_of(path + ".1")) == " info first; info second;");
  CHECK(messages(content_of(path)) == " debug third n=3; warning fourth;");
}

TEST_CASE("threads write whole lines while the file changes") {
  const test_folder folder;
  const auto path = folder.path("fareboxd.log");
  constexpr int lines_each = 200;
  REQUIRE(log::start({log::target::file, path, log::level::info}).has_value());
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t)
    writers.emplace_back([] {
      for (int i = 0; i < lines_each; ++i) log::info("line", {{"n", i}, {"of", "many words"}});
    });
  for (int i = 0; i < 20; ++i)
    CHECK(log::start({log::target::file, path, log::level::info}).has_value());
  for (auto& writer : writers) writer.join();
  CHECK(log::start({log::target::standard_error, {}, log::level::error}).has_value());
  const auto text = content_of(path);
  CHECK(std::ranges::count(text, '\n') == 3 * lines_each);
  CHECK(text.ends_with("of=\"many words\"\n"));
}

} // namespace farebox::daemon
