#include "farebox/text/udh.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/base/byte_writer.hpp"

#include <array>
#include <limits>

namespace farebox::text {

namespace {

constexpr std::size_t length_octet_max = std::numeric_limits<std::uint8_t>::max();

// Elements of a wrong length are kept, but say nothing.
void read_element(const information_element& ie, user_data_header& header) {
  byte_reader in(ie.data);
  const auto size = ie.data.size();
  if ((ie.id == element::concatenation_8_bit && size == 3) ||
      (ie.id == element::concatenation_16_bit && size == 4)) {
    part_header part;
    part.reference = size == 3 ? in.u8() : in.u16();
    part.total = in.u8();
    part.number = in.u8();
    if (part.is_valid()) header.concatenation = part;
  } else if (ie.id == element::port_8_bit && size == 2) {
    header.port = {.destination = ie.data[0], .source = ie.data[1]};
  } else if (ie.id == element::port_16_bit && size == 4) {
    header.port.emplace();
    header.port->destination = in.u16();
    header.port->source = in.u16();
  } else if (ie.id == element::single_shift && size == 1) {
    header.tables.single = national_language_of(ie.data[0]);
  } else if (ie.id == element::locking_shift && size == 1) {
    header.tables.locking = national_language_of(ie.data[0]);
  }
}

} // namespace

std::string_view name_of(udh_status status) {
  constexpr std::array<std::string_view, 4> names{"ok", "no_data", "longer_than_data",
                                                  "element_cut"};
  return names[static_cast<std::size_t>(status)];
}

user_data_header parse_udh(bytes_view user_data) {
  user_data_header header;
  if (user_data.empty()) {
    header.status = udh_status::no_data;
    return header;
  }
  const std::size_t length = user_data[0];
  if (length >= user_data.size()) {
    header.status = udh_status::longer_than_data;
    return header;
  }
  header.size = 1 + length;
  byte_reader in(user_data.subspan(1, length));
  while (!in.at_end()) {
    const auto id = in.u8();
    const auto data = in.octets(in.u8());
    if (!in.ok()) {
      header.status = udh_status::element_cut;
      break;
    }
    header.elements.push_back({id, {data.begin(), data.end()}});
    read_element(header.elements.back(), header);
  }
  return header;
}

std::optional<bytes> build_udh(std::span<const information_element> elements) {
  bytes header(1);
  byte_writer out(header);
  for (const auto& ie : elements) {
    if (ie.data.size() > length_octet_max) return std::nullopt;
    out.u8(ie.id);
    out.u8(static_cast<std::uint8_t>(ie.data.size()));
    out.octets(ie.data);
  }
  if (header.size() - 1 > length_octet_max) return std::nullopt;
  header[0] = static_cast<std::uint8_t>(header.size() - 1);
  return header;
}

information_element concatenation_element(const part_header& part, bool reference_16_bit) {
  information_element ie;
  byte_writer out(ie.data);
  ie.id = reference_16_bit ? element::concatenation_16_bit : element::concatenation_8_bit;
  if (reference_16_bit) {
    out.u16(part.reference);
  } else {
    out.u8(static_cast<std::uint8_t>(part.reference));
  }
  out.u8(part.total);
  out.u8(part.number);
  return ie;
}

information_element port_element(application_port port) {
  information_element ie{.id = element::port_16_bit, .data = {}};
  byte_writer out(ie.data);
  out.u16(port.destination);
  out.u16(port.source);
  return ie;
}

information_element single_shift_element(national_language language) {
  return {.id = element::single_shift, .data = {static_cast<std::uint8_t>(language)}};
}

information_element locking_shift_element(national_language language) {
  return {.id = element::locking_shift, .data = {static_cast<std::uint8_t>(language)}};
}

} // namespace farebox::text
