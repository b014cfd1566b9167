// Says for most keys that are not in a table that they are not, without asking the table.
#pragma once

#include "farebox/base/digest.hpp"
#include "farebox/model/changes.hpp"

#include <bitset>
#include <cstddef>
#include <functional>
#include <memory>

namespace farebox::store {

class key_filter {
 public:
  void add(const digest128& key) { (*bits_)[place(key)] = true; }
  void add(const smsc_key& key) { (*bits_)[place(key)] = true; }
  template <class Key>
  bool may_have(const Key& key) const {
    return (*bits_)[place(key)];
  }
  void clear() { bits_->reset(); }

 private:
  // 1 MiB: at 100,000 keys one question in eighty goes to the table in vain.
  static constexpr std::size_t bits = std::size_t{1} << 23;

  static std::size_t place(const digest128& key) { return std::hash<digest128>{}(key) % bits; }
  static std::size_t place(const smsc_key& key) {
    const auto hash = std::hash<std::string>{}(key.smsc_id);
    return (hash ^ static_cast<std::size_t>(key.op.value) * 0x9E3779B97F4A7C15u) % bits;
  }

  std::unique_ptr<std::bitset<bits>> bits_ = std::make_unique<std::bitset<bits>>();
};

} // namespace farebox::store
