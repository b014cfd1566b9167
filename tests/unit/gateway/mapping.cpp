#include "gateway/mapping.hpp"

#include "farebox/base/digest.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace farebox;
using namespace farebox::gateway;

namespace {

operator_settings operator_of_test() {
  operator_settings owner;
  owner.info.id = operator_id{3};
  owner.info.name = "north";
  owner.destination_ton = 1;
  owner.destination_npi = 1;
  return owner;
}

dialect dialect_of(const operator_settings& owner, bind_settings bind = {}) {
  return dialect(owner, bind);
}

const arrival when{{connection_id{9}, 77}, utc_time(seconds(100)), utc_time(seconds(90)),
                   steady_time(seconds(7))};

smpp::deliver_sm message_of(std::string_view source, std::string_view octets,
                            std::uint8_t data_coding = 0, std::uint8_t esm_class = 0) {
  smpp::deliver_sm message;
  message.source_addr = source;
  message.destination_addr = "4242";
  message.data_coding = data_coding;
  message.esm_class = esm_class;
  const auto view = as_bytes(octets);
  message.short_message.assign(view.begin(), view.end());
  return message;
}

reply_row reply_of(std::string text, int segments = 1) {
  reply_row reply;
  reply.id = reply.message = message_id{0x12345};
  reply.op = operator_id{3};
  reply.destination = "79121234567";
  reply.source = "4242";
  reply.text = std::move(text);
  reply.segments = segments;
  reply.attempts = 1;
  return reply;
}

std::vector<outgoing> sent(const reply_row& reply, std::uint32_t segments,
                           const reply_delivery& delivery, text::long_message style,
                           std::uint8_t version = 0x34,
                           text::charset alphabet = text::charset::gsm7) {
  const auto owner = operator_of_test();
  bind_settings bind;
  bind.charset = alphabet;
  text::split_settings splitting;
  splitting.style = style;
  const auto made =
      submits_of(reply, segments, delivery, splitting, dialect_of(owner, bind), version);
  REQUIRE(made.has_value());
  return *made;
}

std::uint32_t number(const outgoing& what, std::uint16_t tag) {
  return smpp::integer_of(what.message.tlvs, tag).value_or(0xFFFFFFFF);
}

} // namespace

TEST_CASE("a deliver_sm becomes an MO") {
  // Goal: source, text and part as the flow wants them. Method: table of address, octets, coding,
  // esm_class; expected source, text and part "reference/number/total".
  struct row {
    const char* source;
    std::string octets;
    std::uint8_t data_coding, esm_class;
    text::charset alphabet;
    const char *expected_source, *text, *part;
  };
  using text::charset;
  const std::string udh("\x05\x00\x03\x2A\x02\x01", 6);
  for (const auto& row : {
           row{"79121234567", "BILL 20", 0, 0, charset::gsm7, "79121234567", "BILL 20", ""},
           row{"+79121234567", "a\x40\x02", 0, 0, charset::gsm7, "79121234567", "a\xC2\xA1$", ""},
           row{"1", "\xE9", 0, 0, charset::latin1, "1", "é", ""},
           row{"1", "\xE9", 3, 0, charset::gsm7, "1", "é", ""},
           row{"1", "\xC4\xE0", 0, 0, charset::windows_1251, "1", "Да", ""},
           row{"1", std::string("\x04\x14\x04\x30", 4), 8, 0, charset::gsm7, "1", "Да", ""},
           row{"1", udh + "ab", 0, 0x40, charset::gsm7, "1", "ab", "42/1/2"},
           row{"", "", 0, 0, charset::gsm7, "", "", ""},
       }) {
    bind_settings bind;
    bind.charset = row.alphabet;
    const auto how = dialect_of(operator_of_test(), bind);
    const auto mo = mo_of(message_of(row.source, row.octets, row.data_coding, row.esm_class), when,
                          how, {});
    CHECK(mo.source == row.expected_source);
    CHECK(mo.text == row.text);
    CHECK(mo.raw == bytes(as_bytes(row.octets).begin(), as_bytes(row.octets).end()));
    CHECK((mo.part ? std::to_string(mo.part->reference) + "/" + std::to_string(mo.part->number) +
                         "/" + std::to_string(mo.part->total)
                   : "") == row.part);
    CHECK(mo.alphabet == static_cast<std::uint8_t>(row.alphabet));
    CHECK(mo.answer_to.connection == connection_id{9});
    CHECK(mo.answer_to.sequence == 77);
    CHECK(mo.previous_read_at == utc_time(seconds(90)));
    CHECK(mo.arrived_at == steady_time(seconds(7)));
    CHECK_FALSE(mo.permit);
  }
}

