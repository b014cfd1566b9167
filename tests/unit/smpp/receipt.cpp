#include "farebox/smpp/receipt.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace farebox;
using namespace farebox::smpp;

namespace {

utc_time utc(std::string_view text) { return *parse_iso8601(text); }

deliver_sm receipt_pdu(std::string_view text, tlv_list tlvs = {}) {
  deliver_sm message;
  message.esm_class = 0x04;
  message.short_message.assign(text.begin(), text.end());
  message.tlvs = std::move(tlvs);
  return message;
}

} // namespace

TEST_CASE("receipt: only esm_class says that it is one") {
  // FIELD-NOTES, Delivery receipts: "Only esm_class says ... (else anyone forges one)".
  // Goal and method: all values of bits 5-2, with and without the other bits.
  struct {
    int esm_class;
    receipt_kind kind;
  } const rows[] = {
      {0x00, receipt_kind::none},        {0x04, receipt_kind::final_state},
      {0x08, receipt_kind::none},        {0x10, receipt_kind::none}, // acks of the other phone
      {0x18, receipt_kind::none},        {0x20, receipt_kind::intermediate},
      {0x24, receipt_kind::none},        {0x44, receipt_kind::final_state}, // with UDHI
      {0x40, receipt_kind::none},        {0x84, receipt_kind::final_state}, // with a reply path
      {0x07, receipt_kind::final_state}, {0xE3, receipt_kind::intermediate},
      {0x03, receipt_kind::none},        {0x0C, receipt_kind::none},
  };
  for (const auto& [esm_class, kind] : rows) {
    CAPTURE(esm_class);
    CHECK(receipt_kind_of(static_cast<std::uint8_t>(esm_class)) == kind);
    CHECK(is_receipt(static_cast<std::uint8_t>(esm_class)) == (kind != receipt_kind::none));
  }
}

TEST_CASE("receipt: the text of SMPP 3.4 appendix B, whole") {
  // Goal: every field lands. Method: the example of the specification, with other values.
  const auto got = parse_receipt_text("id:0123456789 sub:001 dlvrd:001 submit date:0811041530 "
                                      "done date:0811041532 stat:DELIVRD err:000 text:Hello you");
  receipt expected;
  expected.message_id = "0123456789";
  expected.submitted_count = 1;
  expected.delivered_count = 1;
  expected.submitted_at = utc("2008-11-04T15:30:00Z");
  expected.done_at = utc("2008-11-04T15:32:00Z");
  expected.state = message_state::delivered;
  expected.state_word = "DELIVRD";
  expected.error = "000";
  expected.text = "Hello you";
  CHECK(got == expected);
}

