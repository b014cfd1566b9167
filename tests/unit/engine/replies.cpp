// Goal: rules R1, R5, R6, R9, R10, R11: bill, reply and code in one commit; the life of a reply.
// Method: the real engine on the in-memory store; the SMSC's answers are events.

#include "small_world.hpp"

#include "farebox/service/lock.hpp"

using namespace farebox;
using namespace farebox::test;

namespace {

constexpr std::uint8_t delivered = 2, undeliverable = 5, enroute = 1;
constexpr std::uint32_t throttled = 0x58, invalid_destination = 0x0B;

small_world with_order(const std::string& text = "RR 104723 1 blue") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, text)});
  return w;
}

reply_row reply_of(small_world& w, std::size_t index = 0) {
  const auto view = w.message(index);
  REQUIRE(view.reply.has_value());
  return *view.reply;
}

} // namespace

TEST_CASE("R1: an MO is stored, billed, answered and acknowledged by one commit") {
  auto w = with_order();
  const auto acks = w.effects<acknowledge>();
  REQUIRE(acks.size() == 1);
  const auto view = w.message(0);
  CHECK(acks[0].status == 0);
  CHECK(acks[0].proof == view.message.id);
  CHECK(view.message.partner == seller);
  REQUIRE(view.bill.has_value());
  CHECK(view.bill->amounts ==
        split{{118'000'000}, {18'000'000}, {50'000'000}, {1'180'000}, {48'820'000}});
  const auto sent = w.sent();
  CHECK(sent.reply.destination == phone);
  CHECK(sent.reply.source == "1234");
  CHECK(sent.reply.text == "Thank you for blue, 118.00 RUB");
  CHECK(sent.uses_permit);
  CHECK(reply_of(w).state == reply_state::sending); // on disk before its bytes leave
  CHECK(w.totals(seller).requests == 1);
  CHECK(w.totals(seller).money.partner_share.value == 48'820'000);
}

TEST_CASE("R2: a store that cannot take the batch: a retryable status, and nothing is kept") {
  small_world w;
  w.open(first);
  w.rows.fail_next_commit(unavailable("disk full"));
  w.run({w.mo(first, "RR 104723 1 blue"), w.receipt("x", delivered)});
  CHECK_FALSE(w.able);
  const auto acks = w.effects<acknowledge>();
  REQUIRE(acks.size() == 2);
  CHECK(acks[0].status == 0x14);
  CHECK(acks[1].status == 0x14);
  CHECK(w.effects<send_reply>().empty());
  CHECK(w.messages().empty());
  CHECK(w.slots.free == 100); // the permit came back
  w.run({w.mo(first, "RR 104723 1 blue")});
  CHECK(w.able);
  CHECK(w.message(0).message.result == outcome::accepted);
}

TEST_CASE("R2: what nobody would tell again is kept over a rollback") {
  auto w = with_order();
  const auto sent = w.sent();
  w.rows.fail_next_commit(unavailable("disk full"));
  w.run({w.accepted(sent, "77")});
  CHECK(reply_of(w).state == reply_state::sending);
  w.run_due();
  CHECK(reply_of(w).state == reply_state::sent);
}

TEST_CASE("R2: an I/O error is fatal, and nothing is answered") {
  small_world w;
  w.open(first);
  w.rows.fail_next_commit({failure_kind::fatal, "EIO"});
  std::vector<event> events{w.mo(first, "RR 104723 1 blue")};
  CHECK_THROWS_AS(w.process->run(events, *w.sold, w.now, w.slots), engine::fatal_store_error);
}

TEST_CASE("without a permit the reply waits, and leaves in the order of the MOs") {
  small_world w;
  w.open(first);
  w.slots.free = 0;
  w.run({w.mo(first, "RR 104723 1 a"), w.mo(first, "RR 104723 1 b")});
  CHECK(w.effects<send_reply>().empty());
  CHECK(reply_of(w, 0).state == reply_state::waiting);
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
  w.slots.free = 1;
  w.run_due();
  CHECK(w.sent().reply.text == "Thank you for a, 118.00 RUB");
  w.slots.free = 1;
  w.run_due();
  CHECK(w.sent().reply.text == "Thank you for b, 118.00 RUB");
}

