#include "scenario/script.hpp"

#include "farebox/smpp/fields.hpp"
#include "smpp/body_types.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace farebox::scenario {
namespace {

using namespace smpp;

// --- words of a line ----------------------------------------------------------------------------

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class line_reader {
 public:
  explicit line_reader(std::string_view text) : text_(text) {}

  bool at_end() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ >= text_.size() || text_[at_] == '#';
  }
  std::string word() {
    const auto from = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '=') ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  bool skip(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  value read_value();

 private:
  std::string quoted();
  std::string hex_digits();
  value read_piece();

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_utf16(std::string& out, std::uint32_t unit) {
  out += static_cast<char>(unit >> 8);
  out += static_cast<char>(unit & 0xFF);
}

std::string to_utf16(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (i + size > utf8.size()) throw mistake("cut UTF-8");
    std::uint32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (std::size_t k = 1; k < size; ++k)
      point = point << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    i += size;
    if (point < 0x10000) {
      append_utf16(out, point);
    } else {
      append_utf16(out, 0xD800 + ((point - 0x10000) >> 10));
      append_utf16(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string hex_octets(std::string_view hex) {
  bytes octets;
  if (!from_hex(hex, octets)) throw mistake("not hexadecimal: " + std::string(hex));
  return std::string(as_text(octets));
}

std::string line_reader::quoted() {
  std::string out;
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] != '\\') {
      out += text_[at_];
      continue;
    }
    if (++at_ >= text_.size()) break;
    switch (text_[at_]) {
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case '0': out += '\0'; break;
    case 'x':
      out += hex_octets(text_.substr(at_ + 1, 2));
      at_ += 2;
      break;
    default: out += text_[at_];
    }
  }
  if (at_ >= text_.size()) throw mistake("a quotation without its end");
  ++at_;
  return out;
}

std::string line_reader::hex_digits() {
  const auto from = at_;
  while (at_ < text_.size() && std::isxdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
  return std::string(text_.substr(from, at_ - from));
}

value line_reader::read_piece() {
  if (skip("ucs2\"")) return --at_, value{to_utf16(quoted())};
  if (skip("like\"")) return --at_, value{.text = quoted(), .pattern = true};
  if (at_ < text_.size() && text_[at_] == '"') return {quoted()};
  if (skip("hex:")) return {hex_octets(hex_digits())};
  return {word(), true};
}

value line_reader::read_value() {
  auto out = read_piece();
  while (!out.bare && !out.pattern && skip("+")) out.text += read_piece().text;
  return out;
}

step parse_line(std::string_view text, int number) {
  line_reader line(text);
  step out;
  line.at_end();
  out.line = number;
  out.verb = line.word();
  while (!line.at_end()) {
    auto word = line.word();
    if (line.skip("=")) out.given.emplace_back(std::move(word), line.read_value());
    else if (out.name.empty() && out.given.empty()) out.name = std::move(word);
    else throw mistake("\"" + word + "\" has no value");
  }
  constexpr std::array verbs{"only",   "given", "connect", "smsc>", "smsc<", "smsc2>",
                             "smsc2<", "esme>", "esme<",   "app>",  "app<",  "raw>",
                             "hold",   "flush", "at",      "tick",  "cut",   "expect"};
  if (std::find(verbs.begin(), verbs.end(), out.verb) == verbs.end())
    throw mistake("unknown step \"" + out.verb + "\"");
  if (out.verb == "only" && out.name != "session" && out.name != "daemon")
    throw mistake("only session, or only daemon");
  if (out.verb == "only" && text.find('#') == text.npos) throw mistake("only without a reason");
  return out;
}

// --- PDUs ---------------------------------------------------------------------------------------

std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t out = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out, hex ? 16 : 10);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return out;
}

tlv make_tlv(const std::string& name, const value& v, const variables& known) {
  const auto number = parse_tag(name);
  if (!number) throw mistake("no such field or TLV: " + name);
  const auto text = text_of(v, known);
  const auto* definition = definition_of(*number);
  if (definition && v.bare && definition->kind == tlv_kind::integer)
    return make_integer(*number, number_of(v, known));
  if (definition && v.bare && definition->kind == tlv_kind::c_octet_string)
    return make_text(*number, text);
  return make_octets(*number, as_bytes(text));
}

// Gives each field of a PDU the argument of its name; TLVs get the rest.
struct assigner {
  arguments& given;
  const variables& known;

