// Goal: bytes and structs agree, both ways, for every PDU of SMPP 3.4. Method: a table of frames
// written by hand (the first is the specification's own example, paragraph 3.2.1); then PDUs made
// at random from the field lists; then each frame one octet shorter and longer, in a heap block of
// exactly its size.
#include "farebox/smpp/codec.hpp"

#include "farebox/base/limits.hpp"
#include "unit/smpp/random_pdu.hpp"
#include "unit/smpp/wire_text.hpp"

#include <set>

namespace farebox::smpp {
namespace {

using enum command_status;

bytes octets(std::string_view text) { return {text.begin(), text.end()}; }

struct row {
  std::string_view frame;
  pdu message;
};

const row rows[] = {
    {"0000002F 00000002 00000000 00000001 "
     "'SMPP3TEST' 00 'secret08' 00 'SUBMIT1' 00 00 01 01 00",
     {ESME_ROK, 1, bind_transmitter{"SMPP3TEST", "secret08", "SUBMIT1", 0, 1, 1, "", {}}}},
    {"0000001A 80000002 00000000 00000001 "
     "'SMSC' 00 0210 0001 34",
     {ESME_ROK, 1, bind_transmitter_resp{"SMSC", {make_u8(tag::sc_interface_version, 0x34)}}}},
    {"00000023 00000001 00000000 00000002 "
     "'fare' 00 'pw' 00 'VMA' 00 34 00 00 '^42' 00",
     {ESME_ROK, 2, bind_receiver{"fare", "pw", "VMA", 0x34, 0, 0, "^42", {}}}},
    {"00000015 80000001 00000000 00000002 "
     "'SMSC' 00",
     {ESME_ROK, 2, bind_receiver_resp{"SMSC", {}}}},
    {"0000001B 00000009 00000000 00000003 "
     "'fare' 00 00 00 50 05 09 00",
     {ESME_ROK, 3, bind_transceiver{"fare", "", "", 0x50, 5, 9, "", {}}}},
    {"00000010 80000009 00000005 00000003", {ESME_RALYBND, 3, bind_transceiver_resp{}}},
    {"00000018 0000000B 00000000 00000000 "
     "'SMSC' 00 'pw' 00",
     {ESME_ROK, 0, outbind{"SMSC", "pw", {}}}},
    {"00000010 00000006 00000000 00000004", {ESME_ROK, 4, unbind{}}},
    {"00000010 80000006 00000000 00000004", {ESME_ROK, 4, unbind_resp{}}},
    {"00000010 80000000 00000003 00000005", {ESME_RINVCMDID, 5, generic_nack{}}},
    {"00000010 00000015 00000000 7FFFFFFF", {ESME_ROK, 0x7fffffff, enquire_link{}}},
    {"00000010 80000015 00000000 7FFFFFFF", {ESME_ROK, 0x7fffffff, enquire_link_resp{}}},
    {"0000005F 00000004 00000000 00000006 "
     "'CMT' 00 05 00 'Farebox' 00 01 01 '79121234567' 00 40 7F 02 '261231120000004+' 00 "
     "'000001000000000R' 00 11 01 F6 09 03 'abc' 0204 0002 0102",
     {ESME_ROK, 6,
      submit_sm{"CMT", 5, 0, "Farebox", 1, 1, "79121234567", 0x40, 0x7F, 2, "261231120000004+",
                "000001000000000R", 0x11, 1, 0xF6, 9, octets("abc"),
                {make_u16(tag::user_message_reference, 0x0102)}}}},
    {"00000015 80000004 00000000 00000006 "
     "'a1B2' 00",
     {ESME_ROK, 6, submit_sm_resp{"a1B2", {}}}},
    {"00000010 80000004 00000058 00000006", {ESME_RTHROTTLED, 6, submit_sm_resp{}}},
    {"0000003C 00000005 00000000 00000008 "
     "00 01 01 '79121234567' 00 03 00 '4242' 00 04 00 00 00 00 00 00 00 00 00 001E 0003 "
     "'1f' 00 0427 0001 02",
     {ESME_ROK, 8,
      deliver_sm{"", 1, 1, "79121234567", 3, 0, "4242", 4, 0, 0, "", "", 0, 0, 0, 0, {},
                 {make_text(tag::receipted_message_id, "1f"), make_u8(tag::message_state, 2)}}}},
    {"00000011 80000005 00000000 00000008 "
     "00",
     {ESME_ROK, 8, deliver_sm_resp{}}},
    {"00000011 80000005 00000014 00000008 "
     "00",
     {ESME_RMSGQFUL, 8, deliver_sm_resp{}}},
    {"00000033 00000021 00000000 00000009 "
     "00 00 00 '4242' 00 02 01 01 01 '7912' 00 02 'list' 00 00 00 00 00 00 00 00 08 00 02 "
     "0416",
     {ESME_ROK, 9,
      submit_multi{"", 0, 0, "4242", {{1, 1, 1, "7912", ""}, {2, 0, 0, "", "list"}}, 0, 0, 0, "",
                   "", 0, 0, 8, 0, {0x04, 0x16}, {}}}},
    {"0000001F 80000021 00000000 00000009 "
     "'77' 00 01 01 01 '7912' 00 0000000B",
     {ESME_ROK, 9, submit_multi_resp{"77", {{1, 1, "7912", ESME_RINVDSTADR}}, {}}}},
    {"0000003B 00000103 00000000 0000000A "
     "'WAP' 00 01 01 '79121234567' 00 00 00 'host.example' 00 00 01 04 0424 0003 010203",
     {ESME_ROK, 10,
      data_sm{"WAP", 1, 1, "79121234567", 0, 0, "host.example", 0, 1, 4,
              {make_octets(tag::message_payload, bytes{1, 2, 3})}}}},
    {"00000012 80000103 00000000 0000000A "
     "'9' 00",
     {ESME_ROK, 10, data_sm_resp{"9", {}}}},
    {"0000001F 00000003 00000000 0000000B "
     "'a1B2' 00 05 00 'Farebox' 00",
     {ESME_ROK, 11, query_sm{"a1B2", 5, 0, "Farebox", {}}}},
    {"00000028 80000003 00000000 0000000B "
     "'a1B2' 00 '261231120000004+' 00 02 FF",
     {ESME_ROK, 11, query_sm_resp{"a1B2", "261231120000004+", 2, 0xFF, {}}}},
    {"0000002A 00000008 00000000 0000000C "
     "'CMT' 00 'a1B2' 00 05 00 'Farebox' 00 01 01 '7912' 00",
     {ESME_ROK, 12, cancel_sm{"CMT", "a1B2", 5, 0, "Farebox", 1, 1, "7912", {}}}},
    {"00000010 80000008 00000011 0000000C", {ESME_RCANCELFAIL, 12, cancel_sm_resp{}}},
    {"00000025 00000007 00000000 0000000D "
     "'a1B2' 00 05 00 'Farebox' 00 00 00 01 02 01 'x'",
     {ESME_ROK, 13, replace_sm{"a1B2", 5, 0, "Farebox", "", "", 1, 2, octets("x"), {}}}},
    {"00000010 80000007 00000000 0000000D", {ESME_ROK, 13, replace_sm_resp{}}},
    {"0000002A 00000102 00000000 0000000E "
     "01 01 '79121234567' 00 00 00 '4242' 00 0422 0001 00",
     {ESME_ROK, 14,
      alert_notification{
          1, 1, "79121234567", 0, 0, "4242", {make_u8(tag::ms_availability_status, 0)}}}},
    {"00000013 00010200 00000000 0000000F "
     "01 02 03",
     {ESME_ROK, 15, unknown_pdu{command_id{0x10200}, {1, 2, 3}}}},
};

bytes encoded(const pdu& message) {
  bytes out;
  const auto done = encode(message, out);
  INFO(name_of(id_of(message)), " ", done ? "" : done.error().detail);
  REQUIRE(done.has_value());
  return out;
}

pdu decoded(bytes_view frame, decode_notes* notes = nullptr) {
  const auto done = decode(exact_copy(frame).view(), notes);
  INFO(to_hex(frame), done ? "" : " field " + done.error().field + ": " + done.error().why);
  REQUIRE(done.has_value());
  return *done;
}

TEST_CASE("every PDU decodes from and encodes to its bytes") {
  std::set<std::size_t> kinds;
  for (const auto& [notation, message] : rows) {
    INFO(notation);
    kinds.insert(message.body.index());
    const auto frame = wire(notation);
    CHECK(decoded(frame) == message);
    CHECK(to_hex(encoded(message)) == to_hex(frame));
  }
  CHECK(kinds.size() == std::variant_size_v<pdu_body>); // no PDU is without a row
}

TEST_CASE("random PDUs come back as they were") {
  std::mt19937_64 source(1);
  decode_notes notes;
  for (int i = 0; i < 20'000; ++i) {
    const auto message = random_pdu(source);
    const auto frame = encoded(message);
    INFO("number ", i, " ", name_of(id_of(message)));
    REQUIRE(decoded(frame, &notes) == message);
  }
  CHECK(notes == decode_notes{});
}

tlv_list* tlvs_of(pdu& message) {
  return std::visit(
      [](auto& body) -> tlv_list* {
        if constexpr (requires { body.tlvs; })
          return &body.tlvs;
        else
          return nullptr;
      },
      message.body);
}

// What a frame cut to `size` octets has to give.
void check_cut(const pdu& whole, bytes_view frame, std::size_t size) {
  auto bare = whole;
  tlvs_of(bare)->clear();
  const auto mandatory_size = encoded(bare).size();
  decode_notes notes;
  const auto cut = decode(exact_copy(frame.first(size)).with_own_length().view(), &notes);
  const auto id = id_of(whole);
  INFO(name_of(id), " of ", frame.size(), " octets cut to ", size);
  if (size < mandatory_size && !is_response(id)) {
    REQUIRE(cut.has_error());
    CHECK(cut.error().id == id);
    CHECK(cut.error().sequence == whole.sequence);
    CHECK(cut.error().offset >= 16);
    CHECK(cut.error().offset <= size);
    CHECK(!cut.error().field.empty());
  } else if (size >= mandatory_size) {
    // Whole TLVs stay, one that is cut goes and is counted.
    REQUIRE(cut.has_value());
    auto& tlvs = *tlvs_of(bare);
    tlvs = *tlvs_of(const_cast<pdu&>(whole));
    auto kept = *cut;
    REQUIRE(tlvs_of(kept)->size() <= tlvs.size());
    tlvs.resize(tlvs_of(kept)->size());
    CHECK(kept == bare);
    const auto lost = size - encoded(bare).size();
    CHECK(notes.tlvs_cut_short == (lost >= 4));
    CHECK(notes.trailing_octets + notes.nul_after_short_message == (lost < 4 ? lost : 0));
  }
}

TEST_CASE("a frame cut anywhere fails by its field, or loses only the TLV that is cut") {
  for (const auto& [notation, message] : rows) {
    if (std::holds_alternative<unknown_pdu>(message.body)) continue;
    const auto frame = wire(notation);
    for (std::size_t size = 16; size < frame.size(); ++size) check_cut(message, frame, size);
  }
  std::mt19937_64 source(2);
  for (int i = 0; i < 5'000; ++i) {
    const auto message = random_pdu(source);
    if (std::holds_alternative<unknown_pdu>(message.body)) continue;
    const auto frame = encoded(message);
    if (frame.size() > 16) check_cut(message, frame, frame.size() - 1);
  }
}

TEST_CASE("one octet more is ignored and counted") {
  std::mt19937_64 source(3);
  for (int i = 0; i < 5'000; ++i) {
    const auto message = random_pdu(source);
    if (std::holds_alternative<unknown_pdu>(message.body)) continue;
    auto frame = encoded(message);
    if (frame.size() == 16 && is_response(id_of(message))) continue; // the octet would be a body
    if (frame.size() == limits::pdu_size_max) continue;
    frame.push_back(static_cast<std::uint8_t>(i));
    decode_notes notes;
    const auto longer = decode(exact_copy(frame).with_own_length().view(), &notes);
    REQUIRE(longer.has_value());
    CHECK(*longer == message);
    CHECK(notes.trailing_octets + notes.nul_after_short_message == 1);
  }
}

TEST_CASE("any octets are decoded or refused, and what is decoded is encoded again") {
  // Method: frames of random PDUs with a few octets overwritten; the second decode has to give the
  // same PDU as the first.
  std::mt19937_64 source(4);
  for (int i = 0; i < 20'000; ++i) {
    auto frame = encoded(random_pdu(source));
    for (auto changes = source() % 4; changes-- > 0 && frame.size() > 16;)
      frame[16 + source() % (frame.size() - 16)] = static_cast<std::uint8_t>(source());
    const auto first = decode(exact_copy(frame).view());
    if (!first) continue;
    REQUIRE(decoded(encoded(*first)) == *first);
  }
}

TEST_CASE("command_length must be the frame's size") {
  struct length_row {
    std::string_view frame;
    std::string_view field;
  };
  const length_row length_rows[] = {
      {"00000011 00000015 00000000 00000001", "command_length"},
      {"0000000F 00000015 00000000 00000001", "command_length"},
      {"00000010 00000015 00000000 00000001 00", "command_length"},
      {"0000000F 00000015 00000000 000000", "command_length"},
      {"0000", "command_length"},
      {"", "command_length"},
  };
  for (const auto& [notation, field] : length_rows) {
    INFO(notation);
    const auto done = decode(exact_copy(wire(notation)).view());
    REQUIRE(done.has_error());
    CHECK(done.error().field == field);
    CHECK(done.error().answer == ESME_RINVCMDLEN);
  }
}

// A visitor of fields.hpp: makes the n-th field that has a limit as long as it may be, plus `over`.
class stretch {
 public:
  stretch(std::size_t n, std::size_t over) : left_(n), over_(over) {}

