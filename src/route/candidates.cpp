#include "route/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace farebox::route {

namespace {

constexpr std::size_t glued_digits = partner_id_digits + 2; // with the service number

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits in a row.
std::string_view digits_at(std::string_view text, std::size_t at) {
  auto end = std::min(at, text.size());
  while (end < text.size() && is_digit(text[end])) ++end;
  return text.substr(std::min(at, text.size()), end - at);
}

bool has_space_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] == ' ';
}

// An ID that is broken by one separator. What it could be mistaken for is in route.hpp.
bool can_join(std::size_t first, std::size_t second) {
  if (first + second == glued_digits) return first < partner_id_digits;
  return first + second == partner_id_digits && first != partner_id_digits - 1;
}

numbers no_numbers(std::string reason) { return {{}, 0, std::move(reason)}; }

numbers checked(std::string_view id, std::string_view number, std::size_t size) {
  const auto partner = parse_partner_id(id);
  if (!partner) return no_numbers(fmt::format("partner ID {} has a wrong digit", id));
  numbers found{{*partner, 0}, size, {}};
  std::from_chars(number.data(), number.data() + number.size(), found.service.service_number);
  return found;
}

} // namespace

numbers read_numbers(std::string_view folded) {
  std::size_t at = has_space_at(folded, 0) ? 1 : 0;
  const auto first = digits_at(folded, at);
  if (first.empty()) return no_numbers("no partner ID");
  at += first.size();
  std::string joined(first);
  if (first.size() < partner_id_digits && has_space_at(folded, at)) {
    const auto second = digits_at(folded, at + 1);
    if (can_join(first.size(), second.size())) {
      joined += second;
      at += 1 + second.size();
    }
  }
  const auto whole = std::string_view(joined);
  if (whole.size() == glued_digits)
    return checked(whole.substr(0, partner_id_digits), whole.substr(partner_id_digits), at);
  if (whole.size() != partner_id_digits)
    return no_numbers(fmt::format("{} is not a partner ID of six digits", first));
  const auto number = has_space_at(folded, at) ? digits_at(folded, at + 1) : std::string_view{};
  if (number.empty() || number.size() > 2)
    return no_numbers(fmt::format("no service number behind {}", whole));
  return checked(whole, number, at + 1 + number.size());
}

namespace {

// Anything but letters and digits ends a reserved word: whoever writes "stop?" wants to stop.
bool ends_reserved_word(char c) {
  return static_cast<unsigned char>(c) < 0x80 && !is_digit(c) && !(c >= 'a' && c <= 'z');
}

struct match {
  const keyword* found = nullptr;
  std::size_t size = 0;
};

// The longest keyword or reserved word that is the first words of the text.
match find_words(std::string_view folded, const grammar& rules) {
  match best;
  std::size_t words = 0;
  for (std::size_t end = 1; end <= folded.size() && words < rules.words_max(); ++end) {
    const bool is_word_end = end == folded.size() || folded[end] == ' ';
    if (!is_word_end && !ends_reserved_word(folded[end])) continue;
    if (is_word_end) ++words;
    const auto* found = rules.find(folded.substr(0, end));
    if (found && (is_word_end || found->is == keyword::role::reserved)) best = {found, end};
  }
  return best;
}

// A keyword with text glued to it: any text if dedicated, digits if general.
match find_glued(const reading& text, const grammar& rules) {
  const auto folded = text.folded();
  for (const auto size : rules.glued_sizes()) {
    if (size >= folded.size() || folded[size] == ' ' || !text.can_part_at(size)) continue;
    const auto* found = rules.find(folded.substr(0, size));
    if (!found || !found->glued) continue;
    if (found->is == keyword::role::dedicated || is_digit(folded[size])) return {found, size};
  }
  return {};
}

} // namespace

void find_exact(const reading& text, const grammar& rules, findings& out) {
  const auto folded = text.folded();
  if (const auto* mark = folded.empty() ? rules.find_reserved_mark(text.original()) : nullptr) {
    out.reserved = *mark;
    return;
  }
  auto begins = find_words(folded, rules);
  if (!begins.found) begins = find_glued(text, rules);
  if (!begins.found) {
    out.reason = "the text begins with no keyword";
    return;
  }
  out.has_keyword = true;
  if (begins.found->is == keyword::role::reserved) {
    out.reserved = begins.found->shown;
  } else if (begins.found->is == keyword::role::dedicated) {
    out.candidates.push_back(
        {begins.found->service, begins.found, text.argument_behind(begins.size), {}});
  } else if (auto read = read_numbers(folded.substr(begins.size)); read.size != 0) {
    out.candidates.push_back(
        {read.service, begins.found, text.argument_behind(begins.size + read.size), {}});
  } else {
    out.reason = std::move(read.reason);
  }
}

namespace {

std::string describe(const default_service& service) {
  return fmt::format("service {:02} of partner {}", service.service_number, service.partner.value);
}

// Sets result and, if nothing is sold, detail. Unrouted: it does not exist.
void resolve(const candidate& meant, const catalogue& catalogue, routing& out) {
  const auto& [partner_meant, number] = meant.service;
  const auto* seller = catalogue.find_partner(partner_meant);
  const auto* sold = catalogue.find_service(partner_meant, number);
  if (!seller) {
    out.detail = fmt::format("there is no partner {}", partner_meant.value);
    return;
  }
  if (!sold) {
    out.detail = fmt::format("there is no {}", describe(meant.service));
    return;
  }
  out.partner = seller->id;
  out.service = sold->id;
  out.argument = meant.argument;
  out.repair = meant.repair;
  if (meant.found) out.keyword = meant.found->shown;
  out.result = outcome::refused;
  if (seller->state != partner_state::active)
    out.detail = fmt::format("partner {} is {}", seller->id.value, name_of(seller->state));
  else if (!sold->enabled)
    out.detail = fmt::format("{} is disabled", describe(meant.service));
  else
    out.result = outcome::accepted;
}

} // namespace

bool settle(const std::vector<candidate>& candidates, const catalogue& catalogue, routing& out) {
  routing best; // accepted before refused before unrouted, and the first of equals
  std::string others;
  for (const auto& meant : candidates) {
    routing next;
    resolve(meant, catalogue, next);
    if (next.result == outcome::accepted && best.result == outcome::accepted) {
      if (next.service == best.service) continue; // two ways to write the same
      others += " or " + describe(meant.service);
      continue;
    }
    const bool is_better = best.detail.empty() || next.result == outcome::accepted ||
                           (next.result == outcome::refused && best.result == outcome::unrouted);
    if (best.result != outcome::accepted && is_better) best = std::move(next);
  }
  if (!others.empty()) {
    const auto* first = catalogue.find_service(best.service);
    best = {};
    best.result = outcome::ambiguous;
    best.detail = describe({first->partner, first->number}) + others;
  }
  best.code = out.code;
  if (best.result == outcome::unrouted && best.detail.empty()) best.detail = out.detail;
  out = std::move(best);
  return out.result != outcome::unrouted;
}

} // namespace farebox::route
