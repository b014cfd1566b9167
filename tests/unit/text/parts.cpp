// Goal: a reply takes the fewest segments, each fits the air and no character is cut; parts of an
// MO are joined whatever their sender did. Method: tables at the exact limits, then seeded random
// texts that are split and joined again in every style.
#include "farebox/text/parts.hpp"
#include "farebox/text/utf8.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

using namespace farebox;
using namespace farebox::text;
using enum charset;
using enum national_language;

namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

std::vector<part_view> views_of(std::span<const segment> segments) {
  std::vector<part_view> views;
  for (const auto& one : segments) {
    views.push_back({one.user_data, one.data_coding, one.has_udh});
  }
  return views;
}

// The text of one segment alone.
std::string text_of(const segment& one, charset default_for_zero) {
  std::string out;
  farebox::text::text_of({one.user_data, one.data_coding, one.has_udh}, default_for_zero, out);
  return out;
}

// Octets on the air as TS 23.040 counts them; with SAR the SMSC adds a header of at most 7.
std::size_t octets_on_air(const segment& one, charset default_for_zero) {
  const auto udh_size = one.has_udh ? parse_udh(one.user_data).size : 0;
  const auto sar_size = one.sar ? std::size_t{7} : 0;
  const auto set = charset_of(one.data_coding, default_for_zero);
  if (set != gsm7) return sar_size + one.user_data.size();
  const auto septets = bytes_view(one.user_data).subspan(udh_size);
  return udh_size + sar_size + gsm7_pack(septets, gsm7_fill_bits(udh_size + sar_size)).size();
}

bytes from(const char* hex) {
  bytes data;
  REQUIRE(from_hex(hex, data));
  return data;
}

bytes operator+(bytes first, const bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const split_settings plain{};
const split_settings udh16{.style = long_message::udh16};
const split_settings sar{.style = long_message::sar};
const split_settings payload{.style = long_message::payload};
const split_settings with_latin1{.latin1 = true};
const split_settings latin1_under_0{.default_alphabet = latin1};
const split_settings ascii_under_0{.default_alphabet = ascii};
const split_settings windows_under_0{.default_alphabet = windows_1251};
const split_settings languages{.national = {turkish, spanish, portuguese}};
const split_settings languages_sar{.national = {turkish}, .style = long_message::sar};

const split_settings all_settings[] = {
    plain,           udh16,
    sar,             payload,
    with_latin1,     latin1_under_0,
    ascii_under_0,   windows_under_0,
    languages,       languages_sar,
    {.latin1 = true, .national = {turkish}, .style = long_message::udh16},
    {.default_alphabet = latin1, .national = {turkish}, .style = long_message::sar}};

} // namespace

