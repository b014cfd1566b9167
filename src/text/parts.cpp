#include "farebox/text/parts.hpp"

#include "farebox/base/limits.hpp"
#include "farebox/base/result.hpp"
#include "farebox/text/utf8.hpp"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>

namespace farebox::text {

namespace {

constexpr std::array<std::string_view, 4> style_names{"udh8", "udh16", "sar", "payload"};

// The most UTF-8 octets that one segment can carry: 160 septets in which each character takes three
// octets and one septet. (No table has that many; it is a bound for truncation.)
constexpr std::size_t segment_utf8_max = 480;

// Even in UCS-2 a text of so many octets has no more UTF-16 units: always one segment.
constexpr std::size_t one_segment_utf8_max = segment_octets_max / 2;

// Where a text may be cut. ICU's iterator is made only when the first cut is looked for, since most
// replies need none.
class cluster_boundaries {
 public:
  explicit cluster_boundaries(std::string_view utf8) : utf8_(utf8) {}
  cluster_boundaries(const cluster_boundaries&) = delete;
  cluster_boundaries& operator=(const cluster_boundaries&) = delete;
  ~cluster_boundaries() { utext_close(&text_); }

  // The last boundary that is not after `offset`.
  std::size_t at_or_before(std::size_t offset) {
    const auto at = static_cast<std::int32_t>(offset);
    auto& breaks = iterator();
    return breaks.isBoundary(at) ? offset : static_cast<std::size_t>(breaks.preceding(at));
  }

  std::vector<std::size_t> all() {
    auto& breaks = iterator();
    std::vector<std::size_t> offsets;
    for (auto at = breaks.first(); at != icu::BreakIterator::DONE; at = breaks.next()) {
      offsets.push_back(static_cast<std::size_t>(at));
    }
    return offsets;
  }

 private:
  icu::BreakIterator& iterator() {
    if (iterator_) return *iterator_;
    UErrorCode status = U_ZERO_ERROR;
    utext_openUTF8(&text_, utf8_.data(), static_cast<std::int64_t>(utf8_.size()), &status);
    iterator_.reset(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    if (U_SUCCESS(status)) iterator_->setText(&text_, status);
    ensure(U_SUCCESS(status), "ICU cannot find grapheme clusters");
    return *iterator_;
  }

  std::string_view utf8_;
  UText text_ = UTEXT_INITIALIZER;
  std::unique_ptr<icu::BreakIterator> iterator_;
};

// One way to write a reply, and what counts in it: septets, octets or UTF-16 units.
struct coding {
  charset set = charset::gsm7;
  std::uint8_t data_coding = 0;
  gsm7_tables tables;

  std::size_t bits_per_unit() const {
    return set == charset::gsm7 ? 7 : set == charset::ucs2 ? 16 : 8;
  }

  // Units that the character takes; 0 if it cannot be written.
  std::size_t units(char32_t c) const {
    if (set == charset::ucs2) return c > 0xFFFF ? 2 : 1;
    const auto septets = gsm7_septets(c, tables);
    if (set == charset::gsm7) return septets;
    return c > (set == charset::latin1 ? 0xFF : 0x7F) ? 0 : std::max<std::size_t>(septets, 1);
  }

  std::vector<information_element> shift_elements() const {
    std::vector<information_element> elements;
    if (tables.locking != national_language::none) {
      elements.push_back(locking_shift_element(tables.locking));
    }
    if (tables.single != national_language::none) {
      elements.push_back(single_shift_element(tables.single));
    }
    return elements;
  }

  // Octets of the header of each segment on the air. With SAR the SMSC writes it, perhaps with a
  // 16-bit reference; with message_payload usually with an 8-bit one.
  std::size_t udh_size(bool is_long, long_message style) const {
    std::size_t size = shift_elements().size() * 3;
    if (is_long) size += style == long_message::udh16 || style == long_message::sar ? 6 : 5;
    return size == 0 ? 0 : size + 1;
  }

