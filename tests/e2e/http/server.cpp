// Goal: the shell around the handlers keeps connections and limits as promised. Method: a real
// server on loopback and a Unix socket, raw octets over plain sockets, a handler that answers when
// it is told to.
#include "farebox/http/guard.hpp"
#include "farebox/http/server.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace farebox;
using namespace farebox::http;

namespace {

constexpr int patience_ms = 5000; // far above what loopback takes, below every deadline that waits

// A raw client connection.
class client {
 public:
  explicit client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  explicit client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { ::close(fd_); }

  void send(std::string_view octets) {
    while (!octets.empty()) {
      const auto sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Reads until `mark` has come `times` times, or the peer has closed; what came is returned.
  std::string read_until(std::string_view mark, int times = 1) {
    for (;;) {
      int found = 0;
      for (auto at = received_.find(mark); at != received_.npos; at = received_.find(mark, at + 1))
        ++found;
      if (found >= times || !read_some()) return received_;
    }
  }

  bool closed_by_peer() {
    while (read_some()) {}
    return closed_;
  }

 private:
  void connect(const sockaddr* to, socklen_t size) {
    if (::connect(fd_, to, size) != 0) throw std::runtime_error("cannot connect");
  }

  bool read_some() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, patience_ms) <= 0) return false;
    char chunk[4096];
    const auto size = ::recv(fd_, chunk, sizeof chunk, 0);
    if (size <= 0) return closed_ = true, false;
    received_.append(chunk, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  std::string received_;
  bool closed_ = false;
};

// Answers with "method path body peer"; keeps the answer of /wait until it is asked for.
struct fixture {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<respond> waiting;
  std::atomic<int> logged{0};
  std::string path = "/tmp/farebox-http-" + std::to_string(::getpid());
  server under_test;

  explicit fixture(std::size_t connections_max = 64)
      : under_test({.address = "127.0.0.1",
                    .port = 0,
                    .unix_path = path,
                    .threads = 2,
                    .connections_max = connections_max},
                   {[this](const request& what, std::size_t worker, respond answer) {
                      handle(what, worker, std::move(answer));
                    },
                    [this](const access_entry&) { ++logged; }}) {
    under_test.start();
  }

  void handle(const request& what, std::size_t worker, respond answer) {
    if (worker > 1) throw std::logic_error("only two threads");
    response out;
    out.content_type = "text/plain";
    if (what.path.at(0) == "wait") {
      const std::lock_guard lock(mutex);
      waiting.push_back(std::move(answer));
      arrived.notify_all();
      return;
    }
    for (const auto& segment : what.path) out.body += "/" + segment;
    out.body = what.method + " " + out.body + " [" + what.body + "] " +
               (what.peer == peer_kind::unix_socket ? "unix" : "tcp") + ".";
    if (what.path.at(0) == "large") out.body.assign(1'000'000, 'x');
    answer(std::move(out));
  }

  respond next_waiting() {
    std::unique_lock lock(mutex);
    arrived.wait_for(lock, milliseconds(patience_ms), [&] { return !waiting.empty(); });
    auto answer = std::move(waiting.at(0));
    waiting.erase(waiting.begin());
    return answer;
  }

