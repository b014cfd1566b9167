#include "scenario/fareboxd.hpp"

#include "farebox/client.hpp"

#include <boost/json/parse.hpp>
#include <curl/curl.h>
#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace farebox::scenario {
namespace {

constexpr milliseconds poll_interval{20};
constexpr std::size_t log_shown_max = 4'000; // octets of a log that explain a failure

// Scenarios are played on several threads, and libcurl must be set up once before any of them.
void set_up_curl() {
  static const auto done = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (done != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
}

std::filesystem::path new_folder() {
  auto name = (std::filesystem::temp_directory_path() / "farebox-scenario-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  return name;
}

} // namespace

fareboxd::fareboxd() : folder_(new_folder()) { set_up_curl(); }

fareboxd::~fareboxd() {
  if (process_ != 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  if (std::getenv("FAREBOX_TEST_LOG")) std::cerr << log_tail();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string fareboxd::write(std::string_view name, std::string_view text) const {
  const auto path = folder_ / name;
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  return path;
}

void fareboxd::start(const std::string& settings, seconds patience) {
  const auto around = fmt::format("store: {{path: {}}}\nhttp: {{port: 0, socket: {}}}\n"
                                  "log: {{target: stderr}}\nthreads: {{links: 1, http: 1}}\n",
                                  (folder_ / "farebox.db").string(), socket_path());
  const auto config = write("farebox.yaml", around + settings);
  const auto log = log_path();
  process_ = ::fork();
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ == 0) { // between fork and exec nothing may be allocated
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // also if the test is killed: nothing is left running
    const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(to, STDOUT_FILENO);
    ::dup2(to, STDERR_FILENO);
    ::execl(FAREBOX_DAEMON, FAREBOX_DAEMON, "--config", config.c_str(), nullptr);
    ::_exit(127);
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ready()) {
    const bool ended = ::waitpid(process_, nullptr, WNOHANG) != 0;
    if (ended) process_ = 0;
    if (ended || std::chrono::steady_clock::now() > end)
      throw std::runtime_error("fareboxd is not ready: " + log_tail());
    std::this_thread::sleep_for(poll_interval);
  }
}

bool fareboxd::ready() const { return cli::ask(socket_path(), "GET", "/readyz", {}).status == 200; }

boost::json::value fareboxd::ask(std::string_view method, const std::string& path,
                                 const std::string& body) const {
  const auto answer = cli::ask(socket_path(), method, path, body);
  if (answer.status != 200 && answer.status != 201)
    throw std::runtime_error(
        fmt::format("{} {}: {} {}{}", method, path, answer.status, answer.error, answer.body));
  return boost::json::parse(answer.body);
}

std::string fareboxd::log_tail() const {
  std::ifstream in(log_path(), std::ios::binary);
  std::string text{std::istreambuf_iterator(in), {}};
  return text.size() <= log_shown_max ? text : text.substr(text.size() - log_shown_max);
}

} // namespace farebox::scenario
