#include "smsc/core/script.hpp"

#include "smsc/core/parse.hpp"

#include "farebox/text/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace farebox::smsc {

namespace {

// Words between spaces; quotes keep spaces and know \" \\ \n. nullopt: a quote is not closed.
std::optional<std::vector<std::string>> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
      ++i;
      continue;
    }
    if (line[i] == '#') break;
    std::string word;
    if (line[i] != '"') {
      while (i < line.size() && line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
        word += line[i++];
    } else {
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) word += line[++i] == 'n' ? '\n' : line[i];
        else word += line[i];
      }
      if (i++ >= line.size()) return std::nullopt;
    }
    words.push_back(std::move(word));
  }
  return words;
}

// `words` begins with the name of the action. An empty text: all is well.
std::string parse_action(const std::vector<std::string>& words, action& out) {
  const auto& name = words[0];
  const auto expect = [&](std::size_t count, std::string_view usage) {
    return words.size() == count ? std::string{} : fmt::format("expected: {}", usage);
  };
  if (name == "send") {
    out.what = action_kind::send;
    if (auto error = expect(4, "send SOURCE DESTINATION \"text\""); !error.empty()) return error;
    if (!is_address(words[1]) || !is_address(words[2])) return "an address is at most 20 digits";
    out.message = {words[1], words[2], words[3]};
    return {};
  }
  if (name == "refuse-binds") {
    out.what = action_kind::refuse_binds;
    const auto count = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
    if (!count) return "expected: refuse-binds NUMBER";
    out.count = *count;
    return {};
  }
  if (name == "throttle" || name == "late") {
    out.what = name == "late" ? action_kind::late : action_kind::throttle;
    const auto span = words.size() == 2 ? parse_duration(words[1]) : std::nullopt;
    if (!span) return fmt::format("expected: {} DURATION, such as 10s", name);
    out.span = *span;
    return {};
  }
  if (name == "cut") out.what = action_kind::cut;
  else if (name == "unbind") out.what = action_kind::unbind;
  else if (name == "stop") out.what = action_kind::stop;
  else
    return fmt::format(
        "no action \"{}\"; there are send, cut, unbind, refuse-binds, throttle, late, stop", name);
  return expect(1, name + ", with nothing behind it");
}

} // namespace

result<std::vector<action>> parse_script(std::string_view file) {
  std::vector<action> actions;
  for (std::size_t number = 1; !file.empty(); ++number) {
    const auto line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    const auto fail = [&](std::string_view why) {
      return invalid(fmt::format("line {}: {}", number, why));
    };
    if (!text::is_valid_utf8(line)) return fail("not UTF-8");
    auto words = words_of(line);
    if (!words) return fail("a quote is not closed");
    if (words->empty()) continue;
    if (words->size() < 3 || words->front() != "at" || !(*words)[1].starts_with('+'))
      return fail("expected: at +TIME ACTION");
    const auto at = parse_duration(std::string_view((*words)[1]).substr(1));
    if (!at) return fail(fmt::format("no time: {}", (*words)[1]));
    words->erase(words->begin(), words->begin() + 2);
    auto& made = actions.emplace_back();
    made.at = *at;
    if (const auto error = parse_action(*words, made); !error.empty()) return fail(error);
  }
  std::stable_sort(actions.begin(), actions.end(),
                   [](const action& a, const action& b) { return a.at < b.at; });
  return actions;
}

} // namespace farebox::smsc
