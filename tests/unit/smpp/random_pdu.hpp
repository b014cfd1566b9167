// PDUs at random, made from the field lists: any legal value of each field, the edges often. The
// source is called for numbers: a generator of <random>, or a fuzzer's input.
#pragma once

#include "farebox/smpp/fields.hpp"
#include "smpp/body_types.hpp"

#include <cstdint>
#include <random>

namespace farebox::smpp {

// A visitor of fields.hpp.
template <class Source>
class random_fields {
 public:
  explicit random_fields(Source& source) : source_(source) {}

  std::uint64_t below(std::uint64_t limit) { return std::uint64_t{source_()} % limit; }

  template <class Value>
  void integer(const char*, Value& value) {
    value = static_cast<Value>(below(4) == 0 ? ~std::uint64_t{0} : std::uint64_t{source_()});
  }
  void choice(const char*, std::uint8_t& value, std::uint8_t lowest, std::uint8_t highest,
              command_status) {
    value = static_cast<std::uint8_t>(lowest + below(highest - lowest + 1u));
  }
  void text(const char*, std::string& value, std::size_t size_max, command_status) {
    value.resize(size_up_to(size_max - 1));
    for (auto& c : value) c = static_cast<char>(1 + below(255));
  }
  void counted(const char*, const char*, bytes& value, command_status) { octets(value, 255); }

  template <class Item>
  void list(const char*, const char*, std::vector<Item>& items, command_status) {
    items.resize(below(50) == 0 ? 255 : below(4));
    for (auto& item : items) fields(*this, item);
  }

  void tlvs(tlv_list& list) {
    list.resize(below(3) == 0 ? below(6) : 0);
    for (auto& one : list) {
      const auto known = tlv_definitions();
      one.tag = below(2) == 0 ? known[below(known.size())].tag
                              : static_cast<std::uint16_t>(source_());
      octets(one.value, below(20) == 0 ? 8000 : 20);
    }
  }

  void octets(bytes& value, std::size_t size_max) {
    value.resize(size_up_to(size_max));
    for (auto& octet : value) octet = static_cast<std::uint8_t>(source_());
  }

 private:
  std::size_t size_up_to(std::size_t size_max) {
    const auto dice = below(8);
    return dice == 0 ? 0 : dice == 1 ? size_max : below(size_max + 1);
  }

  Source& source_;
};

template <class Source>
pdu random_pdu(Source& source) {
  random_fields visitor(source);
  pdu made;
  visitor.integer("sequence_number", made.sequence);
  if (visitor.below(3) == 0) visitor.integer("command_status", made.status);
  const auto kind = visitor.below(std::variant_size_v<pdu_body>);
  std::size_t index = 0;
  const auto try_one = [&]<class Body>(std::type_identity<Body>) {
    if (index++ != kind) return;
    auto& body = made.body.emplace<Body>();
    if constexpr (is_known<Body>) {
      fields(visitor, body);
    } else {
      body.id = command_id{static_cast<std::uint32_t>(0x7000 + visitor.below(9))};
      visitor.octets(body.body, 60);
    }
  };
  [&]<class... Bodies>(std::type_identity<std::variant<Bodies...>>) {
    (try_one(std::type_identity<Bodies>{}), ...);
  }(std::type_identity<pdu_body>{});
  return made;
}

} // namespace farebox::smpp
