// The program fareboxd, run in a temporary folder. Its end is abrupt: nobody needs its store again.
#pragma once

#include "farebox/base/time.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace farebox::scenario {

class fareboxd {
 public:
  fareboxd(); // a folder, and no process yet
  ~fareboxd();
  fareboxd(const fareboxd&) = delete;
  fareboxd& operator=(const fareboxd&) = delete;

  // Writes a file of the folder that others may not read; returns its path.
  std::string write(std::string_view name, std::string_view text) const;

  // The settings are those of farebox.yaml except store, http and log. Returns when messages are
  // taken; throws std::runtime_error with the end of its log if that does not come true.
  void start(const std::string& settings, seconds patience);
  bool running() const { return process_ != 0; }

  // Over the administrator's socket; throws std::runtime_error unless the status is 200 or 201.
  boost::json::value ask(std::string_view method, const std::string& path,
                         const std::string& body = {}) const;

  std::string log_tail() const;

 private:
  std::string log_path() const { return folder_ / "stderr"; }
  std::string socket_path() const { return folder_ / "socket"; }
  bool ready() const;

  std::filesystem::path folder_;
  int process_ = 0; // its id
};

} // namespace farebox::scenario
