// Keeps the data base to one daemon on one computer.
#pragma once

#include "farebox/base/result.hpp"

#include <filesystem>
#include <utility>

namespace farebox::store {

// Failure `invalid` if the folder of `path` is on a network file system: locks and the shared
// memory of the write-ahead log do not work there between computers.
result<void> refuse_network_file_system(const std::filesystem::path& path);

// An exclusive lock on a file, for the life of the object. The kernel drops it with the process.
class file_lock {
 public:
  file_lock() = default;
  file_lock(file_lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  file_lock& operator=(file_lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~file_lock();

  // Failure `conflict` if somebody has it.
  static result<file_lock> take(const std::filesystem::path& path);

 private:
  explicit file_lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

} // namespace farebox::store
