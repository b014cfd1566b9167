// One order of one service, and facts in a map.
#pragma once

#include "farebox/service/kind.hpp"

#include <map>
#include <string>
#include <utility>

namespace farebox::service_test {

struct fact_map final : services::fact_reader {
  std::map<fact_key, fact_row> rows;

  const fact_row* find(const fact_key& key) const override {
    const auto found = rows.find(key);
    return found == rows.end() ? nullptr : &found->second;
  }

  void take(const services::fact_changes& changes) {
    for (const auto& row : changes.written) rows[row.at] = row;
    for (const auto& key : changes.erased) rows.erase(key);
  }
};

struct order_world {
  message_row message;
  partner seller;
  farebox::service sold;
  tariff price;
  bool has_price = true;
  std::string argument = "20";
  std::string keyword = "BILL";
  utc_time now = utc_time{} + hours(24 * 20'000);

  explicit order_world(std::string kind, settings_list settings = {}) {
    message.id = {4711};
    seller.id = {104723};
    sold.id = {31};
    sold.partner = seller.id;
    sold.number = 3;
    sold.title = "The lock";
    sold.kind = std::move(kind);
    sold.settings = std::move(settings);
    price.price = {1'500'000};
    price.unit = *parse_currency("EUR");
  }

  services::order order() const {
    return {message, argument, keyword, seller, sold, has_price ? &price : nullptr, now};
  }

  static entropy entropy_of(std::uint8_t seed) {
    digest256 digest;
    digest.octets[0] = seed;
    return entropy(digest);
  }
};

} // namespace farebox::service_test
