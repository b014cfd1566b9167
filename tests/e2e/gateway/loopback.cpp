#include "e2e/gateway/smsc.hpp"

#include "farebox/text/parts.hpp"

using namespace farebox;
using namespace farebox::test;
using gateway::link_state;

TEST_CASE("an MO arrives, is acknowledged after the writer says so, and is proven") {
  // Goal: the main path inwards. Method: one MO; no answer before acknowledge().
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  CHECK(peer.binds.take() == "farebox");
  const auto opened = here.writer.take<connection_opened>();
  CHECK(opened.connection.id == connection_id{100});
  CHECK(opened.connection.bind == "trx");
  CHECK(opened.connection.op == operator_id{1});

  peer.deliver(1, "+79121234567", "BILL 20");
  const auto mo = here.writer.take<mo_arrived>();
  CHECK(mo.text == "BILL 20");
  CHECK(mo.source == "79121234567");
  CHECK(mo.answer_to.connection == connection_id{100});
  CHECK(mo.previous_read_at <= mo.received_at);
  CHECK(peer.answers.size() == 0);

  here.acknowledge(mo.answer_to, 7);
  const auto answer = peer.answers.take();
  CHECK(answer.cookie == 1);
  CHECK(answer.status == smpp::command_status::ESME_ROK);
  const auto proof = here.writer.take<connection_proven>();
  CHECK(proof.connection == connection_id{100});
  CHECK(proof.proven == message_id{7});
  here.acknowledge(mo.answer_to, 7); // a second answer finds nobody
  here.acknowledge({connection_id{4711}, 1}, 8);

  const auto seen = here.status();
  CHECK(seen.state == link_state::bound);
  CHECK(seen.totals.connections == 1);
  const auto lines = here.links->trace("north", "trx", 100);
  REQUIRE(lines.has_value());
  CHECK(lines->size() >= 4); // bind, deliver, their answers
  CHECK_FALSE(here.links->trace("north", "nobody", 1).has_value());
}

TEST_CASE("a writer that is full makes the SMSC try again, at once") {
  // Goal: rule R2, never silence. Method: offer() refuses; the operator's retry status comes back.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  here.writer.full = true;
  peer.deliver(1, "79121234567", "x");
  peer.deliver(2, "79121234567", "id:1 stat:DELIVRD", 0x04);
  CHECK(static_cast<int>(peer.answers.take().status) == 0x64);
  CHECK(static_cast<int>(peer.answers.take().status) == 0x64);
}

TEST_CASE("a reply leaves under its permit, is answered, and its receipt comes back") {
  // Goal: the main path outwards. Method: reserve, send, answer, receipt.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  here.reserve_and_send(7);
  const auto submit = peer.submits.take();
  CHECK(submit.destination_addr == "79121234567");
  CHECK(submit.source_addr == "4242");
  CHECK(as_text(submit.short_message) == "code 7");
  CHECK(smpp::integer_of(submit.tlvs, smpp::tag::user_message_reference) == 7);
  const auto answered = here.writer.take<submit_answered>();
  CHECK(answered.reply == message_id{7});
  CHECK(answered.attempt == 1);
  CHECK(answered.segments == 1);
  CHECK(answered.status == 0);
  CHECK(answered.smsc_id == "1");

  peer.deliver(1, "79121234567", "id:1 stat:DELIVRD err:000", 0x04);
  const auto receipt = here.writer.take<receipt_arrived>();
  CHECK(receipt.smsc_id == "1");
  CHECK(receipt.state == 2);
  here.acknowledge(receipt.answer_to, 0);
  CHECK(peer.answers.take().status == smpp::command_status::ESME_ROK);
  CHECK_FALSE(here.links->reserve(operator_id{2}, 1)); // nobody's
}

TEST_CASE("text that looks like a receipt is a message, unless esm_class says so") {
  // Goal: nobody forges a receipt by SMS. Method: the same text with each esm_class.
  constexpr auto text = "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", text);
  CHECK(here.writer.take<mo_arrived>().text == text);
  peer.deliver(2, "79121234567", text, 0x04);
  CHECK(here.writer.take<receipt_arrived>().smsc_id == "1");
}

TEST_CASE("the window bounds what is reserved, and answers give it back") {
  // Goal: permits = window. Method: a window of three, an SMSC that is silent at first.
  smsc peer;
  peer.answers_submits = false;
  world here;
  here.add_bind("trx", {peer.port()}).window = 3;
  here.start();
  here.writer.take<connection_opened>();
  for (int i = 1; i <= 3; ++i) here.reserve_and_send(i);
  for (int i = 1; i <= 3; ++i) peer.submits.take();
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1));
  CHECK(here.status().window_size == 3);
  peer.cut();
  for (int i = 1; i <= 3; ++i) CHECK(here.writer.take<submit_lost>().attempt == 1);
  here.writer.take<connection_closed>();
  here.writer.take<connection_opened>();
  CHECK(here.links->reserve(operator_id{1}, 2)); // a new window
  here.links->release(operator_id{1}, 2);
  CHECK(here.links->reserve(operator_id{1}, 3));
  here.links->release(operator_id{1}, 3);
}