  template <class Octets>
  void integer(std::string_view name, Octets& field) {
    if (const auto v = extract(given, name)) field = static_cast<Octets>(number_of(*v, known));
  }
  void choice(std::string_view name, std::uint8_t& field, int, int, command_status) {
    integer(name, field);
  }
  void text(std::string_view name, std::string& field, std::size_t, command_status) {
    if (const auto v = extract(given, name)) field = text_of(*v, known);
  }
  void counted(std::string_view, std::string_view name, bytes& field, command_status) {
    const auto v = extract(given, name);
    if (!v) return;
    const auto octets = text_of(*v, known);
    field.assign(octets.begin(), octets.end());
  }
  template <class Items>
  void list(std::string_view, std::string_view name, Items&, command_status) {
    if (extract(given, name)) throw mistake("lists cannot be written: " + std::string(name));
  }
  void tlvs(tlv_list& list) {
    for (const auto& [name, v] : given) list.push_back(make_tlv(name, v, known));
    given.clear();
  }
};

struct printer {
  std::map<std::string, std::string> out;

  template <class Number>
  void integer(std::string_view name, const Number& field) {
    out.emplace(name, std::to_string(static_cast<std::uint32_t>(field)));
  }
  void choice(std::string_view name, const std::uint8_t& field, int, int, command_status) {
    integer(name, field);
  }
  void text(std::string_view name, const std::string& field, std::size_t, command_status) {
    out.emplace(name, field);
  }
  void counted(std::string_view, std::string_view name, const bytes& field, command_status) {
    out.emplace(name, as_text(field));
  }
  template <class Items>
  void list(std::string_view count, std::string_view, const Items& items, command_status) {
    out.emplace(count, std::to_string(items.size()));
  }
  void tlvs(const tlv_list& list) {
    for (const auto& one : list) out.emplace(name_of_tag(one.tag), as_text(one.value));
  }
};

std::optional<pdu_body> empty_body(std::string_view name) {
  std::optional<pdu_body> out;
  const auto try_one = [&]<class Body>(std::type_identity<Body>) {
    if constexpr (is_known<Body>) {
      if (known_name_of(Body::id) == name) out = Body{};
    }
  };
  [&]<class... Bodies>(std::type_identity<std::variant<Bodies...>>) {
    (try_one(std::type_identity<Bodies>{}), ...);
  }(std::type_identity<pdu_body>{});
  return out;
}

// A field's own name; a TLV's standard name, however the script spells it.
std::string standard_name(const std::string& name, const std::map<std::string, std::string>& own) {
  if (own.contains(name)) return name;
  const auto number = parse_tag(name);
  return number ? name_of_tag(*number) : name;
}

// Is the text of the pattern's form? * stands for any text, ? for any octet.
bool is_like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*')
    return is_like(text, pattern.substr(1)) || (!text.empty() && is_like(text.substr(1), pattern));
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         is_like(text.substr(1), pattern.substr(1));
}

std::string shown(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20;
  });
  return printable ? '"' + std::string(text) + '"' : "hex:" + to_hex(as_bytes(text));
}

} // namespace

std::vector<step> parse_script(std::string_view text) {
  std::vector<step> out;
  int number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line_reader(line).at_end()) continue;
    try {
      out.push_back(parse_line(line, number));
    } catch (const mistake& what) {
      throw mistake("line " + std::to_string(number) + ": " + what.what());
    }
  }
  return out;
}

