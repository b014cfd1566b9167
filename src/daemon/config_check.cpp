#include "config_check.hpp"

#include "farebox/billing/split.hpp"
#include "farebox/text/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace farebox::daemon {

namespace {

// Remembers where a key was first; says of a second one where the first is.
template <class Key>
class once {
 public:
  void check(const Key& key, const place& at, const std::string& what, error_list& errors) {
    const auto [first, is_new] = seen_.try_emplace(key, at);
    if (!is_new)
      errors.add(at, fmt::format("{} is given twice, first at {}", what, to_text(first->second)));
  }

 private:
  std::map<Key, place> seen_;
};

place place_in(const yaml_node& section, std::string_view key) {
  const auto* value = section.find(key);
  return value ? value->at : section.at;
}

const yaml_node& item_of(const yaml_node& root, std::string_view list, std::size_t index) {
  return root.find(list)->items.at(index);
}

// What a reply may be written in under data_coding 0. ISO-8859-5 is not known on the air, so that
// only its ASCII half is used.
std::uint8_t alphabet_of(text::charset set) {
  return static_cast<std::uint8_t>(set == text::charset::iso_8859_5 ? text::charset::ascii : set);
}

// Settles the alphabet of the operator's replies on the way.
void check_binds(const yaml_node& node, gateway::operator_settings& op,
                 once<gateway::endpoint>& listeners, error_list& errors) {
  once<std::string> names;
  bool sends = false, receives = false;
  for (std::size_t i = 0; i < op.binds.size(); ++i) {
    const auto& bind = op.binds[i];
    const auto& at = node.find("binds")->items[i];
    names.check(bind.name, place_in(at, "name"), fmt::format("bind '{}'", bind.name), errors);
    const bool can_send = bind.type != smpp::bind_kind::receiver;
    if (can_send) {
      if (sends && alphabet_of(bind.charset) != op.info.splitting.alphabet)
        errors.add(place_in(at, "charset"),
                   "charset: all binds of an operator that send must have the same, since a reply "
                   "is split before its bind is chosen");
      op.info.splitting.alphabet = alphabet_of(bind.charset);
    }
    sends |= can_send;
    receives |= bind.type != smpp::bind_kind::transmitter;
    if (bind.outbind)
      listeners.check(bind.outbind->listen, place_in(*at.find("outbind"), "listen"),
                      "this listening port", errors);
    const auto style = static_cast<text::long_message>(op.info.splitting.style);
    const bool needs_tlvs =
        style == text::long_message::sar || style == text::long_message::payload;
    if (needs_tlvs && bind.interface_version < 0x34)
      errors.add(place_in(at, "interface_version"),
                 "interface_version 3.3 has no TLVs, which long_messages needs: use udh8 or udh16");
  }
  const auto missing = [&](std::string_view job, std::string_view type) {
    errors.add(place_in(node, "binds"),
               fmt::format("no bind of '{}' can {}: add a transceiver or a {}", op.info.name, job,
                           type));
  };
  if (!receives) missing("take messages", "receiver");
  if (!sends) missing("send replies", "transmitter");
}

void check_operators(const yaml_node& root, config& loaded, error_list& errors) {
  once<std::string> names;
  once<gateway::endpoint> listeners;
  for (std::size_t i = 0; i < loaded.operators.size(); ++i) {
    auto& op = loaded.operators[i];
    const auto& node = item_of(root, "operators", i);
    names.check(op.info.name, place_in(node, "name"), fmt::format("operator '{}'", op.info.name),
                errors);
    if (op.info.retry_delay > op.info.retry_delay_max)
      errors.add(place_in(node, "retry_delay"), "retry_delay is above retry_delay_max");
    check_binds(node, op, listeners, errors);
  }
}

// Billing names tariffs and terms by their ids, which are not given yet: the place tells more.
std::string without_ids(std::string_view detail) {
  for (const std::string_view prefix : {"terms 0: ", "with tariff 0, ", "tariff 0: "})
    if (detail.starts_with(prefix)) detail.remove_prefix(prefix.size());
  return std::string(detail);
}

void check_tariffs(const yaml_node& root, const config& loaded, error_list& errors) {
  once<std::tuple<std::string, std::string, utc_time>> versions;
  for (std::size_t i = 0; i < loaded.tariffs.size(); ++i) {
    const auto& entry = loaded.tariffs[i].value;
    const auto at = [&](std::string_view key) { return place_of(root, "tariffs", i, key); };
    if (std::ranges::none_of(loaded.operators,
                             [&](auto& op) { return op.info.name == entry.operator_name; }))
      errors.add(at("operator"), fmt::format("there is no operator '{}'", entry.operator_name));
    if (std::ranges::none_of(loaded.short_codes,
                             [&](auto& code) { return code.value.number == entry.short_code; }))
      errors.add(at("short_code"), fmt::format("there is no short code {}", entry.short_code));
    versions.check({entry.operator_name, entry.short_code, entry.values.from}, at("from"),
                   fmt::format("the tariff of {} on {} from this date", entry.operator_name,
                               entry.short_code),
                   errors);
    // A message without a price is no tariff at all; billing knows the other limits.
    if (entry.values.price.value <= 0)
      errors.add(at("price"), "price: must be above zero");
    else if (auto checked = billing::check_tariff(entry.values); !checked)
      errors.add(at({}), without_ids(checked.error().detail));
  }
}

void check_terms(const yaml_node& root, const config& loaded, error_list& errors) {
  once<std::pair<partner_id, utc_time>> versions;
  for (std::size_t i = 0; i < loaded.terms_versions.size(); ++i) {
    const auto& contract = loaded.terms_versions[i].value;
    versions.check({contract.partner, contract.from}, place_of(root, "terms", i, "from"),
                   "terms from this date", errors);
    for (const auto& price : loaded.tariffs)
      if (auto checked = billing::check_terms(price.value.values, contract); !checked) {
        errors.add(place_of(root, "terms", i, "platform_fee"),
                   fmt::format("with the tariff at {}: {}", price.place,
                               without_ids(checked.error().detail)));
        break;
      }
  }
}

// A longer answer is cut when it is sent.
void warn_of_long_answer(const yaml_node& root, std::size_t code_index, std::string_view key,
                         std::string_view answer, config& loaded) {
  const auto& code = loaded.short_codes[code_index].value;
  for (const auto& price : loaded.tariffs) {
    const auto op = std::ranges::find(loaded.operators, price.value.operator_name,
                                      [](auto& o) { return o.info.name; });
    if (price.value.short_code != code.number || op == loaded.operators.end()) continue;
    text::split_settings splitting;
    splitting.default_alphabet = static_cast<text::charset>(op->info.splitting.alphabet);
    splitting.latin1 = op->info.splitting.latin1;
    splitting.style = static_cast<text::long_message>(op->info.splitting.style);
    const auto segments = text::segment_count(answer, splitting);
    const auto segments_max = price.value.values.reply.segments_max;
    if (segments > static_cast<std::size_t>(segments_max))
      loaded.warnings.push_back(fmt::format(
          "{}: {}: takes {} segments at {}, where the tariff allows {}: it will be cut",
          to_text(place_of(root, "short_codes", code_index, key)), key, segments,
          op->info.name, segments_max));
  }
}

void find_warnings(const yaml_node& root, config& loaded) {
  for (std::size_t i = 0; i < loaded.short_codes.size(); ++i) {
    const auto& code = loaded.short_codes[i];
    if (std::ranges::none_of(loaded.tariffs,
                             [&](auto& t) { return t.value.short_code == code.value.number; }))
      loaded.warnings.push_back(fmt::format("{}: short code {} has no tariff here", code.place,
                                            code.value.number));
    warn_of_long_answer(root, i, "help", code.value.help, loaded);
    warn_of_long_answer(root, i, "reserved_reply", code.value.reserved_reply, loaded);
  }
  if (loaded.terms_versions.empty())
    loaded.warnings.push_back(loaded.files.front() +
                              ": no terms here: the fee is that of terms stored before");
}

} // namespace

place place_of(const yaml_node& root, std::string_view list, std::size_t index,
               std::string_view key) {
  return place_in(item_of(root, list, index), key);
}

void check_config(const yaml_node& root, config& loaded, error_list& errors) {
  check_operators(root, loaded, errors);
  once<std::string> numbers;
  for (std::size_t i = 0; i < loaded.short_codes.size(); ++i) {
    const auto& number = loaded.short_codes[i].value.number;
    numbers.check(number, place_of(root, "short_codes", i, "number"), "short code " + number,
                  errors);
  }
  check_tariffs(root, loaded, errors);
  if (errors.empty()) check_terms(root, loaded, errors);
  if (errors.empty()) find_warnings(root, loaded);
}

} // namespace farebox::daemon