TEST_CASE("a cut in mid-window loses what was written, and the next host is tried") {
  // Goal: submit_lost, connection_closed, then the second host. Method: the first SMSC goes away.
  auto first = std::make_unique<smsc>();
  smsc second;
  first->answers_submits = false;
  world here;
  here.add_bind("trx", {first->port(), second.port()});
  here.start();
  const auto opened = here.writer.take<connection_opened>();
  here.reserve_and_send(7);
  first->submits.take();
  first.reset();
  CHECK(here.writer.take<submit_lost>().reply == message_id{7});
  CHECK(here.writer.take<connection_closed>().connection == opened.connection.id);
  const auto again = here.writer.take<connection_opened>();
  CHECK(again.connection.id == connection_id{opened.connection.id.value + 1});
  CHECK(second.binds.take() == "farebox");
  here.reserve_and_send(8);
  CHECK(here.writer.take<submit_answered>().reply == message_id{8});
}

TEST_CASE("a reply without a bound bind is unsent, with and without a permit") {
  // Goal: nothing waits where nothing can leave. Method: an SMSC that went away after reserve().
  auto peer = std::make_unique<smsc>();
  world here;
  here.add_bind("trx", {peer->port()});
  here.start();
  here.writer.take<connection_opened>();
  while (!here.links->reserve(operator_id{1}, 1)) std::this_thread::yield();
  peer.reset();
  here.writer.take<connection_closed>();
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1));
  here.send(7);
  CHECK(here.writer.take<submit_unsent>().reply == message_id{7});
  here.send(8, false);
  const auto unsent = here.writer.take<submit_unsent>();
  CHECK(unsent.reply == message_id{8});
  CHECK_FALSE(unsent.final);
}

TEST_CASE("a reply that no PDU can carry is unsent for good") {
  // Goal: final. Method: an address of 21 digits.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  auto reply = here.reply_of(7);
  reply.destination = std::string(21, '7');
  here.links->perform({send_reply{reply, 1, false}});
  CHECK(here.writer.take<submit_unsent>().final);
}

TEST_CASE("replies leave over the bind that has room") {
  // Goal: any bind of the operator that can send. Method: a receiver, a full one, a free one.
  smsc one, two, three;
  one.answers_submits = false;
  world here;
  here.add_bind("tx1", {one.port()}).type = smpp::bind_kind::transmitter;
  here.operators.front().binds.back().window = 1;
  here.add_bind("rx", {two.port()}).type = smpp::bind_kind::receiver;
  here.start();
  here.writer.take<connection_opened>();
  here.writer.take<connection_opened>();
  here.reserve_and_send(1);
  one.submits.take();
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1));
  here.add_bind("tx2", {three.port()}).type = smpp::bind_kind::transmitter;
  here.links->reconfigure(here.operators); // a bind comes
  CHECK(here.writer.take<connection_opened>().connection.bind == "tx2");
  here.reserve_and_send(2);
  CHECK(three.submits.take().destination_addr == "79121234567");
  CHECK(two.submits.size() == 0);
}

TEST_CASE("submits keep to the rate, and a waiting writer is told") {
  // Goal: pacing. Method: 50 a second, ten messages at once take at least 160 ms.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()}).rate_per_second = 50;
  here.start();
  here.writer.take<connection_opened>();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= 10; ++i) here.reserve_and_send(i);
  for (int i = 1; i <= 10; ++i) CHECK(here.writer.take<submit_answered>().status == 0);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(160));
  CHECK(here.writer.woken > 0);
}

TEST_CASE("a reply of three segments in one PDU takes three times as long") {
  // Goal: the operator counts segments. Method: 50 a second, ten replies of three at once.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()}).rate_per_second = 50;
  auto& splitting = here.operators.front().info.splitting;
  splitting.style = static_cast<decltype(splitting.style)>(text::long_message::payload);
  here.start();
  here.writer.take<connection_opened>();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= 10; ++i) {
    auto reply = here.reply_of(i);
    reply.text.assign(400, 'x');
    reply.segments = 3;
    here.links->perform({send_reply{reply, all_segments(reply), false}});
  }
  for (int i = 1; i <= 10; ++i) CHECK(here.writer.take<submit_answered>().segments == 0b111);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(500)); // alone: 180
}

