#include "session_harness.hpp"

using namespace farebox;
using namespace farebox::smpp;
using namespace farebox::smpp::test;
using enum command_status;

namespace {

session_settings smsc() { return {.role = session_role::smsc, .system_id = "centre"}; }
session_settings as(bind_kind kind) { return {.bind = kind}; }

pdu_body bind_of(bind_kind kind, std::uint8_t version) {
  switch (kind) {
  case bind_kind::transmitter: {
    bind_transmitter bind;
    bind.system_id = "app";
    bind.interface_version = version;
    return bind;
  }
  case bind_kind::receiver: {
    bind_receiver bind;
    bind.system_id = "app";
    bind.interface_version = version;
    return bind;
  }
  case bind_kind::transceiver: break;
  }
  bind_transceiver bind;
  bind.system_id = "app";
  bind.password = "secret";
  bind.system_type = "VMA";
  bind.address_range = "^4242";
  bind.interface_version = version;
  return bind;
}

} // namespace

// --- bind ---------------------------------------------------------------------------------------

TEST_CASE("session: an ESME binds as it is set, and is bound by the answer") {
  // Goal: PDU and state of each kind. Method: connect, look at the wire, answer.
  struct {
    bind_kind kind;
    command_id id;
    pdu_body answer;
    session_state state;
  } const rows[] = {
      {bind_kind::transmitter, command_id::bind_transmitter, bind_transmitter_resp{"c", {}},
       session_state::bound_tx},
      {bind_kind::receiver, command_id::bind_receiver, bind_receiver_resp{"c", {}},
       session_state::bound_rx},
      {bind_kind::transceiver, command_id::bind_transceiver, bind_transceiver_resp{"c", {}},
       session_state::bound_trx},
  };
  for (const auto& row : rows) {
    harness h(as(row.kind));
    CHECK(h.it.state() == session_state::closed);
    h.connect();
    CHECK(h.it.state() == session_state::open);
    const auto sent = h.sent();
    REQUIRE(sent.size() == 1);
    CHECK(id_of(sent[0]) == row.id);
    CHECK(sent[0].sequence == 1);
    h.feed(wire(1, row.answer));
    CHECK(h.it.state() == row.state);
    const auto bound = h.take<event::bound>();
    REQUIRE(bound.size() == 1);
    CHECK(bound[0].peer_system_id == "c");
    CHECK(bound[0].kind == row.kind);
    CHECK(h.events.empty());
  }
}

TEST_CASE("session: every setting is in the bind") {
  // Goal: nothing of the configuration is lost. Method: compare the whole PDU.
  harness h({.system_id = "app", .password = "secret", .system_type = "VMA", .address_ton = 1,
             .address_npi = 9, .address_range = "^4242", .version = interface_version::v5_0});
  h.connect();
  auto expected = std::get<bind_transceiver>(bind_of(bind_kind::transceiver, 0x50));
  expected.addr_ton = 1;
  expected.addr_npi = 9;
  CHECK(h.sent().at(0).body == pdu_body(expected));
}

TEST_CASE("session: settings that do not encode are an error, not a crash") {
  // Goal: a system_id of 16 characters (its limit is 15). Method: connect.
  harness h({.system_id = "sixteen-letters!"});
  h.connect();
  CHECK(h.closed() == close_reason::bind_refused);
  CHECK(h.take<event::protocol_error>().size() == 1);
  CHECK(h.sent().empty());
}

TEST_CASE("session: the version of an ESME's session") {
  // Goal: the lower of asked and stated. Method: sc_interface_version as given, or absent.
  struct {
    std::uint8_t asked;
    int stated; // -1: absent
    std::uint8_t if_unstated, expected;
  } const rows[] = {
      {0x34, 0x34, 0x34, 0x34}, {0x34, 0x50, 0x34, 0x34}, {0x50, 0x34, 0x34, 0x34},
      {0x50, 0x50, 0x34, 0x50}, {0x34, 0x33, 0x34, 0x33}, {0x34, 0x00, 0x34, 0x33},
      {0x33, 0x34, 0x34, 0x33}, {0x34, -1, 0x34, 0x34},   {0x50, -1, 0x34, 0x34},
      {0x34, -1, 0x33, 0x33},   {0x33, -1, 0x34, 0x33},
  };
  for (const auto& [asked, stated, if_unstated, expected] : rows) {
    CAPTURE(int(asked));
    CAPTURE(stated);
    harness h({.version = asked, .version_if_unstated = if_unstated});
    h.connect();
    tlv_list tlvs;
    if (stated >= 0)
      tlvs.push_back(make_u8(tag::sc_interface_version, static_cast<std::uint8_t>(stated)));
    h.feed(wire(1, bind_transceiver_resp{"c", tlvs}));
    CHECK(h.it.version() == expected);
    CHECK(h.take<event::bound>().at(0).version == expected);
  }
}

