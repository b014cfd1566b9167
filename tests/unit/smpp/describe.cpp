// Goal: every field and TLV is told by its standard name, with words for numbers, and a log line
// shows no whole phone number, password or text. Method: a sink that writes one line, and tables.
#include "farebox/smpp/describe.hpp"

#include "unit/smpp/random_pdu.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace farebox::smpp {
namespace {

using enum command_status;

class plain_sink : public description_sink {
 public:
  void integer(std::string_view name, std::uint32_t value, std::string_view meaning) override {
    add(name) += std::to_string(value);
    if (!meaning.empty()) line.append("(").append(meaning).append(")");
  }
  void text(std::string_view name, std::string_view value) override { add(name).append(value); }
  void octets(std::string_view name, bytes_view value) override { add(name) += to_hex(value); }
  void open_list(std::string_view name) override { add(name), open += '[', line += '['; }
  void open_item() override { open += '{', line += '{'; }
  void close_item() override { close('{'), line += '}'; }
  void close_list() override { close('['), line += ']'; }

  std::string line;
  std::string open; // what is open now: the nesting has to be proper

 private:
  std::string& add(std::string_view name) {
    if (!line.empty() && line.back() != '{') line += ' ';
    return line.append(name).append("=");
  }
  void close(char what) {
    REQUIRE(!open.empty());
    CHECK(open.back() == what);
    open.pop_back();
  }
};

std::string described(const pdu& message) {
  plain_sink sink;
  describe(message, sink);
  CHECK(sink.open.empty());
  return sink.line;
}

TEST_CASE("PDUs in words") {
  struct row {
    pdu message;
    std::string_view line;
  };
  const row rows[] = {
      {{ESME_RTHROTTLED, 7, submit_sm_resp{"1f", {}}},
       "command_id=2147483652(submit_sm_resp) command_status=88(ESME_RTHROTTLED) "
       "sequence_number=7 message_id=1f"},
      {{command_status{0x400}, 8, enquire_link_resp{}},
       "command_id=2147483669(enquire_link_resp) command_status=1024 sequence_number=8"},
      {{ESME_ROK, 9, unknown_pdu{command_id{0x10200}, {0xAB}}},
       "command_id=66048 command_status=0(ESME_ROK) sequence_number=9 body=ab"},
      {{ESME_ROK, 1, query_sm_resp{"1f", "", 2, 0, {}}},
       "command_id=2147483651(query_sm_resp) command_status=0(ESME_ROK) sequence_number=1 "
       "message_id=1f final_date= message_state=2(DELIVERED) error_code=0"},
      {{ESME_ROK, 1,
        alert_notification{1, 1, "7912", 0, 9, "4242", {make_u8(tag::ms_availability_status, 2)}}},
       "command_id=258(alert_notification) command_status=0(ESME_ROK) sequence_number=1 "
       "source_addr_ton=1(international) source_addr_npi=1(ISDN (E.163/E.164)) source_addr=7912 "
       "esme_addr_ton=0(unknown) esme_addr_npi=9(private) esme_addr=4242 "
       "tlvs=[{tag=1058(ms_availability_status) value=2(unavailable)}]"},
      {{ESME_ROK, 1, submit_multi_resp{"1", {{1, 1, "7912", ESME_RINVDSTADR}}, {}}},
       "command_id=2147483681(submit_multi_resp) command_status=0(ESME_ROK) sequence_number=1 "
       "message_id=1 no_unsuccess=1 unsuccess_smes=[{dest_addr_ton=1(international) "
       "dest_addr_npi=1(ISDN (E.163/E.164)) destination_addr=7912 "
       "error_status_code=11(ESME_RINVDSTADR)}]"},
      // A value that does not fit its definition, and tags that nobody knows, are octets.
      {{ESME_ROK, 1,
        enquire_link{{{tag::message_state, {1, 2}},
                      make_text(tag::receipted_message_id, "1f"),
                      {0x1401, {0xAB}}}}},
       "command_id=21(enquire_link) command_status=0(ESME_ROK) sequence_number=1 "
       "tlvs=[{tag=1063(message_state) value=0102}{tag=30(receipted_message_id) value=1f}"
       "{tag=5121 value=ab}]"},
  };
  for (const auto& [message, line] : rows) CHECK(described(message) == line);
}

TEST_CASE("words for numbers") {
  struct row {
    std::string_view field;
    std::uint32_t value;
    std::string_view meaning;
  };
  const row rows[] = {
      {"source_addr_ton", 5, "alphanumeric"},
      {"esme_addr_npi", 18, "WAP client id"},
      {"addr_ton", 7, ""},
      {"interface_version", 0x34, "3.4"},
      {"sc_interface_version", 0x50, "5.0"},
      {"data_coding", 8, "UCS-2"},
      {"esm_class", 0, "default"},
      {"esm_class", 0x04, "delivery receipt"},
      {"esm_class", 0x20, "intermediate notification"},
      {"esm_class", 0x43, "store and forward, UDHI"},
      {"esm_class", 0xC0, "UDHI, reply path"},
      {"esm_class", 0x3C, ""},
      {"priority_flag", 1, ""},
  };
  for (const auto& [field, value, meaning] : rows) {
    INFO(field, " ", value);
    CHECK(meaning_of(field, value) == meaning);
  }
}

TEST_CASE("a log line tells enough and gives nothing away") {
  struct row {
    pdu message;
    std::string_view line;
  };
  const row rows[] = {
      {{ESME_ROK, 7, enquire_link{}}, "enquire_link sequence_number=7"},
      {{ESME_RTHROTTLED, 7, submit_sm_resp{}},
       "submit_sm_resp command_status=ESME_RTHROTTLED sequence_number=7"},
      {{command_status{0x400}, 7, submit_sm_resp{"79121234567", {}}},
       "submit_sm_resp command_status=1024 sequence_number=7 message_id=79121234567"},
      {{ESME_ROK, 7, unknown_pdu{command_id{0x10200}, {1, 2}}},
       "0x00010200 sequence_number=7 body=(2 octets)"},
      {{ESME_ROK, 7, bind_receiver{"fare", "secret", "", 0x34, 0, 0, "", {}}},
       "bind_receiver sequence_number=7 system_id=fare password=*** interface_version=52"},
      {{ESME_ROK, 7,
        deliver_sm{.source_addr = "79121234345",
                   .destination_addr = "42\n42",
                   .short_message = {'h', 'i'},
                   .tlvs = {make_u8(tag::message_state, 2),
                            make_text(tag::receipted_message_id, "79121234345"),
                            make_text(tag::additional_status_info_text, "79121234345")}}},
       "deliver_sm sequence_number=7 source_addr=7912xxxx345 destination_addr=42?42 sm_length=2 "
       "short_message=(2 octets) tlvs=[{tag=message_state value=DELIVERED}"
       "{tag=receipted_message_id value=79121234345}"
       "{tag=additional_status_info_text value=7912xxxx345}]"},
  };
  for (const auto& [message, line] : rows) CHECK(to_log_line(message) == line);
}

TEST_CASE("random PDUs are told properly nested, and on one line") {
  std::mt19937_64 source(7);
  for (int i = 0; i < 2'000; ++i) {
    const auto message = random_pdu(source);
    described(message);
    const auto line = to_log_line(message);
    CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c <= 0x7E; }));
  }
}

} // namespace
} // namespace farebox::smpp