TEST_CASE("a throttled bind slows down, in order") {
  // Goal: ESME_RTHROTTLED pauses the whole bind. Method: one refusal, no permits; after the
  // pause one message, and after its answer all.
  smsc peer;
  peer.submit_status = smpp::command_status::ESME_RTHROTTLED;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  here.reserve_and_send(1);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(here.writer.take<submit_answered>().status == 0x58);
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1));
  peer.submit_status = smpp::command_status::ESME_ROK;
  here.reserve_and_send(2);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(900));
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1)); // one at a time
  CHECK(here.writer.take<submit_answered>().status == 0);
  here.reserve_and_send(3);
  CHECK(here.writer.take<submit_answered>().reply == message_id{3});
}

TEST_CASE("a held message asks whether the first bind still lives") {
  // Goal: rule R3. Method: one live connection, one unknown, one that goes away while it is asked.
  auto peer = std::make_unique<smsc>();
  world here;
  here.add_bind("trx", {peer->port()});
  here.start();
  const auto opened = here.writer.take<connection_opened>();
  peer->deliver(1, "79121234567", "x");
  const auto mo = here.writer.take<mo_arrived>();

  here.links->perform({hold_and_probe{opened.connection.id, mo}});
  auto again = here.writer.take<mo_arrived>();
  CHECK(again.probe == probe_result::answered);
  CHECK(again.answer_to.sequence == mo.answer_to.sequence);
  here.links->perform({hold_and_probe{connection_id{4711}, mo}});
  CHECK(here.writer.take<mo_arrived>().probe == probe_result::silent);
  peer.reset();
  here.links->perform({hold_and_probe{opened.connection.id, mo}});
  CHECK(here.writer.take<mo_arrived>().probe == probe_result::silent);
}

TEST_CASE("an answer that leaves late puts its message in doubt") {
  // Goal: rule R3. Method: an operator that gives up after 2 ms; the writer takes longer.
  smsc peer;
  world here;
  here.operators.front().info.redelivery.response_timeout = milliseconds(2);
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", "x");
  const auto mo = here.writer.take<mo_arrived>();
  while (utc_now() - mo.received_at < milliseconds(5)) std::this_thread::yield();
  here.acknowledge(mo.answer_to, 7);
  CHECK(here.writer.take<answered_late>().message == message_id{7});
}

TEST_CASE("a wrong password is an alarm, and is tried again for ever") {
  // Goal: credentials. Method: the SMSC learns the password after the second refusal.
  smsc peer;
  peer.password = "other";
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  CHECK(here.writer.alarms.take().find("wrong password") != std::string::npos);
  CHECK(here.wait_for_state(link_state::waiting));
  CHECK(here.status().credentials_alarm);
  CHECK(here.status().last_error.find("ESME_RINVPASWD") != std::string::npos);
  peer.password = "secret";
  here.writer.take<connection_opened>();
  CHECK(here.wait_for_state(link_state::bound));
  CHECK_FALSE(here.status().credentials_alarm);
}

