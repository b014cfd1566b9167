#include "farebox/smpp/describe.hpp"

#include "farebox/base/mask.hpp"
#include "farebox/smpp/fields.hpp"

#include <fmt/format.h>

namespace farebox::smpp {
namespace {

struct word {
  std::string_view field;
  std::uint32_t value;
  std::string_view meaning;
};

// SMPP 3.4 paragraphs 5.2.5 (ton), 5.2.6 (npi), 5.2.17 (registered_delivery), 5.2.18
// (replace_if_present_flag), 5.2.19 (data_coding), 5.2.25 (dest_flag), 5.2.28 (message_state),
// 5.3.2.x for TLVs of other names.
constexpr word words[] = {
    {"ton", 0, "unknown"},
    {"ton", 1, "international"},
    {"ton", 2, "national"},
    {"ton", 3, "network specific"},
    {"ton", 4, "subscriber number"},
    {"ton", 5, "alphanumeric"},
    {"ton", 6, "abbreviated"},
    {"npi", 0, "unknown"},
    {"npi", 1, "ISDN (E.163/E.164)"},
    {"npi", 3, "data (X.121)"},
    {"npi", 4, "telex (F.69)"},
    {"npi", 6, "land mobile (E.212)"},
    {"npi", 8, "national"},
    {"npi", 9, "private"},
    {"npi", 10, "ERMES"},
    {"npi", 14, "internet (IP)"},
    {"npi", 18, "WAP client id"},
    {"interface_version", 0x33, "3.3"},
    {"interface_version", 0x34, "3.4"},
    {"interface_version", 0x50, "5.0"},
    {"registered_delivery", 0, "no receipt"},
    {"registered_delivery", 1, "receipt on success or failure"},
    {"registered_delivery", 2, "receipt on failure"},
    {"registered_delivery", 3, "receipt on success"},
    {"replace_if_present_flag", 0, "do not replace"},
    {"replace_if_present_flag", 1, "replace"},
    {"data_coding", 0, "SMSC default alphabet"},
    {"data_coding", 1, "IA5 (ASCII)"},
    {"data_coding", 2, "8-bit binary"},
    {"data_coding", 3, "Latin-1 (ISO-8859-1)"},
    {"data_coding", 4, "8-bit binary"},
    {"data_coding", 5, "JIS (X 0208)"},
    {"data_coding", 6, "Cyrillic (ISO-8859-5)"},
    {"data_coding", 7, "Latin/Hebrew (ISO-8859-8)"},
    {"data_coding", 8, "UCS-2"},
    {"data_coding", 9, "pictograms"},
    {"data_coding", 10, "music codes (ISO-2022-JP)"},
    {"data_coding", 13, "extended Kanji JIS (X 0212)"},
    {"data_coding", 14, "KS C 5601"},
    {"dest_flag", 1, "SME address"},
    {"dest_flag", 2, "distribution list"},
    {"message_state", 0, "SCHEDULED"}, // of 5.0
    {"message_state", 1, "ENROUTE"},
    {"message_state", 2, "DELIVERED"},
    {"message_state", 3, "EXPIRED"},
    {"message_state", 4, "DELETED"},
    {"message_state", 5, "UNDELIVERABLE"},
    {"message_state", 6, "ACCEPTED"},
    {"message_state", 7, "UNKNOWN"},
    {"message_state", 8, "REJECTED"},
    {"message_state", 9, "SKIPPED"}, // of 5.0
    {"delivery_failure_reason", 0, "destination unavailable"},
    {"delivery_failure_reason", 1, "destination address invalid"},
    {"delivery_failure_reason", 2, "permanent network error"},
    {"delivery_failure_reason", 3, "temporary network error"},
    {"ms_availability_status", 0, "available"},
    {"ms_availability_status", 1, "denied"},
    {"ms_availability_status", 2, "unavailable"},
    {"more_messages_to_send", 0, "no more"},
    {"more_messages_to_send", 1, "more to follow"},
    {"payload_type", 0, "default"},
    {"payload_type", 1, "WCMP"},
    {"privacy_indicator", 0, "not restricted"},
    {"privacy_indicator", 1, "restricted"},
    {"privacy_indicator", 2, "confidential"},
    {"privacy_indicator", 3, "secret"},
};

struct flag {
  std::uint32_t mask;
  std::uint32_t value;
  std::string_view meaning;
};

// Paragraph 5.2.12, and for deliver_sm table 5-4: mode, type of message, GSM features.
constexpr flag esm_class_flags[] = {
    {0x03, 0x01, "datagram"},
    {0x03, 0x02, "transaction"},
    {0x03, 0x03, "store and forward"},
    {0x3C, 0x04, "delivery receipt"},
    {0x3C, 0x08, "delivery acknowledgement"},
    {0x3C, 0x10, "user acknowledgement"},
    {0x3C, 0x18, "conversation abort"},
    {0x3C, 0x20, "intermediate notification"},
    {0x40, 0x40, "UDHI"},
    {0x80, 0x80, "reply path"},
};

std::string esm_class_meaning(std::uint32_t value) {
  std::string meaning;
  for (const auto& flag : esm_class_flags)
    if ((value & flag.mask) == flag.value)
      meaning.append(meaning.empty() ? "" : ", ").append(flag.meaning);
  return meaning.empty() && value == 0 ? "default" : meaning;
}

// The fields whose words are the same go by one name.
std::string_view common_name(std::string_view field) {
  if (field.ends_with("_ton")) return "ton";
  if (field.ends_with("_npi")) return "npi";
  if (field == "sc_interface_version") return "interface_version";
  return field;
}

// A visitor of fields.hpp.
class describer {
 public:
  explicit describer(description_sink& sink) : sink_(sink) {}

