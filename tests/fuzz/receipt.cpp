// Input: the text of a receipt; and once more the facts of one that our own SMSC writes.
//
// - Any text is read without harm; what is found stands in it.
// - What a receipt quotes of the message counts for nothing, before its own fields, between them or
//   behind them.
// - A written receipt is read as it was meant; its id meets that of the response, by each bind's
//   habit.
#include "farebox/smpp/receipt.hpp"

#include "farebox/smpp/codec.hpp"
#include "fuzz/fuzz.hpp"
#include "smsc/core/message_id.hpp"

#include <string>

using namespace farebox;
using namespace farebox::smpp;
using fuzz::require;

namespace {

constexpr std::string_view blanks(" \t\r\n\0", 5);

void check_word(const std::string& word, std::string_view text) {
  require(word.find_first_of(blanks) == word.npos, "a value is one word");
  require(text.find(word) != text.npos, "a value stands in the text");
}

void check_ids(std::string_view text) {
  for (const auto format :
       {id_format::as_is, id_format::decimal, id_format::hexadecimal, id_format::uuid}) {
    const auto canonical = normalise_message_id(text, format);
    // Hexadecimal becomes decimal, so a second reading of it as hexadecimal is another number.
    const auto again = format == id_format::hexadecimal && canonical != text ? id_format::decimal
                                                                             : format;
    require(normalise_message_id(canonical, again) == canonical, "a canonical id stays as it is");
  }
}

void check_text(std::string_view text) {
  const auto got = parse_receipt_text(text);
  for (const auto* word : {&got.message_id, &got.state_word, &got.error}) check_word(*word, text);
  require(text.find(got.text) != text.npos, "a quotation stands in the text");
  require(got.state == parse_message_state(got.state_word), "the state is that of its word");

  const std::string own = "id:17 stat:EXPIRED err:7";
  const auto plain = parse_receipt_text(own);
  auto behind = parse_receipt_text(own + " text:" + std::string(text));
  behind.text.clear();
  require(behind == plain, "a quotation behind the fields counts for nothing");
  const auto before = parse_receipt_text("text:" + std::string(text) + " " + own);
  require(before.message_id == plain.message_id && before.state == plain.state &&
              before.error == plain.error,
          "a quotation before the fields does not replace them");
  const auto between = parse_receipt_text("id:17 text:" + std::string(text) + " stat:EXPIRED");
  require(between.message_id == plain.message_id && between.state == plain.state,
          "nor does one between them");
}

void check_pdu(bytes_view text) {
  deliver_sm message;
  for (const auto data_coding : {0, 8}) {
    message.data_coding = static_cast<std::uint8_t>(data_coding);
    message.tlvs = {make_octets(tag::message_payload, text)};
    parse_receipt(message);
    message.tlvs = {make_octets(tag::receipted_message_id, text),
                    make_octets(tag::message_state, text),
                    make_octets(tag::network_error_code, text),
                    make_octets(tag::user_message_reference, text)};
    parse_receipt(message);
  }
}

utc_time some_minute(fuzz::input& in) { // of 2000 to 2079, which two digits of a year can say
  constexpr std::int64_t minutes_to_2000 = 15'778'080; // since 1970
  const auto after = (std::int64_t{in.u16()} << 16 | in.u16()) % (80 * 365 * 24 * 60);
  return utc_time(minutes(minutes_to_2000 + after));
}

void check_written(fuzz::input in) {
  const auto how = in.u8();
  const auto format_in_response = static_cast<id_format>(how & 3);
  auto format = static_cast<id_format>(how >> 2 & 3);
  if (format_in_response == id_format::uuid || format == id_format::uuid)
    format = format_in_response; // a UUID is never a number in the other PDU
  std::uint64_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 16 | in.u16();
  smsc::receipt_facts facts;
  facts.phone = "79121234567";
  facts.sender = "1234";
  facts.message_id = smsc::message_id_text(number, format);
  facts.state = static_cast<message_state>(in.u8() % 10);
  facts.submitted_at = some_minute(in);
  facts.done_at = some_minute(in);
  const auto style = static_cast<smsc::receipt_style>(in.u8() % 3);

  bytes frame;
  const pdu sent{command_status::ESME_ROK, 1, smsc::make_receipt(facts, style)};
  require(encode(sent, frame).has_value(), "a receipt can be sent");
  const auto arrived = std::get<deliver_sm>(decode(frame).value().body);
  require(is_receipt(arrived.esm_class), "a receipt says that it is one");
  const auto got = parse_receipt(arrived);
  require(got.message_id == facts.message_id && got.state == facts.state,
          "a written receipt is read again the same");
  if (style != smsc::receipt_style::tlv)
    require(got.submitted_at == facts.submitted_at && got.done_at == facts.done_at &&
                got.error == (facts.state == message_state::delivered ? "000" : "001"),
            "its text too");
  const auto in_response = smsc::message_id_text(number, format_in_response);
  const bool numeric = format != id_format::as_is && format_in_response != id_format::as_is;
  if (format == format_in_response || numeric)
    require(normalise_message_id(got.message_id, format) ==
                normalise_message_id(in_response, format_in_response),
            "the ids of response and receipt meet");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view octets(data, size);
  check_text(as_text(octets));
  check_ids(as_text(octets));
  check_pdu(octets);
  check_written(fuzz::input(octets));
  return 0;
}
