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

namespace {

struct refuse {
  const failure& why;
  std::optional<effect> operator()(const check_code& e) const {
    return code_checked{e.ticket, "unavailable", {}, {}};
  }
  std::optional<effect> operator()(const catalogue_change& e) const {
    return catalogue_changed{e.ticket, {}, {}, why};
  }
  std::optional<effect> operator()(const release_absorbed& e) const {
    return support_answered{e.ticket, {}, false, why};
  }
  std::optional<effect> operator()(const settle_reply& e) const {
    return support_answered{e.ticket, {}, false, why};
  }
  template <class Other>
  std::optional<effect> operator()(const Other&) const {
    return {};
  }
};

} // namespace

std::optional<effect> refusal_of(const event& e, const failure& why) {
  return std::visit(refuse{why}, e);
}

} // namespace farebox