TEST_CASE("R5: the SMSC's answer decides") {
  struct row {
    const char* what;
    std::uint32_t status;
    reply_state expected;
  };
  const row table[] = {{"accepted", 0, reply_state::sent},
                       {"throttled", throttled, reply_state::retry},
                       {"queue full", 0x14, reply_state::retry},
                       {"refused for good", invalid_destination, reply_state::rejected}};
  for (const auto& r : table) {
    CAPTURE(r.what);
    auto w = with_order();
    w.run({w.accepted(w.sent(), r.status ? "" : "77", r.status)});
    CHECK(reply_of(w).state == r.expected);
  }
}

TEST_CASE("R5: a throttled reply keeps its place before younger ones") {
  auto w = with_order("RR 104723 1 a");
  const auto one = w.sent();
  w.slots.free = 0;
  w.run({w.mo(first, "RR 104723 1 b")});
  w.run({w.accepted(one, "", throttled)});
  w.slots.free = 1;
  w.run_due();
  CHECK(w.sent().reply.text == one.reply.text);
}

TEST_CASE("while replies wait, new orders take no permit before them") {
  small_world w;
  w.open(first);
  w.slots.free = 0;
  w.run({w.mo(first, "RR 104723 1 a")});
  w.slots.free = 1;
  w.run({w.mo(first, "RR 104723 1 b")});
  CHECK(w.effects<send_reply>().empty());
  w.run_due();
  CHECK(w.sent().reply.text == "Thank you for a, 118.00 RUB");
}

TEST_CASE("R5: a reply that the SMSC cannot take is sent again after a pause that doubles") {
  constexpr std::uint32_t system_error = 0x08;
  auto w = with_order();
  const auto text = w.sent().reply.text;
  w.run({w.accepted(w.sent(), "", system_error)});
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
  w.now += seconds{1};
  w.run_due();
  CHECK(w.sent().reply.text == text);
  w.run({w.accepted(w.sent(), "", system_error)});
  w.now += seconds{1};
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
  w.now += seconds{1};
  w.run_due();
  w.run({w.accepted(w.sent(), "77")});
  CHECK(reply_of(w).state == reply_state::sent);
  CHECK(w.totals(seller).replies == 1);
}

TEST_CASE("R5: bytes that never left go again at once") {
  auto w = with_order();
  w.run({submit_unsent{w.sent().reply.id, 1}});
  CHECK(reply_of(w).state == reply_state::waiting);
  CHECK(reply_of(w).attempts == 0);
  w.run_due();
  CHECK(w.sent().reply.attempts == 1);
}

TEST_CASE("R6: an unanswered submit is sent once more, the same text, and never a third time") {
  auto w = with_order("RR 104723 2");
  const auto text = w.sent().reply.text;
  w.run({submit_lost{w.sent().reply.id, 1}});
  CHECK(reply_of(w).state == reply_state::unknown);
  w.now += seconds{59};
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
  w.now += seconds{1};
  w.run_due();
  w.run_due();
  CHECK(w.sent().reply.text == text);
  w.run({submit_lost{w.sent().reply.id, 2}});
  w.now += seconds{60};
  w.run_due();
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
  CHECK(reply_of(w).state == reply_state::given_up);
  CHECK(w.totals(seller).bills == 1);
}

TEST_CASE("R6: a late answer or a receipt resolves an unanswered submit") {
  auto w = with_order();
  const auto sent = w.sent();
  w.run({submit_lost{sent.reply.id, 1}});
  SUBCASE("late answer") {
    w.run({w.accepted(sent, "77")});
    CHECK(reply_of(w).state == reply_state::sent);
  }
  SUBCASE("late refusal") {
    w.run({w.accepted(sent, "", invalid_destination)});
    CHECK(reply_of(w).state == reply_state::rejected);
  }
  SUBCASE("receipt that echoes the reference") {
    auto receipt = w.receipt("77", delivered);
    receipt.reference = reference_of(sent.reply.id);
    w.run({receipt});
    CHECK(reply_of(w).state == reply_state::delivered);
  }
  SUBCASE("receipt from the only phone that can be meant") {
    w.run({w.receipt("77", delivered)});
    CHECK(reply_of(w).state == reply_state::delivered);
  }
  w.now += seconds{61};
  w.run_due();
  w.run_due();
  CHECK(w.effects<send_reply>().empty());
}

