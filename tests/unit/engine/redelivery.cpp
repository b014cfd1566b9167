// Goal: rule R3, which MO is new and which was taken before. Method: the real engine and flow on
// the in-memory store; connections open, close and are proven by events.

#include "small_world.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

const std::string order = "RR 104723 1 blue";

std::vector<outcome> outcomes_of(small_world& w) {
  std::vector<outcome> all;
  for (const auto& view : w.messages()) all.push_back(view.message.result);
  return all;
}

const std::vector once{outcome::accepted};
const std::vector twice{outcome::accepted, outcome::accepted};
const std::vector absorbed_once{outcome::accepted, outcome::absorbed};

} // namespace

TEST_CASE("an honest repeat order on the same live bind is a new order") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.run({w.mo(first, order)});
  CHECK(outcomes_of(w) == twice);
  CHECK(w.totals(seller).bills == 2);
}

TEST_CASE("two identical MOs in one batch on one bind are two orders") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order), w.mo(first, order)});
  CHECK(outcomes_of(w) == twice);
}

TEST_CASE("an MO unproven at a disconnect absorbs exactly one identical MO") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(outcomes_of(w) == absorbed_once);
  const auto acks = w.effects<acknowledge>();
  REQUIRE(acks.size() == 1);
  CHECK(acks[0].status == 0);
  CHECK(w.message(1).message.absorbed_by == w.message(0).message.id);
  CHECK(w.effects<send_reply>().empty()); // the first one's reply is on its way
  w.run({w.mo(second, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
  CHECK(w.totals(seller).bills == 2);
  CHECK(w.totals(seller).requests == 2);
}

TEST_CASE("the redelivery itself may be redelivered: its own acknowledgement was lost too") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  w.close(second);
  w.open({3});
  w.run({w.mo({3}, order)});
  CHECK(outcomes_of(w) ==
        std::vector{outcome::accepted, outcome::absorbed, outcome::absorbed});
  CHECK(w.totals(seller).bills == 1);
}

TEST_CASE("two identical orders in doubt absorb two redeliveries and not a third") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order), w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order), w.mo(second, order), w.mo(second, order)});
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::accepted, outcome::absorbed,
                                      outcome::absorbed, outcome::accepted});
}

TEST_CASE("identical after a disconnect though proven: a new order, flagged") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.run({connection_proven{first, w.message(0).message.id}});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(outcomes_of(w) == twice);
  CHECK_FALSE(w.message(0).message.possible_redelivery);
  CHECK(w.message(1).message.possible_redelivery);
}

TEST_CASE("a proof covers what came before it and nothing after it") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  const auto proven = w.message(0).message.id;
  w.run({w.mo(first, order)});
  w.run({connection_proven{first, proven}});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order), w.mo(second, order)});
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::accepted, outcome::absorbed,
                                      outcome::accepted});
}