TEST_CASE("session: the version of an SMSC's session") {
  // Goal: the lower one holds, and under 3.4 bind_resp has no TLV. Method: ours against the bind's.
  struct {
    std::uint8_t ours, theirs, expected;
    bool tlv;
  } const rows[] = {{0x34, 0x34, 0x34, true},  {0x50, 0x34, 0x34, true}, {0x34, 0x50, 0x34, true},
                    {0x34, 0x33, 0x33, false},
                     {0x34, 0x00, 0x33, false}, {0x33, 0x34, 0x33, false}};
  for (const auto& [ours, theirs, expected, tlv] : rows) {
    auto settings = smsc();
    settings.version = ours;
    harness h(settings);
    h.connect();
    h.feed(wire(7, bind_of(bind_kind::transceiver, theirs)));
    h.it.accept_bind(h.now, h.events);
    CHECK(h.it.version() == expected);
    const auto sent = h.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].sequence == 7);
    const auto& answer = std::get<bind_transceiver_resp>(sent[0].body);
    CHECK(answer.system_id == "centre");
    CHECK((integer_of(answer.tlvs, tag::sc_interface_version) == ours) == tlv);
    CHECK(answer.tlvs.empty() == !tlv);
  }
}

TEST_CASE("session: a refused bind") {
  // Goal: the status comes up, the session closes. Method: each way to refuse.
  struct {
    bytes answer;
    command_status status;
  } const rows[] = {
      {wire(1, bind_transceiver_resp{}, ESME_RINVPASWD), ESME_RINVPASWD},
      {wire(1, bind_transceiver_resp{}, ESME_RALYBND), ESME_RALYBND},
      {wire(1, generic_nack{}, ESME_RINVCMDID), ESME_RINVCMDID},
      {wire(1, generic_nack{}, ESME_ROK), ESME_RBINDFAIL}, // a nack is never consent
      {wire(1, bind_transceiver_resp{}, static_cast<command_status>(0x511)),
       static_cast<command_status>(0x511)},
  };
  for (const auto& [answer, status] : rows) {
    harness h;
    h.connect();
    h.feed(answer);
    CHECK(h.take<event::bind_refused>().at(0).status == status);
    CHECK(h.closed() == close_reason::bind_refused);
    CHECK_FALSE(h.it.bound());
    CHECK_FALSE(h.it.next_tick());
  }
}

TEST_CASE("session: what does not answer the bind does not bind") {
  // Goal: other sequences and other kinds are no consent. Method: each, then the right one.
  harness h;
  h.connect();
  h.feed(wire(2, bind_transceiver_resp{"c", {}}));
  h.feed(wire(1, bind_receiver_resp{"c", {}}));
  h.feed(wire(1, submit_sm_resp{"c", {}}));
  CHECK_FALSE(h.it.bound());
  CHECK(h.it.counters().responses_unknown == 1);
  CHECK(h.it.counters().responses_mismatched == 2);
  h.feed(wire(1, bind_transceiver_resp{"c", {}}));
  CHECK(h.it.bound());
}

TEST_CASE("session: an SMSC shows the bind and waits for the verdict") {
  // Goal: kind and credentials reach the application; both verdicts. Method: each kind, accepted;
  // then one refused, and tried again on the same connection.
  for (const auto kind : {bind_kind::transmitter, bind_kind::receiver, bind_kind::transceiver}) {
    harness h(smsc());
    h.connect();
    CHECK(h.sent().empty());
    h.feed(wire(3, bind_of(kind, 0x34)));
    const auto asked = h.take<event::bind_requested>();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].kind == kind);
    CHECK(asked[0].system_id == "app");
    CHECK_FALSE(h.it.bound());
    h.it.accept_bind(h.now, h.events);
    CHECK(h.it.bound_as() == kind);
    CHECK(h.take<event::bound>().at(0).peer_system_id == "app");
    CHECK(is_response(id_of(h.sent().at(0))));
  }
  harness h(smsc());
  h.connect();
  h.feed(wire(3, bind_of(bind_kind::transceiver, 0x34)));
  CHECK(h.take<event::bind_requested>().at(0).password == "secret");
  h.it.refuse_bind(ESME_RINVPASWD, h.now);
  const auto sent = h.sent();
  CHECK(ids(sent) == "bind_transceiver_resp");
  CHECK(sent[0].status == ESME_RINVPASWD);
  CHECK(sent[0].sequence == 3);
  h.feed(wire(4, bind_of(bind_kind::transceiver, 0x34)));
  h.it.accept_bind(h.now, h.events);
  CHECK(h.it.bound());
}