  void integer(const char* name, std::uint8_t value) {
    sink_.integer(name, value, meaning_of(name, value));
  }
  void integer(const char* name, command_status value) {
    sink_.integer(name, static_cast<std::uint32_t>(value), known_name_of(value));
  }
  void choice(const char* name, std::uint8_t value, std::uint8_t, std::uint8_t, command_status) {
    integer(name, value);
  }
  void text(const char* name, std::string_view value, std::size_t, command_status) {
    sink_.text(name, value);
  }
  void counted(const char* count_name, const char* name, bytes_view value, command_status) {
    sink_.integer(count_name, static_cast<std::uint32_t>(value.size()), {});
    sink_.octets(name, value);
  }

  template <class Item>
  void list(const char* count_name, const char* name, const std::vector<Item>& items,
            command_status) {
    sink_.integer(count_name, static_cast<std::uint32_t>(items.size()), {});
    sink_.open_list(name);
    for (const auto& item : items) {
      sink_.open_item();
      fields(*this, item);
      sink_.close_item();
    }
    sink_.close_list();
  }

  void tlvs(const tlv_list& list) {
    if (list.empty()) return;
    sink_.open_list("tlvs");
    for (const auto& one : list) {
      sink_.open_item();
      describe_tlv(one);
      sink_.close_item();
    }
    sink_.close_list();
  }

 private:
  void describe_tlv(const tlv& one) {
    const auto* definition = definition_of(one.tag);
    sink_.integer("tag", one.tag, definition ? definition->name : std::string_view{});
    const auto size = one.value.size();
    const bool fits =
        definition != nullptr && size >= definition->size_min && size <= definition->size_max;
    if (fits && definition->kind == tlv_kind::integer) {
      const auto value = *integer_of({one}, one.tag);
      sink_.integer("value", value, meaning_of(definition->name, value));
    } else if (fits && definition->kind == tlv_kind::c_octet_string) {
      sink_.text("value", *text_of({one}, one.tag));
    } else {
      sink_.octets("value", one.value);
    }
  }

  description_sink& sink_;
};

class log_line : public description_sink {
 public:
  explicit log_line(std::string& out) : out_(out) {}

  void integer(std::string_view name, std::uint32_t value, std::string_view meaning) override {
    const auto number = fmt::to_string(value);
    if (name == "command_id") {
      out_ = meaning.empty() ? fmt::format("0x{:08x}", value) : meaning;
    } else if (name == "tag") {
      tag_ = meaning;
      add(name, meaning.empty() ? fmt::format("0x{:04x}", value) : meaning);
    } else if (name == "value" || (name == "command_status" && value != 0)) {
      add(name, meaning.empty() ? number : meaning);
    } else if (name == "sequence_number" || value != 0) {
      add(name, number);
    }
  }
  void text(std::string_view name, std::string_view value) override {
    if (value.empty()) return;
    const bool is_id = name == "message_id" || tag_ == "receipted_message_id";
    if (name == "password")
      add(name, "***");
    else
      add(name, printable(is_id ? std::string(value) : mask_msisdn(value)));
  }
  void octets(std::string_view name, bytes_view value) override {
    if (!value.empty()) add(name, fmt::format("({} octets)", value.size()));
  }
  void open_list(std::string_view name) override { add(name, "["); }
  void open_item() override { out_ += '{'; }
  void close_item() override { out_ += '}'; }
  void close_list() override { out_ += ']'; }

 private:
  void add(std::string_view name, std::string_view value) {
    if (!out_.empty() && out_.back() != '{') out_ += ' ';
    out_.append(name).append("=").append(value);
  }

  // A peer's octets must not forge a line of the log.
  static std::string printable(std::string text) {
    for (auto& c : text)
      if (c < 0x20 || c > 0x7E) c = '?';
    return text;
  }

  std::string& out_;
  std::string tag_; // of the TLV being told
};

} // namespace

std::string meaning_of(std::string_view field, std::uint32_t value) {
  if (field == "esm_class") return esm_class_meaning(value);
  const auto name = common_name(field);
  for (const auto& word : words)
    if (word.field == name && word.value == value) return std::string(word.meaning);
  return {};
}

void describe(const pdu& message, description_sink& sink) {
  const auto id = id_of(message);
  sink.integer("command_id", static_cast<std::uint32_t>(id), known_name_of(id));
  describer visitor(sink);
  visitor.integer("command_status", message.status);
  sink.integer("sequence_number", message.sequence, {});
  std::visit(
      [&](const auto& body) {
        if constexpr (requires { body.body; })
          sink.octets("body", body.body);
        else
          fields(visitor, body);
      },
      message.body);
}

std::string to_log_line(const pdu& message) {
  std::string line;
  log_line sink(line);
  describe(message, sink);
  return line;
}

} // namespace farebox::smpp