TEST_CASE("receipt: texts as SMSCs write them") {
  // FIELD-NOTES, Delivery receipts: "fields come in any order, some are missing (sub, dlvrd), names
  // vary in case, ..., err is `000`, `0000` or letters; text: may be empty".
  // Goal: id, state, error and text of each. Method: one quirk a row.
  struct {
    std::string_view quirk, text;
    std::string_view id;
    std::optional<message_state> state;
    std::string_view error, quoted;
  } const rows[] = {
      {"no sub, no dlvrd", "id:5 submit date:0811041530 done date:0811041532 stat:EXPIRED err:001",
       "5", message_state::expired, "001", ""},
      {"any order", "stat:UNDELIV done date:0811041532 err:0000 id:77 text:abc", "77",
       message_state::undeliverable, "0000", "abc"},
      {"upper case", "ID:1 SUB:001 DLVRD:001 SUBMIT DATE:0811041530 STAT:DELIVRD ERR:000 TEXT:x",
       "1", message_state::delivered, "000", "x"},
      {"mixed case", "Id:1 Stat:Delivrd Err:abc Text:", "1", message_state::delivered, "abc", ""},
      {"empty text", "id:1 stat:REJECTD err:009 text:", "1", message_state::rejected, "009", ""},
      {"no text", "id:1 stat:REJECTD err:009", "1", message_state::rejected, "009", ""},
      {"err of letters", "id:1 stat:UNDELIV err:EC9 text:", "1", message_state::undeliverable,
       "EC9", ""},
      {"spaces after the colon", "id: 12 stat: DELIVRD err: 000", "12", message_state::delivered,
       "000", ""},
      {"spaces before the colon", "id :12 stat :DELIVRD", "12", message_state::delivered, "", ""},
      {"underscore in a name", "id:9 submit_date:0811041530 done_date:0811041532 stat:ENROUTE", "9",
       message_state::enroute, "", ""},
      {"line breaks", "id:9\r\nstat:DELETED\r\nerr:000\r\n", "9", message_state::deleted, "000",
       ""},
      {"trailing NUL", std::string_view("id:9 stat:ACCEPTD\0", 18), "9", message_state::accepted,
       "", ""},
      {"empty id", "id: stat:UNKNOWN err:000", "", message_state::unknown, "000", ""},
      {"a UUID", "id:f81d4fae-7dec-11d0-a765-00a0c91e6bf6 stat:DELIVRD",
       "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", message_state::delivered, "", ""},
      {"an unknown word", "id:9 stat:LOST err:1", "9", std::nullopt, "1", ""},
      {"no stat", "id:9 err:1", "9", std::nullopt, "1", ""},
      {"unknown fields between", "id:9 foo:bar stat:DELIVRD vendor:7 err:000", "9",
       message_state::delivered, "000", ""},
      {"a name inside a word is none", "xid:4 paid:3 id:9 stat:DELIVRD", "9",
       message_state::delivered, "", ""},
      {"not a receipt at all", "Hello", "", std::nullopt, "", ""},
      {"empty", "", "", std::nullopt, "", ""},
      {"colons alone", ":::", "", std::nullopt, "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.quirk));
    const auto got = parse_receipt_text(row.text);
    CHECK(got.message_id == row.id);
    CHECK(got.state == row.state);
    CHECK(got.error == row.error);
    CHECK(got.text == row.quoted);
  }
}

TEST_CASE("receipt: what the message quotes counts for nothing") {
  // Goal: a text that a partner wrote cannot make itself delivered. Method: forgeries in text:.
  struct {
    std::string_view text, id;
    message_state state;
    std::string_view quoted;
  } const rows[] = {
      {"id:1 stat:EXPIRED err:1 text:id:2 stat:DELIVRD", "1", message_state::expired,
       "id:2 stat:DELIVRD"},
      {"id:1 stat:EXPIRED text:stat:DELIVRD err:000", "1", message_state::expired,
       "stat:DELIVRD err:000"},
      {"text:stat:DELIVRD id:2 id:1 stat:EXPIRED", "1", message_state::expired, ""},
      {"id:1 text:id:2 stat:DELIVRD stat:EXPIRED", "1", message_state::expired, ""},
      {"text:text:stat:DELIVRD id:1 stat:EXPIRED", "1", message_state::expired, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.text));
    const auto got = parse_receipt_text(row.text);
    CHECK(got.message_id == row.id);
    CHECK(got.state == row.state);
    CHECK(got.text == row.quoted);
  }
}

TEST_CASE("receipt: words of a state") {
  // FIELD-NOTES, Delivery receipts: "stat has words of other lengths". Goal: each known spelling;
  // what only looks like delivered is not. Method: a table.
  struct {
    std::string_view word;
    std::optional<message_state> state;
  } const rows[] = {
      {"DELIVRD", message_state::delivered},
      {"delivrd", message_state::delivered},
      {"DELIVERED", message_state::delivered},
      {"DELIVERD", message_state::delivered},
      {"DELIVERY", std::nullopt}, // "DELIVERY FAILED"
      {"DELIVFAIL", std::nullopt},
      {"EXPIRED", message_state::expired},
      {"EXPIRD", message_state::expired},
      {"DELETED", message_state::deleted},
      {"UNDELIV", message_state::undeliverable},
      {"UNDELIVERABLE", message_state::undeliverable},
      {"UNDELIVERED", message_state::undeliverable},
      {"FAILED", message_state::undeliverable},
      {"ACCEPTD", message_state::accepted},
      {"ACCEPTED", message_state::accepted},
      {"UNKNOWN", message_state::unknown},
      {"UNKNOWN ", message_state::unknown},
      {"REJECTD", message_state::rejected},
      {"REJECTED", message_state::rejected},
      {"ENROUTE", message_state::enroute},
      {"SCHEDULED", message_state::scheduled},
      {"SKIPPED", message_state::skipped},
      {"2", message_state::delivered},
      {"5", message_state::undeliverable},
      {"22", std::nullopt},
      {"", std::nullopt},
      {"BUFFERED", std::nullopt},
  };
  for (const auto& [word, state] : rows) {
    CAPTURE(std::string(word));
    CHECK(parse_message_state(word) == state);
  }
}