TEST_CASE("session: a second bind, and a bind at the wrong end") {
  // Goal: ESME_RALYBND before and after the verdict; an ESME is nobody's centre. Method: each.
  harness h(smsc());
  h.connect();
  h.feed(wire(1, bind_of(bind_kind::transceiver, 0x34)) +
         wire(2, bind_of(bind_kind::receiver, 0x34)));
  CHECK(h.sent().at(0).status == ESME_RALYBND);
  h.it.accept_bind(h.now, h.events);
  h.sent();
  h.feed(wire(3, bind_of(bind_kind::transceiver, 0x34)));
  CHECK(h.sent().at(0).status == ESME_RALYBND);
  CHECK(h.it.bound());

  auto esme = harness::bound();
  esme.feed(wire(9, bind_of(bind_kind::transceiver, 0x34)));
  CHECK(esme.sent().at(0).status == ESME_RINVBNDSTS);
}

TEST_CASE("session: outbind makes a waiting ESME bind, and nobody else") {
  // Goal: the order outbind, bind, bound. Method: an ESME that waits; one that does not.
  harness h({.wait_for_outbind = true});
  h.connect();
  CHECK(h.sent().empty());
  h.feed(wire(1, outbind{"centre", "pw", {}}));
  const auto got = h.take<event::outbind_received>();
  REQUIRE(got.size() == 1);
  CHECK(got[0].system_id == "centre");
  CHECK(got[0].password == "pw");
  CHECK(h.it.start_bind(h.now).has_value());
  CHECK_FALSE(h.it.start_bind(h.now).has_value()); // once
  CHECK(ids(h.sent()) == "bind_transceiver");
  h.feed(wire(2, outbind{"centre", "pw", {}})); // not again
  CHECK(h.take<event::outbind_received>().empty());
  h.feed(wire(1, bind_transceiver_resp{"centre", {}}));
  CHECK(h.it.bound());

  auto other = harness::bound();
  other.feed(wire(1, outbind{"centre", "pw", {}}));
  CHECK(other.take<event::outbind_received>().empty());
  CHECK(other.sent().empty()); // nothing answers an outbind
  CHECK(other.it.counters().requests_refused == 1);

  harness centre(smsc());
  centre.connect();
  CHECK(centre.it.request(outbind{"centre", "pw", {}}, 0, centre.now).has_value());
  CHECK(ids(centre.sent()) == "outbind");
  CHECK(centre.it.outstanding() == 0);
}

// --- requests and responses ---------------------------------------------------------------------

TEST_CASE("session: a request and its response") {
  // Goal: cookie and PDU come back once, the slot is free again. Method: one round trip.
  auto h = harness::bound({.window_max = 2});
  const auto sequence = h.ask(77);
  CHECK(h.it.window_free() == 1);
  const auto sent = h.sent();
  CHECK(sent.at(0).sequence == sequence);
  CHECK(sent.at(0).body == pdu_body(mt()));
  h.feed(wire(sequence, submit_sm_resp{"id1", {}}));
  const auto got = h.take<event::response_received>();
  REQUIRE(got.size() == 1);
  CHECK(got[0].cookie == 77);
  CHECK(std::get<submit_sm_resp>(got[0].response.body).message_id == "id1");
  CHECK(h.it.window_free() == 2);
  CHECK(h.events.empty());
}

TEST_CASE("session: requests that are refused leave no trace") {
  // Goal: no octet, no slot, no sequence number. Method: each reason.
  struct {
    const char* what;
    harness h;
    pdu_body body;
    failure_kind kind;
  } rows[] = {
      {"receiver submits", harness::bound(as(bind_kind::receiver)), mt(), failure_kind::forbidden},
      {"ESME delivers", harness::bound(), mo(), failure_kind::forbidden},
      {"SMSC submits", harness::bound(smsc()), mt(), failure_kind::forbidden},
      {"a response", harness::bound(), submit_sm_resp{}, failure_kind::forbidden},
      {"unbind by hand", harness::bound(), unbind{}, failure_kind::forbidden},
      {"enquire_link by hand", harness::bound(), enquire_link{}, failure_kind::forbidden},
      {"outbind when bound", harness::bound(smsc()), outbind{}, failure_kind::forbidden},
      {"unknown", harness::bound(), unknown_pdu{static_cast<command_id>(0x99), {}},
       failure_kind::forbidden},
      {"not connected", harness(), mt(), failure_kind::unavailable},
      {"does not encode", harness::bound(), mt(std::string(256, 'x')), failure_kind::invalid},
  };
  for (auto& row : rows) {
    CAPTURE(std::string(row.what));
    const auto got = row.h.it.request(row.body, 1, row.h.now);
    REQUIRE(got.has_error());
    CHECK(got.error().kind == row.kind);
    CHECK(row.h.it.outstanding() == 0);
    CHECK(row.h.sent().empty());
  }
  auto h = harness::bound();
  const auto first = h.ask(1);
  CHECK_FALSE(h.it.request(mt(std::string(256, 'x')), 2, h.now).has_value());
  CHECK(h.ask(3) == first + 1);
}

