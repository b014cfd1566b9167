// The high-water mark: a small file outside the data base that says how far the bills had come. A
// data base that ends before its mark is an old backup.
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/model/rows.hpp"
#include "farebox/store/sqlite.hpp"

#include <filesystem>
#include <optional>

namespace farebox::store {

struct mark {
  chain_head head;
  utc_time posted_at; // of the bill; for people
};

// Nothing if there is no such file; failure `corrupt` if it cannot be understood.
result<std::optional<mark>> read_mark(const std::filesystem::path& path,
                                      disk& files = local_disk());

// Atomic and durable. Failure `unavailable`.
result<void> write_mark(const std::filesystem::path& path, const mark& newest,
                        disk& files = local_disk());

} // namespace farebox::store