TEST_CASE("an SMSC that calls is checked, then bound") {
  // Goal: outbind. Method: first a wrong password, then the right one.
  smsc peer;
  world here;
  std::uint16_t port = 0;
  { // a port that is free: nobody else takes it in so short a time
    asio::io_context context;
    port = tcp::acceptor(context, {asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
  }
  auto& bind = here.add_bind("rx", {});
  bind.type = smpp::bind_kind::receiver;
  bind.outbind = gateway::outbind_settings{{"127.0.0.1", port}, "smsc", "call"};
  here.start();
  CHECK(here.wait_for_state(link_state::waiting));
  peer.call(port, "wrong");
  CHECK(here.writer.alarms.take().find("outbind") != std::string::npos);
  CHECK(peer.binds.size() == 0);
  peer.call(port, "call");
  CHECK(peer.binds.take() == "farebox");
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", "hello");
  CHECK(here.writer.take<mo_arrived>().text == "hello");
}

TEST_CASE("drain answers what is in flight, refuses what is new, and unbinds") {
  // Goal: SIGTERM loses nothing. Method: one MO and one submit in flight when drain begins.
  smsc peer;
  peer.answers_submits = false;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", "before");
  const auto mo = here.writer.take<mo_arrived>();
  here.reserve_and_send(7);
  peer.submits.take();

  bool complete = false;
  std::thread draining([&] { complete = here.links->drain(seconds(20)); });
  CHECK(here.wait_for_state(link_state::draining));
  peer.deliver(2, "79121234567", "after");
  const auto refused = peer.answers.take();
  CHECK(refused.cookie == 2);
  CHECK(static_cast<int>(refused.status) == 0x64);
  here.send(8, false);
  CHECK(here.writer.take<submit_unsent>().reply == message_id{8});
  here.acknowledge(mo.answer_to, 9);
  CHECK(peer.answers.take().cookie == 1);
  peer.answer_held();
  CHECK(here.writer.take<submit_answered>().reply == message_id{7});
  draining.join();
  CHECK(complete);
  here.writer.take<connection_closed>();
  CHECK(here.status().state == link_state::stopped);
}

TEST_CASE("links stay away while the store is unable, and come back") {
  // Goal: rule R2. Method: pause, one MO, unbind, resume.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  here.links->pause_reading(true);
  here.links->unbind_all();
  here.writer.take<connection_closed>();
  CHECK(here.wait_for_state(link_state::waiting));
  CHECK_FALSE(here.writer.take_if<connection_opened>(milliseconds(300)).has_value());
  here.links->pause_reading(false);
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", "x");
  here.writer.take<mo_arrived>();
}

TEST_CASE("a link is stopped, started and reconfigured by name") {
  // Goal: control. Method: each verb, and the state that follows.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  CHECK_FALSE(here.links->stop_link("north", "other").has_value());
  CHECK_FALSE(here.links->stop_link("south", "trx").has_value());
  REQUIRE(here.links->stop_link("north", "trx").has_value());
  CHECK(here.wait_for_state(link_state::stopped));
  here.writer.take<connection_closed>();
  REQUIRE(here.links->start_link("north", "trx").has_value());
  here.writer.take<connection_opened>();
  REQUIRE(here.links->drain_link("north", "trx").has_value());
  CHECK(here.wait_for_state(link_state::stopped));
  REQUIRE(here.links->start_link("north", "trx").has_value());
  here.writer.take<connection_opened>();

  here.links->reconfigure(here.operators); // nothing changed: nothing happens
  CHECK_FALSE(here.writer.take_if<connection_opened>(milliseconds(200)).has_value());
  here.operators.front().binds.front().system_id = "other";
  here.links->reconfigure(here.operators);
  peer.binds.take([](const std::string& id) { return id == "other"; });
  here.writer.take<connection_opened>();
  here.reserve_and_send(7);
  CHECK(here.writer.take<submit_answered>().reply == message_id{7});
  here.operators.front().binds.clear();
  here.links->reconfigure(here.operators);
  CHECK(here.links->status().empty());
  CHECK_FALSE(here.links->reserve(operator_id{1}, 1));
}

TEST_CASE("the SMSC's unbind is answered, and the link connects again") {
  // Goal: an orderly end by the peer. Method: unbind, then a new bind.
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  peer.unbind();
  here.writer.take<connection_closed>();
  here.writer.take<connection_opened>();
}

TEST_CASE("a thousand MOs in a row keep their order and are each answered") {
  // Goal: batches both ways. Method: all MOs at once, all acknowledged in one batch.
  constexpr int count = 1'000;
  smsc peer;
  world here;
  here.add_bind("trx", {peer.port()});
  here.start();
  here.writer.take<connection_opened>();
  for (int i = 1; i <= count; ++i) peer.deliver(static_cast<std::uint64_t>(i), "79121234567", "x");
  std::vector<effect> effects;
  std::uint32_t last = 0;
  for (int i = 1; i <= count; ++i) {
    const auto mo = here.writer.take<mo_arrived>();
    CHECK(mo.answer_to.sequence > last);
    last = mo.answer_to.sequence;
    effects.push_back(acknowledge{mo.answer_to, 0, message_id{i}});
  }
  here.links->perform(std::move(effects));
  for (int i = 1; i <= count; ++i) CHECK(peer.answers.take().cookie == static_cast<unsigned>(i));
}

TEST_CASE("a peer that never reads is closed, and memory stays bounded") {
  // Goal: the limit of the output. Method: an SMSC that reads nothing once bound, and replies
  // that would fill any socket; every one of them comes back.
  smsc peer;
  peer.reads = false;
  world here;
  here.add_bind("trx", {peer.port()}).window = 200'000;
  here.start();
  here.writer.take<connection_opened>();
  std::optional<connection_closed> closed;
  std::int64_t sent = 0, back = 0;
  while (!closed && sent < 200'000) {
    std::vector<effect> replies;
    for (int i = 0; i < 1'000; ++i) {
      auto reply = here.reply_of(++sent);
      reply.text = std::string(150, 'x');
      replies.push_back(send_reply{reply, 1, false});
    }
    here.links->perform(std::move(replies));
    closed = here.writer.take_if<connection_closed>(milliseconds(10));
  }
  REQUIRE(closed.has_value());
  const auto is_back = [](const event& e) {
    return std::holds_alternative<submit_lost>(e) || std::holds_alternative<submit_unsent>(e);
  };
  while (back < sent && here.writer.events.take(is_back)) ++back;
  CHECK(back == sent);
}