TEST_CASE("TLVs of an MO count only where the operator's policy names them") {
  // Goal: ids, reference, link and SAR. Method: one message with all, read with and without policy.
  auto message = message_of("79121234567", "x");
  message.tlvs = {smpp::make_text(0x1401, "id-1"), smpp::make_u16(0x0204, 513),
                  smpp::make_octets(0x1500, bytes{1, 0, 2}), smpp::make_u16(0x020C, 300),
                  smpp::make_u8(0x020E, 3), smpp::make_u8(0x020F, 2)};
  auto owner = operator_of_test();
  const auto plain = mo_of(message, when, dialect_of(owner), {});
  CHECK(plain.operator_message_id.empty());
  CHECK(plain.reference.empty());
  CHECK(plain.mo_link.empty());
  REQUIRE(plain.part.has_value());
  CHECK(plain.part->reference == 300);
  CHECK(plain.part->number == 2);

  owner.info.redelivery.id_tlv = 0x1401;
  owner.info.redelivery.user_message_reference = true;
  const std::vector<std::uint16_t> tags{0x1499, 0x1500};
  const auto full = mo_of(message, when, dialect_of(owner), tags);
  CHECK(full.operator_message_id == "id-1");
  CHECK(full.reference == "513");
  CHECK(full.mo_link == std::string("\x01\x00\x02", 3));
  CHECK(full.key != plain.key); // the reference is a part of what was said

  owner.info.redelivery.id_tlv = 0x1500; // not text: every octet counts
  CHECK(mo_of(message, when, dialect_of(owner), {}).operator_message_id == "010002");
}

TEST_CASE("data_sm carries its text in message_payload") {
  // Goal: the second way for an MO. Method: the same text both ways gives the same key.
  smpp::data_sm data;
  data.source_addr = "79121234567";
  data.destination_addr = "4242";
  data.tlvs.push_back(smpp::make_octets(smpp::tag::message_payload, as_bytes("BILL 20")));
  const auto how = dialect_of(operator_of_test());
  const auto mo = mo_of(data, when, how, {});
  CHECK(mo.text == "BILL 20");
  CHECK(mo.key == mo_of(message_of("79121234567", "BILL 20"), when, how, {}).key);
}

TEST_CASE("a receipt names its submit in the form of the answers") {
  // Goal: normalised ids, state, error and reference. Method: table of text and bind's formats.
  struct row {
    const char* octets;
    gateway::id_format format;
    const char* id;
    int state;
    std::uint32_t error;
  };
  using gateway::id_format;
  for (const auto& row : {
           row{"id:00FF stat:DELIVRD err:000", id_format::text, "00FF", 2, 0},
           row{"id:00FF stat:DELIVRD err:000", id_format::hexadecimal, "255", 2, 0},
           row{"id:0255 stat:UNDELIV err:0011", id_format::decimal, "255", 5, 11},
           row{"id:7 stat:EXPIRED err:A1", id_format::decimal, "7", 3, 0xA1},
           row{"id:7 stat:WHATEVER err:zz", id_format::decimal, "7", 7, 0},
           row{"nothing", id_format::text, "", 7, 0},
       }) {
    bind_settings bind;
    bind.receipt_id = row.format;
    const auto how = dialect_of(operator_of_test(), bind);
    const auto receipt = receipt_of(message_of("+79121234567", row.octets, 0, 0x04), when, how);
    CHECK(receipt.smsc_id == row.id);
    CHECK(receipt.state == row.state);
    CHECK(receipt.error == row.error);
    CHECK(receipt.source == "79121234567");
    CHECK(receipt.destination == "4242");
  }
  auto message = message_of("1", "id:9 stat:DELIVRD", 0, 0x04);
  message.tlvs = {smpp::make_text(smpp::tag::receipted_message_id, "8"),
                  smpp::make_u8(smpp::tag::message_state, 5),
                  smpp::make_u16(smpp::tag::user_message_reference, 0x2345)};
  const auto receipt = receipt_of(message, when, dialect_of(operator_of_test()));
  CHECK(receipt.smsc_id == "8");
  CHECK(receipt.state == 5);
  CHECK(receipt.reference == 0x2345);
}

