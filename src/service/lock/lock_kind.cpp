#include "service/lock/lock_kind.hpp"

#include "farebox/service/lock.hpp"
#include "farebox/service/text_template.hpp"
#include "service/lock/code_fact.hpp"
#include "service/settings_reader.hpp"

#include <fmt/format.h>

namespace farebox::services::lock {

namespace {

constexpr std::int64_t minutes_max = 10 * 366 * 24 * 60; // ten years
constexpr std::int64_t uses_max = 1'000'000;             // more is no limit
constexpr std::string_view default_text = "Code: {code}";

// With a million codes of a service in one day, one in 2^41 was minted before. A code is never
// issued twice, so there is a second choice; that both are taken does not happen.
constexpr int codes_tried = 2;

struct lock_settings final : parsed_settings {
  std::optional<std::uint32_t> minutes;
  std::optional<std::uint32_t> uses;
  text_template text;
};

std::optional<std::uint32_t> narrow(std::optional<std::int64_t> value) {
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::optional<utc_time> end_of(std::optional<std::uint32_t> length, utc_time from) {
  return length ? std::optional(from + minutes(*length)) : std::nullopt;
}

fact_key pending_key(service_id service, message_id message) {
  return {service, pending_space, fmt::format("{}", message.value)};
}

} // namespace

result<std::shared_ptr<const parsed_settings>> parse(const settings_list& settings) {
  if (auto checked = check_keys(settings, {"minutes", "text", "uses"}); !checked)
    return checked.error();
  const auto length = read_number(settings, "minutes", 1, minutes_max);
  if (!length) return length.error();
  const auto uses = read_number(settings, "uses", 1, uses_max);
  if (!uses) return uses.error();
  if (!*length && !*uses)
    return invalid("setting \"minutes\" or \"uses\" is missing: what a code is good for");
  auto text = text_template::parse(find_setting(settings, "text").value_or(default_text), true);
  if (!text) return invalid("setting \"text\": " + text.error().detail);
  if (!text->has(placeholder::code))
    return invalid("setting \"text\": {code} is missing, the place of the code");
  auto out = std::make_shared<lock_settings>();
  out->minutes = narrow(*length);
  out->uses = narrow(*uses);
  out->text = std::move(*text);
  return std::shared_ptr<const parsed_settings>(std::move(out));
}

void needs(const order& order, entropy& entropy, std::vector<fact_key>& out) {
  for (int i = 0; i < codes_tried; ++i)
    out.push_back(code_key(order.sold.id, mint_code(order.now, entropy)));
}

decision decide(const order& order, entropy& entropy, const fact_reader& facts) {
  const auto& settings = dynamic_cast<const lock_settings&>(*order.sold.parsed);
  auto key = code_key(order.sold.id, mint_code(order.now, entropy));
  for (int i = 1; i < codes_tried && facts.find(key); ++i)
    key.key = mint_code(order.now, entropy);
  ensure(facts.find(key) == nullptr, "lock: no new code");

  code_fact fact;
  fact.message = order.message.id;
  fact.minutes = settings.minutes;
  fact.uses_left = settings.uses;
  const bool is_pending = order.price && order.price->when == charged::on_mt;
  if (is_pending)
    fact.state = paid::not_yet;
  else
    fact.expires_at = end_of(settings.minutes, order.now);

  decision out;
  out.reply = settings.text.fill(order, show_code(key.key));
  if (is_pending) {
    auto value = encode(fact);
    value.insert(value.end(), key.key.begin(), key.key.end());
    out.facts.written.push_back(
        {pending_key(order.sold.id, order.message.id), std::move(value), 0, {}});
  }
  out.facts.written.push_back({std::move(key), encode(fact), 0, {}});
  return out;
}

void settle_needs(service_id service, message_id message, std::vector<fact_key>& out) {
  out.push_back(pending_key(service, message));
}

fact_changes settle(service_id service, message_id message, settled how, utc_time now,
                    const fact_reader& facts) {
  const auto* pending = facts.find(pending_key(service, message));
  if (!pending) return {}; // settled before
  const auto value = bytes_view(pending->value);
  ensure(value.size() > code_characters, "lock: the pending code cannot be read");
  const auto code = value.last(code_characters);
  auto fact = decode(value.first(value.size() - code_characters));
  ensure(bool{fact}, "lock: the pending code cannot be read");
  fact->state = how == settled::posted ? paid::yes : paid::never;
  if (how == settled::posted) fact->expires_at = end_of(fact->minutes, now);
  // An unpaid code was never used, so its fact can be written anew without being read.
  return {{{code_key(service, as_text(code)), encode(*fact), 0, {}}}, {pending->at}};
}

} // namespace farebox::services::lock
