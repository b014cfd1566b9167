// Goal: what real SMSCs send is decoded, or refused so that the link stays up. Method: one case for
// each line of the field notes on framing and decoding; the line stands above its case.
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/framer.hpp"

#include "unit/smpp/wire_text.hpp"

namespace farebox::smpp {
namespace {

using enum command_status;

// A deliver_sm from 7912 to 4242, up to and without sm_length.
const std::string deliver_beginning =
    "00 01 01 '7912' 00 00 00 '4242' 00 00 00 00 00 00 00 00 00 00 ";
constexpr std::size_t deliver_size = 16 + 24;

decode_result decode_exactly(bytes_view frame, decode_notes* notes = nullptr) {
  return decode(exact_copy(frame).view(), notes);
}

deliver_sm decoded_deliver(const std::string& end, decode_notes& notes) {
  const auto done = decode_exactly(frame(command_id::deliver_sm, deliver_beginning + end), &notes);
  REQUIRE(done.has_value());
  return std::get<deliver_sm>(done->body);
}

// "PDUs arrive coalesced and split at any byte; a deliver_sm can ride in the same segment as
// bind_resp", "command_length below 16 or above the limit", "other protocols knock at the port":
// framer.cpp has every cut and every beginning. Here, that the error comes before any buffer.
TEST_CASE("a length that claims 4 GiB is refused on its own four octets") {
  framer in;
  const auto claim = wire("FFFFFFFF");
  in.push(claim);
  CHECK(!in.next());
  CHECK(in.error() == framing_error::length_too_large);
  CHECK(in.buffered() == 0);
}

// "Trailing NUL after short_message": sm_length does not count it; TLVs may follow.
TEST_CASE("trailing NUL after short_message") {
  struct row {
    std::string end;
    std::size_t tlvs;
    std::uint64_t nuls;
    std::uint64_t trailing;
  };
  const row rows[] = {
      {"02 'hi'", 0, 0, 0},
      {"02 'hi' 00", 0, 1, 0},
      {"02 'hi' 00 0204 0002 0001", 1, 1, 0},
      {"02 'hi' 00 001E 0002 'a' 00 0427 0001 02", 2, 1, 0},
      {"02 'hi' 0204 0002 0001 00", 1, 0, 1},
      {"02 'hi' 00 00", 0, 0, 2},
      {"02 'hi' 0005 0001 01", 1, 0, 0}, // a tag that begins with 00 is no stray NUL
  };
  for (const auto& [end, tlvs, nuls, trailing] : rows) {
    INFO(end);
    decode_notes notes;
    const auto message = decoded_deliver(end, notes);
    CHECK(as_text(message.short_message) == "hi");
    CHECK(message.tlvs.size() == tlvs);
    CHECK(notes.nul_after_short_message == nuls);
    CHECK(notes.trailing_octets == trailing);
  }
}

// A NUL that sm_length counts is text: 00 is '@' in GSM 03.38 and half a letter in UCS-2.
TEST_CASE("NUL inside short_message is kept") {
  decode_notes notes;
  CHECK(decoded_deliver("03 'hi' 00", notes).short_message == wire("'hi' 00"));
  CHECK(notes == decode_notes{});
}

// "sm_length that overruns the PDU; a C-octet string without NUL; a mandatory field cut off; ...
// recoverable, the link stays", "a bad body of a known request gets that request's response with
// the matching status".
TEST_CASE("bad bodies are refused by the request's own response and the field's status") {
  struct row {
    command_id id;
    std::string body;
    std::string_view field;
    std::size_t offset;
    command_status answer;
  };
  const row rows[] = {
      {command_id::deliver_sm, deliver_beginning + "03 'hi'", "short_message", deliver_size + 1,
       ESME_RINVMSGLEN},
      {command_id::deliver_sm, deliver_beginning + "FF", "short_message", deliver_size + 1,
       ESME_RINVMSGLEN},
      {command_id::deliver_sm, deliver_beginning, "short_message", deliver_size, ESME_RINVCMDLEN},
      {command_id::deliver_sm, "", "service_type", 16, ESME_RINVCMDLEN},
      {command_id::deliver_sm, "'CMTCMT' 00", "service_type", 16, ESME_RINVSERTYP},
      {command_id::deliver_sm, "'CMT'", "service_type", 16, ESME_RINVSERTYP},
      {command_id::deliver_sm, "00", "source_addr_ton", 17, ESME_RINVCMDLEN},
      {command_id::deliver_sm, "00 01 01 '7912'", "source_addr", 19, ESME_RINVSRCADR},
      {command_id::deliver_sm, "00 01 01 '123456789012345678901' 00", "source_addr", 19,
       ESME_RINVSRCADR},
      {command_id::deliver_sm, "00 01 01 '7912' 00 01 01 '4242'", "destination_addr", 26,
       ESME_RINVDSTADR},
      {command_id::deliver_sm, "00 01 01 '7912' 00 01 01 00 00 00 00 'x'", "schedule_delivery_time",
       30, ESME_RINVSCHED},
      {command_id::deliver_sm, "00 01 01 '7912' 00 01 01 00 00 00 00 00 'x'", "validity_period", 31,
       ESME_RINVEXPIRY},
      {command_id::bind_transceiver, "'sixteen_letters_' 00", "system_id", 16, ESME_RINVSYSID},
      {command_id::bind_transceiver, "'a' 00 'nineltrs_' 00", "password", 18, ESME_RINVPASWD},
      {command_id::bind_transceiver, "'a' 00 'p' 00 'thirteen_long' 00", "system_type", 20,
       ESME_RINVSYSTYP},
      {command_id::bind_transceiver, "'a' 00 'p' 00 00 34 00 00 '42'", "address_range", 24,
       ESME_RBINDFAIL},
      {command_id::submit_multi, "00 00 00 00 01 03", "dest_flag", 21, ESME_RINVDESTFLAG},
      {command_id::submit_multi, "00 00 00 00 01 02 'list'", "dl_name", 22, ESME_RINVDLNAME},
      {command_id::submit_multi, "00 00 00 00 FF 02 'list' 00", "dest_flag", 27, ESME_RINVCMDLEN},
      {command_id::query_sm, "'1'", "message_id", 16, ESME_RINVMSGID},
      {command_id::replace_sm, "'1' 00 00 00 00 00 00 00 00 05 'x'", "short_message", 26,
       ESME_RINVMSGLEN},
  };
  for (const auto& [id, body, field, offset, answer] : rows) {
    INFO(name_of(id), " ", body);
    const auto done = decode_exactly(frame(id, body, 42));
    REQUIRE(done.has_error());
    const auto& failure = done.error();
    CHECK(failure.field == field);
    CHECK(failure.offset == offset);
    CHECK(failure.answer == answer);
    CHECK(failure.id == id);
    CHECK(!failure.why.empty());
    const auto answered = refusal(failure.id, failure.sequence, failure.answer);
    REQUIRE(answered);
    CHECK(id_of(*answered) == response_of(id));
    CHECK(answered->sequence == 42);
    CHECK(answered->status == answer);
  }
}

// "zero-length address".
TEST_CASE("zero-length addresses are addresses") {
  const auto done = decode_exactly(
      frame(command_id::deliver_sm, "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 'hi'"));
  REQUIRE(done.has_value());
  const auto& message = std::get<deliver_sm>(done->body);
  CHECK(message.source_addr.empty());
  CHECK(message.destination_addr.empty());
  CHECK(as_text(message.short_message) == "hi");
}

// "a negative response with or without its body"; a positive one without is counted.
TEST_CASE("responses are read with or without their body") {
  struct row {
    command_id id;
    std::uint32_t status;
    std::string_view body;
    pdu_body expected;
    decode_notes notes;
  };
  const row rows[] = {
      {command_id::submit_sm_resp, 0x58, "", submit_sm_resp{}, {}},
      {command_id::submit_sm_resp, 0x58, "00", submit_sm_resp{}, {}},
      {command_id::submit_sm_resp, 0x58, "'12' 00", submit_sm_resp{"12", {}}, {}},
      {command_id::submit_sm_resp, 0, "", submit_sm_resp{}, {.missing_bodies = 1}},
      {command_id::submit_sm_resp,
       0,
       "'12'",
       submit_sm_resp{"12", {}},
       {.unterminated_strings = 1}},
      {command_id::deliver_sm_resp, 0, "", deliver_sm_resp{}, {.missing_bodies = 1}},
      {command_id::deliver_sm_resp, 0x14, "", deliver_sm_resp{}, {}},
      {command_id::bind_transceiver_resp, 0x0E, "", bind_transceiver_resp{}, {}},
      {command_id::bind_transceiver_resp, 0x0E, "'SMSC' 00", bind_transceiver_resp{"SMSC", {}}, {}},
      {command_id::bind_transceiver_resp,
       0,
       "'SMSC'",
       bind_transceiver_resp{"SMSC", {}},
       {.unterminated_strings = 1}},
      {command_id::submit_multi_resp, 0x0B, "", submit_multi_resp{}, {}},
      {command_id::query_sm_resp, 0x67, "", query_sm_resp{}, {}},
      {command_id::data_sm_resp, 0x64, "", data_sm_resp{}, {}},
      {command_id::generic_nack, 0x03, "", generic_nack{}, {}},
      {command_id::enquire_link_resp, 0, "", enquire_link_resp{}, {}},
  };
  for (const auto& [id, status, body, expected, expected_notes] : rows) {
    INFO(name_of(id), " ", status, " ", body);
    decode_notes notes;
    const auto done = decode_exactly(frame(id, body, 7, status), &notes);
    REQUIRE(done.has_value());
    CHECK(*done == pdu{command_status{status}, 7, expected});
    CHECK(notes == expected_notes);
  }
}

// A response that is beyond reading is refused by nobody: there is no response to a response.
TEST_CASE("a response that cannot be read is not answered") {
  const auto too_long = "'" + std::string(65, 'x') + "'";
  for (const auto& body : {too_long, too_long + " 00"}) {
    const auto done = decode_exactly(frame(command_id::submit_sm_resp, body));
    REQUIRE(done.has_error());
    CHECK(done.error().field == "message_id");
    CHECK(done.error().answer == ESME_RINVMSGID);
    CHECK(!refusal(done.error().id, done.error().sequence, done.error().answer));
  }
}

// "An unknown command gets generic_nack with ESME_RINVCMDID and the peer's own sequence number".
TEST_CASE("an unknown command is kept and refused by generic_nack") {
  const auto data = frame(command_id{0x00010200}, "01 02 03", 99);
  const auto done = decode_exactly(data);
  REQUIRE(done.has_value());
  CHECK(std::get<unknown_pdu>(done->body) == unknown_pdu{command_id{0x10200}, {1, 2, 3}});
  bytes again;
  REQUIRE(encode(*done, again).has_value());
  CHECK(again == data);
  const auto answer = refusal(id_of(*done), done->sequence, ESME_RINVCMDID);
  CHECK(answer == pdu{ESME_RINVCMDID, 99, generic_nack{}});
}

// "Sequence 0 and above 0x7FFFFFFF occur: echo them".
TEST_CASE("sequences outside the specification's range are echoed") {
  for (const std::uint32_t sequence : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    const auto good = decode_exactly(frame(command_id::enquire_link, "", sequence));
    REQUIRE(good.has_value());
    CHECK(good->sequence == sequence);
    const auto bad = decode_exactly(frame(command_id::deliver_sm, "", sequence));
    REQUIRE(bad.has_error());
    CHECK(refusal(bad.error().id, bad.error().sequence, bad.error().answer)->sequence == sequence);
  }
}

// "Vendor TLVs (0x1400-0x3FFF) and unknown ones round-trip".
TEST_CASE("vendor and unknown TLVs round-trip in their order") {
  const auto data = frame(command_id::deliver_sm, deliver_beginning + "02 'hi' 1401 0002 ABCD "
                                                                      "0007 0003 010203 3FFF 0000 "
                                                                      "FFFF 0001 00 1401 0001 EE");
  const auto done = decode_exactly(data);
  REQUIRE(done.has_value());
  CHECK(std::get<deliver_sm>(done->body).tlvs.size() == 5);
  bytes again;
  REQUIRE(encode(*done, again).has_value());
  CHECK(to_hex(again) == to_hex(data));
}

// "a TLV cut short is dropped and counted, the PDU lives".
TEST_CASE("a TLV cut short is dropped and counted") {
  struct row {
    std::string end;
    std::size_t tlvs;
    std::uint64_t cut;
    std::uint64_t trailing;
  };
  const row rows[] = {
      {"02 'hi' 0424 0005 01020304", 0, 1, 0},
      {"02 'hi' 0204 0002 0001 0424 FFFF 01", 1, 1, 0},
      {"02 'hi' 0204 0002 0001 0424 0001", 1, 1, 0},
      {"02 'hi' 0204 0002 0001 0424 00", 1, 0, 3},
      {"02 'hi' 0204 0002 0001 04", 1, 0, 1},
      {"02 'hi' 0204 0002 0001 0424 0000", 2, 0, 0},
  };
  for (const auto& [end, tlvs, cut, trailing] : rows) {
    INFO(end);
    decode_notes notes;
    const auto message = decoded_deliver(end, notes);
    CHECK(as_text(message.short_message) == "hi");
    CHECK(message.tlvs.size() == tlvs);
    CHECK(notes.tlvs_cut_short == cut);
    CHECK(notes.trailing_octets == trailing);
  }
}

// "message_payload instead of short_message; both present: message_payload wins if short_message is
// empty, else short_message".
TEST_CASE("short_message or message_payload") {
  struct row {
    std::string end;
    std::string_view text;
  };
  const row rows[] = {
      {"02 'hi'", "hi"},
      {"00", ""},
      {"00 0424 0004 'long'", "long"},
      {"02 'hi' 0424 0004 'long'", "hi"},
      {"00 0424 0000", ""},
      {"00 0424 0003 'one' 0424 0003 'two'", "one"},
  };
  for (const auto& [end, text] : rows) {
    INFO(end);
    decode_notes notes;
    CHECK(as_text(user_data(decoded_deliver(end, notes))) == text);
    const auto submitted = decode_exactly(frame(command_id::submit_sm, deliver_beginning + end));
    REQUIRE(submitted.has_value());
    CHECK(as_text(user_data(std::get<submit_sm>(submitted->body))) == text);
  }
}

// "alert_notification, data_sm with text, outbind occur".
TEST_CASE("alert_notification, data_sm with text, outbind") {
  const auto alert = decode_exactly(
      frame(command_id::alert_notification, "01 01 '7912' 00 00 00 '4242' 00 0422 0001 02"));
  REQUIRE(alert.has_value());
  const auto& subscriber = std::get<alert_notification>(alert->body);
  CHECK(subscriber.source_addr == "7912");
  CHECK(integer_of(subscriber.tlvs, tag::ms_availability_status) == 2u);

  const auto data = decode_exactly(
      frame(command_id::data_sm, "00 01 01 '7912' 00 00 00 '4242' 00 00 00 08 0424 0004 04160438"));
  REQUIRE(data.has_value());
  CHECK(user_data(std::get<data_sm>(data->body)).size() == 4);
  CHECK(std::get<data_sm>(data->body).data_coding == 8);

  const auto knock = decode_exactly(frame(command_id::outbind, "'SMSC' 00 'secret' 00", 0));
  REQUIRE(knock.has_value());
  CHECK(std::get<outbind>(knock->body) == outbind{"SMSC", "secret", {}});
}

// Interface version 3.3 has no TLVs: their absence is no error, and none are invented.
TEST_CASE("a bind_resp of 3.3 has no sc_interface_version") {
  const auto data = frame(command_id::bind_receiver_resp, "'OLD' 00");
  const auto done = decode_exactly(data);
  REQUIRE(done.has_value());
  CHECK(std::get<bind_receiver_resp>(done->body) == bind_receiver_resp{"OLD", {}});
  bytes again;
  REQUIRE(encode(*done, again).has_value());
  CHECK(again == data);
}

} // namespace
} // namespace farebox::smpp
