// Goal: rule R4, long MOs. Method: parts in every order, twice, changed, missing, across a crash.

#include "small_world.hpp"

using namespace farebox;
using namespace farebox::test;

TEST_CASE("parts in any order make one message, one bill, one reply") {
  const std::vector<std::vector<std::uint8_t>> orders{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}};
  const char* texts[] = {"RR 104", "723 1 bl", "ue"};
  for (const auto& order : orders) {
    small_world w;
    w.open(first);
    std::size_t acks = 0;
    for (const auto number : order) {
      w.run({w.part(first, texts[number - 1], number, 3)});
      acks += w.effects<acknowledge>().size();
    }
    CHECK(acks == 3);
    REQUIRE(w.messages().size() == 1);
    const auto view = w.message(0);
    CHECK(view.message.result == outcome::accepted);
    CHECK(view.message.text == "RR 104723 1 blue");
    CHECK(view.message.parts == 3);
    CHECK(w.totals(seller).bills == 1);
    CHECK(w.totals(seller).requests == 1);
    CHECK(w.sent().reply.text == "Thank you for blue, 118.00 RUB");
  }
}

TEST_CASE("all parts in one batch, on two binds") {
  small_world w;
  w.open(first);
  w.open(second);
  w.run({w.part(second, "723 1 blue", 2, 2), w.part(first, "RR 104", 1, 2)});
  CHECK(w.message(0).message.result == outcome::accepted);
  CHECK(w.effects<acknowledge>().size() == 2);
}

TEST_CASE("the same part twice is absorbed, another text under its number is another set") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2)});
  w.run({w.part(first, "RR 104", 1, 2)});
  CHECK(w.message(0).message.result == outcome::absorbed);
  w.run({w.part(first, "RR 999", 1, 2)});
  w.run({w.part(first, "723 1 blue", 2, 2)}); // completes the newer set
  w.run({w.part(first, "723 1 blue", 2, 2)}); // completes the older one
  CHECK(w.message(1).message.text == "RR 999723 1 blue");
  CHECK(w.message(2).message.text == "RR 104723 1 blue");
}

TEST_CASE("sets of another phone, reference or total do not mix") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2, "1234", 7)});
  w.run({w.part(first, "723 1 blue", 2, 2, "1234", 8)});
  w.run({w.part(first, "723 1 blue", 2, 3, "1234", 7)});
  CHECK(w.messages().empty());
}

TEST_CASE("parts survive a crash, and a redelivered part does not start a second set") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2)});
  w.restart();
  w.open(second);
  w.run({w.part(second, "RR 104", 1, 2)}); // its acknowledgement was lost in the crash
  CHECK(w.message(0).message.result == outcome::absorbed);
  w.run({w.part(second, "723 1 blue", 2, 2)});
  CHECK(w.message(1).message.text == "RR 104723 1 blue");
}

TEST_CASE("a part of a completed set, redelivered after a disconnect, is absorbed") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2), w.part(first, "723 1 blue", 2, 2)});
  w.close(first);
  w.open(second);
  w.run({w.part(second, "723 1 blue", 2, 2), w.part(second, "RR 104", 1, 2)});
  CHECK(w.message(1).message.result == outcome::absorbed);
  CHECK(w.message(2).message.result == outcome::absorbed);
  CHECK(w.totals(seller).bills == 1);
}

TEST_CASE("parts that never come: closed as incomplete, billed to suspense, answered, shown") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 3), w.part(first, "ue", 3, 3)});
  w.now += hours{24};
  w.run_due();
  const auto view = w.message(0);
  CHECK(view.message.result == outcome::incomplete);
  CHECK(view.message.text == "RR 104ue");
  CHECK(view.message.detail == "only 2 of 3 parts came");
  REQUIRE(view.bill.has_value());
  CHECK(view.bill->partner == partner_id{});
  CHECK(view.bill->amounts.gross.value == 118'000'000);
  CHECK(view.reply.has_value());
}

TEST_CASE("incomplete after a crash too: the time is read again from the rows") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 3)});
  w.restart();
  w.now += hours{24};
  w.run_due();
  CHECK(w.message(0).message.result == outcome::incomplete);
}

TEST_CASE("a tariff per part bills each on arrival, and all to the partner in the end") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2, "9012")});
  CHECK(w.totals().bills == 1);
  CHECK(w.totals().money.gross.value == 118'000'000);
  CHECK(w.totals(seller).money.gross.value == 0);
  w.run({w.part(first, "723 1 blue", 2, 2, "9012")});
  CHECK(w.totals(seller).money.gross.value == 236'000'000);
  CHECK(w.totals().money.gross.value == 236'000'000); // suspense is empty again
}

TEST_CASE("a tariff per part, never completed: the parts stay in suspense, nothing is added") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104", 1, 2, "9012")});
  w.now += hours{24};
  w.run_due();
  CHECK(w.message(0).message.result == outcome::incomplete);
  CHECK(w.totals().money.gross.value == 118'000'000);
}
