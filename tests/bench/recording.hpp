// What a daemon asked of its store, batch after batch, in a file: to be done again by the store
// alone. The file is an array of records in order, for the same program on the same machine.
#pragma once

#include "farebox/store/store.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <variant>

namespace farebox::bench {

// A store that does what `rows` does and writes down each load and each commit that succeeded.
// Throws std::runtime_error if the file cannot be written.
std::unique_ptr<store::writer> record(std::unique_ptr<store::writer> rows,
                                      const std::filesystem::path& to);

using request = std::variant<wanted, changes>;

class recording {
 public:
  explicit recording(const std::filesystem::path& from); // throws std::runtime_error

  // The next one; nothing at the end, also where the last record was cut short.
  std::optional<request> next();

 private:
  std::ifstream file_;
};

} // namespace farebox::bench