TEST_CASE("session: the window is full, and opens with each answer") {
  // Goal: window_max requests and not one more. Method: fill, overflow, answer the second.
  auto h = harness::bound({.window_max = 3});
  std::vector<std::uint32_t> sequences;
  for (std::uint64_t i = 0; i < 3; ++i) sequences.push_back(h.ask(100 + i));
  const auto refused = h.it.request(mt(), 9, h.now);
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == failure_kind::exhausted);
  CHECK(h.sent().size() == 3);
  h.feed(wire(sequences[1], submit_sm_resp{"b", {}}));
  CHECK(h.take<event::response_received>().at(0).cookie == 101);
  CHECK(h.it.window_free() == 1);
  CHECK(h.it.request(mt(), 9, h.now).has_value());
}

TEST_CASE("session: every kind of request an ESME may send is answered by its own response") {
  // Goal: the pairs, and nothing else resolves them. Method: a wrong response first.
  struct {
    pdu_body request, response;
  } const rows[] = {
      {mt(), submit_sm_resp{"1", {}}}, {data_sm{}, data_sm_resp{"1", {}}},
      {query_sm{}, query_sm_resp{}},   {cancel_sm{}, cancel_sm_resp{}},
      {replace_sm{}, replace_sm_resp{}}, {submit_multi{}, submit_multi_resp{}},
  };
  for (const auto& [request, response] : rows) {
    auto h = harness::bound();
    const auto sequence = h.ask(5, request);
    h.feed(wire(sequence, deliver_sm_resp{}));
    CHECK(h.it.counters().responses_mismatched == 1);
    CHECK(h.it.outstanding() == 1);
    h.feed(wire(sequence, response));
    CHECK(h.take<event::response_received>().at(0).response.body == response);
    CHECK(h.it.outstanding() == 0);
  }
}

TEST_CASE("session: generic_nack resolves a request of ours") {
  // Goal: no slot waits for what the peer could not read. Method: nack it.
  auto h = harness::bound();
  const auto sequence = h.ask(5);
  h.sent();
  h.feed(wire(sequence, generic_nack{}, ESME_RINVCMDLEN));
  const auto got = h.take<event::response_received>();
  REQUIRE(got.size() == 1);
  CHECK(got[0].response.status == ESME_RINVCMDLEN);
  CHECK(h.it.outstanding() == 0);
  CHECK(h.it.counters().nacks_in == 1);
  h.feed(wire(0, generic_nack{}, ESME_RINVCMDLEN)); // for nothing that it could tell
  CHECK(h.it.counters().responses_unknown == 1);
  CHECK(h.sent().empty()); // and never nacked back
}

TEST_CASE("session: a response that cannot be decoded counts, with its status") {
  // Goal: the slot is resolved all the same. Method: a message_id beyond its 65 octets.
  struct {
    std::uint8_t status;
    command_status expected;
  } const rows[] = {{0x00, ESME_ROK}, {0x58, ESME_RTHROTTLED}};
  for (const auto& [status, expected] : rows) {
    auto h = harness::bound();
    const auto sequence = h.ask(5);
    h.sent();
    bytes frame{0, 0, 0, 0, 0x80, 0, 0, 4, 0, 0, 0, status, 0, 0, 0,
                static_cast<std::uint8_t>(sequence)};
    frame.insert(frame.end(), 200, 'x');
    frame.push_back(0);
    frame[3] = static_cast<std::uint8_t>(frame.size());
    h.feed(frame);
    const auto got = h.take<event::response_received>();
    REQUIRE(got.size() == 1);
    CHECK(got[0].response.status == expected);
    CHECK(std::holds_alternative<submit_sm_resp>(got[0].response.body));
    CHECK(h.it.counters().decode_failures == 1);
    CHECK(h.sent().empty());
  }
}

