// Goal: each hexadecimal line becomes JSON lines or an error with its place, and nothing stops the
// next line. Method: a table of lines with what has to be in their JSON; then random octets.
#include "farebox/smpp_decode.hpp"

#include "farebox/smpp/codec.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <random>
#include <sstream>

namespace farebox::cli {
namespace {

namespace json = boost::json;

struct decoded {
  int exit_code;
  std::vector<json::object> lines;
};

decoded run(const std::string& input, text::charset default_for_zero = text::charset::gsm7) {
  std::istringstream in(input);
  std::ostringstream out;
  decoded done{smpp_decode(in, out, default_for_zero), {}};
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);)
    done.lines.push_back(json::parse(line).as_object());
  return done;
}

// True if every member of `part` is in `whole` with the same value.
bool contains(const json::object& whole, const json::object& part) {
  for (const auto& [name, value] : part) {
    const auto* found = whole.if_contains(name);
    if (found == nullptr || *found != value) return false;
  }
  return true;
}

const std::string enquire = "00000010 00000015 00000000 00000001";
const std::string deliver_head =
    "00000005 00000000 00000007 00 01 01 37393132 00 00 00 34323432 00 ";

struct row {
  std::string line;
  int exit_code;
  std::string_view expected; // JSON, one per output line; members that have to be there
};

const row rows[] = {
    {"", 0, "[]"},
    {"  \t\r", 0, "[]"},
    {enquire, 0,
     R"([{"command_length":16,"command_id":21,"command_id_name":"enquire_link","command_status":0,
          "command_status_name":"ESME_ROK","sequence_number":1}])"},
    {"0x00000010000000150000000000000001", 0, R"([{"command_id_name":"enquire_link"}])"},
    {"0x00 0x00 0X00 0x10 00000015 00000000 00000001", 0, R"([{"command_id":21}])"},
    {enquire + enquire + "00000010 80000015 00000058 00000002", 0,
     R"([{"command_id":21},{"command_id":21},
         {"command_id_name":"enquire_link_resp","command_status_name":"ESME_RTHROTTLED"}])"},
    // "hi" and the euro sign, by the default alphabet.
    {"0000002D " + deliver_head + "00 00 00 00 00 00 00 00 00 04 6869 1B65", 0,
     R"([{"command_id_name":"deliver_sm","source_addr":"7912","source_addr_ton":1,
          "source_addr_ton_name":"international","destination_addr":"4242","sm_length":4,
          "short_message":"68691b65","charset":"gsm7","text":"hi€"}])"},
    // A part of a Cyrillic message.
    {"00000033 " + deliver_head + "40 00 00 00 00 00 00 08 00 0A 050003 07 02 01 0416 0438", 0,
     R"([{"esm_class":64,"esm_class_name":"UDHI","data_coding_name":"UCS-2","charset":"ucs2",
          "text":"Жи","udh":[{"id":0,"data":"070201"}],
          "part":{"reference":7,"total":2,"number":1}}])"},
    // UDH flagged, but no data.
    {"00000029 " + deliver_head + "40 00 00 00 00 00 00 00 00 00", 0,
     R"([{"text":"","udh":[],"sm_length":0}])"},
    // message_payload, a vendor TLV and SAR TLVs.
    {"00000045 " + deliver_head +
         "00 00 00 00 00 00 00 00 00 00 0424 0002 6869 1401 0002 ABCD "
         "020C 0002 0102 020E 0001 03 020F 0001 02",
     0,
     R"([{"text":"hi","tlvs":[{"tag":1060,"name":"message_payload","value":"6869"},
          {"tag":5121,"name":"0x1401","value":"abcd"},
          {"tag":524,"name":"sar_msg_ref_num","value":258},
          {"tag":526,"name":"sar_total_segments","value":3},
          {"tag":527,"name":"sar_segment_seqnum","value":2}],
          "part":{"reference":258,"total":3,"number":2}}])"},
    // A receipt.
    {"00000036 " + deliver_head + "04 00 00 00 00 00 00 00 00 00 001E 0004 31663200 0427 0001 02",
     0,
     R"([{"esm_class_name":"delivery receipt",
          "tlvs":[{"tag":30,"name":"receipted_message_id","value":"1f2"},
                  {"tag":1063,"name":"message_state","value":2,"value_name":"DELIVERED"}]}])"},
    {"0000002C " + deliver_head + "00 00 00 00 00 00 00 00 00 02 6869 00", 0,
     R"([{"text":"hi","tolerated":{"nul_after_short_message":1}}])"},
    {"0000002C 00000021 00000000 00000001 00 00 00 00 01 02 6C697374 00"
     "00 00 00 00 00 00 00 00 00 02 6869",
     1, R"([{"field":"command_length","offset":0}])"},
    {"00000026 00000021 00000000 00000001 00 00 00 00 01 02 6C697374 00"
     "00 00 00 00 00 00 00 00 00 01 68",
     0,
     R"([{"number_of_dests":1,"dest_addresses":[{"dest_flag":2,
          "dest_flag_name":"distribution list","dl_name":"list"}],"text":"h"}])"},
    {"00000013 00010200 00000000 00000001 010203", 0, R"([{"command_id":66048,"body":"010203"}])"},
    {"00000018 00000000B 00000000 00000001", 1, R"([{"field":"line","offset":36}])"},
    {"00000014 80000004 00000000 00000001 FF 22 0A 00", 0, R"([{"message_id":"ÿ\"\n"}])"},
    // What is wrong, and where.
    {"xyz", 1, R"([{"error":"not a hexadecimal digit","offset":0,"field":"line","line":1}])"},
    {"00 1g", 1, R"([{"error":"not a hexadecimal digit","offset":4,"field":"line"}])"},
    {"000", 1, R"([{"offset":3,"field":"line"}])"},
    {"000000", 1, R"([{"error":"cut off inside the length","field":"command_length"}])"},
    {"0000000F 00000015 00000000 000001", 1,
     R"([{"error":"command_length below 16","offset":0,"field":"command_length"}])"},
    {"7FFFFFFF 00000015", 1, R"([{"error":"command_length above the limit","offset":0}])"},
    {"474554202F", 1, R"([{"error":"HTTP instead of SMPP"}])"},
    {enquire + "00000011 00000015 00000000 00000001", 1,
     R"([{"command_id":21},
         {"error":"says 17 octets, 16 are there","offset":16,"field":"command_length"}])"},
    {enquire + "0000002B " + deliver_head + "00 00 00 00 00 00 00 00 00 03 6869" + enquire, 1,
     R"([{"command_id":21},
         {"error":"too short","offset":57,"field":"short_message","line":1,"command_id":5,
          "command_id_name":"deliver_sm","sequence_number":7,"answer":"ESME_RINVMSGLEN"},
         {"command_id":21}])"},
};

