// Goal: every message makes exactly one bill, whoever is its beneficiary (R8), and charges on the
// reply post once (R8, R9). Method: tables over the real engine on the in-memory store.

#include "small_world.hpp"

#include "farebox/service/lock.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

constexpr std::uint8_t delivered = 2, expired = 3, undeliverable = 5;

// An order at the operator that charges the reply, submitted and accepted as "77".
small_world with_pending_charge(const std::string& text = "RR 104723 2") {
  small_world w;
  w.open(first, op_mt);
  w.run({w.mo(first, text, op_mt, "5678")});
  CHECK(w.effects<send_reply>().empty()); // SENDING only in a later commit
  w.run_due();
  w.run({w.accepted(w.sent(), "77")});
  return w;
}

receipt_arrived receipt(small_world& w, std::uint8_t state) {
  return w.receipt("77", state, op_mt, "5678");
}

std::string code_state(small_world& w) {
  const auto text = w.message(0).reply->text;
  w.run({check_code{1, seller, service_id{2}, text.substr(std::string("Your code: ").size()),
                    false}});
  return w.effects<code_checked>().at(0).state;
}

} // namespace

TEST_CASE("a clock that was far ahead is an alarm once it is right again; bills stay in order") {
  struct row {
    const char* what;
    seconds behind;
    bool told;
  };
  const row table[] = {
      {"a correction of a second", seconds(1), false},
      {"as much as is usual", seconds(5), false},
      {"more", seconds(6), true},
      {"a day", hours(24), true},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    small_world w;
    w.open(first);
    w.run({w.mo(first, "RR 104723 1 x")});
    const auto posted = w.message(0).bill->posted_at;
    w.now -= r.behind;
    w.run({w.mo(first, "RR 104723 1 y")});
    CHECK(w.effects<farebox::alarm>().size() == (r.told ? 1 : 0));
    CHECK(w.message(1).bill->posted_at == posted);
    w.restart(); // told at the start too, before anything is billed
    CHECK(w.effects<farebox::alarm>().size() == (r.told ? 1 : 0));
  }
}

TEST_CASE("every message makes one bill") {
  struct row {
    const char* what;
    const char* text;
    const char* code;
    outcome result;
    partner_id beneficiary;
    std::int64_t gross;
    bool answered;
  };
  const row table[] = {
      {"sold", "RR 104723 1 x", "1234", outcome::accepted, seller, 118'000'000, true},
      {"unknown text", "hello", "1234", outcome::unrouted, {}, 118'000'000, true},
      {"empty text", "", "1234", outcome::unrouted, {}, 118'000'000, true},
      {"wrong check digit", "RR 104724 1", "1234", outcome::unrouted, {}, 118'000'000, true},
      {"suspended partner", "RR 200015 1", "1234", outcome::refused, {}, 118'000'000, true},
      {"reserved, zero-rated by the tariff", "STOP", "1234", outcome::reserved, {}, 0, true},
      {"a short code that is not ours", "RR 104723 1", "4444", outcome::unrouted, {}, 0, true},
      {"a part alone is one part", "RR 104723 1 x", "9012", outcome::accepted, seller,
       118'000'000, true},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    small_world w;
    w.open(first);
    w.run({w.mo(first, r.text, op_mo, r.code)});
    const auto acks = w.effects<acknowledge>();
    REQUIRE(acks.size() == 1);
    CHECK(acks[0].status == 0);
    const auto view = w.message(0);
    CHECK(view.message.result == r.result);
    REQUIRE(view.bill.has_value());
    CHECK(view.bill->partner == r.beneficiary);
    CHECK(view.bill->reason == r.result);
    CHECK(view.bill->amounts.gross.value == r.gross);
    CHECK(view.reply.has_value() == r.answered);
    CHECK(w.totals().bills == 1);
  }
}

TEST_CASE("an operator without a tariff: stored, answered, billed as zero, and an alarm") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, "RR 104723 1 x", op_mt, "1234")});
  CHECK(w.message(0).message.result == outcome::accepted);
  CHECK(w.message(0).bill->amounts == split{});
  CHECK(w.effects<farebox::alarm>().size() == 1);
}

