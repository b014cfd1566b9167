#include "farebox/store/sqlite.hpp"
#include "store/sqlite/file_guard.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace farebox::store {

namespace {

// A rename is durable once its folder is.
bool sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return false;
  const bool synced = fsync(opened) == 0;
  return close(opened) == 0 && synced;
}

class computers_disk final : public disk {
 public:
  const char* vfs() const override { return nullptr; }

  result<std::shared_ptr<void>> claim(const std::filesystem::path& data_base) override {
    if (auto local = refuse_network_file_system(data_base); !local) return local.error();
    auto lock = file_lock::take(data_base.string() + ".lock");
    if (!lock) return lock.error();
    return std::shared_ptr<void>(std::make_shared<file_lock>(std::move(*lock)));
  }

  result<std::optional<std::string>> read(const std::filesystem::path& path) override {
    std::ifstream file(path);
    if (file) return std::string(std::istreambuf_iterator<char>(file), {});
    if (!std::filesystem::exists(path)) return std::nullopt;
    return invalid("cannot read " + path.string());
  }

  // Written and synced under another name first, so that the name always means a whole file.
  result<void> replace(const std::filesystem::path& path, std::string_view text) override {
    auto draft = path;
    draft += ".new";
    const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool done = file >= 0 && write(file, text.data(), text.size()) == std::ssize(text) &&
                fdatasync(file) == 0;
    if (file >= 0) done = close(file) == 0 && done;
    if (done && rename(draft.c_str(), path.c_str()) == 0 && sync_folder_of(path)) return {};
    return unavailable("cannot write " + path.string() + ": " + std::strerror(errno));
  }
};

} // namespace

disk& local_disk() {
  static computers_disk only;
  return only;
}

} // namespace farebox::store