TEST_CASE("R6: two unanswered submits to one phone: a receipt without reference matches neither") {
  auto w = with_order();
  const auto one = w.sent().reply.id;
  w.run({w.mo(first, "RR 104723 1 red")});
  w.run({submit_lost{one, 1}, submit_lost{w.sent().reply.id, 1}});
  w.run({w.receipt("77", delivered)});
  CHECK(reply_of(w, 0).state == reply_state::unknown);
  CHECK(reply_of(w, 1).state == reply_state::unknown);
}

TEST_CASE("R6: a receipt may be of a submit that is still under way") {
  // Goal: nobody is charged for another's delivery. Method: one reply without answer, a younger one
  // to the same phone whose receipt overtakes its answer.
  auto w = with_order();
  const auto one = w.sent().reply.id;
  w.run({w.mo(first, "RR 104723 1 red")});
  const auto other = w.sent();
  w.run({submit_lost{one, 1}});
  w.run({w.receipt("77", delivered)});
  CHECK(reply_of(w, 0).state == reply_state::unknown);
  w.run({w.accepted(other, "77")});
  CHECK(reply_of(w, 0).state == reply_state::unknown);
  CHECK(reply_of(w, 1).state == reply_state::delivered);
}

TEST_CASE("R6: a receipt may be of the first submit of a reply that was sent twice") {
  // Goal: no reply counts as delivered by another's receipt. Method: one reply is sent again and
  // answered then; the receipt of its first submit comes while a second reply is without answer.
  auto w = with_order();
  w.run({submit_lost{w.sent().reply.id, 1}});
  w.now += seconds{61};
  w.run_due();
  w.run_due();
  w.run({w.accepted(w.sent(), "78")});
  w.run({w.mo(first, "RR 104723 1 red")});
  w.run({submit_lost{w.sent().reply.id, 1}});
  w.run({w.receipt("77", delivered)});
  CHECK(reply_of(w, 0).state == reply_state::sent);
  CHECK(reply_of(w, 1).state == reply_state::unknown);
}

TEST_CASE("R6: a reply that is loaded for itself does not hide another one of its phone") {
  auto w = with_order();
  const auto one = w.sent().reply.id;
  w.run({w.mo(first, "RR 104723 1 red")});
  w.run({submit_lost{one, 1}, submit_lost{w.sent().reply.id, 1}});
  w.run({submit_unsent{one, 1, false}, w.receipt("77", delivered)}); // the first changes nothing
  CHECK(reply_of(w, 0).state == reply_state::unknown);
  CHECK(reply_of(w, 1).state == reply_state::unknown);
}

TEST_CASE("R6: a crash in SENDING leaves the reply unanswered, not lost") {
  auto w = with_order("RR 104723 2");
  const auto text = w.sent().reply.text;
  w.restart();
  CHECK(reply_of(w).state == reply_state::unknown);
  w.now += seconds{60};
  w.run_due();
  w.run_due();
  CHECK(w.sent().reply.text == text); // R11: the stored text, the same code
}

TEST_CASE("R9: a receipt while the answer is awaited, and the answer never comes") {
  struct row {
    const char* what;
    bool crash;
  };
  for (const auto& r : {row{"the connection is lost", false}, row{"the process is killed", true}}) {
    CAPTURE(r.what);
    auto w = with_order();
    const auto sent = w.sent();
    w.run({w.receipt("77", delivered)});
    if (r.crash) w.restart();
    else w.run({submit_lost{sent.reply.id, 1}});
    w.now += seconds{60};
    w.run_due();
    CHECK(w.effects<send_reply>().empty());
    CHECK(reply_of(w).state == reply_state::delivered);
  }
}

TEST_CASE("R9: a receipt on the way does not stand before the last one") {
  // Goal: a reply does not stay unanswered for ever. Method: ENROUTE, with and without DELIVRD
  // behind it, while the answer is awaited, which never comes.
  constexpr std::uint8_t enroute = 1;
  for (const bool last_came : {true, false}) {
    CAPTURE(last_came);
    auto w = with_order();
    const auto sent = w.sent();
    w.run({w.receipt("77", enroute)});
    if (last_came) w.run({w.receipt("77", delivered)});
    w.run({submit_lost{sent.reply.id, 1}});
    w.now += seconds{60};
    w.run_due();
    w.run_due();
    CHECK(w.effects<send_reply>().size() == !last_came);
    CHECK(reply_of(w).state == (last_came ? reply_state::delivered : reply_state::sending));
  }
}

