#include "smsc/core/stream.hpp"

#include "smsc/core/parse.hpp"

#include "farebox/text/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

namespace farebox::smsc {

namespace {

constexpr std::size_t phone_digits = 11; // as in Russia or Germany
constexpr std::size_t prefix_digits_max = 11; // with the four at least behind it E.164's 15

// Coprime to every power of ten, so that consecutive MOs have different and scattered phones.
constexpr std::uint64_t phone_stride = 7'654'321;

constexpr std::array<std::string_view, 24> words{
    "blue", "madonna", "tiger", "sunset", "libra",   "hello", "anna",   "moon",
    "ok",   "Please",  "BMW",   "love",   "leo",     "dance", "rock",   "game",
    "alex", "tetris",  "cat",   "Elvis",  "quattro", "24",    "summer", "yes!"};

constexpr std::array<std::string_view, 16> cyrillic_words{
    "пожалуйста", "картинку", "привет",  "мелодию",  "сегодня", "код",   "для",     "сайта",
    "очень",      "хочу",     "спасибо", "гороскоп", "весы",    "ответ", "быстрее", "друзья"};

// One UCS-2 message holds 70 characters, so this much more than that makes two or three parts.
constexpr std::size_t cyrillic_characters_min = 75;
constexpr std::uint64_t cyrillic_characters_spread = 100;

std::uint64_t power_of_ten(std::size_t digits) {
  std::uint64_t power = 1;
  for (; digits > 0; --digits) power *= 10;
  return power;
}

std::size_t digits_behind(const std::string& prefix) {
  return prefix.size() + 4 > phone_digits ? 4 : phone_digits - prefix.size();
}

std::uint64_t count_of(const stream_settings& settings) {
  if (settings.lines.empty() && settings.templates.empty()) return 0;
  if (settings.count != 0) return settings.count;
  return settings.lines.empty() ? std::numeric_limits<std::uint64_t>::max() : settings.lines.size();
}

} // namespace

stream::stream(stream_settings settings)
    : settings_(std::move(settings)), count_(count_of(settings_)),
      numbers_(power_of_ten(digits_behind(settings_.source_prefix))), first_number_(0),
      random_(settings_.seed) {
  const auto& prefix = settings_.source_prefix;
  if (!prefix.empty() && (!is_address(prefix) || prefix.size() > prefix_digits_max))
    throw std::invalid_argument(fmt::format("source prefix \"{}\": at most {} digits", prefix,
                                            prefix_digits_max));
  if (settings_.destinations.empty()) throw std::invalid_argument("no destination");
  for (const auto& form : settings_.templates) forms_.push_back(parse_template(form));
  first_number_ = random_.below(numbers_);
}

std::optional<mo> stream::next() {
  if (exhausted()) return std::nullopt;
  mo made;
  if (!settings_.lines.empty()) made = settings_.lines[made_ % settings_.lines.size()];
  if (made.source.empty())
    made.source = phone(settings_.phones ? random_.below(settings_.phones) : made_);
  if (made.destination.empty())
    made.destination = settings_.destinations[random_.below(settings_.destinations.size())];
  if (settings_.lines.empty()) {
    made.text = fill(forms_[random_.below(forms_.size())], made.source);
    if (random_.chance(settings_.cyrillic_multipart)) append_cyrillic(made.text);
  }
  ++made_;
  return made;
}

std::string stream::phone(std::uint64_t number) {
  const auto scattered = (first_number_ + number % numbers_ * phone_stride) % numbers_;
  return fmt::format("{}{:0{}}", settings_.source_prefix, scattered,
                     digits_behind(settings_.source_prefix));
}

stream::pieces stream::parse_template(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, piece::kind>, 4> names{
      {{"n", piece::kind::number},
       {"word", piece::kind::word},
       {"digits", piece::kind::digits},
       {"phone", piece::kind::phone}}};
  pieces found;
  while (!text.empty()) {
    const auto open = std::min(text.find('{'), text.size());
    if (open > 0) found.push_back({piece::kind::literal, std::string(text.substr(0, open))});
    text.remove_prefix(open);
    if (text.empty()) break;
    const auto close = text.find('}');
    const auto name = close == text.npos ? text : text.substr(1, close - 1);
    const auto known = std::find_if(names.begin(), names.end(),
                                    [&](const auto& each) { return each.first == name; });
    if (known == names.end())
      throw std::invalid_argument(fmt::format(
          "template: no placeholder \"{}\"; there are {{n}} {{word}} {{digits}} {{phone}}", name));
    found.push_back({known->second, {}});
    text.remove_prefix(close + 1);
  }
  return found;
}

std::string stream::fill(const pieces& form, const std::string& source) {
  std::string text;
  for (const auto& each : form) {
    switch (each.what) {
    case piece::kind::literal: text += each.literal; break;
    case piece::kind::number: text += fmt::to_string(made_ + 1); break;
    case piece::kind::word: text += words[random_.below(words.size())]; break;
    case piece::kind::digits: text += fmt::format("{:04}", random_.below(10'000)); break;
    case piece::kind::phone: text += source; break;
    }
  }
  return text;
}

void stream::append_cyrillic(std::string& text) {
  const auto wanted = cyrillic_characters_min + random_.below(cyrillic_characters_spread);
  for (std::size_t characters = 0; characters < wanted;) {
    const auto word = cyrillic_words[random_.below(cyrillic_words.size())];
    (text += ' ') += word;
    characters += 1 + word.size() / 2; // two octets of UTF-8 a letter
  }
}

result<std::vector<mo>> parse_lines(std::string_view file) {
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  std::vector<mo> found;
  for (std::size_t number = 1; !file.empty(); ++number) {
    auto line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!text::is_valid_utf8(line)) return invalid(fmt::format("line {}: not UTF-8", number));
    const auto first = line.find('|');
    const auto second = first == line.npos ? first : line.find('|', first + 1);
    mo one{{}, {}, std::string(line)};
    if (second != line.npos) {
      const auto source = line.substr(0, first);
      const auto destination = line.substr(first + 1, second - first - 1);
      const auto fits = [](std::string_view column) {
        return column.empty() || is_address(column);
      };
      if (fits(source) && fits(destination))
        one = {std::string(source), std::string(destination), std::string(line.substr(second + 1))};
    }
    found.push_back(std::move(one));
  }
  return found;
}

} // namespace farebox::smsc