TEST_CASE("segments and coding at the exact limits") {
  struct row {
    const split_settings& settings;
    std::string text;
    std::size_t segments;
    int data_coding;
    std::size_t udh_size;
  };
  const row rows[] = {
      {plain, "", 1, 0, 0},
      {plain, times(160, "a"), 1, 0, 0},
      {plain, times(161, "a"), 2, 0, 6},
      {plain, times(306, "a"), 2, 0, 6},
      {plain, times(307, "a"), 3, 0, 6},
      {udh16, times(304, "a"), 2, 0, 7},
      {udh16, times(305, "a"), 3, 0, 7},
      {sar, times(160, "a"), 1, 0, 0},
      {sar, times(304, "a"), 2, 0, 0},
      {sar, times(305, "a"), 3, 0, 0},
      {plain, times(70, "ж"), 1, 8, 0},
      {plain, times(71, "ж"), 2, 8, 6},
      {plain, times(134, "ж"), 2, 8, 6},
      {plain, times(135, "ж"), 3, 8, 6},
      {udh16, times(132, "ж"), 2, 8, 7},
      {udh16, times(133, "ж"), 3, 8, 7},
      {sar, times(133, "ж"), 3, 8, 0},
      {plain, times(69, "a") + "ж", 1, 8, 0},
      // FIELD-NOTES: "Euro sign and [ ] { } | ^ ~ \ take two septets".
      {plain, times(80, "€"), 1, 0, 0},
      {plain, times(80, "€") + "a", 2, 0, 6},
      {plain, times(10, "[]{}|^~\\"), 1, 0, 0},
      {plain, times(10, "[]{}|^~\\") + "a", 2, 0, 6},
      // A pair that does not fit behind 152 septets goes over whole.
      {plain, times(152, "a") + "€" + times(7, "a"), 2, 0, 6},
      {plain, times(152, "a") + "€" + times(151, "a"), 2, 0, 6},
      {plain, times(152, "a") + "€" + times(152, "a"), 3, 0, 6},
      // Surrogate pairs count as two units, and 67 is odd.
      {plain, times(35, "😀"), 1, 8, 0},
      {plain, times(36, "😀"), 2, 8, 6},
      {plain, times(66, "😀"), 2, 8, 6},
      {plain, times(67, "😀"), 3, 8, 6},
      // Latin-1, under 3 or 0: octets; ê is not in the GSM alphabet.
      {with_latin1, times(140, "a"), 1, 0, 0},
      {with_latin1, times(140, "ê"), 1, 3, 0},
      {with_latin1, times(141, "ê"), 2, 3, 6},
      {with_latin1, times(268, "ê"), 2, 3, 6},
      {with_latin1, times(269, "ê"), 3, 3, 6},
      {with_latin1, "ж", 1, 8, 0},
      {plain, times(70, "ê"), 1, 8, 0},
      {plain, times(71, "ê"), 2, 8, 6},
      // A bind without gsm7: data_coding 0 is Latin-1 or ASCII there.
      {latin1_under_0, times(140, "a"), 1, 0, 0},
      {latin1_under_0, times(141, "ê"), 2, 0, 6},
      {latin1_under_0, times(70, "["), 1, 0, 0},
      {latin1_under_0, times(71, "["), 2, 0, 6}, // may become two septets each behind the SMSC
      {latin1_under_0, "€", 1, 8, 0},
      {ascii_under_0, times(140, "a"), 1, 0, 0},
      {ascii_under_0, "é", 1, 8, 0},
      {windows_under_0, "abc", 1, 0, 0},
      {windows_under_0, "жук", 1, 8, 0}, // never Windows-1251 on the air
      // National tables: 155 septets behind one shift element, 149 with a concatenation.
      {languages, times(160, "a"), 1, 0, 0},
      {languages, times(155, "ş"), 1, 0, 4},
      {languages, times(156, "ş"), 2, 0, 9},
      {languages, times(298, "ş"), 2, 0, 9},
      {languages, times(299, "ş"), 3, 0, 9},
      {languages, times(150, "a") + "ş", 1, 0, 4},
      {languages, times(149, "a") + times(3, "á"), 1, 0, 4},
      {languages, times(150, "ã"), 1, 0, 4},
      {languages, "ş", 1, 8, 0}, // two octets against four of header and one
      {languages, "жş", 1, 8, 0},
      {plain, times(71, "ş"), 2, 8, 6},
      {languages_sar, times(71, "ş"), 2, 8, 0}, // the header is the SMSC's there
  };
  for (const auto& [settings, text, segments, data_coding, udh_size] : rows) {
    CAPTURE(name_of(settings.style));
    CAPTURE(text);
    const auto found = split(text, settings, 0x1234);
    REQUIRE(found.size() == segments);
    CHECK(segment_count(text, settings) == segments);
    for (const auto& one : found) {
      CHECK(int{one.data_coding} == data_coding);
      CHECK(one.has_udh == (udh_size > 0));
      if (one.has_udh) CHECK(parse_udh(one.user_data).size == udh_size);
    }
  }
}

TEST_CASE("the parts of one reply, octet by octet") {
  struct row {
    const split_settings& settings;
    const char* first_header;
    const char* last_header;
    bool by_sar;
  };
  const row rows[] = {{plain, "050003340201", "050003340202", false},
                      {udh16, "06080412340201", "06080412340202", false},
                      {sar, "", "", true}};
  for (const auto& [settings, first_header, last_header, by_sar] : rows) {
    CAPTURE(name_of(settings.style));
    const auto parts = split(times(152, "a") + times(5, "€"), settings, 0x1234);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].user_data == from(first_header) + bytes(152, 'a'));
    CHECK(parts[1].user_data == from(last_header) + from("1b651b651b651b651b65"));
    CHECK(parts[0].sar == (by_sar ? std::optional(part_header{0x1234, 2, 1}) : std::nullopt));
    CHECK(parts[1].sar == (by_sar ? std::optional(part_header{0x1234, 2, 2}) : std::nullopt));
    CHECK_FALSE(parts[0].as_payload);
  }
}

TEST_CASE("message_payload: one PDU whatever the length, counted as on the air") {
  struct row {
    std::string text;
    bool as_payload;
    std::size_t count;
  };
  const row rows[] = {{times(160, "a"), false, 1},
                      {times(161, "a"), true, 2},
                      {times(71, "ж"), true, 2},
                      {times(255 * 153, "a"), true, 255}};
  for (const auto& [text, as_payload, count] : rows) {
    const auto segments = split(text, payload, 1);
    REQUIRE(segments.size() == 1);
    CHECK(segments[0].as_payload == as_payload);
    CHECK_FALSE(segments[0].has_udh);
    CHECK(segment_count(text, payload) == count);
    CHECK(text_of(segments[0], gsm7) == text);
  }
}

