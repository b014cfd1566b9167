// Encoding: SMPP 3.4 paragraphs 3.1 and 3.2; the layout is drawn in codec_decode.cpp. The field
// list is visited twice: one pass measures and checks every limit, the second writes into the room
// that the first asked for.
//
//    command_length = 16 + mandatory fields + sum over TLVs of (4 + length)
//
//    C-octet string   "abc"  ->  61 62 63 00
//    counted octets   "abc"  ->  03 61 62 63
//    TLV 0x0427 = 2          ->  04 27 00 01 02
#include "farebox/base/limits.hpp"
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/fields.hpp"

#include <fmt/format.h>

#include <cstring>

namespace farebox::smpp {
namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t tlv_header_size = 4;
constexpr std::size_t count_max = 255; // what one octet of length or count can say

// A visitor of fields.hpp: adds up the size and finds the first field that breaks its limit.
class measure {
 public:
  void integer(const char*, const auto& value) { size_ += sizeof value; }

  void choice(const char* name, std::uint8_t value, std::uint8_t lowest, std::uint8_t highest,
              command_status) {
    size_ += 1;
    require(value >= lowest && value <= highest, name, "value out of range");
  }

  void text(const char* name, std::string_view value, std::size_t size_max, command_status) {
    size_ += value.size() + 1;
    require(value.size() < size_max, name, "too long");
    require(value.find('\0') == value.npos, name, "NUL inside");
  }

  void counted(const char*, const char* name, bytes_view value, command_status) {
    size_ += 1 + value.size();
    require(value.size() <= count_max, name, "too long");
  }

  template <class Item>
  void list(const char*, const char* name, const std::vector<Item>& items, command_status) {
    size_ += 1;
    require(items.size() <= count_max, name, "too many");
    for (const auto& item : items) fields(*this, item);
  }

  void tlvs(const tlv_list& list) {
    for (const auto& [tag, value] : list) size_ += tlv_header_size + value.size();
  }

  void raw(bytes_view body) { size_ += body.size(); }

  std::size_t size() const { return size_; }

  // A TLV too long for its length field is too long for a PDU, so one check covers both.
  result<void> verdict() const {
    if (failed_field_) return invalid(fmt::format("{}: {}", failed_field_, why_));
    if (size_ > limits::pdu_size_max)
      return invalid(fmt::format("command_length: {} octets are above the limit", size_));
    return {};
  }

 private:
  void require(bool holds, const char* name, const char* why) {
    if (holds || failed_field_) return;
    failed_field_ = name;
    why_ = why;
  }

  std::size_t size_ = header_size;
  const char* failed_field_ = nullptr;
  const char* why_ = nullptr;
};
static_assert(limits::pdu_size_max <= 0x10000, "else measure has to check each TLV's length");

// A visitor of fields.hpp: writes where `measure` found room.
class encoder {
 public:
  explicit encoder(std::uint8_t* out) : out_(out) {}

  void integer(const char*, const auto& value) {
    static_assert(sizeof value == 1 || sizeof value == 4);
    big_endian(static_cast<std::uint32_t>(value), sizeof value);
  }

  void choice(const char* name, std::uint8_t value, std::uint8_t, std::uint8_t, command_status) {
    integer(name, value);
  }

  void text(const char*, const std::string& value, std::size_t, command_status) {
    copy(value.data(), value.size() + 1); // its own NUL
  }

  void counted(const char*, const char*, bytes_view value, command_status) {
    big_endian(static_cast<std::uint32_t>(value.size()), 1);
    raw(value);
  }

  template <class Item>
  void list(const char*, const char*, const std::vector<Item>& items, command_status) {
    big_endian(static_cast<std::uint32_t>(items.size()), 1);
    for (const auto& item : items) fields(*this, item);
  }

  void tlvs(const tlv_list& list) {
    for (const auto& [tag, value] : list) {
      big_endian(tag, 2);
      big_endian(static_cast<std::uint32_t>(value.size()), 2);
      raw(value);
    }
  }

  void raw(bytes_view value) { copy(value.data(), value.size()); }

  const std::uint8_t* position() const { return out_; }

 private:
  void big_endian(std::uint32_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0; value >>= 8) out_[i] = static_cast<std::uint8_t>(value);
    out_ += size;
  }

  void copy(const void* data, std::size_t size) {
    if (size > 0) std::memcpy(out_, data, size);
    out_ += size;
  }

  std::uint8_t* out_;
};

template <class Visitor>
void visit_body(Visitor& visitor, const auto& body) {
  fields(visitor, body);
}

template <class Visitor>
void visit_body(Visitor& visitor, const unknown_pdu& unknown) {
  visitor.raw(unknown.body);
}

// A refusal carries nothing but its status, except that paragraph 4.6.2 gives deliver_sm_resp its
// message_id always.
template <class Body>
bool goes_without_body(command_status status, const Body& body) {
  if constexpr (is<Body, unknown_pdu> || is<Body, deliver_sm_resp>)
    return false;
  else
    return is_response(Body::id) && status != command_status::ESME_ROK && body == Body{};
}

template <class Body>
result<void> encode_as(const pdu& message, const Body& body, bytes& out) {
  const bool header_alone = goes_without_body(message.status, body);
  measure measured;
  if (!header_alone) visit_body(measured, body);
  if (auto verdict = measured.verdict(); !verdict) return verdict;

  const auto begin = out.size();
  out.resize(begin + measured.size());
  encoder writer(out.data() + begin);
  writer.integer("command_length", static_cast<std::uint32_t>(measured.size()));
  writer.integer("command_id", body.id);
  writer.integer("command_status", message.status);
  writer.integer("sequence_number", message.sequence);
  if (!header_alone) visit_body(writer, body);
  ensure(writer.position() == out.data() + out.size(), "an encoded PDU has its measured size");
  return {};
}

} // namespace

result<void> encode(const pdu& message, bytes& out) {
  return std::visit([&](const auto& body) { return encode_as(message, body, out); }, message.body);
}

} // namespace farebox::smpp