  std::size_t capacity(std::size_t udh_size) const {
    return (segment_octets_max - udh_size) * 8 / bits_per_unit();
  }
};

std::vector<coding> codings_of(const split_settings& settings) {
  std::vector<coding> codings;
  const bool has_gsm7 = settings.default_alphabet == charset::gsm7;
  const bool is_latin1 = settings.default_alphabet == charset::latin1;
  codings.push_back({has_gsm7 || is_latin1 ? settings.default_alphabet : charset::ascii, 0, {}});
  if (settings.latin1 && !is_latin1) codings.push_back({charset::latin1, 3, {}});
  if (has_gsm7 && settings.style <= long_message::udh16) {
    for (const auto language : settings.national) {
      if (language == national_language::none) continue;
      codings.push_back({charset::gsm7, 0, {.single = language}});
      if (language == national_language::spanish) continue;
      codings.push_back({charset::gsm7, 0, {.locking = language}});
      codings.push_back({charset::gsm7, 0, {.locking = language, .single = language}});
    }
  }
  codings.push_back({charset::ucs2, 8, {}});
  return codings;
}

struct plan {
  coding how;
  std::vector<std::string_view> pieces; // one for each segment
  std::size_t octets = 0;               // on the air, headers included

  bool is_better_than(const plan& other) const {
    return pieces.size() != other.pieces.size() ? pieces.size() < other.pieces.size()
                                                : octets < other.octets;
  }
};

std::optional<std::size_t> units_of(std::string_view utf8, const coding& how) {
  if (how.set == charset::gsm7) return gsm7_size(utf8, how.tables);
  std::size_t total = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto units = how.units(next_code_point(utf8, at));
    if (units == 0) return std::nullopt;
    total += units;
  }
  return total;
}

// Fills each segment as far as it goes, then steps back to a boundary of a cluster.
std::vector<std::string_view> cut(std::string_view utf8, const coding& how, std::size_t capacity,
                                  cluster_boundaries& boundaries) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  std::size_t used = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto before = at;
    used += how.units(next_code_point(utf8, at));
    if (used <= capacity) continue;
    const auto boundary = boundaries.at_or_before(before);
    const auto end = boundary > begin ? boundary : before;
    pieces.push_back(utf8.substr(begin, end - begin));
    begin = at = end;
    used = 0;
  }
  pieces.push_back(utf8.substr(begin));
  return pieces;
}

std::optional<plan> plan_with(const coding& how, std::string_view utf8, long_message style,
                              cluster_boundaries& boundaries) {
  const auto units = units_of(utf8, how);
  if (!units) return std::nullopt;
  auto udh_size = how.udh_size(false, style);
  plan made{how, {}, 0};
  if (*units <= how.capacity(udh_size)) {
    made.pieces.push_back(utf8);
  } else {
    udh_size = how.udh_size(true, style);
    made.pieces = cut(utf8, how, how.capacity(udh_size), boundaries);
  }
  made.octets = made.pieces.size() * udh_size + (*units * how.bits_per_unit() + 7) / 8;
  return made;
}

plan cheapest_plan(std::string_view utf8, const split_settings& settings) {
  cluster_boundaries boundaries(utf8);
  std::optional<plan> best;
  for (const auto& how : codings_of(settings)) {
    // Where a coding without shift tables has all characters, UCS-2 takes at least as much.
    if (how.set == charset::ucs2 && best && best->how.tables == gsm7_tables{}) break;
    auto made = plan_with(how, utf8, settings.style, boundaries);
    if (made && (!best || made->is_better_than(*best))) best = std::move(made);
  }
  return *std::move(best); // UCS-2 has every character
}

segment make_segment(std::string_view utf8, const coding& how, std::optional<part_header> part,
                     long_message style) {
  segment made{.user_data = {}, .data_coding = how.data_coding, .sar = {}};
  auto elements = how.shift_elements();
  if (part && style == long_message::sar) {
    made.sar = part;
  } else if (part) {
    elements.insert(elements.begin(), concatenation_element(*part, style == long_message::udh16));
  }
  if (!elements.empty()) {
    made.user_data = build_udh(elements).value();
    made.has_udh = true;
  }
  const auto text = encode(utf8, how.set, how.tables).value();
  made.user_data.insert(made.user_data.end(), text.begin(), text.end());
  return made;
}

