// Goal: any octets flagged as having a User Data Header give a clear answer, and a header that is
// built is read back the same. Method: tables of headers, then seeded random ones.
#include "farebox/text/udh.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace farebox;
using namespace farebox::text;
using enum udh_status;

namespace {

user_data_header parsed(const char* hex) {
  bytes data;
  REQUIRE(from_hex(hex, data));
  return parse_udh(data);
}

using part = std::optional<part_header>;

} // namespace

// FIELD-NOTES, Long messages: "UDH flagged with sm_length 0; UDHL longer than the data; several
// information elements; unknown ones are skipped."
TEST_CASE("headers and what is read from them") {
  struct row {
    const char* hex;
    udh_status status;
    std::size_t size;
    std::size_t elements;
    part expected;
  };
  const row rows[] = {
      {"", no_data, 0, 0, {}},
      {"00", ok, 1, 0, {}},
      {"0041", ok, 1, 0, {}},
      {"05", longer_than_data, 0, 0, {}},
      {"050003420201", ok, 6, 1, part_header{0x42, 2, 1}},
      {"05000342020141", ok, 6, 1, part_header{0x42, 2, 1}},
      {"0500034202", longer_than_data, 0, 0, {}},     // one octet less
      {"52522031", longer_than_data, 0, 0, {}},       // a flag set by mistake: the text is `RR 1`
      {"0608041234030241", ok, 7, 1, part_header{0x1234, 3, 2}},
      {"0508041234030241", element_cut, 6, 0, {}},    // UDHL one too small
      {"0708041234030241", element_cut, 8, 1, part_header{0x1234, 3, 2}}, // UDHL one too large
      {"0400034202", element_cut, 5, 0, {}},          // the element runs beyond the header
      {"0500024202ff", element_cut, 6, 1, {}},        // a wrong IEDL: skipped, the rest is cut
      {"0b05040b8423f0000342020141", ok, 12, 2, part_header{0x42, 2, 1}}, // port first
      {"0a0003420201700341424341", ok, 11, 2, part_header{0x42, 2, 1}},   // unknown after it
      {"0a70034142430003420201", ok, 11, 2, part_header{0x42, 2, 1}},     // unknown before it
      {"0770000003420201", ok, 8, 2, part_header{0x42, 2, 1}},            // unknown and empty
      // TS 23.040 9.2.3.24.1: total 0, number 0, number above total: as if it were not there.
      {"050003420001", ok, 6, 1, {}},
      {"050003420200", ok, 6, 1, {}},
      {"050003420203", ok, 6, 1, {}},
      {"050003420101", ok, 6, 1, part_header{0x42, 1, 1}},
      {"050003ffffff", ok, 6, 1, part_header{0xFF, 255, 255}},
      // Repeated and contradicting ones: the last that makes sense.
      {"0a00034202010003430202", ok, 11, 2, part_header{0x43, 2, 2}},
      {"0b00034202010804123402024142", ok, 12, 2, part_header{0x1234, 2, 2}},
      {"0a00034202010003430009", ok, 11, 2, part_header{0x42, 2, 1}},
  };
  for (const auto& [hex, status, size, elements, expected] : rows) {
    CAPTURE(hex);
    const auto header = parsed(hex);
    CHECK(name_of(header.status) == name_of(status));
    CHECK(header.size == size);
    CHECK(header.elements.size() == elements);
    CHECK(header.concatenation == expected);
  }
}

TEST_CASE("ports and national tables") {
  struct row {
    const char* hex;
    std::optional<application_port> port;
    gsm7_tables expected;
  };
  const row rows[] = {
      {"0605040b8423f0", application_port{0x0B84, 0x23F0}, {}},
      {"040402f0e2", application_port{0xF0, 0xE2}, {}},
      {"0405020b84", {}, {}}, // 16-bit ports of the wrong length
      {"03240101", {}, {.single = national_language::turkish}},
      {"03250103", {}, {.locking = national_language::portuguese}},
      {"06240102250103",
       {},
       {.locking = national_language::portuguese, .single = national_language::spanish}},
      {"03240104", {}, {}},     // Bengali: not known here
      {"0424020101", {}, {}},   // a wrong length
      {"06240101240102", {}, {.single = national_language::spanish}}, // the last one counts
      {"0b0003420201050400500051", application_port{0x50, 0x51}, {}},
  };
  for (const auto& [hex, port, expected] : rows) {
    CAPTURE(hex);
    const auto header = parsed(hex);
    CHECK(header.status == ok);
    CHECK(header.port == port);
    CHECK(header.tables == expected);
  }
}

TEST_CASE("built headers, octet by octet") {
  const part_header part{0x1234, 3, 2};
  struct row {
    std::vector<information_element> elements;
    const char* expected;
  };
  const row rows[] = {
      {{}, "00"},
      {{concatenation_element(part, false)}, "050003340302"}, // the low octet of the reference
      {{concatenation_element(part, true)}, "06080412340302"},
      {{port_element({0x0B84, 0x23F0})}, "0605040b8423f0"},
      {{locking_shift_element(national_language::turkish),
        single_shift_element(national_language::spanish)},
       "06250101240102"},
      {{{0x70, {}}, {0x71, {0xAA}}}, "0570007101aa"},
  };
  for (const auto& [elements, expected] : rows) {
    const auto header = build_udh(elements);
    REQUIRE(header.has_value());
    CHECK(to_hex(*header) == expected);
    CHECK(parse_udh(*header).elements == elements);
  }
}

TEST_CASE("a header that its length octets cannot tell is not built") {
  struct row {
    std::vector<std::size_t> sizes; // of the elements' data
    bool expected;
  };
  const row rows[] = {{{253}, true}, {{254}, false}, {{255}, false}, {{256}, false},
                      {{100, 151}, true}, {{100, 152}, false}};
  for (const auto& [sizes, expected] : rows) {
    std::vector<information_element> elements;
    for (const auto size : sizes) elements.push_back({0x70, bytes(size)});
    CAPTURE(sizes.front());
    CHECK(build_udh(elements).has_value() == expected);
  }
}

TEST_CASE("random octets never harm, and never claim more than there is") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 50'000; ++round) {
    bytes data(random() % 20);
    const auto limit = random() % 2 ? 8u : 256u;
    for (auto& octet : data) octet = static_cast<std::uint8_t>(random() % limit);
    const auto header = parse_udh(data);
    REQUIRE(header.size <= data.size());
    REQUIRE((header.size > 0) == (header.status == ok || header.status == element_cut));
    if (header.concatenation) REQUIRE(header.concatenation->is_valid());
    if (header.status != ok) continue;
    const auto again = build_udh(header.elements);
    REQUIRE(again == bytes(data.begin(), data.begin() + static_cast<int>(header.size)));
  }
}