TEST_CASE("R9: a receipt before the answer to its submit is kept and matched") {
  auto w = with_order();
  const auto sent = w.sent();
  w.run({w.receipt("77", delivered)});
  CHECK(w.effects<acknowledge>().size() == 1);
  CHECK(reply_of(w).state == reply_state::sending);
  w.run({w.accepted(sent, "77")});
  CHECK(reply_of(w).state == reply_state::delivered);
  CHECK(w.totals(seller).delivered == 1);
}

TEST_CASE("R9: receipts twice, three times, or contradicting count once") {
  auto w = with_order();
  w.run({w.accepted(w.sent(), "77")});
  for (const auto state : {enroute, delivered, delivered, undeliverable}) {
    w.run({w.receipt("77", state)});
    CHECK(w.effects<acknowledge>().size() == 1);
  }
  CHECK(reply_of(w).state == reply_state::delivered);
  CHECK(w.totals(seller).delivered == 1);
  CHECK(w.totals(seller).replies == 1);
}

TEST_CASE("R9: the id of another operator is another id") {
  auto w = with_order();
  w.run({w.accepted(w.sent(), "77")});
  w.run({w.receipt("77", delivered, op_mt)});
  CHECK(reply_of(w).state == reply_state::sent);
}

TEST_CASE("R9: answer and receipt in one batch") {
  auto w = with_order();
  const auto sent = w.sent();
  w.run({w.accepted(sent, "77"), w.receipt("77", delivered)});
  CHECK(reply_of(w).state == reply_state::delivered);
}

TEST_CASE("R11: codes are minted once, each another, and can be checked") {
  small_world w;
  w.open(first);
  std::vector<event> orders;
  for (int i = 0; i < 50; ++i) orders.push_back(w.mo(first, "RR 104723 2"));
  w.run(std::move(orders));
  std::vector<std::string> texts;
  for (const auto& e : w.effects<send_reply>()) texts.push_back(e.reply.text);
  REQUIRE(texts.size() == 50);
  std::sort(texts.begin(), texts.end());
  CHECK(std::unique(texts.begin(), texts.end()) == texts.end());
  const auto code = texts[0].substr(std::string("Your code: ").size());
  const auto check = [&](bool use_up, partner_id who = seller) {
    w.run({check_code{1, who, service_id{2}, code, use_up}});
    return w.effects<code_checked>().at(0).state;
  };
  CHECK(check(false) == "valid");
  CHECK(check(true, suspended_seller) == "unknown"); // another partner's code does not exist
  CHECK(check(true) == "valid");
  CHECK(check(true) == "used_up");
  w.run({check_code{1, seller, service_id{2}, "ABCDE-ABCDE-ABCDE", true}});
  CHECK(w.effects<code_checked>().at(0).state == "unknown");
}

TEST_CASE("R9: two unanswered replies to one phone, one receipt that may be of either: of none") {
  // Goal: no charge is posted by guessing, also when the time of the first is up. Method: the
  // receipt names no reference; the second reply is not in the batch that gives the first one up.
  small_world w;
  w.open(first, op_mt);
  for (int i = 0; i < 2; ++i) {
    w.run({w.mo(first, "RR 104723 2 " + std::to_string(i), op_mt, "5678")});
    w.run_due();
    const auto sent = w.sent();
    w.run({submit_lost{sent.reply.id, sent.reply.attempts}});
    w.now += seconds{20};
  }
  w.run({w.receipt("77", delivered, op_mt, "5678")});
  for (int i = 0; i < 12; ++i, w.now += seconds{10}) w.run_due(); // each in a batch of its own
  CHECK(w.totals(seller).bills == 0);
  CHECK(w.totals(seller).pending == 2);
}

