// Goal: TLVs have the specification's tags, names and sizes, are made as it says and read more
// leniently. Method: tables.
#include "farebox/smpp/tlv.hpp"

#include "unit/smpp/wire_text.hpp"

#include <set>

namespace farebox::smpp {
namespace {

TEST_CASE("definitions") {
  struct row {
    std::uint16_t tag;
    std::string_view name;
    tlv_kind kind;
    int size_min;
    int size_max;
  };
  const row rows[] = {
      {0x0005, "dest_addr_subunit", tlv_kind::integer, 1, 1},
      {0x0008, "dest_telematics_id", tlv_kind::integer, 2, 2},
      {0x0017, "qos_time_to_live", tlv_kind::integer, 4, 4},
      {0x001D, "additional_status_info_text", tlv_kind::c_octet_string, 1, 256},
      {0x001E, "receipted_message_id", tlv_kind::c_octet_string, 1, 65},
      {0x0204, "user_message_reference", tlv_kind::integer, 2, 2},
      {0x020C, "sar_msg_ref_num", tlv_kind::integer, 2, 2},
      {0x0381, "callback_num", tlv_kind::octet_string, 4, 19},
      {0x0423, "network_error_code", tlv_kind::octet_string, 3, 3},
      {0x0424, "message_payload", tlv_kind::octet_string, 0, 65535},
      {0x0427, "message_state", tlv_kind::integer, 1, 1},
      {0x130C, "alert_on_message_delivery", tlv_kind::octet_string, 0, 0},
      {0x1383, "its_session_info", tlv_kind::octet_string, 2, 2},
  };
  for (const auto& [tag, name, kind, size_min, size_max] : rows) {
    const auto* definition = definition_of(tag);
    REQUIRE(definition != nullptr);
    CHECK(definition->name == name);
    CHECK(definition->kind == kind);
    CHECK(definition->size_min == size_min);
    CHECK(definition->size_max == size_max);
  }
  std::set<std::uint16_t> tags;
  for (const auto& definition : tlv_definitions()) {
    CHECK(tags.insert(definition.tag).second);
    CHECK(parse_tag(definition.name) == definition.tag);
    CHECK(name_of_tag(definition.tag) == definition.name);
    CHECK(!is_vendor_tag(definition.tag));
  }
  CHECK(tags.size() == 44 + 9); // of 3.4 and of 5.0
}

TEST_CASE("tags from text") {
  struct row {
    std::string_view text;
    std::optional<std::uint16_t> tag;
  };
  const row rows[] = {{"message_state", 0x0427},
                      {"0x1401", 0x1401},
                      {"5121", 0x1401},
                      {"0xFFFF", 0xFFFF},
                      {"65536", {}},
                      {"message_stat", {}},
                      {"", {}},
                      {"0x", {}}};
  for (const auto& [text, tag] : rows) {
    INFO(text);
    CHECK(parse_tag(text) == tag);
  }
  CHECK(name_of_tag(0x1401) == "0x1401");
  CHECK(is_vendor_tag(0x1400));
  CHECK(is_vendor_tag(0x3FFF));
  CHECK(!is_vendor_tag(0x13FF));
  CHECK(!is_vendor_tag(0x4000));
}

TEST_CASE("values are made as the specification says") {
  struct row {
    tlv made;
    std::string_view value;
  };
  const row rows[] = {
      {make_u8(0x0427, 2), "02"},
      {make_u16(0x0204, 0x1234), "1234"},
      {make_u32(0x0017, 0x12345678), "12345678"},
      {make_text(0x001E, "1f"), "'1f' 00"},
      {make_text(0x001E, ""), "00"},
      {make_octets(0x0424, wire("00 FF")), "00FF"},
      {make_integer(tag::user_message_reference, 7), "0007"},
      {make_integer(tag::message_state, 2), "02"},
      {make_integer(tag::qos_time_to_live, 1), "00000001"},
      {make_integer(0x1401, 0xFF), "FF"},
      {make_integer(0x1401, 0x100), "0100"},
      {make_integer(0x1401, 0x10000), "00010000"},
  };
  for (const auto& [made, value] : rows) CHECK(to_hex(made.value) == to_hex(wire(value)));
}

TEST_CASE("values are read in any width and with or without their NUL") {
  struct row {
    std::string_view value;
    std::optional<std::uint32_t> integer;
    std::string_view text;
  };
  const row rows[] = {
      {"", {}, ""},
      {"02", 2, "\x02"},
      {"0102", 0x102, "\x01\x02"},
      {"010203", 0x10203, "\x01\x02\x03"},
      {"FFFFFFFF", 0xFFFFFFFF, "\xFF\xFF\xFF\xFF"},
      {"'abcde'", {}, "abcde"},
      {"'abcd' 00", {}, "abcd"},
      {"'abcd' 00 'e' 00", {}, "abcd"},
  };
  for (const auto& [value, integer, text] : rows) {
    INFO(value);
    const tlv_list list{{0x1400, wire("77")}, {0x1401, wire(value)}, {0x1401, wire("05")}};
    CHECK(find(list, 0x1401) == &list[1]); // the first of its tag
    CHECK(integer_of(list, 0x1401) == integer);
    CHECK(text_of(list, 0x1401) == text);
  }
  CHECK(find({}, 0x1401) == nullptr);
  CHECK(integer_of({}, 0x1401) == std::nullopt);
  CHECK(text_of({}, 0x1401) == std::nullopt);
}

} // namespace
} // namespace farebox::smpp