TEST_CASE("after a crash, what was not proven is in doubt") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.restart(); // no connection_closed was written
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(outcomes_of(w) == absorbed_once);
  w.run({w.mo(second, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
}

TEST_CASE("after a crash, what was proven is not in doubt") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.run({connection_proven{first, w.message(0).message.id}});
  w.restart();
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(outcomes_of(w) == twice);
}

TEST_CASE("a doubt that was used up stays used up after a crash") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  w.run({connection_proven{second, w.message(1).message.id}});
  w.restart();
  w.open({3});
  w.run({w.mo({3}, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
}

TEST_CASE("a doubt ends with the operator's horizon") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.now += hours{24} + seconds{1};
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(outcomes_of(w) == twice);
}

TEST_CASE("identical on another live bind: held until the first bind's peer has been probed") {
  struct row {
    const char* what;
    probe_result probe;
    std::vector<outcome> expected;
  };
  const row table[] = {
      {"the first peer answers: a person ordered twice", probe_result::answered, twice},
      {"the first peer is silent: the acknowledgement was lost", probe_result::silent,
       absorbed_once},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    small_world w;
    w.open(first);
    w.open(second);
    w.run({w.mo(first, order)});
    w.run({w.mo(second, order)});
    const auto held = w.effects<hold_and_probe>();
    REQUIRE(held.size() == 1);
    CHECK(held[0].connection == first);
    CHECK(w.effects<acknowledge>().empty());
    CHECK(outcomes_of(w) == once); // nothing is stored while it is held
    auto again = held[0].held;
    again.probe = r.probe;
    w.run({again});
    CHECK(outcomes_of(w) == r.expected);
    CHECK(w.effects<acknowledge>().size() == 1);
  }
}

TEST_CASE("identical on the same bind, after the SMSC may have given the first one up") {
  // Goal: a bind on which nobody hears us, and one that heard us too late. Method: the same MO
  // after half of the operator's time-out, unproven, proven, or probed with each result.
  struct row {
    const char* what;
    seconds later;
    bool proven;
    probe_result probe;
    std::vector<outcome> expected;
  };
  const row table[] = {
      {"in time: another order", seconds{15}, false, probe_result::not_asked, twice},
      {"late, but proven", seconds{40}, true, probe_result::not_asked, twice},
      {"late, and the peer answers", seconds{16}, false, probe_result::answered, twice},
      {"late, and nobody hears us", seconds{16}, false, probe_result::silent, absorbed_once},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    small_world w;
    w.open(first);
    w.run({w.mo(first, order)});
    if (r.proven) w.run({connection_proven{first, w.message(0).message.id}});
    w.now += r.later;
    w.run({w.mo(first, order)});
    const auto held = w.effects<hold_and_probe>();
    REQUIRE(held.size() == (r.probe != probe_result::not_asked));
    if (!held.empty()) {
      CHECK(held[0].connection == first);
      auto again = held[0].held;
      again.probe = r.probe;
      w.run({again});
    }
    CHECK(outcomes_of(w) == r.expected);
  }
}

TEST_CASE("a wall clock that is set back does not make a late MO timely") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.now -= seconds{13};
  auto late = w.mo(first, order);
  late.arrived_at += seconds{13 + 16};
  w.run({late});
  CHECK(w.effects<hold_and_probe>().size() == 1);
}

TEST_CASE("an answer that left late while its MO came again: absorbed when it comes back") {
  // Goal: a commit longer than the operator's time-out. Method: held; the doubt; then answered.
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.now += seconds{31};
  w.run({w.mo(first, order)});
  auto held = w.effects<hold_and_probe>().at(0).held;
  w.run({answered_late{first, w.message(0).message.id}});
  held.probe = probe_result::answered;
  w.run({held});
  CHECK(outcomes_of(w) == absorbed_once);
}

TEST_CASE("identical on three binds: all that have one are asked") {
  // Goal: a live bind does not vouch for a dead one. Method: two orders on two binds, of which the
  // second's acknowledgement was lost; it comes again on a third.
  small_world w;
  const connection_id third{3};
  for (const auto id : {first, second, third}) w.open(id);
  w.run({w.mo(first, order)});
  w.run({w.mo(second, order)});
  auto held = w.effects<hold_and_probe>().at(0).held;
  held.probe = probe_result::answered;
  w.run({held});
  CHECK(outcomes_of(w) == twice);

  w.run({w.mo(third, order)});
  held = w.effects<hold_and_probe>().at(0).held;
  held.probe = probe_result::answered;
  w.run({held});
  const auto next = w.effects<hold_and_probe>();
  REQUIRE(next.size() == 1);
  CHECK(next[0].connection != held.probed[0]);
  held = next[0].held;
  held.probe = probe_result::silent;
  w.run({held});
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::accepted, outcome::absorbed});
}

TEST_CASE("held, and the first bind closed meanwhile: absorbed once, and only once") {
  small_world w;
  w.open(first);
  w.open(second);
  w.run({w.mo(first, order)});
  w.run({w.mo(second, order)});
  auto held = w.effects<hold_and_probe>().at(0).held;
  w.close(first);
  held.probe = probe_result::silent;
  w.run({held});
  CHECK(outcomes_of(w) == absorbed_once);
  w.run({w.mo(second, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
}

TEST_CASE("held, and its own bind closed meanwhile: nothing is taken, its SMSC delivers it again") {
  small_world w;
  w.open(first);
  w.open(second);
  w.run({w.mo(first, order)});
  w.run({w.mo(second, order)});
  auto held = w.effects<hold_and_probe>().at(0).held;
  w.close(second);
  held.probe = probe_result::answered;
  w.run({held});
  CHECK(outcomes_of(w) == once);
  w.open({3});
  w.run({w.mo({3}, order)});
  held = w.effects<hold_and_probe>().at(0).held;
  held.probe = probe_result::answered;
  w.run({held});
  CHECK(outcomes_of(w) == twice);
}

TEST_CASE("answered late, then a crash before any proof: in doubt once") {
  small_world w;
  w.open(first);
  auto late = w.mo(first, order);
  late.previous_read_at = w.now - seconds{16};
  w.run({late});
  w.restart();
  w.open(second);
  w.run({w.mo(second, order), w.mo(second, order)});
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::absorbed, outcome::accepted});
}

TEST_CASE("answered late, redelivered and absorbed, then a crash: the first is in no doubt") {
  small_world w;
  w.open(first);
  auto late = w.mo(first, order);
  late.previous_read_at = w.now - seconds{16};
  w.run({late});
  w.run({w.mo(first, order)});
  w.restart();
  w.open(second);
  // The redelivery's own acknowledgement may be lost: one more is absorbed, and no third.
  w.run({w.mo(second, order), w.mo(second, order)});
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::absorbed, outcome::absorbed,
                                      outcome::accepted});
}

