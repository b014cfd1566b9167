// Goal: what support decides is done once, as a whole, and refused where there is nothing to decide
// (rules R3 and R6). Method: the real engine on the in-memory store.

#include "small_world.hpp"

#include "farebox/service/lock.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

const std::string order = "RR 104723 2";

support_answered asked(small_world& w, event what) {
  w.run({std::move(what)});
  const auto answers = w.effects<support_answered>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 5);
  return answers[0];
}
support_answered release(small_world& w, message_id id) {
  return asked(w, release_absorbed{5, id, "ordered twice"});
}
support_answered settle(small_world& w, message_id id, bool delivered) {
  return asked(w, settle_reply{5, id, delivered, "the operator's report"});
}

// An order, its connection lost, and the same once more.
small_world with_absorbed() {
  small_world w;
  w.open(first);
  w.run({w.mo(first, order)});
  w.close(first);
  w.open(second);
  w.run({w.mo(second, order)});
  REQUIRE(w.message(1).message.result == outcome::absorbed);
  return w;
}

// An MT-billed order whose submit got no answer.
small_world with_unanswered() {
  small_world w;
  w.open(first, op_mt);
  w.run({w.mo(first, order, op_mt, "5678")});
  w.run_due();
  const auto sent = w.sent();
  w.run({submit_lost{sent.reply.id, sent.reply.attempts}});
  REQUIRE(w.message(0).reply->state == reply_state::unknown);
  return w;
}

} // namespace

TEST_CASE("R3: a released message is billed and answered as an order with a code of its own") {
  auto w = with_absorbed();
  const auto before = w.totals(seller);
  const auto answer = release(w, w.message(1).message.id);
  REQUIRE_FALSE(answer.refused.has_value());
  CHECK_FALSE(answer.done_before);
  REQUIRE(w.messages().size() == 3);
  const auto made = w.message(2);
  CHECK(made.message.id == answer.message);
  CHECK(made.message.result == outcome::accepted);
  CHECK(made.message.partner == seller);
  CHECK(made.message.detail == "released from " + std::to_string(w.message(1).message.id.value));
  REQUIRE(made.bill.has_value());
  CHECK(made.bill->amounts == w.message(0).bill->amounts);
  REQUIRE(made.reply.has_value());
  CHECK(made.reply->destination == phone);
  CHECK(made.reply->text != w.message(0).reply->text);
  CHECK(w.totals(seller).requests == before.requests + 1);
  CHECK(w.totals(seller).money.gross.value == 2 * before.money.gross.value);
  CHECK(w.effects<acknowledge>().empty());
  w.run_due();
  CHECK(w.sent().reply.id == made.message.id);
}

TEST_CASE("R3: released once, whoever asks again, also after a restart") {
  auto w = with_absorbed();
  const auto absorbed = w.message(1).message.id;
  const auto made = release(w, absorbed).message;
  w.restart();
  const auto again = release(w, absorbed);
  CHECK(again.done_before);
  CHECK(again.message == made);
  CHECK(w.messages().size() == 3);
}

TEST_CASE("R3: an absorbed part releases its whole message, and with it the other parts") {
  for (const char* code : {"1234", "9012"}) { // a price for the message, a price for each part
    small_world w;
    w.open(first);
    const auto send = [&](connection_id from) {
      w.run({w.part(from, "RR 104723 1 bl", 1, 2, code), w.part(from, "ue", 2, 2, code)});
    };
    send(first);
    w.close(first);
    w.open(second);
    send(second);
    const auto all = w.messages();
    REQUIRE(all.size() == 3); // the message, and two absorbed parts
    REQUIRE(all[2].message.result == outcome::absorbed);
    const auto before = w.totals(seller).money.gross.value;
    const auto answer = release(w, all[2].message.id);
    REQUIRE_FALSE(answer.refused.has_value());
    CHECK(w.message(3).message.text == "RR 104723 1 blue");
    CHECK(w.message(3).message.parts == 2);
    CHECK(w.totals(seller).money.gross.value == 2 * before);
    CHECK(release(w, all[1].message.id).done_before);
    CHECK(w.messages().size() == 4);
  }
}

TEST_CASE("R3: redelivered twice, an absorbed part still stands for the whole message, once") {
  small_world w;
  const connection_id third{3};
  const connection_id all[] = {first, second, third};
  for (const auto at : all) {
    w.open(at);
    w.run({w.part(at, "RR 104723 1 bl", 1, 2), w.part(at, "ue", 2, 2)});
    if (at != third) w.close(at);
  }
  const auto before = w.messages();
  REQUIRE(before.size() == 5); // the message; two parts absorbed twice
  std::vector<message_id> made;
  for (std::size_t i = 1; i < before.size(); ++i)
    made.push_back(release(w, before[i].message.id).message);
  CHECK(made == std::vector(4, made[0]));
  CHECK(w.message(5).message.text == "RR 104723 1 blue");
  CHECK(w.messages().size() == 6);
}

TEST_CASE("R3: what would not be sold now is not released, and can be later") {
  auto w = with_absorbed();
  const auto before = w.sold;
  catalogue_parts parts;
  parts.operators.assign(before->operators().begin(), before->operators().end());
  auto nothing = std::make_shared<catalogue>(std::move(parts));
  nothing->grammars = *route::build_grammars(*nothing);
  w.sold = nothing;
  CHECK(release(w, w.message(1).message.id).refused->kind == failure_kind::conflict);
  w.sold = before;
  CHECK_FALSE(release(w, w.message(1).message.id).refused.has_value());
}