TEST_CASE("receipt: every state's own word parses back, and finality") {
  // Goal: name and parser agree; five states of 3.4 are final, and SKIPPED. Method: all ten values.
  int finals = 0;
  for (int value = 0; value <= 9; ++value) {
    const auto state = static_cast<message_state>(value);
    CAPTURE(value);
    CHECK(parse_message_state(name_of(state)) == state);
    finals += is_final(state);
  }
  CHECK(finals == 6);
  CHECK_FALSE(is_final(message_state::accepted));
  CHECK_FALSE(is_final(message_state::enroute));
  CHECK_FALSE(is_final(message_state::unknown));
}

TEST_CASE("receipt: dates of 10 and 12 digits") {
  // FIELD-NOTES, Delivery receipts: "dates have 10 or 12 digits". Goal and method: a table.
  struct {
    std::string_view digits, expected;
  } const rows[] = {
      {"0811041530", "2008-11-04T15:30:00Z"}, {"081104153045", "2008-11-04T15:30:45Z"},
      {"2602290000", ""},                     {"2802290000", "2028-02-29T00:00:00Z"},
      {"0813041530", ""},                     {"0811042430", ""},
      {"0811041560", ""},                     {"081104153060", ""},
      {"081104153", ""},                      {"08110415304", ""},
      {"0811041530455", ""},                  {"08110415-0", ""},
      {"", ""},
  };
  for (const auto& [digits, expected] : rows) {
    CAPTURE(std::string(digits));
    const auto got = parse_receipt_date(digits);
    CHECK((got ? to_iso8601(*got) : "") == expected);
  }
}

TEST_CASE("receipt: TLVs come first, the text second") {
  // FIELD-NOTES, Delivery receipts: "TLVs receipted_message_id and message_state come first".
  // Goal: which source wins for each fact. Method: both, either, and TLVs that say nothing.
  const std::string_view text = "id:T1 stat:EXPIRED err:007 text:x";
  struct {
    std::string_view what;
    std::string_view text;
    tlv_list tlvs;
    std::string_view id;
    std::optional<message_state> state;
    std::string_view error;
  } const rows[] = {
      {"text alone", text, {}, "T1", message_state::expired, "007"},
      {"TLVs alone", "",
       {make_text(tag::receipted_message_id, "V1"), make_u8(tag::message_state, 2)}, "V1",
       message_state::delivered, ""},
      {"both", text,
       {make_text(tag::receipted_message_id, "V1"), make_u8(tag::message_state, 2),
        make_octets(tag::network_error_code, bytes{3, 0x04, 0x12})},
       "V1", message_state::delivered, "3:1042"},
      {"id without its NUL", text, {make_octets(tag::receipted_message_id, as_bytes("V1"))}, "V1",
       message_state::expired, "007"},
      {"empty id TLV", text, {make_text(tag::receipted_message_id, "")}, "T1",
       message_state::expired, "007"},
      {"state out of range", text, {make_u8(tag::message_state, 77)}, "T1", message_state::expired,
       "007"},
      {"error TLV of two octets", text, {make_octets(tag::network_error_code, bytes{3, 4})}, "T1",
       message_state::expired, "007"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.what));
    const auto got = parse_receipt(receipt_pdu(row.text, row.tlvs));
    CHECK(got.message_id == row.id);
    CHECK(got.state == row.state);
    CHECK(got.error == row.error);
  }
}

