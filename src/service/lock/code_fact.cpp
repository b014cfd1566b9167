#include "service/lock/code_fact.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/base/byte_writer.hpp"
#include "farebox/service/lock.hpp"

#include <limits>
#include <utility>

namespace farebox::services::lock {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

std::optional<std::uint32_t> limit_of(std::uint32_t stored) {
  return stored == unlimited ? std::nullopt : std::optional(stored);
}

// Look-alikes of letters and digits of the alphabet: Latin, then Cyrillic in both cases.
constexpr std::pair<std::string_view, char> look_alikes[] = {
    {"Z", '2'}, {"S", '5'}, {"G", '6'}, {"B", '8'}, {"U", 'V'},
    {"А", 'A'}, {"а", 'A'}, {"В", '8'}, {"в", '8'}, {"С", 'C'}, {"с", 'C'}, {"Е", 'E'},
    {"е", 'E'}, {"Н", 'H'}, {"н", 'H'}, {"К", 'K'}, {"к", 'K'}, {"М", 'M'}, {"м", 'M'},
    {"Р", 'P'}, {"р", 'P'}, {"Т", 'T'}, {"т", 'T'}, {"Х", 'X'}, {"х", 'X'}, {"У", 'Y'},
    {"у", 'Y'}};

constexpr std::string_view ignored[] = {" ", "-", "_", ".", "\t", "\r", "\n", "\u00A0",
                                        "\u2010", "\u2011", "\u2012", "\u2013", "\u2014"};

constexpr std::uint64_t random_codes = [] {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < random_characters; ++i) count *= alphabet.size();
  return count;
}();

constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Takes one character off the text; false if it can stand in no code.
bool take(std::string_view& text, std::string& code) {
  for (const auto gap : ignored)
    if (text.starts_with(gap)) return text.remove_prefix(gap.size()), true;
  const char upper = to_upper(text.front());
  if (alphabet.find(upper) != alphabet.npos) {
    code.push_back(upper);
    return text.remove_prefix(1), true;
  }
  const std::string_view one(&upper, 1);
  for (const auto& [written, meant] : look_alikes) {
    if (written != one && !text.starts_with(written)) continue;
    code.push_back(meant);
    return text.remove_prefix(written.size()), true;
  }
  return false;
}

} // namespace

std::string mint_code(utc_time now, entropy& entropy) {
  static_assert(day_characters == 2);
  constexpr auto letters = static_cast<std::int64_t>(alphabet.size());
  const auto day = (day_of(now) % (letters * letters) + letters * letters) % (letters * letters);
  std::string code{alphabet[static_cast<std::size_t>(day / letters)],
                   alphabet[static_cast<std::size_t>(day % letters)]};
  // One draw for all characters: its digits to the base of the alphabet's size.
  auto drawn = entropy.below(random_codes);
  for (std::size_t i = 0; i < random_characters; ++i, drawn /= alphabet.size())
    code.push_back(alphabet[drawn % alphabet.size()]);
  return code;
}

std::optional<std::string> normalise_code(std::string_view typed) {
  std::string code;
  while (!typed.empty())
    if (!take(typed, code) || code.size() > code_characters) return {};
  if (code.size() != code_characters) return {};
  return code;
}

std::string show_code(std::string_view normalised) {
  std::string shown;
  for (std::size_t i = 0; i < normalised.size(); ++i) {
    if (i != 0 && i % 5 == 0) shown.push_back('-');
    shown.push_back(normalised[i]);
  }
  return shown;
}

fact_key code_key(service_id service, std::string_view normalised) {
  return {service, codes_space, std::string(normalised)};
}

std::string_view name_of(code_state state) {
  switch (state) {
  case code_state::valid: return "valid";
  case code_state::unknown: return "unknown";
  case code_state::expired: return "expired";
  case code_state::used_up: return "used_up";
  case code_state::not_yet_paid: return "not_yet_paid";
  case code_state::not_paid: return "not_paid";
  }
  return "unknown";
}

bytes encode(const code_fact& fact) {
  bytes value;
  byte_writer out(value);
  out.u8(version);
  out.u8(static_cast<std::uint8_t>(fact.state));
  out.u64(static_cast<std::uint64_t>(fact.message.value));
  out.u32(fact.minutes.value_or(unlimited));
  const auto expiry = fact.expires_at ? fact.expires_at->time_since_epoch().count() : 0;
  out.u64(static_cast<std::uint64_t>(expiry));
  out.u32(fact.uses_left.value_or(unlimited));
  return value;
}

result<code_fact> decode(bytes_view value) {
  byte_reader in(value);
  const auto read_version = in.u8();
  const auto state = in.u8();
  code_fact fact;
  fact.message = {static_cast<std::int64_t>(in.u64())};
  fact.minutes = limit_of(in.u32());
  const auto expiry = static_cast<std::int64_t>(in.u64());
  fact.uses_left = limit_of(in.u32());
  if (!in.ok() || !in.at_end() || read_version != version ||
      state > static_cast<std::uint8_t>(paid::never))
    return failure{failure_kind::corrupt, "the stored state of an unlock code cannot be read"};
  fact.state = static_cast<paid>(state);
  if (expiry != 0) fact.expires_at = utc_time{microseconds{expiry}};
  return fact;
}

result<code_check> check_code(const fact_row* fact, utc_time now, bool use_up) {
  if (!fact) return code_check{};
  auto read = decode(fact->value);
  if (!read) return read.error();
  code_check check;
  check.message = read->message;
  check.expires_at = read->expires_at;
  const auto left = read->uses_left;
  if (read->state != paid::yes) {
    check.state = read->state == paid::never ? code_state::not_paid : code_state::not_yet_paid;
  } else if (read->expires_at && now >= *read->expires_at) {
    check.state = code_state::expired;
  } else if (left && *left == 0) {
    check.state = code_state::used_up;
  } else {
    check.state = code_state::valid;
    if (use_up && left) {
      read->uses_left = *left - 1;
      check.changed = encode(*read);
    }
  }
  if (read->uses_left) check.uses_left = *read->uses_left;
  return check;
}

} // namespace farebox::services::lock