  void integer(const char*, auto&) {}
  void choice(const char* name, std::uint8_t& value, std::uint8_t, std::uint8_t highest,
              command_status) {
    if (mine(name)) value = static_cast<std::uint8_t>(highest + over_);
  }
  void text(const char* name, std::string& value, std::size_t size_max, command_status) {
    if (mine(name)) value.assign(size_max - 1 + over_, 'x');
  }
  void counted(const char*, const char* name, bytes& value, command_status) {
    if (mine(name)) value.assign(255 + over_, 'x');
  }
  template<class Item>
  void list(const char*, const char* name, std::vector<Item>& items, command_status) {
    if (mine(name)) items.resize(255 + over_);
    if (items.empty()) items.resize(1);
    fields(*this, items[0]);
  }
  void tlvs(tlv_list&) {}

  std::string name; // of the field, if there were so many

 private:
  bool mine(const char* field) {
    if (left_-- != 0) return false;
    name = field;
    return true;
  }
  std::size_t left_;
  std::size_t over_;
};

template<class Body> std::string stretched(pdu& message, std::size_t n, std::size_t over) {
  stretch visitor(n, over);
  if constexpr (is_known<Body>) fields(visitor, message.body.emplace<Body>());
  return visitor.name;
}

template<class Body> void check_limits_of(std::type_identity<Body>) {
  for (std::size_t n = 0;; ++n) {
    pdu at_limit;
    pdu above;
    const auto field = stretched<Body>(at_limit, n, 0);
    stretched<Body>(above, n, 1);
    if (field.empty()) return;
    INFO(name_of(id_of(at_limit)), " ", field);
    CHECK(decoded(encoded(at_limit)) == at_limit);
    bytes out = octets("before");
    const auto done = encode(above, out);
    REQUIRE(done.has_error());
    CHECK(done.error().detail.starts_with(field + ":"));
    CHECK(out == octets("before"));
  }
}

TEST_CASE("a field at its limit is encoded, one above it is refused by name, and nothing written") {
  [&]<class... Bodies>(std::type_identity<std::variant<Bodies...>>) {
    (check_limits_of(std::type_identity<Bodies>{}), ...);
  }(std::type_identity<pdu_body>{});
}

TEST_CASE("what cannot be on the wire is not encoded") {
  struct refused_row {
    pdu_body body;
    std::string_view detail;
  };
  const refused_row refused_rows[] = {
      {submit_sm_resp{std::string("a\0b", 3), {}}, "message_id: NUL inside"},
      {submit_multi{.dest_addresses = {{.dest_flag = 0}}}, "dest_flag: value out of range"},
      {enquire_link{{make_octets(0x1400, bytes(65517))}},
       "command_length: 65537 octets are above the limit"},
      {unknown_pdu{command_id{0x7777}, bytes(65521)},
       "command_length: 65537 octets are above the limit"},
  };
  for (const auto& [body, detail] : refused_rows) {
    bytes out;
    const auto done = encode({ESME_ROK, 1, body}, out);
    REQUIRE(done.has_error());
    CHECK(done.error().detail == detail);
    CHECK(out.empty());
  }
  CHECK(encoded({ESME_ROK, 1, enquire_link{{make_octets(0x1400, bytes(65516))}}}).size() ==
        limits::pdu_size_max);
}

TEST_CASE("frames are appended") {
  bytes out;
  REQUIRE(encode({ESME_ROK, 1, enquire_link{}}, out).has_value());
  REQUIRE(encode({ESME_ROK, 2, unbind{}}, out).has_value());
  CHECK(to_hex(out) == "00000010000000150000000000000001"
                       "00000010000000060000000000000002");
}

TEST_CASE("a refusal is the request's own response, or generic_nack, or nothing") {
  struct refusal_row {
    command_id request;
    std::optional<command_id> answer;
  };
  const refusal_row refusal_rows[] = {
      {command_id::bind_transceiver, command_id::bind_transceiver_resp},
      {command_id::submit_sm, command_id::submit_sm_resp},
      {command_id::deliver_sm, command_id::deliver_sm_resp},
      {command_id::submit_multi, command_id::submit_multi_resp},
      {command_id::enquire_link, command_id::enquire_link_resp},
      {command_id::broadcast_sm, command_id::generic_nack},
      {command_id{0x00000000}, command_id::generic_nack},
      {command_id{0x00010200}, command_id::generic_nack},
      {command_id::outbind, {}},
      {command_id::alert_notification, {}},
      {command_id::generic_nack, {}},
      {command_id::submit_sm_resp, {}},
      {command_id{0x80010200}, {}},
  };
  for (const auto& [request, answer] : refusal_rows) {
    INFO(name_of(request));
    const auto made = refusal(request, 0xFFFFFFFF, ESME_RINVCMDLEN);
    REQUIRE(made.has_value() == answer.has_value());
    if (!answer) continue;
    CHECK(id_of(*made) == *answer);
    CHECK(made->sequence == 0xFFFFFFFF);
    CHECK(made->status == ESME_RINVCMDLEN);
  }
}

} // namespace
} // namespace farebox::smpp
