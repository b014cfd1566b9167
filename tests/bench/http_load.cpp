// Asks for one path again and again over connections that are kept; one line of JSON at the end.
//   farebox-bench-http ADDRESS PORT PATH TOKEN CONNECTIONS SECONDS
// A thread and a blocking socket for each connection; the next request follows its answer.

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

class connection {
 public:
  connection(const char* address, int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~connection() { ::close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // True: status 200, body read to its end.
  bool ask(std::string_view request) {
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      throw std::runtime_error("cannot write");
    std::string answer;
    std::size_t head = 0;
    while ((head = answer.find("\r\n\r\n")) == answer.npos) receive(answer);
    constexpr std::string_view field = "Content-Length: ";
    const auto at = answer.find(field);
    if (at == answer.npos || at > head) throw std::runtime_error("an answer without its length");
    const auto size = std::strtoul(answer.c_str() + at + field.size(), nullptr, 10);
    while (answer.size() < head + 4 + size) receive(answer);
    return answer.starts_with("HTTP/1.1 200");
  }

 private:
  void receive(std::string& into) {
    char buffer[16'384];
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) throw std::runtime_error("the connection was closed");
    into.append(buffer, static_cast<std::size_t>(got));
  }
  int socket_;
};

} // namespace

int main(int count, char** words) {
  if (count != 7) {
    fmt::print(stderr, "usage: {} ADDRESS PORT PATH TOKEN CONNECTIONS SECONDS\n", words[0]);
    return 2;
  }
  const auto request =
      fmt::format("GET {} HTTP/1.1\r\nHost: farebox\r\nAccept: application/json\r\n"
                  "Authorization: Bearer {}\r\n\r\n", words[3], words[4]);
  const auto end = clock_type::now() + std::chrono::duration<double>(std::atof(words[6]));
  std::vector<std::vector<double>> taken(static_cast<std::size_t>(std::atoi(words[5])));
  std::atomic<std::uint64_t> failed{0};
  std::vector<std::thread> threads;
  for (auto& mine : taken)
    threads.emplace_back([&] {
      try {
        connection to(words[1], std::atoi(words[2]));
        for (auto before = clock_type::now(); before < end;) {
          if (!to.ask(request)) ++failed;
          const auto now = clock_type::now();
          mine.push_back(std::chrono::duration<double, std::micro>(now - before).count());
          before = now;
        }
      } catch (const std::exception& error) {
        ++failed;
        fmt::print(stderr, "{}\n", error.what());
      }
    });
  for (auto& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    const auto last = static_cast<double>(all.size()) - 1;
    return all.empty() ? 0.0 : all[static_cast<std::size_t>(share * last)];
  };
  fmt::print("{{\"requests\": {}, \"failed\": {}, \"requests_per_second\": {:.0f}, "
             "\"p50_us\": {:.0f}, \"p99_us\": {:.0f}, \"max_us\": {:.0f}}}\n",
             all.size(), failed.load(), static_cast<double>(all.size()) / std::atof(words[6]),
             at(0.5), at(0.99), at(1.0));
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
