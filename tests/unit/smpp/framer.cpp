// Goal: a byte stream gives the same frames however it is cut, and a bad length ends it without
// allocating what it claims. Method: streams of known frames, every cut in two, cut octet by octet
// and cut at random; tables of bad beginnings.
#include "farebox/smpp/framer.hpp"

#include "farebox/base/limits.hpp"
#include "farebox/smpp/codec.hpp"
#include "unit/smpp/random_pdu.hpp"
#include "unit/smpp/wire_text.hpp"

namespace farebox::smpp {
namespace {

// Pushes a piece, takes the frames that are whole. Views of one push stay valid together.
void feed(framer& in, bytes_view piece, std::vector<bytes>& frames) {
  const exact_copy copy(piece);
  std::vector<bytes_view> views;
  in.push(copy.view());
  while (const auto frame = in.next()) views.push_back(*frame);
  for (const auto view : views) frames.emplace_back(view.begin(), view.end());
}

struct stream {
  bytes data;
  std::vector<bytes> frames;
};

stream random_stream(std::uint64_t seed, int frames) {
  std::mt19937_64 source(seed);
  stream made;
  for (int i = 0; i < frames; ++i) {
    bytes frame;
    REQUIRE(encode(random_pdu(source), frame).has_value());
    made.data.insert(made.data.end(), frame.begin(), frame.end());
    made.frames.push_back(std::move(frame));
  }
  return made;
}

TEST_CASE("a bind_resp and the deliver_sm behind it, cut in two at every octet") {
  const auto first = frame(command_id::bind_transceiver_resp, "'SMSC' 00");
  const auto second = frame(command_id::deliver_sm,
                            "00 01 01 '7912' 00 00 00 '4242' 00 00 00 00 00 00 00 00 00 00 01 'A'");
  bytes both = first;
  both.insert(both.end(), second.begin(), second.end());
  for (std::size_t cut = 0; cut <= both.size(); ++cut) {
    INFO("cut after ", cut);
    framer in;
    std::vector<bytes> frames;
    feed(in, bytes_view(both).first(cut), frames);
    CHECK(frames.size() == (cut >= first.size()) + (cut == both.size()));
    feed(in, bytes_view(both).subspan(cut), frames);
    CHECK(frames == std::vector<bytes>{first, second});
    CHECK(in.buffered() == 0);
    CHECK(in.error() == framing_error::none);
  }
}

TEST_CASE("any cutting of a stream gives the same frames") {
  const auto made = random_stream(5, 200);
  for (const std::size_t piece_size_max : {1u, 2u, 3u, 5u, 16u, 17u, 100u, 1000u, 1000000u}) {
    INFO("pieces up to ", piece_size_max);
    std::mt19937_64 source(piece_size_max);
    framer in;
    std::vector<bytes> frames;
    for (bytes_view rest = made.data; !rest.empty();) {
      const auto size = std::min<std::size_t>(rest.size(), 1 + source() % piece_size_max);
      feed(in, rest.first(size), frames);
      rest = rest.subspan(size);
    }
    CHECK(frames == made.frames);
    CHECK(in.buffered() == 0);
  }
}

TEST_CASE("whole frames of one push are not copied") {
  const auto made = random_stream(6, 3);
  framer in;
  in.push(made.data);
  const auto* expected = made.data.data();
  while (const auto frame = in.next()) {
    CHECK(frame->data() == expected);
    expected += frame->size();
  }
  CHECK(expected == made.data.data() + made.data.size());
}

TEST_CASE("a length out of bounds or another protocol ends the stream") {
  struct row {
    std::string_view beginning;
    framing_error expected;
  };
  const row rows[] = {
      {"00000010", framing_error::none},
      {"00010000", framing_error::none},
      {"00010001", framing_error::length_too_large},
      {"7FFFFFFF", framing_error::length_too_large},
      {"FFFFFFFF", framing_error::length_too_large},
      {"0000000F", framing_error::length_too_small},
      {"00000000", framing_error::length_too_small},
      {"'GET / HTTP/1.1'", framing_error::http},
      {"'POST /'", framing_error::http},
      {"'HEAD /'", framing_error::http},
      {"'PRI * HTTP/2.0'", framing_error::http},
      {"'SSH-2.0-OpenSSH'", framing_error::ssh},
      {"16030100 C8010000", framing_error::tls},
      {"'EHLO'", framing_error::length_too_large},
  };
  for (const auto& [beginning, expected] : rows) {
    INFO(beginning);
    const auto data = wire(beginning);
    for (const bool octet_by_octet : {false, true}) {
      framer in;
      std::vector<bytes> frames;
      if (octet_by_octet)
        for (const auto& octet : data) feed(in, {&octet, 1}, frames);
      else
        feed(in, data, frames);
      CHECK(in.error() == expected);
      CHECK(frames.empty());
      CHECK(in.buffered() <= 4); // what came, never what was claimed
    }
  }
}

TEST_CASE("after frames, another protocol's octets are just a bad length") {
  framer in;
  std::vector<bytes> frames;
  auto data = frame(command_id::enquire_link, "");
  const auto http = wire("'GET / HTTP/1.1'");
  data.insert(data.end(), http.begin(), http.end());
  feed(in, data, frames);
  CHECK(frames.size() == 1); // what was whole before the error is still served
  CHECK(in.error() == framing_error::length_too_large);
  feed(in, frame(command_id::enquire_link, ""), frames);
  CHECK(frames.size() == 1); // and nothing after it
}

TEST_CASE("one octet less is not a frame, one more is the next one's") {
  const auto whole = frame(command_id::submit_sm_resp, "'1' 00");
  framer in;
  std::vector<bytes> frames;
  feed(in, bytes_view(whole).first(whole.size() - 1), frames);
  CHECK(frames.empty());
  CHECK(in.buffered() == whole.size() - 1);
  feed(in, wire("00 00"), frames);
  CHECK(frames == std::vector<bytes>{whole});
  CHECK(in.buffered() == 1);
}

} // namespace
} // namespace farebox::smpp