TEST_CASE("255 parts and no more") {
  struct row {
    const split_settings& settings;
    std::size_t septets;
    std::size_t count;
    std::size_t segments;
  };
  const row rows[] = {{plain, 255 * 153, 255, 255},
                      {plain, 255 * 153 + 1, 256, 0},
                      {payload, 255 * 153, 255, 1},
                      {payload, 255 * 153 + 1, 256, 0}};
  for (const auto& [settings, septets, count, segments] : rows) {
    CAPTURE(name_of(settings.style));
    CHECK(segment_count(times(septets, "a"), settings) == count);
    CHECK(split(times(septets, "a"), settings, 1).size() == segments);
  }
}

TEST_CASE("a cut falls between grapheme clusters") {
  struct row {
    std::string before;
    std::string cluster; // does not fit wholly behind `before`
  };
  const row rows[] = {
      {times(66, "ж"), "😀"},                   // a surrogate pair
      {times(66, "ж"), "и\u0306"},              // a letter and its mark
      {times(65, "ж"), "e\u0301\u0323"},        // two marks
      {times(64, "ж"), "👨‍👩‍👧"},             // joined emoji
      {times(65, "ж"), "👍🏽"},                // with a skin tone
      {times(65, "ж"), "🇩🇪"},                // a flag
      {times(66, "ж"), "☀\uFE0F"},             // a variation selector
      {times(65, "ж"), "\u1112\u1161\u11AB"}, // Hangul written in pieces
      {times(66, "ж"), "\r\n"},
  };
  for (const auto& [before, cluster] : rows) {
    CAPTURE(cluster);
    const auto text = before + cluster + times(30, "я");
    const auto parts = split(text, plain, 7);
    REQUIRE(parts.size() == 2);
    CHECK(text_of(parts[0], gsm7) == before);
    CHECK(join(views_of(parts), gsm7) == text);
  }
}

TEST_CASE("a cluster longer than a segment is cut between code points") {
  const auto text = "a" + times(150, "\u0301");
  const auto parts = split(text, plain, 7);
  REQUIRE(parts.size() == 3);
  CHECK(text_of(parts[0], gsm7) == "a" + times(66, "\u0301"));
  CHECK(join(views_of(parts), gsm7) == text);
}

TEST_CASE("random texts: each segment fits, joined they are the same, in every style") {
  const std::u32string alphabets[] = {
      U"abcXYZ 019@£é[]€{}^~\\|\r\n", U"abcêëÀþ÷ 12",     U"абвЯёЖ 12№",
      U"abc şğıİçŞ€",                 U"áíóúñ¿abc€",      U"ãõâêÀÇ abc∞`",
      U"😀👍🏽жa\u0301\u200D🇩🇪€",       U"ABCΔΦΓΛΩΠΨΣΘΞ[]", U"中文字ab"};
  std::mt19937_64 random(6);
  for (int round = 0; round < 4'000; ++round) {
    const auto& settings = all_settings[random() % std::size(all_settings)];
    const auto& alphabet = alphabets[random() % std::size(alphabets)];
    const bool is_mixed = random() % 8 == 0;
    std::string text;
    for (auto size = random() % 500; size > 0; --size) {
      const auto& letters = is_mixed ? alphabets[random() % std::size(alphabets)] : alphabet;
      append_code_point(text, letters[random() % letters.size()]);
    }
    const auto reference = static_cast<std::uint16_t>(random());
    const auto zero = settings.default_alphabet;
    const auto segments = split(text, settings, reference);
    REQUIRE(join(views_of(segments), zero) == text);

    const bool is_payload = settings.style == long_message::payload;
    REQUIRE((is_payload ? 1 : segment_count(text, settings)) == segments.size());
    std::string apart;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const auto& one = segments[i];
      apart += text_of(one, zero); // no character was cut: each part is whole by itself
      if (one.as_payload) continue;
      REQUIRE(octets_on_air(one, zero) <= segment_octets_max);
      REQUIRE(one.user_data.size() <= 254); // short_message
      if (segments.size() == 1) continue;
      const auto part = part_header_of(one.has_udh, one.user_data, one.sar ? one.sar->reference : 0,
                                       one.sar ? one.sar->total : 0, one.sar ? one.sar->number : 0);
      REQUIRE(part.has_value());
      REQUIRE(part->number == i + 1);
      REQUIRE(part->total == segments.size());
      REQUIRE((part->reference & 0xFF) == (reference & 0xFF));
    }
    REQUIRE(apart == text);
  }
}

