#include "farebox/smpp/receipt.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace farebox::smpp {
namespace {

// Locale-free: receipts are ASCII whatever else they quote.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, static_cast<std::size_t>(
                            std::find_if(text.begin(), text.end(), is_space) - text.begin()));
}

enum class field : std::uint8_t { id, sub, dlvrd, submit_date, done_date, stat, err, text };

constexpr std::array<std::pair<std::string_view, field>, 8> field_names{{
    {"id", field::id},
    {"sub", field::sub},
    {"dlvrd", field::dlvrd},
    {"submit date", field::submit_date},
    {"done date", field::done_date},
    {"stat", field::stat},
    {"err", field::err},
    {"text", field::text},
}};

// The length of `name` at the start of `text`, in any case, with any or no space or underscore
// between its words, spaces allowed before the colon, the colon included; 0 if it is not there.
std::size_t match_name(std::string_view text, std::string_view name) {
  std::size_t at = 0;
  for (const char c : name) {
    if (c == ' ') {
      while (at < text.size() && (text[at] == ' ' || text[at] == '_')) ++at;
    } else if (at >= text.size() || lower(text[at++]) != c) {
      return 0;
    }
  }
  while (at < text.size() && text[at] == ' ') ++at;
  return at < text.size() && text[at] == ':' ? at + 1 : 0;
}

struct found_field {
  field which;
  std::size_t begin; // of the name
  std::size_t value; // after the colon
};

// The next field name at or after `from` that does not begin inside a word.
std::optional<found_field> next_field(std::string_view text, std::size_t from) {
  for (auto at = from; at < text.size(); ++at) {
    if (at > 0 && is_word(text[at - 1])) continue;
    for (const auto& [name, which] : field_names)
      if (const auto length = match_name(text.substr(at), name))
        return found_field{which, at, at + length};
  }
  return std::nullopt;
}

std::optional<std::uint32_t> parse_count(std::string_view digits) {
  std::uint32_t value = 0;
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

void store(receipt& into, field which, std::string_view value) {
  const auto word = first_word(value);
  switch (which) {
  case field::id: into.message_id = word; break;
  case field::sub: into.submitted_count = parse_count(word); break;
  case field::dlvrd: into.delivered_count = parse_count(word); break;
  case field::submit_date: into.submitted_at = parse_receipt_date(word); break;
  case field::done_date: into.done_at = parse_receipt_date(word); break;
  case field::stat:
    into.state_word = word;
    into.state = parse_message_state(word);
    break;
  case field::err: into.error = word; break;
  case field::text: into.text = value; break;
  }
}

std::string network_error(bytes_view value) {
  if (value.size() != 3) return {}; // paragraph 5.3.2.31: network type, two octets of code
  return std::to_string(value[0]) + ':' + std::to_string(value[1] << 8 | value[2]);
}

// A receipt under data_coding 8 is the same ASCII, two octets each.
std::string receipt_text(bytes_view data, std::uint8_t data_coding) {
  const auto text = as_text(data);
  if (data_coding != 8 || text.size() % 2 != 0) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) out += text[i] == '\0' ? text[i + 1] : '?';
  return out;
}

receipt parse(bytes_view data, std::uint8_t data_coding, const tlv_list& tlvs) {
  auto out = parse_receipt_text(receipt_text(data, data_coding));
  if (const auto id = text_of(tlvs, tag::receipted_message_id); id && !trimmed(*id).empty())
    out.message_id = trimmed(*id);
  if (const auto state = integer_of(tlvs, tag::message_state); state && *state <= 9)
    out.state = static_cast<message_state>(*state);
  if (const auto* error = find(tlvs, tag::network_error_code))
    if (auto text = network_error(error->value); !text.empty()) out.error = std::move(text);
  if (const auto reference = integer_of(tlvs, tag::user_message_reference))
    out.user_message_reference = static_cast<std::uint16_t>(*reference);
  return out;
}

std::optional<unsigned> hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (lower(c) >= 'a' && lower(c) <= 'f') return static_cast<unsigned>(lower(c) - 'a' + 10);
  return std::nullopt;
}

std::string without_leading_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

// Ids have up to 65 characters, so this is arithmetic on paper: least significant digit first.
std::optional<std::string> hex_to_decimal(std::string_view hex) {
  if (hex.starts_with("0x") || hex.starts_with("0X")) hex.remove_prefix(2);
  if (hex.empty()) return std::nullopt;
  std::vector<unsigned> digits{0};
  for (const char c : hex) {
    const auto value = hex_value(c);
    if (!value) return std::nullopt;
    auto carry = *value;
    for (auto& digit : digits) {
      carry += digit * 16;
      digit = carry % 10;
      carry /= 10;
    }
    for (; carry != 0; carry /= 10) digits.push_back(carry % 10);
  }
  std::string out;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    out += static_cast<char>('0' + *digit);
  return without_leading_zeros(out);
}

std::optional<std::string> plain_uuid(std::string_view id) {
  std::string out;
  for (const char c : id) {
    if (c == '-' || c == '{' || c == '}') continue;
    if (!hex_value(c)) return std::nullopt;
    out += lower(c);
  }
  if (out.size() != 32) return std::nullopt;
  return out;
}

} // namespace

