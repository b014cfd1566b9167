#include "service/reply/reply_kind.hpp"

#include "farebox/service/text_template.hpp"
#include "service/settings_reader.hpp"

#include <fmt/format.h>

namespace farebox::services::reply {

namespace {

struct reply_settings final : parsed_settings {
  text_template text;
};

} // namespace

result<std::shared_ptr<const parsed_settings>> parse(const settings_list& settings) {
  if (auto checked = check_keys(settings, {"text"}); !checked) return checked.error();
  const auto text = find_setting(settings, "text");
  if (!text) return invalid("setting \"text\" is missing: the answer, e.g. \"Thanks, {keyword}\"");
  auto parsed = text_template::parse(*text);
  if (!parsed) return invalid("setting \"text\": " + parsed.error().detail);
  auto out = std::make_shared<reply_settings>();
  out->text = std::move(*parsed);
  return std::shared_ptr<const parsed_settings>(std::move(out));
}

void needs(const order&, entropy&, std::vector<fact_key>&) {}

decision decide(const order& order, entropy&, const fact_reader&) {
  const auto& settings = dynamic_cast<const reply_settings&>(*order.sold.parsed);
  return {settings.text.fill(order), {}};
}

void settle_needs(service_id, message_id, std::vector<fact_key>&) {}

fact_changes settle(service_id, message_id, settled, utc_time, const fact_reader&) { return {}; }

} // namespace farebox::services::reply
