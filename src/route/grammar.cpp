#include "route/grammar.hpp"

#include "farebox/route/route.hpp"
#include "farebox/text/fold.hpp"
#include "farebox/text/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace farebox::route {

namespace {

result<void> check_service(const default_service& service, std::string_view whose) {
  if (!is_partner_id(service.partner))
    return invalid(fmt::format("{}: partner ID {} is not six digits with the right check digit",
                               whose, service.partner.value));
  if (service.service_number < 0 || service.service_number > service_number_max)
    return invalid(fmt::format("{}: service number {} is not from 0 to {}", whose,
                               service.service_number, service_number_max));
  return {};
}

result<std::string> fold_keyword(std::string_view shown, const folding_table& table) {
  std::string folded(reading(shown, table).folded());
  if (folded.empty())
    return invalid(fmt::format("keyword \"{}\" has no letter or digit", shown));
  // The reading itself is cut at its own, larger limit.
  if (folded.size() > keyword_octets_max)
    return invalid(fmt::format("keyword \"{}\" is longer than {} octets", shown,
                               keyword_octets_max));
  return folded;
}

std::u32string code_points_of(std::string_view utf8) {
  std::u32string points;
  for (std::size_t at = 0; at < utf8.size();) points.push_back(text::next_code_point(utf8, at));
  return points;
}

bool any(std::u32string_view) { return true; }

// Behind a general keyword only digits are glued.
bool ends_or_goes_on_with_digit(std::u32string_view rest) {
  if (rest.starts_with(U' ')) rest.remove_prefix(1);
  return rest.empty() || (rest.front() >= U'0' && rest.front() <= U'9');
}

} // namespace

bool is_near_beginning(std::u32string_view word, std::u32string_view text,
                       bool (*is_clash)(std::u32string_view rest)) {
  const auto begins = [&](std::u32string_view rest, std::u32string_view wanted) {
    return rest.starts_with(wanted) && is_clash(rest.substr(wanted.size()));
  };
  const auto differ = std::mismatch(word.begin(), word.end(), text.begin(), text.end());
  const auto same = static_cast<std::size_t>(differ.first - word.begin());
  if (same == word.size() && text.size() > same && is_clash(text.substr(same + 1)))
    return true; // added behind the word
  // An edit at the first difference does what one before it could do; without a difference, what
  // is left to edit is the last code point, and to replace it by itself is no edit at all.
  const auto at = std::min(same, word.size() - 1);
  const auto tail = word.substr(at);
  const auto rest = text.substr(at);
  if (begins(rest, tail.substr(1))) return true; // left out
  if (rest.empty()) return false;
  return begins(rest.substr(1), tail.substr(1)) // replaced
         || begins(rest.substr(1), tail);       // added
}

result<grammar> grammar::build(const grammar_settings& settings, const folding_table& table) {
  grammar built;
  for (const auto& word : settings.reserved)
    if (auto added = built.add_reserved(word, table); !added) return added.error();
  for (const auto& shown : settings.general) {
    keyword added{keyword::role::general, true, shown, {}};
    if (auto done = built.add_keyword(std::move(added), table); !done) return done.error();
  }
  for (const auto& row : settings.dedicated) {
    keyword added{keyword::role::dedicated, row.glued, row.keyword,
                  {row.partner, row.service_number}};
    const auto whose = fmt::format("keyword \"{}\"", row.keyword);
    if (auto checked = check_service(added.service, whose); !checked) return checked.error();
    if (auto done = built.add_keyword(std::move(added), table); !done) return done.error();
  }
  if (settings.fallback)
    if (auto checked = check_service(*settings.fallback, "default service"); !checked)
      return checked.error();
  built.fallback_ = settings.fallback;
  if (auto checked = built.check_reachable(); !checked) return checked.error();
  if (auto checked = built.check_glued(); !checked) return checked.error();
  built.measure();
  return built;
}

const keyword* grammar::find(std::string_view folded) const {
  const auto found = keywords_.find(folded);
  return found == keywords_.end() ? nullptr : &found->second;
}

