#include "gateway/recorder.hpp"

#include "farebox/smpp/codec.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace farebox;

namespace {

bytes frame_of(smpp::pdu_body body, std::uint32_t sequence) {
  bytes out;
  REQUIRE(smpp::encode({smpp::command_status::ESME_ROK, sequence, std::move(body)}, out));
  return out;
}

bytes_view part(const bytes& all, std::size_t from, std::size_t to) {
  return bytes_view(all).subspan(from, to - from);
}

} // namespace

TEST_CASE("the last PDUs are shown, whole numbers and texts never") {
  // Goal: what a person may see. Method: a deliver_sm in two chunks, its answer, both read back.
  gateway::recorder passed;
  smpp::deliver_sm message;
  message.source_addr = "79121234345";
  message.destination_addr = "4242";
  message.short_message = {'s', 'e', 'c', 'r', 'e', 't'};
  const auto in = frame_of(message, 5);
  passed.received(part(in, 0, 21), utc_time(microseconds(1)));
  CHECK(passed.last(10).empty());
  passed.received(part(in, 21, in.size()), utc_time(microseconds(2)));
  passed.sent(frame_of(smpp::deliver_sm_resp{}, 5), utc_time(microseconds(3)));

  const auto lines = passed.last(10);
  REQUIRE(lines.size() == 2);
  CHECK_FALSE(lines[0].sent);
  CHECK(lines[0].at == utc_time(microseconds(2)));
  CHECK(lines[0].line.find("deliver_sm") == 0);
  CHECK(lines[0].line.find("7912xxxx345") != std::string::npos);
  CHECK(lines[0].line.find("79121234345") == std::string::npos);
  CHECK(lines[0].line.find("secret") == std::string::npos);
  CHECK(lines[1].sent);
  CHECK(lines[1].line.find("deliver_sm_resp") == 0);
  CHECK(passed.last(1).front().sent);
}

TEST_CASE("memory of the recorder is bounded") {
  // Goal: no growth by number or size. Method: many small PDUs, and one of the largest kind.
  gateway::recorder passed;
  for (std::uint32_t i = 1; i <= gateway::recorder::pdus_max + 50; ++i)
    passed.sent(frame_of(smpp::enquire_link{}, i), {});
  smpp::submit_sm large;
  large.tlvs.push_back(smpp::make_octets(smpp::tag::message_payload, bytes(60'000, 'x')));
  passed.sent(frame_of(large, 1'000), {});
  const auto lines = passed.last(10'000);
  CHECK(lines.size() == gateway::recorder::pdus_max);
  CHECK(lines.back().line.find("too long") != std::string::npos);
}
