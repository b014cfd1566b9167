// Bearer tokens: 256 random bits, shown once, kept as a digest.
#pragma once

#include "farebox/base/digest.hpp"
#include "farebox/model/rows.hpp"

#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace farebox::http {

// "fbx_" and 64 hexadecimal digits: recognisable in a log or a repository by secret scanners.
std::string token_text(const digest256& random);

// The digest under which a token is stored, of its whole text.
digest256 token_digest(std::string_view token);

// All tokens of all partners. Thread-safe: read by the HTTP threads at every request.
class token_directory {
 public:
  void put(const token_row& row); // inserts, or replaces the row of the same id

  // The partner whose live token has this digest. The place is found by a prefix of the digest,
  // which says nothing about the token; the digests there are compared in constant time.
  std::optional<partner_id> find(const digest256& digest) const;

  std::vector<token_row> of(partner_id partner) const; // in order of their ids, revoked ones too
  std::optional<token_row> find(token_id id) const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<token_id, token_row> rows_;
  std::unordered_multimap<std::uint64_t, token_id> by_prefix_;
};

} // namespace farebox::http