TEST_CASE("a reply becomes a submit_sm with what its tariff asks for") {
  // Goal: every field that charging needs. Method: a tariff with all of them.
  auto reply = reply_of("Ваш код 77");
  reply.mo_link = "abc";
  reply_delivery delivery;
  delivery.source_ton = 5;
  delivery.source_npi = 9;
  delivery.service_type = "PREM";
  delivery.validity = seconds(2 * 86'400 + 3 * 3'600 + 4 * 60 + 5);
  delivery.receipts = true;
  delivery.tlvs = {{0x1401, "price=5", false, 0}, {0x1402, "", true, 0x1500}};
  const auto all = sent(reply, 1, delivery, text::long_message::udh8);
  REQUIRE(all.size() == 1);
  const auto& message = all.front().message;
  CHECK(message.source_addr == "4242");
  CHECK(message.source_addr_ton == 5);
  CHECK(message.source_addr_npi == 9);
  CHECK(message.destination_addr == "79121234567");
  CHECK(message.dest_addr_ton == 1);
  CHECK(message.dest_addr_npi == 1);
  CHECK(message.service_type == "PREM");
  CHECK(message.validity_period == "000002030405000R");
  CHECK(message.registered_delivery == 1);
  CHECK(message.data_coding == 8);
  CHECK(message.esm_class == 0);
  CHECK(message.short_message.size() == 20);
  CHECK(number(all.front(), smpp::tag::user_message_reference) == 0x2345);
  CHECK(smpp::find(message.tlvs, 0x1401)->value == bytes{'p', 'r', 'i', 'c', 'e', '=', '5'});
  CHECK(smpp::find(message.tlvs, 0x1402)->value == bytes{'a', 'b', 'c'});

  reply.mo_link.clear(); // nothing to link: the TLV stays out
  CHECK(smpp::find(sent(reply, 1, delivery, {}).front().message.tlvs, 0x1402) == nullptr);
}

TEST_CASE("only a charged reply carries what charges") {
  // Goal: no double charge by help texts. Method: table of tariff kind and reply, expected service
  // type and receipt.
  struct row {
    charged when;
    bool charged_on_mt;
    const char* service_type;
    int registered_delivery;
  };
  for (const auto& row : {row{charged::on_mo, false, "PREM", 0},
                          row{charged::on_mt, true, "PREM", 1},
                          row{charged::on_mt, false, "", 0}}) {
    tariff price;
    price.when = row.when;
    price.reply.service_type = "PREM";
    price.reply.tlvs = {{0x1401, "5", false, 0}};
    auto reply = reply_of("ok");
    reply.charged_on_mt = row.charged_on_mt;
    const auto all = sent(reply, 1, delivery_of(reply, &price), text::long_message::udh8);
    CHECK(all.front().message.service_type == row.service_type);
    CHECK(all.front().message.registered_delivery == row.registered_delivery);
    CHECK((smpp::find(all.front().message.tlvs, 0x1401) != nullptr) ==
          (row.service_type != std::string()));
  }
  CHECK(delivery_of(reply_of("x"), nullptr).source_ton == 3);
}