TEST_CASE("lines") {
  for (const auto& [line, exit_code, expected_text] : rows) {
    INFO(line);
    const auto done = run(line + "\n");
    const auto expected = json::parse(expected_text).as_array();
    CHECK(done.exit_code == exit_code);
    REQUIRE(done.lines.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO(json::serialize(done.lines[i]));
      CHECK(contains(done.lines[i], expected.at(i).as_object()));
    }
  }
}

TEST_CASE("a bad line does not stop the next, and is numbered") {
  const auto done = run(enquire + "\nzz\n\n" + enquire + "\n00\n" + enquire); // no last newline
  CHECK(done.exit_code == 1);
  REQUIRE(done.lines.size() == 5);
  CHECK(contains(done.lines[1], {{"line", 2}}));
  CHECK(contains(done.lines[2], {{"command_id", 21}}));
  CHECK(contains(done.lines[3], {{"line", 5}}));
  CHECK(contains(done.lines[4], {{"command_id", 21}}));
}

TEST_CASE("what data_coding 0 means is an argument") {
  const auto line = "0000002A " + deliver_head + "00 00 00 00 00 00 00 00 00 01 C6";
  CHECK(run(line, text::charset::windows_1251).lines.at(0).at("text") == "Ж");
  CHECK(run(line, text::charset::latin1).lines.at(0).at("text") == "Æ");
}

TEST_CASE("it never dies on a line: random octets behind a good header") {
  std::mt19937_64 source(8);
  const std::uint8_t ids[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0B, 0x15, 0x21};
  for (int i = 0; i < 2'000; ++i) {
    bytes data(16 + source() % 80);
    for (auto& octet : data) octet = static_cast<std::uint8_t>(source() % (source() % 3 ? 4 : 256));
    const bytes header{0, 0, 0, static_cast<std::uint8_t>(data.size()),
                       0, 0, 0, ids[source() % std::size(ids)]};
    std::copy(header.begin(), header.end(), data.begin());
    const auto done = run(to_hex(data) + "\n");
    CHECK(done.lines.size() == 1);
    CHECK((done.exit_code == 1) == done.lines.at(0).contains("error"));
  }
}

} // namespace
} // namespace farebox::cli