bool plays_against(const std::vector<step>& script, std::string_view subject) {
  return std::ranges::none_of(
      script, [&](const step& one) { return one.verb == "only" && one.name != subject; });
}

std::optional<value> extract(arguments& from, std::string_view name) {
  const auto found = std::find_if(from.begin(), from.end(),
                                  [&](const auto& argument) { return argument.first == name; });
  if (found == from.end()) return std::nullopt;
  auto out = std::move(found->second);
  from.erase(found);
  return out;
}

std::string text_of(const value& v, const variables& known) {
  if (!v.bare || !v.text.starts_with('$')) return v.text;
  const auto found = known.find(v.text);
  if (found == known.end()) throw mistake(v.text + " has no value yet");
  return found->second;
}

std::uint32_t number_of(const value& v, const variables& known) {
  const auto text = text_of(v, known);
  if (const auto number = parse_number(text)) return *number;
  if (const auto status = parse_command_status(text)) return static_cast<std::uint32_t>(*status);
  throw mistake("not a number: " + text);
}

microseconds duration_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
      {{"us", 1}, {"ms", 1'000}, {"min", 60'000'000}, {"s", 1'000'000}, {"h", 3'600'000'000}}};
  for (const auto& [unit, size] : units) {
    if (!text.ends_with(unit)) continue;
    if (const auto number = parse_number(text.substr(0, text.size() - unit.size())))
      return microseconds(*number * size);
  }
  throw mistake("not a duration: " + std::string(text));
}

pdu make_pdu(std::string_view name, arguments fields, const variables& known) {
  pdu out;
  const auto body = empty_body(name);
  if (!body) throw mistake("no such PDU: " + std::string(name));
  out.body = *body;
  if (const auto v = extract(fields, "sequence")) out.sequence = number_of(*v, known);
  if (const auto v = extract(fields, "status"))
    out.status = static_cast<command_status>(number_of(*v, known));
  std::visit(
      [&](auto& message) {
        if constexpr (requires { message.tlvs; }) {
          assigner assign{fields, known};
          smpp::fields(assign, message);
        }
      },
      out.body);
  return out;
}

std::map<std::string, std::string> fields_of(const pdu& message) {
  printer print;
  std::visit(
      [&](const auto& body) {
        if constexpr (requires { body.tlvs; }) smpp::fields(print, body);
      },
      message.body);
  print.out["sequence"] = std::to_string(message.sequence);
  print.out["status"] = std::to_string(static_cast<std::uint32_t>(message.status));
  return print.out;
}

std::string difference(const step& expected, const pdu& actual, variables& known) {
  if (name_of(id_of(actual)) != expected.name)
    return "expected " + expected.name + ", got " + name_of(id_of(actual));
  const auto got = fields_of(actual);
  arguments stated;
  for (const auto& [name, v] : expected.given) {
    const auto found = got.find(standard_name(name, got));
    const auto is = found == got.end() ? std::string("absent") : shown(found->second);
    if (v.bare && v.text == "absent") {
      if (found != got.end()) return name + " is " + is + ", expected none";
    } else if (v.bare && v.text.starts_with('$') && !known.contains(v.text)) {
      if (found == got.end()) return name + " is absent";
      known[v.text] = found->second;
    } else if (v.pattern) {
      if (found == got.end() || !is_like(found->second, v.text))
        return name + " is " + is + ", expected like " + shown(v.text);
    } else {
      stated.emplace_back(name, v);
    }
  }
  const auto wanted = fields_of(make_pdu(expected.name, stated, known));
  for (const auto& [name, v] : stated) {
    const auto key = standard_name(name, wanted);
    const auto found = got.find(key);
    if (found == got.end()) return name + " is absent, expected " + shown(wanted.at(key));
    if (found->second != wanted.at(key))
      return name + " is " + shown(found->second) + ", expected " + shown(wanted.at(key));
  }
  return {};
}

} // namespace farebox::scenario
