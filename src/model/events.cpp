#include "farebox/model/events.hpp"

#include "farebox/base/byte_writer.hpp"

namespace farebox {

digest128 content_key(operator_id op, std::string_view source, std::string_view destination,
                      std::uint8_t data_coding, bytes_view raw, std::string_view reference) {
  bytes data;
  data.reserve(64 + source.size() + destination.size() + raw.size() + reference.size());
  byte_writer out(data);
  out.u64(static_cast<std::uint64_t>(op.value));
  // Lengths stand before the fields, so that no two MOs run together into the same octets.
  for (const auto field : {as_bytes(source), as_bytes(destination), raw, as_bytes(reference)}) {
    out.u32(static_cast<std::uint32_t>(field.size()));
    out.octets(field);
  }
  out.u8(data_coding);
  return hash128(data);
}

} // namespace farebox
