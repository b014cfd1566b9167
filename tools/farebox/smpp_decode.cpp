#include "farebox/smpp_decode.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/describe.hpp"
#include "farebox/smpp/framer.hpp"
#include "farebox/text/parts.hpp"
#include "farebox/text/udh.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <istream>
#include <ostream>
#include <string>

namespace farebox::cli {
namespace {

namespace json = boost::json;

constexpr std::uint8_t esm_class_udhi = 0x40;

// A C-octet string may have any octets, JSON only UTF-8: those above ASCII are shown as Latin-1.
std::string printable(std::string_view text) {
  return text::decode(as_bytes(text), text::charset::latin1);
}

// Numbers go by the standard name, their words by that name with "_name" behind it.
class json_sink : public smpp::description_sink {
 public:
  explicit json_sink(json::object& root) { open_.push_back(&root); }

  void integer(std::string_view name, std::uint32_t value, std::string_view meaning) override {
    auto& object = *open_.back();
    object[name] = value;
    if (name == "tag")
      object["name"] = smpp::name_of_tag(static_cast<std::uint16_t>(value));
    else if (!meaning.empty())
      object[fmt::format("{}_name", name)] = meaning;
  }
  void text(std::string_view name, std::string_view value) override {
    (*open_.back())[name] = printable(value);
  }
  void octets(std::string_view name, bytes_view value) override {
    (*open_.back())[name] = to_hex(value);
  }
  void open_list(std::string_view name) override {
    list_ = &(*open_.back())[name].emplace_array();
  }
  void open_item() override { open_.push_back(&list_->emplace_back(json::object()).as_object()); }
  void close_item() override { open_.pop_back(); }
  void close_list() override { list_ = nullptr; } // no PDU has a list inside a list

 private:
  std::vector<json::object*> open_;
  json::array* list_ = nullptr;
};

void add_header(const text::part_view& message, json::object& root) {
  const auto header = text::parse_udh(message.user_data);
  auto& elements = root["udh"].emplace_array();
  for (const auto& [id, data] : header.elements)
    elements.push_back(json::object{{"id", id}, {"data", to_hex(data)}});
  if (header.status != text::udh_status::ok) root["udh_error"] = name_of(header.status);
}

template <class Body>
void add_part(const text::part_view& message, const Body& body, json::object& root) {
  const auto sar = [&](std::uint16_t tag) { return smpp::integer_of(body.tlvs, tag); };
  const auto narrow = [](const auto& value) {
    return value ? std::optional(static_cast<std::uint8_t>(*value)) : std::nullopt;
  };
  const auto reference = sar(smpp::tag::sar_msg_ref_num);
  const auto part = text::part_header_of(
      message.has_udh, message.user_data,
      reference ? std::optional(static_cast<std::uint16_t>(*reference)) : std::nullopt,
      narrow(sar(smpp::tag::sar_total_segments)), narrow(sar(smpp::tag::sar_segment_seqnum)));
  if (!part) return;
  root["part"] = json::object{
      {"reference", part->reference}, {"total", part->total}, {"number", part->number}};
}

// The text of the PDUs that carry one and say how it is coded; replace_sm does not.
template <class Body>
void add_text(const Body& body, text::charset default_for_zero, json::object& root) {
  if constexpr (requires { body.esm_class; }) {
    const bool has_udh = (body.esm_class & esm_class_udhi) != 0;
    const text::part_view message{user_data(body), body.data_coding, has_udh};
    root["charset"] = name_of(text::charset_of(body.data_coding, default_for_zero));
    std::string decoded;
    text::text_of(message, default_for_zero, decoded);
    root["text"] = decoded;
    if (has_udh) add_header(message, root);
    add_part(message, body, root);
  }
}

void add_notes(const smpp::decode_notes& notes, json::object& root) {
  json::object tolerated;
  const auto add = [&](const char* name, std::uint64_t count) {
    if (count > 0) tolerated[name] = count;
  };
  add("nul_after_short_message", notes.nul_after_short_message);
  add("tlvs_cut_short", notes.tlvs_cut_short);
  add("trailing_octets", notes.trailing_octets);
  add("unterminated_strings", notes.unterminated_strings);
  add("missing_bodies", notes.missing_bodies);
  if (!tolerated.empty()) root["tolerated"] = std::move(tolerated);
}

json::object to_json(const smpp::pdu& message, std::size_t size, const smpp::decode_notes& notes,
                     text::charset default_for_zero) {
  json::object root;
  root["command_length"] = size;
  json_sink sink(root);
  describe(message, sink);
  std::visit([&](const auto& body) { add_text(body, default_for_zero, root); }, message.body);
  add_notes(notes, root);
  return root;
}

struct located_error {
  std::string error;
  std::size_t offset;
  std::string field;
};

json::object to_json(const located_error& error, std::size_t line) {
  return {{"error", error.error}, {"offset", error.offset}, {"field", error.field}, {"line", line}};
}

json::object to_json(const smpp::decode_failure& failure, std::size_t begin, std::size_t line) {
  auto root = to_json(located_error{failure.why, begin + failure.offset, failure.field}, line);
  root["command_id"] = static_cast<std::uint32_t>(failure.id);
  root["command_id_name"] = name_of(failure.id);
  root["sequence_number"] = failure.sequence;
  root["answer"] = name_of(failure.answer);
  return root;
}

// Digits of the line; false with the place of what is no digit.
bool read_hexadecimal(std::string_view line, bytes& out, located_error& error) {
  std::string digits;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\r') continue;
    if (c == '0' && i + 1 < line.size() && (line[i + 1] == 'x' || line[i + 1] == 'X')) {
      ++i;
      continue;
    }
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!digit) return error = {"not a hexadecimal digit", i, "line"}, false;
    digits += c;
  }
  if (from_hex(digits, out)) return true;
  return error = {"half an octet: an odd number of digits", line.size(), "line"}, false;
}

