#include "gateway/submits.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace farebox;
using gateway::submit_ledger;

namespace {

submit_ledger::entry segment_of(std::int64_t reply, int attempt, std::uint32_t covers,
                                std::uint32_t tokens = 1) {
  return {message_id{reply}, attempt, {smpp::submit_sm{}, covers, tokens}};
}

// "answered 7.1/2=0 id", "lost 7.1", "unsent 7.1", "unsent! 7.1", joined by ", ".
std::string shown(const std::vector<event>& events) {
  std::string all;
  for (const auto& e : events) {
    if (!all.empty()) all += ", ";
    if (const auto* a = std::get_if<submit_answered>(&e))
      all += fmt::format("answered {}.{}/{}={} {}", a->reply.value, a->attempt, a->segments,
                         a->status, a->smsc_id);
    if (const auto* l = std::get_if<submit_lost>(&e))
      all += fmt::format("lost {}.{}", l->reply.value, l->attempt);
    if (const auto* u = std::get_if<submit_unsent>(&e))
      all += fmt::format("unsent{} {}.{}", u->final ? "!" : "", u->reply.value, u->attempt);
  }
  return all;
}
std::uint64_t send(submit_ledger& submits) {
  const auto cookie = submits.cookie();
  static_cast<void>(submits.take_next());
  return cookie;
}

} // namespace

TEST_CASE("each submit is answered for once") {
  // Goal: the normal life. Method: two segments of one reply, answers in the other order.
  submit_ledger submits;
  submits.queue(segment_of(7, 1, 0b01));
  submits.queue(segment_of(7, 1, 0b10, 3));
  CHECK(submits.queued() == 2);
  CHECK(submits.queued_tokens() == 4);
  const auto first = send(submits);
  CHECK(submits.queued_tokens() == 3);
  const auto second = send(submits);
  submits.written();
  CHECK(shown(submits.answered(second, 0, "b", {})) == "answered 7.1/2=0 b");
  CHECK(shown(submits.answered(first, 0, "a", {})) == "answered 7.1/1=0 a");
  CHECK(shown(submits.answered(first, 0, "a", {})).empty());
  CHECK(shown(submits.closed()).empty());
}

TEST_CASE("one PDU that carries several segments answers for all of them, with one id") {
  // Goal: message_payload. Method: covers three bits.
  submit_ledger submits;
  submits.queue(segment_of(7, 2, 0b111, 3));
  const auto cookie = send(submits);
  CHECK(shown(submits.answered(cookie, 0, "a", {})) ==
        "answered 7.2/7=0 a");
}

TEST_CASE("a refusal takes the rest of its attempt out of the queue") {
  // Goal: the next attempt carries those, so they must not leave twice. Method: one refused, two
  // queued, of which one is another reply's.
  submit_ledger submits;
  submits.queue(segment_of(7, 1, 0b01));
  submits.queue(segment_of(7, 1, 0b10));
  submits.queue(segment_of(8, 1, 0b01));
  const auto cookie = send(submits);
  CHECK(shown(submits.answered(cookie, 0x58, "", {})) == "answered 7.1/1=88 ");
  CHECK(submits.queued() == 1);
  CHECK(submits.queued_tokens() == 1);
  CHECK(submits.next()->reply == message_id{8});
}

TEST_CASE("a refusal waits until the other segments of its attempt are answered") {
  // Goal: no segment that was taken is sent again, which would charge twice. Method: three segments
  // under way; a refusal, then what else may come of the others.
  const auto three = [](submit_ledger& submits) {
    for (const std::uint32_t covers : {0b001U, 0b010U, 0b100U})
      submits.queue(segment_of(7, 1, covers));
    submits.queue(segment_of(8, 1, 1));
    for (int i = 0; i < 4; ++i) send(submits);
    submits.written();
    CHECK(shown(submits.answered(1, 0x58, "", {})).empty());
  };
  submit_ledger taken;
  three(taken);
  CHECK(shown(taken.answered(4, 0, "other", {})) == "answered 8.1/1=0 other");
  CHECK(shown(taken.answered(2, 0, "b", {})) == "answered 7.1/2=0 b");
  CHECK(shown(taken.answered(3, 0, "c", {})) == "answered 7.1/4=0 c, answered 7.1/1=88 ");
  CHECK(shown(taken.closed()).empty());

  submit_ledger refused;
  three(refused);
  CHECK(shown(refused.answered(3, 0x58, "", {})).empty());
  CHECK(shown(refused.answered(2, 0x0B, "", {})) == "answered 7.1/2=11 , answered 7.1/1=88 ");

  submit_ledger abandoned; // then the whole attempt is unknown
  three(abandoned);
  CHECK(shown(abandoned.answered(2, 0, "b", {})) == "answered 7.1/2=0 b");
  CHECK(shown({*abandoned.abandoned(3)}) == "lost 7.1");
  CHECK(shown(abandoned.answered(3, 0, "late", {})) == "answered 7.1/4=0 late");

  submit_ledger closed;
  three(closed);
  CHECK(shown(closed.closed()) == "lost 7.1, lost 8.1");
}

TEST_CASE("an attempt is lost once, and a late answer still counts") {
  // Goal: time-outs. Method: two segments abandoned, one answered late, then the end.
  submit_ledger submits;
  submits.queue(segment_of(7, 1, 0b01));
  submits.queue(segment_of(7, 1, 0b10));
  const auto first = send(submits), second = send(submits);
  submits.written();
  const auto told = submits.abandoned(first);
  REQUIRE(told.has_value());
  CHECK(shown({*told}) == "lost 7.1");
  CHECK_FALSE(submits.abandoned(second).has_value());
  CHECK_FALSE(submits.abandoned(first).has_value());
  CHECK(shown(submits.answered(first, 0, "late", {})) == "answered 7.1/1=0 late");
  CHECK(shown(submits.closed()).empty());
}

TEST_CASE("a closed connection hands back what it had") {
  // Goal: lost only if bytes may have left, unsent only if certainly none. Method: one reply in
  // each stage, and one in two stages.
  submit_ledger submits;
  submits.queue(segment_of(1, 1, 1));    // answered
  submits.queue(segment_of(2, 1, 1));    // written
  submits.queue(segment_of(3, 1, 0b01)); // written, and
  submits.queue(segment_of(3, 1, 0b10)); // in the session only
  submits.queue(segment_of(4, 2, 1));    // in the session only
  submits.queue(segment_of(5, 1, 1));    // queued
  submits.queue(segment_of(4, 2, 0b10)); // queued
  const auto answered = send(submits);
  send(submits);
  send(submits);
  submits.written();
  send(submits);
  send(submits);
  submits.answered(answered, 0, "a", {});
  CHECK(shown(submits.closed()) == "lost 2.1, lost 3.1, unsent 4.2, unsent 5.1");
  CHECK(submits.queued() == 0);
  CHECK(submits.queued_tokens() == 0);
  CHECK(shown(submits.closed()).empty());
}

TEST_CASE("a submit that the session refuses is unsent") {
  // Goal: nothing is forgotten between queue and session. Method: refuse right after taking.
  submit_ledger submits;
  submits.queue(segment_of(7, 1, 0b01));
  submits.queue(segment_of(7, 1, 0b10));
  send(submits);
  CHECK(shown({submits.refuse_last(true)}) == "unsent! 7.1");
  CHECK(submits.queued() == 0);
  CHECK(shown(submits.closed()).empty());
}