  std::uint16_t port() const { return under_test.port(); }
};

response text(int status, std::string body) {
  response out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("requests one after the other, run together, and cut into octets") {
  fixture f;
  SUBCASE("one after the other on one connection") {
    client c(f.port());
    for (int i = 1; i <= 3; ++i) {
      c.send(get("/n"));
      CHECK(has(c.read_until("tcp.", i), "GET /n [] tcp."));
    }
  }
  SUBCASE("three in one segment") {
    client c(f.port());
    c.send(get("/a") + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + get("/c"));
    const auto all = c.read_until("tcp.", 3);
    CHECK(has(all, "GET /a []"));
    CHECK(has(all, "POST /b [body]"));
    CHECK(has(all, "GET /c []"));
  }
  SUBCASE("octet by octet") {
    client c(f.port());
    for (const char octet : "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok" +
                                get("/c"))
      c.send({&octet, 1});
    CHECK(has(c.read_until("tcp.", 2), "POST /b [ok]"));
  }
}

TEST_CASE("keep-alive, HEAD and closing as the versions say") {
  fixture f;
  struct row {
    const char* head;
    bool closes;
    const char* answered;
  };
  const row rows[] = {
      {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true, "Connection: close"},
      {"GET /x HTTP/1.0\r\nHost: a\r\n\r\n", true, "Connection: close"},
      {"HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true, "Content-Length: 14"},
      {"GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", false,
       "Connection: keep-alive"}};
  for (const auto& r : rows) {
    CAPTURE(r.head);
    client c(f.port());
    c.send(r.head);
    CHECK(has(c.read_until("\r\n\r\n"), r.answered));
    if (r.closes) CHECK(c.closed_by_peer());
    const bool body_expected = !std::string_view(r.head).starts_with("HEAD");
    CHECK(has(c.read_until("tcp."), "GET /x [] tcp.") == body_expected);
  }
}

TEST_CASE("what the guard refuses ends the connection after a clear answer") {
  fixture f;
  struct row {
    std::string octets;
    const char* answered;
  };
  const row rows[] = {
      {"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get("/x"),
       "HTTP/1.1 501 "},
      {"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 0\r\n\r\n" + get("/x"),
       "HTTP/1.1 400 "},
      {"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n" + std::string(70'000, 'x'),
       "HTTP/1.1 413 "},
      {"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n", "HTTP/1.1 431 "},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
      {std::string("\x16\x03\x01\x00\xF0", 5), "HTTP/1.1 400 "}};
  for (const auto& r : rows) {
    CAPTURE(r.answered);
    client c(f.port());
    c.send(r.octets);
    const auto all = c.read_until("\"error\"");
    CHECK(has(all, r.answered));
    CHECK_FALSE(has(all, "GET /x []")); // nothing behind it was taken for a request
    CHECK(c.closed_by_peer());
  }
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  fixture f;
  client c(f.port());
  c.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(has(c.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n"));
  c.send("body");
  CHECK(has(c.read_until("tcp."), "POST /x [body]"));
}

TEST_CASE("an answer may come later, from another thread, and twice does no harm") {
  fixture f;
  client c(f.port());
  c.send(get("/wait"));
  const auto answer = f.next_waiting();
  std::thread([&] {
    answer(text(201, "late."));
    answer(text(500, "twice."));
  }).join();
  c.read_until("late.");
  c.send(get("/n"));
  const auto all = c.read_until("tcp.");
  CHECK(has(all, "201 Created"));
  CHECK_FALSE(has(all, "twice."));
}

TEST_CASE("an answer that outlives its connection, or the server, does no harm") {
  respond kept;
  {
    fixture f;
    {
      client c(f.port());
      c.send(get("/wait"));
      kept = f.next_waiting();
    }
    kept({});
  }
  kept({});
}

TEST_CASE("a large answer arrives whole") {
  fixture f;
  client c(f.port());
  c.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(c.closed_by_peer());
  CHECK(c.read_until("\r\n\r\n").size() > 1'000'000);
}

TEST_CASE("the Unix socket says who asks, and is open to its group alone") {
  fixture f;
  struct stat there {};
  REQUIRE(::stat(f.path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0660);
  client c(f.path);
  c.send(get("/n"));
  CHECK(has(c.read_until("unix."), "unix."));

  server_settings same;
  same.address.clear();
  same.unix_path = f.path;
  CHECK_THROWS_AS(server(same, {}), std::runtime_error);
}

TEST_CASE("a socket file that nobody answers is replaced; another file is not") {
  server_settings settings;
  settings.address.clear();
  settings.unix_path = "/tmp/farebox-stale-" + std::to_string(::getpid());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  settings.unix_path.copy(at.sun_path, sizeof at.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  ::close(fd); // the file stays, as after kill -9
  CHECK_NOTHROW(server(settings, {}));
  settings.unix_path = "/tmp";
  CHECK_THROWS_AS(server(settings, {}), std::runtime_error);
}

TEST_CASE("connections over the limit wait; the administrator's socket has its own") {
  fixture f(2);
  client a(f.port()), b(f.port());
  a.send(get("/n"));
  b.send(get("/n"));
  a.read_until("tcp.");
  b.read_until("tcp.");
  auto third = std::make_unique<client>(f.port());
  third->send(get("/n"));
  client admin(f.path);
  admin.send(get("/n"));
  CHECK(has(admin.read_until("unix."), "unix."));
  CHECK(f.logged == 3);
  a.send("GET /n HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(a.closed_by_peer());
  CHECK(has(third->read_until("tcp."), "tcp."));
}

TEST_CASE("stop lets the answer under way out and closes idle connections") {
  fixture f;
  client idle(f.port()), busy(f.port());
  idle.send(get("/n"));
  idle.read_until("tcp.");
  busy.send(get("/wait"));
  const auto answer = f.next_waiting();
  std::thread stopping([&] { f.under_test.stop(); });
  CHECK(idle.closed_by_peer());
  answer(text(200, "done."));
  CHECK(has(busy.read_until("done."), "Connection: close"));
  CHECK(busy.closed_by_peer());
  stopping.join();
  CHECK_THROWS_AS(client(f.port()), std::runtime_error);
}