TEST_CASE("session: sequence numbers wrap at 0x7FFFFFFF and skip what is outstanding") {
  // Goal: no two requests of ours share a number. Method: start near the end; keep 1 and 2 busy.
  harness h({.first_sequence = 0x7FFFFFFD, .window_max = 10});
  h.connect();
  h.feed(wire(h.sent().at(0).sequence, bind_transceiver_resp{"c", {}}));
  std::vector<std::uint32_t> used;
  for (std::uint64_t i = 0; i < 4; ++i) used.push_back(h.ask(i));
  CHECK(used == std::vector<std::uint32_t>{0x7FFFFFFE, 0x7FFFFFFF, 1, 2});

  // The whole range cannot be walked in a test: a second session comes round to a busy number.
  harness busy({.first_sequence = 0x7FFFFFFF, .window_max = 10});
  busy.connect();
  busy.feed(wire(busy.sent().at(0).sequence, bind_transceiver_resp{"c", {}}));
  CHECK(busy.ask(1) == 1);
  busy.feed(wire(0x7FFFFFFF, submit_sm_resp{"late", {}})); // answered before: a duplicate
  CHECK(busy.it.counters().responses_duplicate == 1);
}

TEST_CASE("session: the peer's requests come up with both times") {
  // Goal: R3 needs the read before. Method: three reads; the second has two PDUs.
  auto h = harness::bound();
  const auto connected = h.now;
  h.now += seconds(5);
  h.feed(wire(10, mo("a")));
  const auto first = h.now;
  h.now += seconds(7);
  h.feed(wire(11, mo("b")) + wire(12, mo("c")));
  const auto got = h.take<event::request_received>();
  REQUIRE(got.size() == 3);
  CHECK(got[0].received_at == first);
  CHECK(got[0].previous_read_at == connected);
  CHECK(got[1].previous_read_at == first);
  CHECK(got[2].previous_read_at == first);
  CHECK(got[2].received_at == h.now);
  CHECK(got[1].request.body == pdu_body(mo("b")));
  CHECK(h.it.taken() == 3);
}

TEST_CASE("session: answers are written once, to what was asked") {
  // Goal: right sequence and status; strays fail. Method: answer right, twice, wrongly, unasked.
  auto h = harness::bound();
  h.feed(wire(10, mo()));
  CHECK_FALSE(h.it.respond(11, deliver_sm_resp{}, ESME_ROK, 0, h.now).has_value());
  CHECK_FALSE(h.it.respond(10, submit_sm_resp{}, ESME_ROK, 0, h.now).has_value());
  CHECK(h.answer(10, 0, ESME_RSYSERR));
  CHECK_FALSE(h.answer(10));
  const auto sent = h.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].sequence == 10);
  CHECK(sent[0].status == ESME_RSYSERR);
  CHECK(id_of(sent[0]) == command_id::deliver_sm_resp);
  CHECK(h.it.taken() == 0);
}

TEST_CASE("session: the peer's sequence numbers are its own affair") {
  // FIELD-NOTES, Decoding: "Sequence 0 and above 0x7FFFFFFF occur: echo them".
  // Goal: they are echoed, also one that is used twice. Method: odd numbers, answered.
  for (const std::uint32_t sequence : {0u, 0x80000000u, 0xFFFFFFFFu, 0x7FFFFFFFu}) {
    auto h = harness::bound();
    h.feed(wire(sequence, mo("a")) + wire(sequence, mo("b")) + wire(sequence, enquire_link{}));
    CHECK(h.sent().at(0).sequence == sequence);
    CHECK(h.it.taken() == 2);
    CHECK(h.answer(sequence));
    CHECK(h.answer(sequence));
    CHECK_FALSE(h.answer(sequence));
    for (const auto& answer : h.sent()) CHECK(answer.sequence == sequence);
  }
}

TEST_CASE("session: what is not allowed in this state gets ESME_RINVBNDSTS") {
  // Goal: the operation matrix binds the peer, too. Method: one request a row.
  struct {
    const char* what;
    harness h;
    pdu_body request;
    command_id answer;
  } rows[] = {
      {"deliver_sm to a transmitter", harness::bound(as(bind_kind::transmitter)), mo(),
       command_id::deliver_sm_resp},
      {"submit_sm to an ESME", harness::bound(), mt(), command_id::submit_sm_resp},
      {"deliver_sm to an SMSC", harness::bound(smsc()), mo(), command_id::deliver_sm_resp},
      {"query_sm to an ESME", harness::bound(), query_sm{}, command_id::query_sm_resp},
  };
  for (auto& row : rows) {
    CAPTURE(std::string(row.what));
    row.h.feed(wire(42, row.request));
    const auto sent = row.h.sent();
    REQUIRE(sent.size() == 1);
    CHECK(id_of(sent[0]) == row.answer);
    CHECK(sent[0].status == ESME_RINVBNDSTS);
    CHECK(sent[0].sequence == 42);
    CHECK(row.h.it.taken() == 0);
    CHECK(row.h.take<event::request_received>().empty());
  }
  harness early(smsc());
  early.connect();
  early.feed(wire(1, mt()));
  CHECK(early.sent().at(0).status == ESME_RINVBNDSTS);
  early.feed(wire(2, unbind{}));
  CHECK(early.sent().at(0).status == ESME_RINVBNDSTS);
}