TEST_CASE("support's decisions are shown with their reason") {
  auto w = with_absorbed();
  const auto id = w.message(1).message.id;
  release(w, id);
  const auto view = w.rows.open_reader()->message(id);
  REQUIRE(view.has_value());
  REQUIRE(view->decisions.size() == 1);
  CHECK(view->decisions[0].at.space == platform_space::released);
  CHECK(as_text(view->decisions[0].value) ==
        std::to_string(w.message(2).message.id.value) +
            " at 2026-11-23T10:00:00Z: ordered twice");
}

TEST_CASE("R3: nothing to release") {
  auto w = with_absorbed();
  CHECK(release(w, {999}).refused->kind == failure_kind::not_found);
  CHECK(release(w, w.message(0).message.id).refused->kind == failure_kind::conflict);
  w.rows.fail_next_commit(unavailable("disk full"));
  CHECK(release(w, w.message(1).message.id).refused->kind == failure_kind::unavailable);
  CHECK(w.messages().size() == 2);
}

TEST_CASE("R3: a repeated part of a message that is not complete is no order") {
  small_world w;
  w.open(first);
  w.run({w.part(first, "RR 104723 1 bl", 1, 2)});
  w.run({w.part(first, "RR 104723 1 bl", 1, 2)});
  REQUIRE(w.message(0).message.result == outcome::absorbed);
  CHECK(release(w, w.message(0).message.id).refused->kind == failure_kind::conflict);
}

TEST_CASE("R6: a person says delivered: posted once, and the code is worth something") {
  auto w = with_unanswered();
  const auto id = w.message(0).message.id;
  CHECK_FALSE(settle(w, id, true).refused.has_value());
  const auto view = w.message(0);
  CHECK(view.charge->state == charge_state::posted);
  CHECK(view.reply->state == reply_state::delivered);
  REQUIRE(view.bill.has_value());
  CHECK(w.totals(seller).money.gross.value == 118'000'000);
  CHECK(w.totals(seller).pending == 0);
  const auto code = view.reply->text.substr(view.reply->text.find(": ") + 2);
  w.run({check_code{9, seller, {2}, code, false}});
  CHECK(w.effects<code_checked>().at(0).state == "valid");

  w.restart();
  CHECK(settle(w, id, true).done_before);
  CHECK(settle(w, id, false).refused->kind == failure_kind::conflict);
  w.run({w.receipt("", 2, op_mt, "5678")}); // a receipt after all
  CHECK(w.totals(seller).bills == 1);
}

TEST_CASE("R6: a person says failed: void, and no receipt posts it afterwards") {
  auto w = with_unanswered();
  const auto id = w.message(0).message.id;
  CHECK_FALSE(settle(w, id, false).refused.has_value());
  CHECK(w.message(0).charge->state == charge_state::void_);
  CHECK(w.message(0).reply->state == reply_state::failed);
  CHECK(w.totals(seller).pending == 0);
  CHECK(settle(w, id, true).refused->kind == failure_kind::conflict);
  CHECK(w.totals(seller).bills == 0);
}

TEST_CASE("R6: failed after the charge expired is void all the same") {
  auto w = with_unanswered();
  w.now += hours{73};
  w.run_due();
  REQUIRE(w.message(0).charge->state == charge_state::expired);
  CHECK_FALSE(settle(w, w.message(0).message.id, false).refused.has_value());
  CHECK(w.message(0).charge->state == charge_state::void_);
  CHECK(w.totals(seller).pending == 0);
  w.run({w.receipt("", 2, op_mt, "5678")});
  CHECK(w.totals(seller).bills == 0);
}

TEST_CASE("R6: nothing to settle") {
  struct row {
    const char* what;
    operator_id op;
    const char* code;
    bool sent;
    failure_kind refused;
  };
  const row table[] = {
      {"the MO was charged", op_mo, "1234", true, failure_kind::conflict},
      {"the reply has not left", op_mt, "5678", false, failure_kind::conflict},
      {"its submit is not answered yet", op_mt, "5678", true, failure_kind::conflict},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    small_world w;
    w.open(first, r.op);
    w.run({w.mo(first, order, r.op, r.code)});
    if (r.sent) w.run_due();
    CHECK(settle(w, w.message(0).message.id, true).refused->kind == r.refused);
    CHECK(w.totals().bills == (r.op == op_mo ? 1 : 0));
  }
  small_world w;
  CHECK(settle(w, {999}, true).refused->kind == failure_kind::not_found);
}

TEST_CASE("R11: the codes of many batches, and of two processes, are all different") {
  // More of them than a service tries candidates: a seed that stayed the same would run out.
  small_world w;
  w.open(first);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    if (i == 20) w.restart(), w.open(second);
    w.run({w.mo(i < 20 ? first : second, order + " " + std::to_string(i))});
    REQUIRE(w.messages().back().reply.has_value());
    texts.push_back(w.messages().back().reply->text);
    CHECK(texts.back().starts_with("Your code: "));
    w.slots.free = 100;
  }
  std::sort(texts.begin(), texts.end());
  CHECK(std::unique(texts.begin(), texts.end()) == texts.end());
}