receipt_kind receipt_kind_of(std::uint8_t esm_class) {
  switch (esm_class & 0x3C) {
  case 0x04: return receipt_kind::final_state;
  case 0x20: return receipt_kind::intermediate;
  default: return receipt_kind::none;
  }
}

std::string_view name_of(message_state state) {
  switch (state) {
  case message_state::scheduled: return "SCHEDULED";
  case message_state::enroute: return "ENROUTE";
  case message_state::delivered: return "DELIVRD";
  case message_state::expired: return "EXPIRED";
  case message_state::deleted: return "DELETED";
  case message_state::undeliverable: return "UNDELIV";
  case message_state::accepted: return "ACCEPTD";
  case message_state::unknown: return "UNKNOWN";
  case message_state::rejected: return "REJECTD";
  case message_state::skipped: return "SKIPPED";
  }
  return "?";
}

std::optional<message_state> parse_message_state(std::string_view word) {
  const auto lowered_word = lowered(trimmed(word));
  constexpr std::array delivered{"delivrd", "delivered", "deliverd", "delivred", "deliv"};
  if (std::find(delivered.begin(), delivered.end(), lowered_word) != delivered.end())
    return message_state::delivered;
  constexpr std::array<std::pair<std::string_view, message_state>, 10> beginnings{{
      {"sched", message_state::scheduled},
      {"enrou", message_state::enroute},
      {"expir", message_state::expired},
      {"delet", message_state::deleted},
      {"undel", message_state::undeliverable},
      {"fail", message_state::undeliverable},
      {"accep", message_state::accepted},
      {"unkn", message_state::unknown},
      {"reje", message_state::rejected},
      {"skip", message_state::skipped},
  }};
  for (const auto& [beginning, state] : beginnings)
    if (lowered_word.starts_with(beginning)) return state;
  if (lowered_word.size() == 1 && is_digit(lowered_word[0]))
    return static_cast<message_state>(lowered_word[0] - '0');
  return std::nullopt;
}

std::optional<utc_time> parse_receipt_date(std::string_view digits) {
  if ((digits.size() != 10 && digits.size() != 12) ||
      !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  const auto pair = [&](std::size_t at) {
    return static_cast<unsigned>((digits[at] - '0') * 10 + (digits[at + 1] - '0'));
  };
  const std::chrono::year_month_day date{std::chrono::year(2000 + static_cast<int>(pair(0))),
                                         std::chrono::month(pair(2)), std::chrono::day(pair(4))};
  const auto hour = pair(6), minute = pair(8), second = digits.size() == 12 ? pair(10) : 0;
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto day = std::chrono::sys_days(date).time_since_epoch();
  return utc_time(day + hours(hour) + minutes(minute) + seconds(second));
}

receipt parse_receipt_text(std::string_view text) {
  receipt out;
  std::array<bool, field_names.size()> fixed{}; // stands: it came before any text:
  bool quoted = false;                          // a text: came early
  auto current = next_field(text, 0);
  while (current) {
    const auto index = static_cast<std::size_t>(current->which);
    const bool rest = current->which == field::text && !out.message_id.empty() &&
                      !out.state_word.empty() && !quoted;
    const auto next = rest ? std::nullopt : next_field(text, current->value);
    const auto end = next ? next->begin : text.size();
    const auto value = trimmed(text.substr(current->value, end - current->value));
    if (!fixed[index]) store(out, current->which, value);
    if (current->which == field::text) quoted = true;
    if (!quoted || current->which == field::text) fixed[index] = true;
    current = next;
  }
  return out;
}

receipt parse_receipt(const deliver_sm& message) {
  return parse(user_data(message), message.data_coding, message.tlvs);
}

receipt parse_receipt(const data_sm& message) {
  return parse(user_data(message), message.data_coding, message.tlvs);
}

std::string_view name_of(id_format format) {
  switch (format) {
  case id_format::as_is: return "as_is";
  case id_format::decimal: return "decimal";
  case id_format::hexadecimal: return "hexadecimal";
  case id_format::uuid: return "uuid";
  }
  return "?";
}

std::optional<id_format> parse_id_format(std::string_view name) {
  for (const auto format :
       {id_format::as_is, id_format::decimal, id_format::hexadecimal, id_format::uuid})
    if (name_of(format) == name) return format;
  return std::nullopt;
}

std::string normalise_message_id(std::string_view id, id_format format) {
  const auto text = trimmed(id);
  if (text.empty()) return {};
  std::optional<std::string> canonical;
  switch (format) {
  case id_format::as_is: break;
  case id_format::decimal:
    if (std::all_of(text.begin(), text.end(), is_digit)) canonical = without_leading_zeros(text);
    break;
  case id_format::hexadecimal: canonical = hex_to_decimal(text); break;
  case id_format::uuid: canonical = plain_uuid(text); break;
  }
  return canonical.value_or(std::string(text));
}

} // namespace farebox::smpp