// A received part without its header.
struct body {
  charset set = charset::gsm7;
  gsm7_tables tables;
  bytes_view text;
};

body body_of(const part_view& part, charset default_for_zero) {
  body found{charset_of(part.data_coding, default_for_zero), {}, part.user_data};
  if (part.has_udh) {
    const auto header = parse_udh(part.user_data);
    found.text = part.user_data.subspan(header.size);
    found.tables = header.tables;
  }
  return found;
}

} // namespace

std::string_view name_of(long_message style) {
  return style_names[static_cast<std::size_t>(style)];
}

std::optional<long_message> parse_long_message(std::string_view name) {
  const auto found = std::ranges::find(style_names, name);
  if (found == style_names.end()) return std::nullopt;
  return static_cast<long_message>(found - style_names.begin());
}

std::vector<segment> split(std::string_view utf8, const split_settings& settings,
                           std::uint16_t reference) {
  const auto valid = to_valid_utf8(utf8);
  const auto chosen = cheapest_plan(valid, settings);
  const auto total = chosen.pieces.size();
  std::vector<segment> segments;
  if (total > limits::message_parts_max) return segments;
  if (settings.style == long_message::payload || total == 1) {
    segments.push_back(make_segment(valid, chosen.how, {}, settings.style));
    segments.back().as_payload = total > 1;
    return segments;
  }
  part_header part{.reference = reference, .total = static_cast<std::uint8_t>(total)};
  for (const auto piece : chosen.pieces) {
    ++part.number;
    segments.push_back(make_segment(piece, chosen.how, part, settings.style));
  }
  return segments;
}

std::size_t segment_count(std::string_view utf8, const split_settings& settings) {
  if (utf8.size() <= one_segment_utf8_max) return 1;
  return cheapest_plan(utf8, settings).pieces.size();
}

std::string_view truncate_to_segments(std::string_view utf8, std::size_t segments_max,
                                      const split_settings& settings) {
  if (segments_max == 0) return {};
  segments_max = std::min(segments_max, limits::message_parts_max);
  const auto bounded = utf8.substr(0, utf8_prefix(utf8, segments_max * segment_utf8_max));
  if (segment_count(bounded, settings) <= segments_max) return bounded;
  // A longer beginning never takes fewer segments, so the last one that fits is found by halving.
  const auto offsets = cluster_boundaries(bounded).all();
  const auto fits = [&](std::size_t offset) {
    return segment_count(bounded.substr(0, offset), settings) <= segments_max;
  };
  const auto beyond = std::ranges::partition_point(offsets, fits);
  return bounded.substr(0, *std::prev(beyond));
}

std::optional<part_header> part_header_of(bool has_udh, bytes_view user_data,
                                          std::optional<std::uint16_t> sar_reference,
                                          std::optional<std::uint8_t> sar_total,
                                          std::optional<std::uint8_t> sar_number) {
  if (has_udh) {
    if (const auto header = parse_udh(user_data); header.concatenation) return header.concatenation;
  }
  if (!sar_reference || !sar_total || !sar_number) return std::nullopt;
  const part_header part{*sar_reference, *sar_total, *sar_number};
  return part.is_valid() ? std::optional(part) : std::nullopt;
}

std::string join(std::span<const part_view> parts, charset default_for_zero) {
  std::string out;
  bytes run; // the bodies of neighbours in one coding
  body first;
  for (const auto& part : parts) {
    const auto next = body_of(part, default_for_zero);
    if (next.set != first.set || next.tables != first.tables) {
      decode_into(run, first.set, first.tables, out);
      run.clear();
      first = next;
    }
    run.insert(run.end(), next.text.begin(), next.text.end());
  }
  decode_into(run, first.set, first.tables, out);
  return out;
}

void text_of(const part_view& message, charset default_for_zero, std::string& out) {
  const auto found = body_of(message, default_for_zero);
  decode_into(found.text, found.set, found.tables, out);
}

} // namespace farebox::text
