#include "farebox/service/text_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace farebox::services {

namespace {

constexpr std::pair<placeholder, std::string_view> names[] = {
    {placeholder::argument, "argument"}, {placeholder::keyword, "keyword"},
    {placeholder::price, "price"},       {placeholder::currency, "currency"},
    {placeholder::partner, "partner"},   {placeholder::service, "service"},
    {placeholder::number, "number"},     {placeholder::message, "message"},
    {placeholder::code, "code"}};

std::optional<placeholder> find_placeholder(std::string_view name, bool code_allowed) {
  for (const auto& [value, text] : names)
    if (text == name && (value != placeholder::code || code_allowed)) return value;
  return {};
}

failure unknown_placeholder(std::string_view name, bool code_allowed) {
  std::string known;
  for (const auto& [value, text] : names)
    if (value != placeholder::code || code_allowed) known += fmt::format(" {{{}}}", text);
  return invalid(fmt::format("unknown placeholder {{{}}}; there are:{}", name, known));
}

// What the phone pays for this message.
std::string price_of(const order& order) {
  if (!order.price) return {};
  const bool by_part = order.price->per == counted_per::part;
  return to_text(millionths{order.price->price.value * (by_part ? order.message.parts : 1)});
}

std::string value_of(placeholder what, const order& order, std::string_view code) {
  switch (what) {
  case placeholder::argument: return std::string(order.argument);
  case placeholder::keyword: return std::string(order.keyword);
  case placeholder::price: return price_of(order);
  case placeholder::currency: return std::string(order.price ? order.price->unit.code() : "");
  case placeholder::partner: return fmt::format("{}", order.seller.id.value);
  case placeholder::service: return order.sold.title;
  case placeholder::number: return fmt::format("{:02}", order.sold.number);
  case placeholder::message: return fmt::format("{}", order.message.id.value);
  case placeholder::code: return std::string(code);
  }
  return {};
}

} // namespace

result<text_template> text_template::parse(std::string_view text, bool code_allowed) {
  if (text.empty()) return invalid("the text is empty");
  if (text.size() > template_octets_max)
    return invalid(fmt::format("the text is longer than {} octets", template_octets_max));
  text_template parsed;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      literal.push_back(c);
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) { // a brace written twice
      literal.push_back(text[at++]);
      continue;
    }
    const auto end = c == '{' ? text.find('}', at) : text.npos;
    if (end == text.npos)
      return invalid(fmt::format("\"{0}\" at octet {1} has no counterpart; a brace is written "
                                 "twice: \"{0}{0}\"",
                                 c, at + 1));
    const auto name = text.substr(at + 1, end - at - 1);
    const auto what = find_placeholder(name, code_allowed);
    if (!what) return unknown_placeholder(name, code_allowed);
    parsed.pieces_.push_back({std::exchange(literal, {}), true, *what});
    at = end;
  }
  if (!literal.empty()) parsed.pieces_.push_back({std::move(literal), false, {}});
  return parsed;
}

bool text_template::has(placeholder p) const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [&](const piece& row) { return row.is_placeholder && row.what == p; });
}

std::string text_template::fill(const order& order, std::string_view code) const {
  std::string text;
  for (const auto& row : pieces_) {
    text += row.literal;
    if (row.is_placeholder) text += value_of(row.what, order, code);
  }
  return text;
}

} // namespace farebox::services
