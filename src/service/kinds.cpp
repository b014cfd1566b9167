#include "farebox/service/kind.hpp"

#include "service/lock/lock_kind.hpp"
#include "service/reply/reply_kind.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace farebox::services {

namespace {

// The one list: a new kind adds its folder and a line here.
constexpr kind all_kinds[] = {reply::reply_kind, lock::lock_kind};

} // namespace

std::string_view name_of(due_class due) {
  return due == due_class::content ? "content" : "online";
}

std::span<const kind> kinds() { return all_kinds; }

const kind* find_kind(std::string_view name) {
  const auto found = std::find_if(std::begin(all_kinds), std::end(all_kinds),
                                  [&](const kind& row) { return row.name == name; });
  return found == std::end(all_kinds) ? nullptr : found;
}

result<void> parse_settings(farebox::service& service) {
  const auto* found = find_kind(service.kind);
  if (!found) {
    std::string known;
    for (const auto& row : all_kinds) known += fmt::format(" {}", row.name);
    return invalid(
        fmt::format("unknown kind of service \"{}\"; there are:{}", service.kind, known));
  }
  auto parsed = found->parse(service.settings);
  if (!parsed) return parsed.error();
  service.parsed = std::move(*parsed);
  return {};
}

} // namespace farebox::services
