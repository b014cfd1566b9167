// Input: three octets of settings, then octets that are text in some character set, and UTF-8 at
// the same time; repeated, so that a short input makes a long message.
//
// - Octets of any character set become valid UTF-8, and come back to the same characters. A byte
//   order mark, which UCS-2 obeys and drops, is the one exception, as is its mirror image U+FFFE.
// - A text that a character set has, comes back from it the same.
// - The segments of a split text fit the air, are numbered, break no character, and join to the
//   same text. A truncated text is a beginning that fits.
// - A header is rebuilt from its elements; parts of anything are joined without harm.
#include "farebox/base/limits.hpp"
#include "farebox/text/charset.hpp"
#include "farebox/text/fold.hpp"
#include "farebox/text/parts.hpp"
#include "farebox/text/udh.hpp"
#include "farebox/text/utf8.hpp"
#include "fuzz/fuzz.hpp"

#include <array>
#include <string>

using namespace farebox;
using namespace farebox::text;
using fuzz::require;

namespace {

constexpr std::array charsets{charset::gsm7,         charset::ascii, charset::latin1,
                              charset::iso_8859_5,   charset::windows_1251,
                              charset::ucs2,         charset::binary};
constexpr std::array defaults{charset::gsm7, charset::ascii, charset::latin1,
                              charset::windows_1251};

bool has_mark(std::string_view utf8) {
  return utf8.find("\uFEFF") != utf8.npos || utf8.find("\uFFFE") != utf8.npos;
}

void check_octets(bytes_view octets, charset set, gsm7_tables tables) {
  const auto read = decode(octets, set, tables);
  require(is_valid_utf8(read), "what was decoded is UTF-8");
  if (set == charset::binary || (set == charset::ucs2 && has_mark(read))) return;
  const auto written = encode(read, set, tables);
  const bool unreadable = read.find("\uFFFD") != read.npos && set != charset::ucs2;
  require(written.has_value() != unreadable, "what was readable can be written");
  if (written) require(decode(*written, set, tables) == read, "and is read the same");
}

void check_packing(bytes_view octets, std::size_t fill_bits) {
  bytes septets(octets.begin(), octets.end());
  for (auto& septet : septets) septet &= 0x7F;
  const auto packed = gsm7_pack(septets, fill_bits);
  require(gsm7_unpack(packed, septets.size(), fill_bits) == septets, "septets are packed whole");
  const auto read = gsm7_unpack(octets, octets.size() * 2, fill_bits);
  require(read.size() * 7 <= octets.size() * 8, "no septet comes from beyond the data");
}

void check_text(const std::string& utf8, charset set, gsm7_tables tables) {
  const auto written = encode(utf8, set, tables);
  if (set == charset::gsm7) {
    const auto size = gsm7_size(utf8, tables);
    require(size.has_value() == written.has_value() && (!size || *size == written->size()),
            "the size of a text is known before it is encoded");
  }
  if (!written || (set == charset::ucs2 && has_mark(utf8))) return;
  require(decode(*written, set, tables) == to_valid_utf8(utf8), "a text comes back the same");
}

void check_fold(const std::string& utf8) {
  const auto folded = fold(utf8);
  require(is_valid_utf8(folded), "folded text is UTF-8");
  require(fold(folded) == folded, "folding twice changes nothing");
}

split_settings settings_from(std::uint8_t bits, std::uint8_t more) {
  split_settings made;
  made.default_alphabet = defaults[bits & 3];
  made.latin1 = (bits & 4) != 0;
  made.style = static_cast<long_message>(bits >> 3 & 3);
  for (const auto language : {national_language::turkish, national_language::spanish,
                              national_language::portuguese})
    if (more >> static_cast<int>(language) & 1) made.national.push_back(language);
  return made;
}

std::size_t octets_on_air(const segment& one) {
  if (charset_of(one.data_coding, charset::gsm7) != charset::gsm7) return one.user_data.size();
  const auto udh_size = one.has_udh ? parse_udh(one.user_data).size : 0;
  return udh_size + ((one.user_data.size() - udh_size) * 7 + gsm7_fill_bits(udh_size) + 7) / 8;
}

void check_split(const std::string& utf8, const split_settings& how) {
  constexpr std::uint16_t reference = 0xA1B2;
  const auto text = to_valid_utf8(utf8);
  const auto segments = split(utf8, how, reference);
  const auto count = segment_count(utf8, how);
  if (how.style != long_message::payload)
    require(segments.size() == (count > limits::message_parts_max ? 0 : count),
            "segments are counted as they are split");
  std::vector<part_view> parts;
  std::string each;
  for (const auto& one : segments) {
    parts.push_back({one.user_data, one.data_coding, one.has_udh});
    text_of(parts.back(), how.default_alphabet, each);
    const bool is_gsm7 = how.default_alphabet == charset::gsm7 || one.data_coding != 0;
    require(one.as_payload || (is_gsm7 ? octets_on_air(one) : one.user_data.size()) <=
                                  segment_octets_max,
            "a segment fits the air");
    if (segments.size() == 1) continue;
    const auto part = one.sar ? one.sar : part_header_of(one.has_udh, one.user_data);
    const auto known = how.style == long_message::udh8 ? reference & 0xFF : reference;
    require(part && part->total == segments.size() && part->number == parts.size() &&
                part->reference == known,
            "segments are numbered");
  }
  if (segments.empty() || has_mark(text)) return;
  require(each == text, "no character is broken");
  require(join(parts, how.default_alphabet) == text, "segments join to their text");
}

void check_truncation(const std::string& utf8, const split_settings& how, std::size_t segments) {
  const auto kept = truncate_to_segments(utf8, segments, how);
  require(std::string_view(utf8).starts_with(kept), "a truncated text is a beginning");
  require(segments == 0 ? kept.empty() : segment_count(kept, how) <= segments, "and it fits");
}

void check_header(bytes_view octets) {
  const auto header = parse_udh(octets);
  require(header.size <= octets.size(), "a header lies inside of its data");
  require(!header.concatenation || header.concatenation->is_valid(), "a part has its place");
  if (header.status != udh_status::ok) return;
  const auto built = build_udh(header.elements);
  require(built && std::ranges::equal(*built, octets.first(header.size)),
          "a header is rebuilt from its elements");
}

// The octets cut into parts, each with its own coding.
void check_parts(bytes_view octets, charset default_for_zero) {
  std::vector<part_view> parts;
  for (fuzz::input in(octets); !in.at_end();) {
    const auto data_coding = in.u8();
    const auto bits = in.u8();
    parts.push_back({in.take(bits & 0x3F), data_coding, (bits & 0x40) != 0});
  }
  require(is_valid_utf8(join(parts, default_for_zero)), "joined parts are UTF-8");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in({data, size});
  const auto bits = in.u8(), more = in.u8(), which = in.u8();
  const auto octets = in.rest();
  const std::string utf8(as_text(octets));
  const auto set = charsets[which % charsets.size()];
  const gsm7_tables tables{static_cast<national_language>(which >> 3 & 3),
                           static_cast<national_language>(which >> 5 & 3)};
  check_octets(octets, set, tables);
  check_packing(octets, more % 7);
  check_text(utf8, set, tables);
  check_fold(utf8);
  const auto how = settings_from(bits, more);
  std::string message;
  for (int times = 1 + (more >> 4); times > 0; --times) message += utf8;
  check_split(message, how);
  check_truncation(message, how, which % 4);
  check_header(octets);
  check_parts(octets, how.default_alphabet);
  return 0;
}
