// Decoding: SMPP 3.4 paragraphs 3.1 (wire types), 3.2 (layout), 3.2.4 (TLVs), 3.3 (what to do with
// other versions' parameters: ignore what you do not know).
//
//    0                4                8               12               16
//    +----------------+----------------+----------------+----------------+
//    | command_length |   command_id   | command_status | sequence_number|   four integers of 4
//    +----------------+----------------+----------------+----------------+
//    | mandatory fields of the command, in order (fields.hpp)            |
//    |   integer         1 or 4 octets, big-endian                       |
//    |   C-octet string  text ... 00          size limit counts the 00   |
//    |   octet string    its length in the octet before it               |
//    +-------------------------------------------------------------------+
//    | TLVs: tag(2) length(2) value(length), in any order, to the end    |
//    +-------------------------------------------------------------------+
#include "farebox/base/byte_reader.hpp"
#include "farebox/base/limits.hpp"
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/fields.hpp"
#include "smpp/body_types.hpp"

#include <fmt/format.h>

#include <limits>

namespace farebox::smpp {
namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t tlv_header_size = 4;

struct walked_tlvs {
  std::size_t count = 0;
  bool to_the_end = false; // the TLVs end where the PDU ends
};

walked_tlvs walk_tlvs(bytes_view rest) {
  byte_reader in(rest);
  walked_tlvs walked;
  while (in.ok() && !in.at_end()) {
    in.u16();
    in.octets(in.u16());
    walked.count += in.ok();
  }
  walked.to_the_end = in.ok();
  return walked;
}

void decode_tlvs(bytes_view rest, std::size_t count, tlv_list& list, decode_notes& notes) {
  list.reserve(count);
  byte_reader in(rest);
  for (; count > 0; --count) {
    const auto tag = in.u16();
    const auto value = in.octets(in.u16());
    list.push_back({tag, bytes(value.begin(), value.end())});
  }
  if (in.remaining() >= tlv_header_size)
    ++notes.tlvs_cut_short;
  else
    notes.trailing_octets += in.remaining();
}

// A visitor of fields.hpp. After the first bad field it reads nothing more.
class decoder {
 public:
  decoder(bytes_view body, bool lenient, decode_notes& notes)
      : in_(body), lenient_(lenient), notes_(notes) {}

  // A PDU is mostly single octets: calls would cost more than reading them.
  template <class Value>
  [[gnu::always_inline]] void integer(const char* name, Value& value) {
    static_assert(sizeof value == 1 || sizeof value == 4);
    value = static_cast<Value>(sizeof value == 1 ? in_.u8() : in_.u32());
    if (!in_.ok()) check(name, command_status::ESME_RINVCMDLEN);
  }

  void choice(const char* name, std::uint8_t& value, std::uint8_t lowest, std::uint8_t highest,
              command_status answer) {
    const auto position = in_.position();
    integer(name, value);
    if (ok() && (value < lowest || value > highest))
      fail(name, position, answer, "value out of range");
  }

  void text(const char* name, std::string& value, std::size_t size_max, command_status answer) {
    const auto view = in_.c_string(size_max);
    if (in_.ok()) {
      if (!view.empty()) value.assign(view);
    } else if (ok())
      unterminated(name, value, size_max, answer);
  }

  void counted(const char*, const char* name, bytes& value, command_status answer) {
    const auto view = in_.octets(integer_of_one(name));
    value.assign(view.begin(), view.end());
    check(name, answer);
    after_counted_ = true;
  }

  template <class Item>
  void list(const char* count_name, const char*, std::vector<Item>& items, command_status) {
    // Grows with the items that are there, whatever the count claims.
    for (auto left = integer_of_one(count_name); left > 0 && ok(); --left)
      fields(*this, items.emplace_back());
  }

  void tlvs(tlv_list& list) {
    if (!ok() || in_.at_end()) return;
    auto rest = in_.rest();
    auto walked = walk_tlvs(rest);
    // One NUL too many after short_message is a common bug. It is told from a TLV by what makes
    // the TLVs end exactly at the end.
    if (!walked.to_the_end && after_counted_ && rest[0] == 0) {
      const auto shifted = walk_tlvs(rest.subspan(1));
      if (shifted.to_the_end) {
        rest = rest.subspan(1);
        walked = shifted;
        ++notes_.nul_after_short_message;
      }
    }
    decode_tlvs(rest, walked.count, list, notes_);
  }

  bool ok() const { return failed_field_ == nullptr; }

  decode_failure failure(command_id id, std::uint32_t sequence) const {
    return {id, sequence, answer_, failed_field_, header_size + failed_position_,
            std::string(why_)};
  }

 private:
  std::size_t integer_of_one(const char* name) {
    std::uint8_t value = 0;
    integer(name, value);
    return value;
  }

  [[gnu::cold]] void check(const char* name, command_status answer) {
    if (!in_.ok() && ok()) fail(name, in_.position(), answer, farebox::name_of(in_.error()));
  }

  [[gnu::cold]] void fail(const char* name, std::size_t position, command_status answer,
                          std::string_view why) {
    failed_field_ = name;
    failed_position_ = position;
    answer_ = answer;
    why_ = why;
  }

  [[gnu::cold]] void unterminated(const char* name, std::string& value, std::size_t size_max,
                    command_status answer) {
    const bool runs_to_the_end = in_.error() == read_error::no_terminator;
    if (lenient_ && runs_to_the_end && in_.remaining() < size_max) {
      value.assign(as_text(in_.rest()));
      in_ = byte_reader({});
      ++notes_.unterminated_strings;
      return;
    }
    check(name, in_.at_end() ? command_status::ESME_RINVCMDLEN : answer);
  }

  byte_reader in_;
  bool lenient_;
  bool after_counted_ = false;
  decode_notes& notes_;
  const char* failed_field_ = nullptr;
  std::size_t failed_position_ = 0;
  command_status answer_{};
  std::string_view why_;
};

decode_failure bad_length(bytes_view frame, std::uint32_t length) {
  byte_reader in(frame);
  in.u32();
  const auto id = command_id{in.u32()};
  in.u32();
  return {id, in.u32(), command_status::ESME_RINVCMDLEN, "command_length", 0,
          fmt::format("says {}, the frame has {} octets", length, frame.size())};
}

} // namespace

void throw_exception_from_error(const decode_failure& error, const boost::source_location&) {
  broken_invariant("unchecked decode_result: " + error.field + ": " + error.why);
}

decode_result decode(bytes_view frame, decode_notes* notes) {
  byte_reader header(frame);
  const auto length = header.u32();
  const auto id = command_id{header.u32()};
  const auto status = command_status{header.u32()};
  const auto sequence = header.u32();
  if (!header.ok() || length != frame.size() || length > limits::pdu_size_max)
    return bad_length(frame, length);

  decode_notes unwanted;
  auto& noted = notes ? *notes : unwanted;
  const auto body = header.rest();
  decode_result decoded(boost::system::in_place_value, status, sequence); // filled in place
  const bool known = with_body_type(id, [&]<class Body>(std::type_identity<Body>) {
    auto& target = decoded->body.emplace<Body>();
    const bool has_fields = !laid_out<Body, header_only>;
    if (is_response(id) && body.empty()) {
      noted.missing_bodies += has_fields && status == command_status::ESME_ROK;
      return;
    }
    decoder visitor(body, is_response(id), noted);
    fields(visitor, target);
    if (!visitor.ok()) decoded = visitor.failure(id, sequence);
  });
  if (!known) decoded->body.emplace<unknown_pdu>(id, bytes(body.begin(), body.end()));
  return decoded;
}

} // namespace farebox::smpp