TEST_CASE("session: deliver_sm and data_sm come up on receivers and transceivers") {
  // Goal and method: each kind of bind with each request.
  for (const auto kind : {bind_kind::receiver, bind_kind::transceiver}) {
    auto h = harness::bound(as(kind));
    h.feed(wire(1, mo()) + wire(2, data_sm{}));
    CHECK(h.take<event::request_received>().size() == 2);
    CHECK(h.sent().empty());
  }
}

TEST_CASE("session: alert_notification comes up and is not answered") {
  // FIELD-NOTES, Decoding: "alert_notification ... occur". Goal and method: one, on a receiver.
  auto h = harness::bound(as(bind_kind::receiver));
  h.feed(wire(5, alert_notification{}));
  CHECK(h.take<event::request_received>().size() == 1);
  CHECK(h.it.taken() == 0);
  CHECK(h.sent().empty());
  auto tx = harness::bound(as(bind_kind::transmitter));
  tx.feed(wire(5, alert_notification{}));
  CHECK(tx.take<event::request_received>().empty());
  CHECK(tx.sent().empty());
}

TEST_CASE("session: too much unanswered work is refused with the operator's own status") {
  // Goal: memory is bounded, and what is refused is retried. Method: taken_max 2, four messages.
  auto h = harness::bound({.taken_max = 2, .busy_status = ESME_RSYSERR});
  for (std::uint32_t i = 1; i <= 4; ++i) h.feed(wire(i, mo()));
  const auto sent = h.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].sequence == 3);
  CHECK(sent[0].status == ESME_RSYSERR);
  CHECK(h.answer(1));
  h.feed(wire(5, mo()));
  CHECK(h.it.taken() == 2);
}

TEST_CASE("session: enquire_link is answered in every state") {
  // Goal: a peer that checks early finds us alive. Method: open and bound, both roles.
  harness open;
  open.connect();
  open.sent();
  open.feed(wire(9, enquire_link{}));
  CHECK(ids(open.sent()) == "enquire_link_resp");
  for (auto h : {harness::bound(), harness::bound(smsc())}) {
    h.feed(wire(9, enquire_link{}));
    const auto sent = h.sent();
    CHECK(ids(sent) == "enquire_link_resp");
    CHECK(sent[0].sequence == 9);
    CHECK(sent[0].status == ESME_ROK);
  }
}

TEST_CASE("session: 3.3 means no TLVs, in either direction of speech") {
  // Goal: no TLV leaves; what would lose the text is refused. Method: request, answer, payload.
  auto h = harness::bound({.version = interface_version::v3_3});
  auto message = mt();
  message.tlvs = {make_u16(tag::user_message_reference, 7)};
  h.ask(1, message);
  h.feed(wire(5, mo()));
  CHECK(h.it.respond(5, deliver_sm_resp{"", {make_u8(tag::delivery_failure_reason, 1)}}, ESME_ROK,
                     0, h.now).has_value());
  const auto sent = h.sent();
  REQUIRE(sent.size() == 2);
  CHECK(std::get<submit_sm>(sent[0].body).tlvs.empty());
  CHECK(std::get<deliver_sm_resp>(sent[1].body).tlvs.empty());

  submit_sm payload = mt("");
  payload.tlvs = {make_octets(tag::message_payload, as_bytes("long text"))};
  const auto got = h.it.request(payload, 2, h.now);
  REQUIRE(got.has_error());
  CHECK(got.error().kind == failure_kind::invalid);
  CHECK(h.sent().empty());

  auto modern = harness::bound();
  modern.ask(1, message);
  CHECK(std::get<submit_sm>(modern.sent().at(0).body).tlvs == message.tlvs);
}

// --- bad input ----------------------------------------------------------------------------------

TEST_CASE("session: unknown commands are nacked with the peer's own sequence number") {
  // FIELD-NOTES, Decoding: "An unknown command gets generic_nack with ESME_RINVCMDID".
  // Goal: the nack, and life goes on. Method: an unknown request, one of 5.0, an unknown response.
  auto h = harness::bound();
  for (const std::uint32_t id : {0x00000099u, 0x00000111u}) {
    h.feed(wire(0x80000001, unknown_pdu{static_cast<command_id>(id), {1, 2, 3}}));
    const auto sent = h.sent();
    REQUIRE(sent.size() == 1);
    CHECK(id_of(sent[0]) == command_id::generic_nack);
    CHECK(sent[0].status == ESME_RINVCMDID);
    CHECK(sent[0].sequence == 0x80000001);
  }
  h.feed(wire(7, unknown_pdu{static_cast<command_id>(0x80000099), {}}));
  CHECK(h.sent().empty());
  CHECK(h.it.counters().unknown_commands == 2);
  h.feed(wire(8, mo()));
  CHECK(h.take<event::request_received>().size() == 1);
}

