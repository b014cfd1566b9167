// interop_pdus: every kind of PDU that we can write, as JSON lines for a reader that shares no code
// with us (tests/e2e/node/interop.test.js):
//
//   {"variant":"longest","hex":"0000..","pdu":{"command_id":4, .. ,"tlvs":[{"tag":5,"value":1}]}}
//
// `pdu` tells the struct before it was encoded, by the names of the specification, so that an error
// which our encoder and decoder share cannot hide. `message` stands beside the parts of a text, and
// is what a phone must show when it has joined them.
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/describe.hpp"
#include "farebox/smpp/fields.hpp"
#include "farebox/text/parts.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace {

namespace json = boost::json;
using namespace farebox;
using namespace farebox::smpp;

// Octets of TLVs are printable, so that text inside of them (callback_num) is legible.
constexpr std::size_t tlv_size_max = 300;    // where the specification allows more
constexpr std::size_t payload_size = 12'000; // within the 16 KiB that the other side reads
constexpr std::string_view relative_time = "000001020304000R"; // a day, 2 h, 3 min, 4 s
constexpr std::string_view absolute_time = "260131235958304+"; // UTC and four quarters of an hour

// Gives every field a value of its own, or the longest that it can hold. A visitor of fields.hpp.
class filler {
 public:
  explicit filler(bool longest) : longest_(longest) {}

  template <class Value>
  void integer(const char* name, Value& value) {
    const std::string_view field = name;
    auto number = longest_ ? std::numeric_limits<std::uint32_t>::max() : ++count_;
    if (field == "data_coding") number = longest_ ? 0xF4 : 4; // octets, which nobody converts
    if (field == "esm_class") number = longest_ ? 0xBF : 3;   // no header in the octets
    value = static_cast<Value>(number);
  }

  void choice(const char*, std::uint8_t& value, std::uint8_t lowest, std::uint8_t highest,
              command_status) {
    value = static_cast<std::uint8_t>(lowest + ++count_ % (highest - lowest + 1u));
  }

  void text(const char* name, std::string& value, std::size_t size_max, command_status) {
    const std::string_view field = name;
    if (field == "schedule_delivery_time" || field == "validity_period" || field == "final_date")
      value = longest_ ? absolute_time : relative_time;
    else
      value = letters(longest_ ? size_max - 1 : 3);
  }

  void counted(const char*, const char*, bytes& value, command_status) {
    value.resize(longest_ ? 255 : 7);
    std::ranges::generate(value, [this] { return static_cast<std::uint8_t>(count_++); });
  }

  template <class Item>
  void list(const char*, const char*, std::vector<Item>& items, command_status) {
    items.resize(longest_ ? 255 : 3);
    for (auto& item : items) fields(*this, item);
  }

  void tlvs(tlv_list&) {}

 private:
  std::string letters(std::size_t size) {
    std::string text(size, ' ');
    std::ranges::generate(text, [this] { return static_cast<char>('A' + count_++ % 26); });
    return text;
  }

  bool longest_;
  std::uint32_t count_ = 0;
};

template <class Body>
Body filled(bool longest) {
  Body body;
  filler visitor(longest);
  fields(visitor, body);
  return body;
}

tlv filled_tlv(const tlv_definition& definition, bool longest) {
  if (definition.kind == tlv_kind::integer)
    return make_integer(definition.tag, longest ? 0xFFFFFFFF : 0x01020304u + definition.tag);
  const auto enough = definition.tag == tag::message_payload ? payload_size : tlv_size_max;
  const auto size = std::min<std::size_t>(longest ? definition.size_max : definition.size_min,
                                          enough);
  bytes value(size);
  for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<std::uint8_t>('!' + i % 90);
  if (definition.kind == tlv_kind::c_octet_string) value.back() = 0;
  return make_octets(definition.tag, value);
}

// Names and values; the words for the values are ours and left out, but for command_status.
class json_sink : public description_sink {
 public:
  explicit json_sink(json::object& root) : root_(root), open_(&root) {}

  void integer(std::string_view name, std::uint32_t value, std::string_view meaning) override {
    (*open_)[name] = value;
    if (name == "command_status") (*open_)["command_status_name"] = meaning;
  }
  void text(std::string_view name, std::string_view value) override { (*open_)[name] = value; }
  void octets(std::string_view name, bytes_view value) override { (*open_)[name] = to_hex(value); }
  void open_list(std::string_view name) override { list_ = &root_[name].emplace_array(); }
  void open_item() override { open_ = &list_->emplace_back(json::object()).as_object(); }
  void close_item() override { open_ = &root_; }
  void close_list() override { list_ = nullptr; }

 private:
  json::object& root_;
  json::object* open_;
  json::array* list_ = nullptr;
};

void emit(std::string_view variant, const pdu& message, json::object line = {}) {
  bytes encoded;
  if (const auto done = encode(message, encoded); !done) {
    std::cerr << name_of(id_of(message)) << ", " << variant << ": " << done.error() << '\n';
    std::exit(EXIT_FAILURE);
  }
  line["variant"] = variant;
  line["hex"] = to_hex(encoded);
  json_sink sink(line["pdu"].emplace_object());
  describe(message, sink);
  std::cout << json::serialize(line) << '\n';
}