TEST_CASE("bills are numbered without gaps, and their time never goes back") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, "RR 104723 1 a")});
  w.now -= seconds{30}; // the clock was set
  w.run({w.mo(first, "RR 104723 1 b"), w.mo(first, "no")});
  w.restart();
  w.open(second);
  w.run({w.mo(second, "RR 104723 1 c")});
  std::int64_t number = 0;
  utc_time before{};
  for (const auto& view : w.messages()) {
    REQUIRE(view.bill.has_value());
    CHECK(view.bill->id.value == ++number);
    CHECK(view.bill->posted_at >= before);
    before = view.bill->posted_at;
  }
  CHECK(number == 4);
}

TEST_CASE("charged on the reply: posted only on delivery, once") {
  auto w = with_pending_charge();
  CHECK_FALSE(w.message(0).bill.has_value());
  CHECK(w.totals(seller).pending == 1);
  CHECK(w.totals(seller).pending_money.gross.value == 118'000'000);
  CHECK(w.totals(seller).money.gross.value == 0);
  CHECK(code_state(w) == "not_yet_paid");
  w.run({receipt(w, delivered)});
  w.run({receipt(w, delivered)});
  const auto view = w.message(0);
  REQUIRE(view.bill.has_value());
  CHECK(view.bill->kind == bill_kind::original);
  CHECK(view.charge->state == charge_state::posted);
  CHECK(w.totals(seller).bills == 1);
  CHECK(w.totals(seller).pending == 0);
  CHECK(w.totals(seller).pending_money == split{});
  CHECK(code_state(w) == "valid");
  w.run({receipt(w, undeliverable)}); // contradicts: shown, changes nothing
  CHECK(w.message(0).charge->state == charge_state::posted);
  CHECK(w.totals(seller).bills == 1);
}

TEST_CASE("charged on the reply: not delivered, nothing billed, and the code is worth nothing") {
  for (const auto state : {undeliverable, expired}) {
    auto w = with_pending_charge();
    w.run({receipt(w, state)});
    CHECK(w.message(0).charge->state == charge_state::void_);
    CHECK_FALSE(w.message(0).bill.has_value());
    CHECK(w.totals(seller).bills == 0);
    CHECK(w.totals(seller).pending == 0);
    CHECK(code_state(w) == "not_paid");
  }
}

TEST_CASE("charged on the reply: no receipt in time, then a late one posts once, as late") {
  auto w = with_pending_charge();
  w.now += hours{73};
  w.run_due();
  CHECK(w.message(0).charge->state == charge_state::expired);
  CHECK(w.totals(seller).pending == 0);
  w.run({receipt(w, delivered)});
  w.run({receipt(w, delivered)});
  REQUIRE(w.message(0).bill.has_value());
  CHECK(w.message(0).bill->kind == bill_kind::late);
  CHECK(w.totals(seller).bills == 1);
  CHECK(code_state(w) == "valid");
}

TEST_CASE("charged on the reply: refused by the SMSC, so void") {
  small_world w;
  w.open(first, op_mt);
  w.run({w.mo(first, "RR 104723 2", op_mt, "5678")});
  w.run_due();
  w.run({w.accepted(w.sent(), "", 0x0B)});
  CHECK(w.message(0).charge->state == charge_state::void_);
  CHECK(code_state(w) == "not_paid");
}

TEST_CASE("charged on the reply: without an answer it is never sent again") {
  small_world w;
  w.open(first, op_mt);
  w.run({w.mo(first, "RR 104723 2", op_mt, "5678")});
  w.run_due();
  w.run({submit_lost{w.sent().reply.id, 1}});
  for (int hour = 0; hour < 100; ++hour) {
    w.now += hours{1};
    w.run_due();
    CHECK(w.effects<send_reply>().empty());
  }
  CHECK(w.message(0).reply->state == reply_state::unknown); // until a receipt or a person decides
  w.restart();
  w.now += hours{1};
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
}

TEST_CASE("what is not sold at an operator that charges the reply is answered free of charge") {
  small_world w;
  w.open(first, op_mt);
  w.run({w.mo(first, "hello", op_mt, "5678")});
  const auto sent = w.sent();
  CHECK_FALSE(sent.reply.charged_on_mt);
  REQUIRE(w.message(0).bill.has_value());
  CHECK(w.message(0).bill->amounts == split{});
  CHECK_FALSE(w.message(0).charge.has_value());
}