TEST_CASE("ill-formed UTF-8 is sent as U+FFFD") {
  const auto parts = split("ab\xFF", plain, 1);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].user_data == from("00610062fffd"));
}

TEST_CASE("truncation") {
  struct row {
    const split_settings& settings;
    std::string text;
    std::size_t segments_max;
    std::string expected;
  };
  const row rows[] = {
      {plain, "abc", 0, ""},
      {plain, "", 1, ""},
      {plain, "abc", 1, "abc"},
      {plain, times(161, "a"), 1, times(160, "a")},
      {plain, times(400, "a"), 2, times(306, "a")},
      {plain, times(100, "ж"), 1, times(70, "ж")},
      {plain, times(159, "a") + "€", 1, times(159, "a")},
      {plain, times(69, "ж") + "😀", 1, times(69, "ж")},
      {plain, times(69, "ж") + "и\u0306", 1, times(69, "ж")},
      // Without its last letter all of this is in the GSM alphabet.
      {plain, times(150, "a") + "ж", 1, times(150, "a")},
      {payload, times(400, "a"), 2, times(306, "a")},
      {plain, times(40'000, "a"), 1'000, times(255 * 153, "a")},
      {languages, times(200, "€"), 1, times(155, "€")}, // one septet each in Turkish
      {plain, "a" + times(200, "\u0301"), 1, ""}, // one cluster, too long for a segment
  };
  for (const auto& [settings, text, segments_max, expected] : rows) {
    CAPTURE(expected.substr(0, 20));
    CHECK(truncate_to_segments(text, segments_max, settings) == expected);
  }
}

// FIELD-NOTES, Long messages: "with 8-bit or 16-bit references or SAR TLVs".
TEST_CASE("which part a message is") {
  using u16 = std::optional<std::uint16_t>;
  using u8 = std::optional<std::uint8_t>;
  struct row {
    bool has_udh;
    const char* user_data;
    u16 reference;
    u8 total;
    u8 number;
    std::optional<part_header> expected;
  };
  const row rows[] = {
      {true, "05000342020141", {}, {}, {}, part_header{0x42, 2, 1}},
      {true, "0608041234020241", {}, {}, {}, part_header{0x1234, 2, 2}},
      {false, "41", 0x1234, 3, 2, part_header{0x1234, 3, 2}},
      {true, "05000342020141", 7, 3, 3, part_header{0x42, 2, 1}}, // the header goes first
      {true, "0324010141", 7, 3, 3, part_header{7, 3, 3}}, // a header of something else
      {false, "05000342020141", {}, {}, {}, {}}, // not flagged: text
      // FIELD-NOTES: "UDH flagged with sm_length 0; UDHL longer than the data".
      {true, "", {}, {}, {}, {}},
      {true, "", 7, 3, 3, part_header{7, 3, 3}},
      {true, "05000342", {}, {}, {}, {}},
      // Numbers that make no sense: a single message.
      {true, "05000342000141", {}, {}, {}, {}},
      {true, "05000342020041", {}, {}, {}, {}},
      {true, "05000342020341", {}, {}, {}, {}},
      {false, "41", 7, 0, 1, {}},
      {false, "41", 7, 2, 0, {}},
      {false, "41", 7, 2, 3, {}},
      {false, "41", 7, 1, 1, part_header{7, 1, 1}},
      {false, "41", {}, 2, 1, {}}, // SAR values come together or not at all
      {false, "41", 7, {}, 1, {}},
      {false, "41", 7, 2, {}, {}},
  };
  for (const auto& [has_udh, user_data, reference, total, number, expected] : rows) {
    CAPTURE(user_data);
    CHECK(part_header_of(has_udh, from(user_data), reference, total, number) == expected);
  }
}

// FIELD-NOTES: "Parts come out of order, twice ... references wrap".
TEST_CASE("parts that arrive out of order and twice are joined by their numbers") {
  const auto text = times(60, "Привет, мир! ");
  for (const auto& settings : {plain, udh16, sar}) {
    for (const int reference : {0, 255, 256, 65'535}) {
      auto segments = split(text, settings, static_cast<std::uint16_t>(reference));
      REQUIRE(segments.size() > 3);
      std::ranges::reverse(segments);
      segments.push_back(segments[1]);
      std::map<int, part_view> set;
      for (const auto& one : segments) {
        const auto sar_values = one.sar.value_or(part_header{});
        const auto part = part_header_of(one.has_udh, one.user_data, sar_values.reference,
                                         sar_values.total, sar_values.number);
        REQUIRE(part.has_value());
        set[part->number] = {one.user_data, one.data_coding, one.has_udh};
      }
      std::vector<part_view> parts;
      for (const auto& [number, part] : set) parts.push_back(part);
      CHECK(join(parts, gsm7) == text);
    }
  }
}

TEST_CASE("joining what senders cut wrongly, mix, or flag by mistake") {
  struct one {
    const char* user_data;
    std::uint8_t data_coding;
    bool has_udh;
  };
  struct row {
    std::vector<one> parts;
    charset default_for_zero;
    std::string expected;
  };
  const row rows[] = {
      {{}, gsm7, ""},
      {{{"4142", 0, false}}, gsm7, "AB"},
      // FIELD-NOTES: "UTF-16 surrogates occur in UCS-2": cut between the two halves.
      {{{"0500030102010041d83d", 8, true}, {"050003010202de000042", 8, true}}, gsm7, "A😀B"},
      // A 16-bit header leaves 133 octets: some senders fill them and cut a character in two.
      {{{"0608040001020104", 8, true}, {"060804000102021604", 8, true}}, gsm7, "Ж\uFFFD"},
      {{{"060804000102010416", 8, true}, {"06080400010202", 8, true}}, gsm7, "Ж"},
      // An escape at the end of one part, its septet in the next.
      {{{"050003010201411b", 0, true}, {"0500030102026542", 0, true}}, gsm7, "A€B"},
      // Mixed codings: each part by its own.
      {{{"0500030103014142", 0, true}, {"0500030103020416", 8, true}, {"050003010303c4", 3, true}},
       gsm7,
       "ABЖÄ"},
      {{{"050003010201c6", 0, true}, {"050003010202b6", 6, true}}, windows_1251, "ЖЖ"},
      {{{"c4", 0, false}, {"c4", 3, false}}, latin1, "ÄÄ"}, // one set under two codings
      {{{"041f", 8, false}, {"0440", 0x18, false}}, gsm7, "Пр"},
      // A class in the coding of one part only.
      {{{"41", 0, false}, {"42", 0xF1, false}}, gsm7, "AB"},
      // National tables belong to the part that names them.
      {{{"03240101411b73", 0, true}, {"1b7342", 0, false}}, gsm7, "AşsB"},
      {{{"032501010704", 0, true}}, gsm7, "ı€"},
      {{{"0b000301010124010125010107411b65", 0, true}}, gsm7, "ıA€"},
      // FIELD-NOTES: "UDH flagged with sm_length 0; UDHL longer than the data": the latter is text.
      {{{"", 0, true}}, gsm7, ""},
      {{{"5252203120", 0, true}}, gsm7, "RR 1 "},
      // "several information elements; unknown ones are skipped".
      {{{"0a700341424300034202014142", 0, true}}, gsm7, "AB"},
      {{{"0c05040b8423f000034202014142", 0, true}}, gsm7, "B"},
  };
  for (const auto& [parts, default_for_zero, expected] : rows) {
    CAPTURE(expected);
    std::vector<bytes> octets;
    for (const auto& part : parts) octets.push_back(from(part.user_data));
    std::vector<part_view> views;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      views.push_back({octets[i], parts[i].data_coding, parts[i].has_udh});
    }
    CHECK(join(views, default_for_zero) == expected);
    if (views.size() != 1) continue;
    std::string single = "before ";
    farebox::text::text_of(views[0], default_for_zero, single);
    CHECK(single == "before " + expected);
  }
}

TEST_CASE("random octets are joined without harm") {
  std::mt19937_64 random(8);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<bytes> octets(random() % 5);
    std::vector<part_view> views;
    for (auto& data : octets) {
      data.resize(random() % 16);
      const auto limit = random() % 2 ? 9u : 256u;
      for (auto& octet : data) octet = static_cast<std::uint8_t>(random() % limit);
      views.push_back({data, static_cast<std::uint8_t>(random()), random() % 2 == 0});
    }
    REQUIRE(is_valid_utf8(join(views, random() % 2 ? gsm7 : latin1)));
  }
}

TEST_CASE("names round-trip") {
  using enum long_message;
  for (const auto style : {udh8, long_message::udh16, long_message::sar, long_message::payload}) {
    CHECK(parse_long_message(name_of(style)) == style);
  }
  CHECK_FALSE(parse_long_message("udh32"));
}