TEST_CASE("receipt: in message_payload, in UCS-2, in data_sm, with our reference") {
  // Goal: a receipt is found wherever it hides. Method: the same text in each place.
  const std::string_view text = "id:T1 stat:DELIVRD";
  const auto good = [&](const receipt& got) {
    CHECK(got.message_id == "T1");
    CHECK(got.state == message_state::delivered);
  };
  good(parse_receipt(receipt_pdu("", {make_octets(tag::message_payload, as_bytes(text))})));

  std::string wide;
  for (const char c : text) wide += {'\0', c};
  auto ucs2 = receipt_pdu(wide);
  ucs2.data_coding = 8;
  good(parse_receipt(ucs2));

  auto false_ucs2 = receipt_pdu("id:T1 stat:DELIVRD "); // says UCS-2, is odd: taken as it is
  false_ucs2.data_coding = 8;
  good(parse_receipt(false_ucs2));

  data_sm data;
  data.tlvs = {make_octets(tag::message_payload, as_bytes(text)),
               make_u16(tag::user_message_reference, 0xBEEF)};
  good(parse_receipt(data));
  CHECK(parse_receipt(data).user_message_reference == 0xBEEF);
}

TEST_CASE("receipt: one message id in two spellings") {
  // FIELD-NOTES, Delivery receipts: "decimal in one PDU and hexadecimal in the other, or
  // zero-padded, or a UUID: normalise per bind". Goal: both spellings give one canonical text, and
  // different ids differ. Method: pairs of a response's and a receipt's id.
  struct {
    std::string_view in_response;
    id_format response;
    std::string_view in_receipt;
    id_format receipt;
    bool same;
  } const rows[] = {
      {"abc", id_format::as_is, "abc", id_format::as_is, true},
      {"abc", id_format::as_is, "ABC", id_format::as_is, false},
      {"007", id_format::as_is, "7", id_format::as_is, false},
      {"305419896", id_format::decimal, "12345678", id_format::hexadecimal, true},
      {"12345678", id_format::hexadecimal, "305419896", id_format::decimal, true},
      {"305419896", id_format::decimal, "0000012345678", id_format::hexadecimal, true},
      {"305419896", id_format::decimal, "0x12345678", id_format::hexadecimal, true},
      {"deadBEEF", id_format::hexadecimal, "3735928559", id_format::decimal, true},
      {"0000000042", id_format::decimal, "42", id_format::decimal, true},
      {"42", id_format::decimal, "42", id_format::hexadecimal, false},
      {"0", id_format::decimal, "0000", id_format::hexadecimal, true},
      {"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", id_format::uuid,
       "{f81d4fae7dec11d0a76500a0c91e6bf6}", id_format::uuid, true},
      {"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", id_format::uuid,
       "f81d4fae7dec11d0a76500a0c91e6bf7", id_format::uuid, false},
      {" 42 ", id_format::as_is, "42", id_format::as_is, true},
      {"A-7", id_format::decimal, "A-7", id_format::decimal, true}, // not of its format
      {"xyz", id_format::hexadecimal, "xyz", id_format::hexadecimal, true},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.in_response));
    CAPTURE(std::string(row.in_receipt));
    CHECK((normalise_message_id(row.in_response, row.response) ==
           normalise_message_id(row.in_receipt, row.receipt)) == row.same);
  }
}

TEST_CASE("receipt: canonical ids, in figures") {
  // Goal: hexadecimal beyond 64 bits is exact; empty stays empty. Method: known numbers.
  struct {
    std::string_view id;
    id_format format;
    std::string_view expected;
  } const rows[] = {
      {"ffffffffffffffff", id_format::hexadecimal, "18446744073709551615"},
      {"10000000000000000", id_format::hexadecimal, "18446744073709551616"},
      {"ffffffffffffffffffffffffffffffff", id_format::hexadecimal,
       "340282366920938463463374607431768211455"},
      {"0000", id_format::decimal, "0"},
      {"", id_format::decimal, ""},
      {"", id_format::hexadecimal, ""},
      {"0x", id_format::hexadecimal, "0x"},
      {"f81d4fae-7dec-11d0-a765-00a0c91e6bf", id_format::uuid,
       "f81d4fae-7dec-11d0-a765-00a0c91e6bf"},
  };
  for (const auto& [id, format, expected] : rows) {
    CAPTURE(std::string(id));
    CHECK(normalise_message_id(id, format) == expected);
  }
  for (const auto format :
       {id_format::as_is, id_format::decimal, id_format::hexadecimal, id_format::uuid})
    CHECK(parse_id_format(name_of(format)) == format);
  CHECK_FALSE(parse_id_format("octal"));
}