template <class Body>
void emit_kind() {
  using enum command_status;
  if constexpr (is<Body, unknown_pdu>) {
    emit("vendor", {ESME_ROK, 1, unknown_pdu{command_id{0x00010200}, {1, 2, 3, 0, 255}}});
    emit("broadcast", {ESME_ROK, 1, unknown_pdu{command_id::broadcast_sm, {}}});
  } else {
    emit("empty", {ESME_ROK, 1, Body{}});
    emit("plain", {ESME_ROK, 2, filled<Body>(false)});
    emit("longest", {ESME_ROK, 0x7FFFFFFF, filled<Body>(true)});
    auto with_tlvs = filled<Body>(false);
    for (const auto& definition : tlv_definitions())
      with_tlvs.tlvs.push_back(filled_tlv(definition, definition.size_min == 0));
    emit("all tlvs", {ESME_ROK, 3, with_tlvs});
    if (!is_response(Body::id)) return;
    emit("refused", {ESME_RTHROTTLED, 0, Body{}});
    emit("refused with body", {ESME_RSUBMITFAIL, 0xFFFFFFFF, filled<Body>(false)});
  }
}

void emit_tlvs() {
  deliver_sm message = filled<deliver_sm>(false);
  for (const auto& definition : tlv_definitions()) {
    message.tlvs = {filled_tlv(definition, false)};
    emit("smallest tlv", {command_status::ESME_ROK, 1, message});
    message.tlvs = {filled_tlv(definition, true)};
    emit("largest tlv", {command_status::ESME_ROK, 1, message});
  }
  const auto* callback = definition_of(tag::callback_num);
  message.tlvs = {filled_tlv(*callback, false), filled_tlv(*callback, true)};
  emit("repeated tlv", {command_status::ESME_ROK, 1, message});
  message.tlvs = {{0x1400, {1, 2, 3}}, {0x3FFF, {}}, {0x7777, bytes(tlv_size_max, 0xFF)}};
  emit("vendor tlvs", {command_status::ESME_ROK, 1, message});
}

void emit_statuses() {
  constexpr std::uint32_t beyond_the_lists = 0x500;
  for (std::uint32_t value = 0; value < beyond_the_lists; ++value)
    if (const auto status = command_status{value}; !known_name_of(status).empty())
      emit("status", {status, 1, submit_sm_resp{}});
}

struct message_case {
  std::string_view name;
  text::split_settings how;
  std::string text;
};

std::string repeated(std::string_view text, int times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

std::vector<message_case> message_cases() {
  using enum text::long_message;
  using enum text::national_language;
  // Each character of the default alphabet (TS 23.038 6.2.1) and of its extension.
  constexpr std::string_view every_septet =
      "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
      "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€";
  const auto cyrillic = repeated("Ваш код: Ж7-ЁЩ. Срок годности — один день. ", 6);
  const auto emoji = repeated("снег ❄ и 🚕 ", 12);
  return {
      {"one segment of septets", {}, "Code: @£$¥ èéùìòÇ {}[]~|\\^€"},
      {"septets, udh8", {}, std::string(every_septet) + repeated("{[€]}", 60)},
      {"septets, udh16", {.style = udh16}, repeated(every_septet, 3)},
      {"one segment of Latin-1", {.latin1 = true}, "Ã Õ ã õ þ ÿ ½"},
      {"Latin-1, udh8", {.latin1 = true}, repeated("Ãõþÿ½ ", 40)},
      {"one segment of UCS-2", {}, "Ваш код 🚕"},
      {"UCS-2, udh8", {}, cyrillic},
      {"UCS-2, udh16", {.style = udh16}, emoji},
      {"UCS-2, sar", {.style = sar}, cyrillic},
      {"UCS-2, payload", {.style = payload}, cyrillic + emoji},
      {"Turkish", {.national = {turkish}}, repeated("Şifreniz ığdır. ", 20)},
      {"Spanish", {.national = {spanish}}, repeated("canción, útil, Ávila, çá. ", 10)},
      {"Portuguese", {.national = {portuguese}}, repeated("Ações não são avó. ", 12)},
  };
}

void emit_messages() {
  constexpr std::uint16_t reference = 0xA1B2;
  for (const auto& one : message_cases()) {
    const auto segments = text::split(one.text, one.how, reference);
    for (const auto& segment : segments) {
      auto message = filled<submit_sm>(false);
      message.data_coding = segment.data_coding;
      message.esm_class = segment.has_udh ? 0x40 : 0;
      message.short_message.clear();
      if (segment.sar)
        message.tlvs = {make_u16(tag::sar_msg_ref_num, segment.sar->reference),
                        make_u8(tag::sar_total_segments, segment.sar->total),
                        make_u8(tag::sar_segment_seqnum, segment.sar->number)};
      if (segment.as_payload)
        message.tlvs = {make_octets(tag::message_payload, segment.user_data)};
      else
        message.short_message = segment.user_data;
      emit("text", {command_status::ESME_ROK, 1, message},
           {{"message", {{"name", one.name}, {"text", one.text}, {"parts", segments.size()}}}});
    }
  }
}

} // namespace

int main() {
  []<class... Bodies>(std::type_identity<std::variant<Bodies...>>) {
    (emit_kind<Bodies>(), ...);
  }(std::type_identity<pdu_body>{});
  emit_tlvs();
  emit_statuses();
  emit_messages();
}