TEST_CASE("absorbed on a silent peer: its later disconnect leaves no second doubt") {
  small_world w;
  w.open(first);
  w.open(second);
  w.run({w.mo(first, order)});
  w.run({w.mo(second, order)});
  auto held = w.effects<hold_and_probe>().at(0).held;
  held.probe = probe_result::silent;
  w.run({held});
  w.run({connection_proven{second, w.message(1).message.id}});
  w.close(first);
  w.run({w.mo(second, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
}

TEST_CASE("twins in one batch on two binds: the second is held") {
  small_world w;
  w.open(first);
  w.open(second);
  w.run({w.mo(first, order), w.mo(second, order)});
  CHECK(w.effects<hold_and_probe>().size() == 1);
  CHECK(outcomes_of(w) == once);
}

TEST_CASE("answered later than half of the operator's time-out: in doubt on the live bind") {
  small_world w;
  w.open(first);
  auto late = w.mo(first, order);
  late.previous_read_at = w.now - seconds{16}; // of 30
  w.run({late});
  w.run({w.mo(first, order)});
  CHECK(outcomes_of(w) == absorbed_once);
  w.run({w.mo(first, order)});
  CHECK(w.message(2).message.result == outcome::accepted);
}

TEST_CASE("answered late, noticed only when it was written: the same") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.run({answered_late{first, w.message(0).message.id}});
  w.run({w.mo(first, order)});
  CHECK(outcomes_of(w) == absorbed_once);
  w.close(first); // and the disconnect adds no second doubt for it
  w.open(second);
  w.run({w.mo(second, order)});
  CHECK(w.message(2).message.result == outcome::absorbed); // of the absorbed one's own response
  w.run({w.mo(second, order)});
  CHECK(w.message(3).message.result == outcome::accepted);
}

TEST_CASE("anything different is another message") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  const auto other = [&](auto change) {
    auto m = w.mo(second, order);
    change(m);
    return small_world::keyed(std::move(m));
  };
  w.run({other([](auto& m) { m.source = "79121234346"; }),
         other([](auto& m) { m.destination = "9012"; }),
         other([](auto& m) { m.data_coding = 1; }),
         other([](auto& m) { m.raw.push_back(' '); }),
         other([](auto& m) { m.op = op_mt; })});
  for (const auto& view : w.messages())
    CHECK(view.message.result != outcome::absorbed);
}

TEST_CASE("(a) the operator's own id decides alone") {
  redelivery_policy policy;
  policy.id_tlv = 0x1501;
  small_world w(policy);
  w.open(first);
  const auto with_id = [&](const char* id, const std::string& text) {
    auto m = w.mo(first, text);
    m.operator_message_id = id;
    return m;
  };
  w.run({with_id("A1", order)});
  w.run({with_id("A1", order)}); // same id, same content, same live bind: a redelivery
  w.run({with_id("A2", order)}); // an honest repeat
  w.run({with_id("A1", "RR 104723 1 red")}); // same id, other content
  CHECK(outcomes_of(w) == std::vector{outcome::accepted, outcome::absorbed, outcome::accepted,
                                      outcome::accepted});
  CHECK(w.effects<farebox::alarm>().size() == 1);
  w.close(first);
  w.open(second);
  w.run({with_id("A3", order)}); // in doubt by content, but the id is new
  CHECK(w.message(4).message.result == outcome::accepted);
}

TEST_CASE("(b) a reference that can be relied on tells a repeat from a redelivery") {
  redelivery_policy policy;
  policy.user_message_reference = true;
  small_world w(policy);
  w.open(first);
  const auto with_reference = [&](connection_id from, const char* reference) {
    auto m = w.mo(from, order);
    m.reference = reference;
    return small_world::keyed(std::move(m));
  };
  w.run({with_reference(first, "7")});
  w.close(first);
  w.open(second);
  w.run({with_reference(second, "8"), with_reference(second, "7")});
  CHECK(outcomes_of(w) ==
        std::vector{outcome::accepted, outcome::accepted, outcome::absorbed});
}

TEST_CASE("an absorbed MO is stored, counted apart, and costs nobody anything") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  const auto absorbed = w.message(1);
  REQUIRE(absorbed.bill.has_value());
  CHECK(absorbed.bill->amounts == split{});
  CHECK(absorbed.bill->partner == partner_id{});
  CHECK(absorbed.bill->reason == outcome::absorbed);
  CHECK(w.totals().absorbed == 1);
  CHECK(w.totals().money.gross.value == 118'000'000);
}