TEST_CASE("session: a bad body gets that request's response with the matching status") {
  // FIELD-NOTES, Decoding: "a bad body of a known request gets that request's response".
  // Goal: status and sequence; the next PDU is read. Method: a deliver_sm cut in its body.
  auto h = harness::bound();
  auto broken = wire(77, mo("hello"));
  broken.resize(broken.size() - 3); // sm_length overruns
  broken[3] = static_cast<std::uint8_t>(broken.size());
  h.feed(broken + wire(78, mo()));
  const auto sent = h.sent();
  REQUIRE(sent.size() == 1);
  CHECK(id_of(sent[0]) == command_id::deliver_sm_resp);
  CHECK(sent[0].sequence == 77);
  CHECK(sent[0].status == ESME_RINVMSGLEN);
  CHECK(h.take<event::protocol_error>().size() == 1);
  CHECK(h.take<event::request_received>().size() == 1);
  CHECK(h.it.taken() == 1);
}

TEST_CASE("session: a stream that cannot be followed closes the link") {
  // FIELD-NOTES, Framing: lengths below 16, above the limit; other protocols.
  // Goal: the reason; good PDUs before it still count; nothing is read after it. Method: a table.
  struct {
    bytes data;
    close_reason why;
  } const rows[] = {
      {{0, 0, 0, 15}, close_reason::bad_frame},
      {{0, 1, 0, 1}, close_reason::bad_frame},
      {{0xFF, 0xFF, 0xFF, 0xFF}, close_reason::bad_frame},
  };
  for (const auto& [data, why] : rows) {
    auto h = harness::bound();
    h.feed(wire(1, mo()) + data);
    CHECK(h.take<event::request_received>().size() == 1);
    CHECK(h.closed() == why);
    h.feed(wire(2, mo()));
    CHECK(h.take<event::request_received>().empty());
    CHECK_FALSE(h.answer(1)); // it would leave on a dead stream
  }
  for (const std::string_view knock : {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n",
                                       "\x16\x03\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01"}) {
    harness h(smsc());
    h.connect();
    const auto octets = as_bytes(knock);
    h.feed(bytes(octets.begin(), octets.end()));
    CHECK(h.closed() == close_reason::not_smpp);
    CHECK(h.sent().empty());
  }
}

// --- unbind -------------------------------------------------------------------------------------

TEST_CASE("session: drain finishes what is in flight, then unbinds, then closes") {
  // Goal: the order, and no new work meanwhile. Method: one request of each side in flight.
  auto h = harness::bound();
  const auto ours = h.ask(1);
  h.feed(wire(50, mo()));
  h.sent();
  h.it.begin_unbind(h.now, h.events);
  CHECK(h.take<event::unbinding>().at(0).by_peer == false);
  CHECK(h.it.draining());
  CHECK(h.it.window_free() == 0);
  CHECK_FALSE(h.it.request(mt(), 2, h.now).has_value());
  h.feed(wire(51, mo())); // new work: refused so that it is retried
  CHECK(h.sent().at(0).status == ESME_RMSGQFUL);
  CHECK(h.answer(50));
  h.it.on_tick(h.now, h.events);
  CHECK(ids(h.sent()) == "deliver_sm_resp"); // ours still waits
  h.feed(wire(ours, submit_sm_resp{"x", {}}));
  CHECK(h.take<event::response_received>().size() == 1);
  const auto sent = h.sent();
  REQUIRE(ids(sent) == "unbind");
  CHECK_FALSE(h.closed());
  h.feed(wire(sent[0].sequence, unbind_resp{}));
  CHECK(h.take<event::unbound>().size() == 1);
  CHECK(h.closed() == close_reason::unbound);
}

TEST_CASE("session: drain with the last answer given by the application") {
  // Goal: respond has no events, so the tick is due at once. Method: answer, look at next_tick.
  auto h = harness::bound();
  h.feed(wire(50, mo()));
  h.it.begin_unbind(h.now, h.events);
  h.now += milliseconds(10);
  CHECK(h.answer(50));
  REQUIRE(h.it.next_tick() == h.now);
  h.it.on_tick(h.now, h.events);
  CHECK(ids(h.sent()) == "deliver_sm_resp unbind");
}