TEST_CASE("long replies leave in the operator's way, and only the segments that are wanted") {
  // Goal: PDUs, what they cover and what they cost. Method: 400 characters of GSM text, three
  // segments; table of style, wanted mask and SMPP version; expected covers and tokens.
  struct row {
    text::long_message style;
    std::uint32_t wanted;
    std::uint8_t version;
    std::vector<std::uint32_t> covers;
    std::uint32_t tokens;
    bool udh, sar, payload;
  };
  using text::long_message;
  const auto reply = reply_of(std::string(400, 'a'), 3);
  for (const auto& row : {
           row{long_message::udh8, 0b111, 0x34, {1, 2, 4}, 1, true, false, false},
           row{long_message::udh16, 0b010, 0x34, {2}, 1, true, false, false},
           row{long_message::sar, 0b101, 0x34, {1, 4}, 1, false, true, false},
           row{long_message::sar, 0b111, 0x33, {1, 2, 4}, 1, true, false, false},
           row{long_message::payload, 0b111, 0x34, {7}, 3, false, false, true},
           row{long_message::payload, 0b100, 0x34, {4}, 3, false, false, true},
           row{long_message::payload, 0b111, 0x33, {1, 2, 4}, 1, true, false, false},
       }) {
    const auto all = sent(reply, row.wanted, {}, row.style, row.version);
    std::vector<std::uint32_t> covers;
    for (const auto& one : all) {
      covers.push_back(one.covers);
      CHECK(one.tokens == row.tokens);
      CHECK((one.message.esm_class == 0x40) == row.udh);
      CHECK((number(one, smpp::tag::sar_msg_ref_num) == 0x2345) == row.sar);
      CHECK((smpp::find(one.message.tlvs, smpp::tag::message_payload) != nullptr) == row.payload);
      CHECK(one.message.short_message.empty() == row.payload);
    }
    CHECK(covers == row.covers);
  }
}

TEST_CASE("a reply that now takes fewer or more segments than were counted is still settled") {
  // Goal: a changed configuration leaves no reply open for ever. Method: counts that do not fit.
  const auto fewer = sent(reply_of("short", 3), 0b111, {}, text::long_message::udh8);
  REQUIRE(fewer.size() == 1);
  CHECK(fewer.front().covers == 0b111);
  const auto more = sent(reply_of(std::string(400, 'a'), 2), 0b11, {}, text::long_message::udh8);
  REQUIRE(more.size() == 2);
  CHECK(more.back().covers == 0b10);
}

TEST_CASE("a reply that cannot be sent says so") {
  // Goal: no exception and no wrong address. Method: table of destination and source.
  struct row {
    std::string destination, source;
    bool good;
  };
  for (const auto& row : {row{"79121234567", "4242", true}, row{"", "4242", false},
                          row{std::string(21, '7'), "4242", false},
                          row{std::string(20, '7'), "4242", true},
                          row{"79121234567", std::string(21, '4'), false}}) {
    auto reply = reply_of("x");
    reply.destination = row.destination;
    reply.source = row.source;
    const auto made =
        submits_of(reply, 1, {}, text::split_settings{}, dialect_of(operator_of_test()), 0x34);
    CHECK(made.has_value() == row.good);
  }
}

TEST_CASE("relative validity periods") {
  // Goal: SMPP 3.4 7.1.1.2. Method: table of seconds and text.
  struct row {
    std::int64_t period;
    const char* text;
  };
  for (const auto& [period, text] :
       {row{0, ""}, row{-5, ""}, row{1, "000000000001000R"}, row{59, "000000000059000R"},
        row{60, "000000000100000R"}, row{86'399, "000000235959000R"},
        row{86'400, "000001000000000R"}, row{30 * 86'400, "000030000000000R"},
        row{365 * 86'400, "000030000000000R"}})
    CHECK(relative_validity(seconds(period)) == text);
}

TEST_CASE("answers give normalised ids, and refusals none") {
  // Goal: smsc_id_of. Method: table of response bodies under a hexadecimal bind.
  bind_settings bind;
  bind.submit_id = gateway::id_format::hexadecimal;
  const auto how = dialect_of(operator_of_test(), bind);
  CHECK(smsc_id_of({{}, 1, smpp::submit_sm_resp{"0x0ff", {}}}, how) == "255");
  CHECK(smsc_id_of({{}, 1, smpp::submit_sm_resp{"", {}}}, how).empty());
  CHECK(smsc_id_of({smpp::command_status::ESME_RINVCMDID, 1, smpp::generic_nack{}}, how).empty());
}