TEST_CASE("a message_payload whose answer was lost: its receipt or late refusal is for all of it") {
  catalogue_ptr sold;
  for (const bool refused : {false, true}) {
    CAPTURE(refused);
    small_world w;
    catalogue_parts parts;
    parts.operators.assign(w.sold->operators().begin(), w.sold->operators().end());
    parts.short_codes.assign(w.sold->short_codes().begin(), w.sold->short_codes().end());
    parts.partners.assign(w.sold->partners().begin(), w.sold->partners().end());
    parts.services.assign(w.sold->services().begin(), w.sold->services().end());
    parts.tariffs.assign(w.sold->tariffs().begin(), w.sold->tariffs().end());
    parts.terms_versions.assign(w.sold->terms_versions().begin(), w.sold->terms_versions().end());
    for (auto& op : parts.operators)
      op.splitting.style = static_cast<std::uint8_t>(text::long_message::payload);
    auto built = std::make_shared<catalogue>(std::move(parts));
    built->grammars = w.sold->grammars;
    w.sold = built;
    w.open(first);
    w.run({w.mo(first, "RR 104723 1 " + std::string(400, 'x'))});
    w.run_due();
    const auto sent = w.sent();
    REQUIRE(sent.reply.segments == 3);
    w.run({submit_lost{sent.reply.id, sent.reply.attempts}});
    if (refused) {
      auto late = w.accepted(sent, "", invalid_destination);
      late.segments = all_segments(sent.reply);
      w.run({late});
      CHECK(reply_of(w).state == reply_state::rejected);
    } else {
      auto receipt = w.receipt("77", delivered);
      receipt.reference = reference_of(sent.reply.id);
      w.run({receipt});
      CHECK(reply_of(w).state == reply_state::delivered);
    }
  }
}

TEST_CASE("R11: two uses in one batch of a code that is good for one") {
  small_world w;
  w.open(first);
  w.run({w.mo(first, "RR 104723 2")});
  const auto code = w.sent().reply.text.substr(std::string("Your code: ").size());
  const check_code use{1, seller, service_id{2}, code, true};
  w.run({use, use});
  const auto answers = w.effects<code_checked>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].state == "valid");
  CHECK(answers[1].state == "used_up");
}

TEST_CASE("R10: each reply of a batch goes to the phone of its own message") {
  // Some leave at once, the others when there are permits: each way a reply can take.
  small_world w;
  w.open(first);
  w.slots.free = 2;
  std::vector<event> orders;
  for (int i = 0; i < 4; ++i) {
    auto mo = w.mo(first, "RR 104723 2");
    mo.source = "7912123434" + std::to_string(i);
    orders.push_back(w.keyed(std::move(mo)));
  }
  w.run(std::move(orders));
  auto sent = w.effects<send_reply>();
  REQUIRE(sent.size() == 2);
  w.slots.free = 2;
  w.run_due();
  for (const auto& e : w.effects<send_reply>()) sent.push_back(e);
  REQUIRE(sent.size() == 4);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(sent[i].reply.message == w.message(i).message.id);
    CHECK(sent[i].reply.destination == "7912123434" + std::to_string(i));
    CHECK(w.message(i).reply->destination == w.message(i).message.source);
  }
}

TEST_CASE("a long reply in one message_payload is delivered by its one receipt, late or early") {
  for (const bool receipt_first : {false, true}) {
    CAPTURE(receipt_first);
    small_world w;
    w.open(first);
    w.run({w.mo(first, "RR 104723 1 " + std::string(400, 'x'))});
    w.run_due();
    const auto sent = w.sent();
    REQUIRE(sent.reply.segments == 3);
    auto answer = w.accepted(sent, "77");
    answer.segments = all_segments(sent.reply);
    if (receipt_first) w.run({w.receipt("77", delivered)});
    w.run({answer});
    if (!receipt_first) w.run({w.receipt("77", delivered)});
    CHECK(reply_of(w).state == reply_state::delivered);
    CHECK(w.totals().delivered == 1);
  }
}

TEST_CASE("an event whose decision throws is put aside; the others of its batch are not harmed") {
  small_world w;
  w.open(first);
  auto sent = w.run({w.mo(first, "RR 104723 1 a")});
  const auto reply = w.sent();
  auto bad = w.accepted(reply, "77");
  bad.segments = 0b10; // an invariant of the flow
  w.run({w.mo(first, "RR 104723 1 b"), bad, w.mo(first, "RR 104723 1 c")});
  CHECK(w.messages().size() == 3);
  CHECK(w.effects<acknowledge>().size() == 2);
  CHECK(w.effects<farebox::alarm>().size() == 1);
  CHECK(w.process->counters().set_aside == 1);
}