class line_decoder {
 public:
  line_decoder(std::ostream& out, text::charset default_for_zero)
      : out_(out), default_for_zero_(default_for_zero) {}

  void decode(std::string_view text, std::size_t number) {
    bytes data;
    located_error error;
    if (!read_hexadecimal(text, data, error)) return fail(to_json(error, number));
    smpp::framer framer;
    framer.push(data);
    std::size_t begin = 0;
    while (const auto frame = framer.next()) {
      decode_frame(*frame, begin, number);
      begin += frame->size();
    }
    if (framer.error() != smpp::framing_error::none)
      fail(to_json({std::string(name_of(framer.error())), begin, "command_length"}, number));
    else if (begin < data.size())
      fail(to_json(cut_off(bytes_view(data).subspan(begin), begin), number));
  }

  bool failed() const { return failed_; }

 private:
  void decode_frame(bytes_view frame, std::size_t begin, std::size_t number) {
    smpp::decode_notes notes;
    const auto decoded = smpp::decode(frame, &notes);
    if (decoded)
      out_ << json::serialize(to_json(*decoded, frame.size(), notes, default_for_zero_)) << '\n';
    else
      fail(to_json(decoded.error(), begin, number));
  }

  static located_error cut_off(bytes_view rest, std::size_t begin) {
    byte_reader in(rest);
    const auto length = in.u32();
    if (!in.ok()) return {"cut off inside the length", begin, "command_length"};
    return {fmt::format("says {} octets, {} are there", length, rest.size()), begin,
            "command_length"};
  }

  void fail(const json::object& error) {
    failed_ = true;
    out_ << json::serialize(error) << '\n';
  }

  std::ostream& out_;
  text::charset default_for_zero_;
  bool failed_ = false;
};

} // namespace

int smpp_decode(std::istream& in, std::ostream& out, text::charset default_for_zero) {
  line_decoder decoder(out, default_for_zero);
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) decoder.decode(line, number);
  return decoder.failed() ? 1 : 0;
}

} // namespace farebox::cli