TEST_CASE("session: a drain without anything in flight unbinds at once, before a bind it closes") {
  // Goal and method: both cases.
  auto h = harness::bound();
  h.it.begin_unbind(h.now, h.events);
  CHECK(ids(h.sent()) == "unbind");
  harness open;
  open.connect();
  open.sent();
  open.it.begin_unbind(open.now, open.events);
  CHECK(open.closed() == close_reason::unbound);
  CHECK(open.sent().empty());
}

TEST_CASE("session: an unbind that crosses ours") {
  // Goal: each answers, both close. Method: the peer's unbind instead of the answer; then a nack.
  auto h = harness::bound();
  h.it.begin_unbind(h.now, h.events);
  h.sent();
  h.feed(wire(99, unbind{}));
  const auto sent = h.sent();
  CHECK(ids(sent) == "unbind_resp");
  CHECK(sent[0].sequence == 99);
  CHECK(h.closed() == close_reason::unbound);

  auto nacked = harness::bound();
  nacked.it.begin_unbind(nacked.now, nacked.events);
  const auto sequence = nacked.sent().at(0).sequence;
  nacked.feed(wire(sequence, generic_nack{}, ESME_RINVCMDID));
  CHECK(nacked.closed() == close_reason::unbound);
}

TEST_CASE("session: on_closed hands back what was in flight, in the order it was sent") {
  // Goal: R5's UNKNOWN needs every cookie once. Method: one answered, one abandoned, two open.
  auto h = harness::bound({.window_max = 10});
  h.ask(1);
  h.pass(seconds(20));
  const auto second = h.ask(2);
  h.ask(3);
  h.ask(4);
  h.pass(seconds(15)); // the first is abandoned
  CHECK(h.take<event::request_abandoned>().at(0).cookie == 1);
  h.feed(wire(second, submit_sm_resp{"x", {}}));
  h.it.on_closed(h.now, h.events);
  const auto lost = h.take<event::request_abandoned>();
  REQUIRE(lost.size() == 2);
  CHECK(lost[0].cookie == 3);
  CHECK(lost[1].cookie == 4);
  CHECK(lost[0].why == abandon_reason::closed);
  CHECK(h.it.state() == session_state::closed);
  CHECK_FALSE(h.it.next_tick());
  CHECK_FALSE(h.it.request(mt(), 9, h.now).has_value());
  h.events.clear();
  h.feed(wire(1, mo()));
  h.it.on_closed(h.now, h.events);
  CHECK(h.events.empty());
}

// --- both ends ----------------------------------------------------------------------------------

TEST_CASE("session: two sessions understand each other, whatever the segments") {
  // Goal: ESME and SMSC of our own complete a conversation; cut at any size. Method: a relay that
  // hands over `chunk` octets at a time.
  for (const std::size_t chunk : {1u, 2u, 3u, 7u, 16u, 61u, 100'000u}) {
    CAPTURE(chunk);
    harness esme({.system_id = "app", .password = "pw"}), centre(smsc());
    const auto relay = [&](harness& from, harness& to) {
      const auto data = from.it.take_output(from.now);
      for (std::size_t at = 0; at < data.size(); at += chunk)
        to.feed(bytes(data.begin() + static_cast<std::ptrdiff_t>(at),
                      data.begin() +
                          static_cast<std::ptrdiff_t>(std::min(at + chunk, data.size()))));
    };
    const auto talk = [&] {
      for (int i = 0; i < 3; ++i) relay(esme, centre), relay(centre, esme);
    };
    esme.connect();
    centre.connect();
    talk();
    CHECK(centre.take<event::bind_requested>().at(0).system_id == "app");
    centre.it.accept_bind(centre.now, centre.events);
    const auto mo_sequence = centre.ask(100, mo("VOTE 7")); // rides with bind_resp
    esme.events.clear();
    talk();
    CHECK(esme.take<event::bound>().at(0).peer_system_id == "centre");
    CHECK(esme.take<event::request_received>().at(0).request.sequence == mo_sequence);
    CHECK(esme.answer(mo_sequence));
    const auto mt_sequence = esme.ask(200, mt("Thanks"));
    talk();
    CHECK(centre.take<event::response_received>().at(0).cookie == 100);
    CHECK(centre.take<event::request_received>().at(0).request.body == pdu_body(mt("Thanks")));
    CHECK(centre.it.respond(mt_sequence, submit_sm_resp{"M1", {}}, ESME_ROK, 0, centre.now)
              .has_value());
    talk();
    CHECK(esme.take<event::response_received>().at(0).cookie == 200);
    centre.it.begin_unbind(centre.now, centre.events);
    talk();
    CHECK(esme.closed() == close_reason::unbound);
    CHECK(centre.closed() == close_reason::unbound);
  }
}
