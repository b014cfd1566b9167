#include "farebox/model/rows.hpp"

#include <span>
#include <utility>

namespace farebox {

namespace {

// One table a type serves both directions, so that a name that is written can be read.
template <class Enum>
using name_table = std::span<const std::pair<Enum, std::string_view>>;

template <class Enum>
std::string_view find_name(name_table<Enum> table, Enum value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  return "unknown";
}

constexpr std::pair<outcome, std::string_view> outcome_names[] = {
    {outcome::accepted, "accepted"},     {outcome::unrouted, "unrouted"},
    {outcome::ambiguous, "ambiguous"},   {outcome::refused, "refused"},
    {outcome::reserved, "reserved"},     {outcome::incomplete, "incomplete"},
    {outcome::absorbed, "absorbed"}};

constexpr std::pair<bill_kind, std::string_view> bill_kind_names[] = {
    {bill_kind::original, "original"},
    {bill_kind::reversal, "reversal"},
    {bill_kind::late, "late"}};

constexpr std::pair<charge_state, std::string_view> charge_state_names[] = {
    {charge_state::pending, "pending"},
    {charge_state::posted, "posted"},
    {charge_state::void_, "void"},
    {charge_state::expired, "expired"}};

constexpr std::pair<reply_state, std::string_view> reply_state_names[] = {
    {reply_state::waiting, "waiting"},     {reply_state::retry, "retry"},
    {reply_state::sending, "sending"},     {reply_state::unknown, "unknown"},
    {reply_state::sent, "sent"},           {reply_state::delivered, "delivered"},
    {reply_state::failed, "failed"},       {reply_state::rejected, "rejected"},
    {reply_state::given_up, "given_up"}};

} // namespace

std::string_view name_of(outcome o) { return find_name<outcome>(outcome_names, o); }

std::optional<outcome> parse_outcome(std::string_view name) {
  for (const auto& [value, text] : outcome_names)
    if (text == name) return value;
  return {};
}

std::string_view name_of(bill_kind kind) { return find_name<bill_kind>(bill_kind_names, kind); }

std::string_view name_of(charge_state state) {
  return find_name<charge_state>(charge_state_names, state);
}

std::string_view name_of(reply_state state) {
  return find_name<reply_state>(reply_state_names, state);
}

counter_values& counter_values::operator+=(const counter_values& other) {
  requests += other.requests;
  absorbed += other.absorbed;
  bills += other.bills;
  pending += other.pending;
  replies += other.replies;
  delivered += other.delivered;
  money += other.money;
  pending_money += other.pending_money;
  return *this;
}

} // namespace farebox