const std::string* grammar::find_reserved_mark(std::string_view text) const {
  if (reserved_marks_.empty()) return nullptr;
  const auto folded = text::fold(text);
  for (const auto& [mark, shown] : reserved_marks_)
    if (mark == folded) return &shown;
  return nullptr;
}

result<void> grammar::add_reserved(const std::string& word, const folding_table& table) {
  const auto whole = text::fold(word);
  if (whole.empty()) return invalid("a reserved word is empty");
  if (reading(word, table).folded().empty()) { // punctuation only
    reserved_marks_.emplace_back(whole, word);
    return {};
  }
  auto folded = fold_keyword(word, table);
  if (!folded) return folded.error();
  // STOP and Stop are one word.
  keywords_.try_emplace(std::move(*folded), keyword{keyword::role::reserved, false, word, {}});
  return {};
}

result<void> grammar::add_keyword(keyword added, const folding_table& table) {
  auto folded = fold_keyword(added.shown, table);
  if (!folded) return folded.error();
  const auto [place, is_new] = keywords_.try_emplace(std::move(*folded), added);
  if (is_new) return {};
  const auto& there = place->second;
  return conflict(fmt::format("keyword \"{}\" is the same as {} \"{}\"", added.shown,
                              there.is == keyword::role::reserved ? "reserved word" : "keyword",
                              there.shown));
}

result<void> grammar::check_reachable() const {
  for (const auto& [folded, row] : keywords_) {
    if (row.is == keyword::role::reserved) continue;
    for (std::size_t end = folded.find(' '); end != folded.npos; end = folded.find(' ', end + 1)) {
      const auto* first = find(std::string_view(folded).substr(0, end));
      if (first && first->is == keyword::role::reserved)
        return conflict(fmt::format("keyword \"{}\" begins with the reserved word \"{}\"",
                                    row.shown, first->shown));
    }
  }
  return {};
}

result<void> grammar::check_glued() const {
  using role = keyword::role;
  std::vector<std::pair<std::u32string, const keyword*>> all;
  for (const auto& [folded, row] : keywords_) all.emplace_back(code_points_of(folded), &row);
  std::sort(all.begin(), all.end()); // the same settings always name the same clash
  for (const auto& [word, glued] : all) {
    if (!glued->glued) continue;
    for (const auto& [other, row] : all) {
      if (row == glued) continue;
      // Between two general keywords the ID decides; a reserved word pays nobody.
      if (glued->is == role::general && row->is != role::dedicated) continue;
      const auto is_clash = glued->is == role::general ? ends_or_goes_on_with_digit : any;
      if (is_near_beginning(word, other, is_clash))
        return conflict(fmt::format("keyword \"{}\" may have text glued to it, but is within one "
                                    "edit of the beginning of \"{}\"",
                                    glued->shown, row->shown));
    }
  }
  return {};
}

void grammar::measure() {
  for (const auto& [folded, row] : keywords_) {
    const auto spaces = std::count(folded.begin(), folded.end(), ' ');
    words_max_ = std::max(words_max_, static_cast<std::size_t>(spaces) + 1);
    if (row.glued) glued_sizes_.push_back(folded.size());
  }
  std::sort(glued_sizes_.begin(), glued_sizes_.end(), std::greater<>());
  glued_sizes_.erase(std::unique(glued_sizes_.begin(), glued_sizes_.end()), glued_sizes_.end());
}

const grammar_set& grammar_set::of(const catalogue& catalogue) {
  ensure(catalogue.grammars != nullptr, "route: the catalogue has no grammars");
  return *static_cast<const grammar_set*>(catalogue.grammars.get());
}

result<std::shared_ptr<const void>> build_grammars(const catalogue& catalogue) {
  auto set = std::make_shared<grammar_set>();
  for (const auto& code : catalogue.short_codes()) {
    auto built = grammar::build(code.grammar, set->table);
    if (!built)
      return failure{built.error().kind,
                     fmt::format("short code {}: {}", code.number, built.error().detail)};
    set->by_code.emplace(code.id.value, std::move(*built));
  }
  return std::shared_ptr<const void>(std::move(set));
}

} // namespace farebox::route
