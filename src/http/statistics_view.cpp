#include "http/views.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace farebox::http {

namespace {

// Digits in a fixed width: the order of texts is the order of numbers.
std::string sortable(std::int64_t number) {
  auto digits = std::to_string(number);
  return std::string(20 - std::min<std::size_t>(digits.size(), 20), '0') + digits;
}

utc_time start_of_hour(std::int64_t hour) { return utc_time{hours{hour}}; }

json::value service_of(const counter_key& key, const catalogue& known, bool show_partner) {
  const auto* found = known.find_service(key.service);
  if (!found) return nullptr;
  json::object out{{"number", found->number},
                   {"title", text_of(found->title)},
                   {"kind", text_of(found->kind)}};
  if (show_partner) out["partner"] = found->partner.value;
  return out;
}

// The sortable text and the shown value of one column.
std::pair<std::string, json::value> column(dimension by, const statistics_row& row,
                                           const catalogue& known, bool show_partner) {
  const auto& key = row.key;
  switch (by) {
  case dimension::hour: return {sortable(key.hour), time_of(start_of_hour(key.hour))};
  case dimension::day: {
    const auto date = to_iso8601(start_of_hour(key.hour)).substr(0, 10);
    return {date, json::value(text_of(date))};
  }
  case dimension::service:
    return {sortable(key.service.value), service_of(key, known, show_partner)};
  case dimension::kind:
    return {row.kind, row.kind.empty() ? nullptr : json::value(text_of(row.kind))};
  case dimension::site: return {key.site, text_of(key.site)};
  case dimension::op: {
    const auto* found = known.find_operator(key.op);
    return {sortable(key.op.value), found ? json::value(text_of(found->name)) : nullptr};
  }
  case dimension::code: {
    const auto* found = known.find_short_code(key.code);
    return {sortable(key.code.value), found ? json::value(text_of(found->number)) : nullptr};
  }
  case dimension::currency: break; // always there, as the last column
  }
  return {"", nullptr};
}

json::object split_json(const split& s) {
  return {{"gross", amount_of(s.gross)},
          {"vat", amount_of(s.vat)},
          {"operator", amount_of(s.operator_share)},
          {"platform", amount_of(s.platform_fee)},
          {"partner", amount_of(s.partner_share)}};
}

void add_values(json::object& out, const counter_values& values) {
  out["requests"] = values.requests;
  out["absorbed"] = values.absorbed;
  out["replies"] = values.replies;
  out["delivered"] = values.delivered;
  out["posted"] = split_json(values.money);
  out["posted"].as_object()["bills"] = values.bills;
  out["pending"] = split_json(values.pending_money);
  out["pending"].as_object()["charges"] = values.pending;
}

struct shown_row {
  json::object shown;
  counter_values values;
};

} // namespace

json::object statistics_json(std::span<const statistics_row> rows, const statistics_shape& shape,
                             const catalogue& known) {
  std::map<std::vector<std::string>, shown_row> merged;
  std::map<currency, counter_values> totals;
  for (const auto& row : rows) {
    std::vector<std::string> order;
    json::object shown;
    for (const auto by : shape.by) {
      if (by == dimension::currency) continue;
      auto [sort_key, value] = column(by, row, known, shape.show_partner);
      order.push_back(std::move(sort_key));
      shown[name_of(by)] = std::move(value);
    }
    order.emplace_back(row.key.unit.code());
    shown["currency"] = row.key.unit.code();
    const auto place = merged.try_emplace(std::move(order), std::move(shown), counter_values{});
    place.first->second.values += row.values;
    totals[row.key.unit] += row.values;
  }
  json::array out_rows;
  for (auto& [order, row] : merged) {
    add_values(row.shown, row.values);
    out_rows.push_back(std::move(row.shown));
  }
  json::array out_totals;
  for (const auto& [unit, values] : totals) {
    json::object total{{"currency", unit.code()}};
    add_values(total, values);
    out_totals.push_back(std::move(total));
  }
  return {{"rows", std::move(out_rows)}, {"totals", std::move(out_totals)}};
}

} // namespace farebox::http
