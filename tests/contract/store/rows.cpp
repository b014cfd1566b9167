// What is written is read: every kind of row goes in by commit and comes out by load, equal.
#include "farebox/base/limits.hpp"
#include "contract/store/samples.hpp"
#include "contract/store/stores.hpp"

using namespace farebox;
using namespace farebox::store;

TEST_CASE("messages come back by their ids, absent ones do not") {
  for_each_store([](store_under_test& store) {
    auto plain = sample_message(10);
    plain.raw = {'h', 'i'}; // the same octets as the text
    plain.operator_message_id = plain.reference = "";
    plain.source = "Bank 24";    // not a number
    plain.destination = "0700"; // a number that a leading zero belongs to
    auto empty = sample_message(12);
    empty.raw = {};
    empty.text = "";
    auto joined = sample_message(13);
    joined.raw = {};
    changes batch;
    batch.messages = {plain, sample_message(11), empty, joined};
    must(store.rows().commit(batch));
    wanted what;
    what.messages = {{13}, {10}, {99}, {11}, {10}, {12}};
    const auto rows = must(store.rows().load(what));
    CHECK(printed(rows.messages) == printed(batch.messages));
  });
}

TEST_CASE("messages come back by the operator's own id") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.messages = {sample_message(10), sample_message(11), sample_message(12)};
    batch.messages[2].operator_message_id = "op-10"; // again, as a redelivery does
    must(store.rows().commit(batch));
    wanted what;
    what.operator_message_ids = {{{2}, "op-10"}, {{1}, "op-11"}, {{2}, "op-99"}};
    const auto rows = must(store.rows().load(what));
    CHECK(printed(rows.messages) ==
          printed(std::vector{batch.messages[0], batch.messages[2]}));
  });
}

TEST_CASE("part sets come back with their parts and bills, open ones also by key") {
  for_each_store([](store_under_test& store) {
    digest256 chain;
    auto batch = billed({sample_bill(1, 21)}, chain);
    auto done = sample_set(30);
    done.state = set_state::complete;
    auto twin = sample_set(40); // the same key: another text under the same number
    batch.part_sets = {sample_set(20), done, twin};
    batch.parts = {sample_part(20, 20), sample_part(21, 20), sample_part(30, 30),
                   sample_part(40, 40)};
    must(store.rows().commit(batch));

    const part_set_key key{{2}, "79121234345", "4449", 0xBEEF, 3};
    auto other = key;
    other.total = 4;
    wanted what;
    what.open_sets = {key, other};
    what.sets = {{30}, {20}};
    const auto rows = must(store.rows().load(what));
    REQUIRE(rows.sets.size() == 3);
    for (const auto& set : rows.sets) {
      if (set.row.id.value == 20) {
        CHECK(printed(set.row) == printed(sample_set(20)));
        CHECK(printed(set.parts) == printed(std::vector{sample_part(20, 20), sample_part(21, 20)}));
        CHECK(printed(set.bills) == printed(batch.bills));
      } else {
        CHECK(set.parts.size() == 1);
        CHECK(set.bills.empty());
      }
    }

    twin.state = set_state::expired;
    twin.message = {41};
    changes later;
    later.part_sets = {twin};
    must(store.rows().commit(later));
    what = {};
    what.open_sets = {key};
    CHECK(must(store.rows().load(what)).sets.size() == 1);
    what = {};
    what.sets = {{40}};
    CHECK(printed(must(store.rows().load(what)).sets.at(0).row) == printed(twin));
  });
}

TEST_CASE("replies come back whole; only what can change in them changes") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.new_replies = {sample_reply(10), sample_reply(11)};
    batch.new_replies[1].mo_link = "";
    must(store.rows().commit(batch));
    wanted what;
    what.replies = {{11}, {10}, {12}};
    CHECK(printed(must(store.rows().load(what)).replies) == printed(batch.new_replies));

    auto changed = sample_reply(10);
    changed.state = reply_state::delivered;
    changed.attempts = 4;
    changed.resends = 0;
    changed.accepted_mask = 7;
    changed.delivered_mask = 7;
    changed.status = 0;
    changed.next_at += seconds(5);
    changes later;
    later.changed_replies = {changed};
    later.changed_replies[0].text = ""; // as loaded at start
    must(store.rows().commit(later));
    what.replies = {{10}};
    CHECK(printed(must(store.rows().load(what)).replies.at(0)) == printed(changed));
  });
}

TEST_CASE("unanswered replies come back by phone and short code") {
  for_each_store([](store_under_test& store) {
    changes batch;
    for (const int state : {0, 1, 2, 3, 4, 5, 6, 7, 8}) {
      batch.new_replies.push_back(sample_reply(10 + state));
      batch.new_replies.back().state = static_cast<reply_state>(state);
      batch.new_replies.back().resends = state == 5;
    }
    must(store.rows().commit(batch));
    wanted what;
    what.replies = {{12}}; // asked for twice, given once
    what.unknown = {{{2}, "79121234345", "4449"}, {{2}, "79121234345", "4450"},
                    {{1}, "79121234345", "4449"}, {{2}, "79121234340", "4449"}};
    const auto rows = must(store.rows().load(what));
    CHECK(printed(rows.replies) ==
          printed(std::vector{batch.new_replies[2], batch.new_replies[3],   // sending, unknown
                              batch.new_replies[5]})); // its first submit was never answered
  });
}

TEST_CASE("charges come back and change their state") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.charges = {sample_charge(10), sample_charge(11)};
    must(store.rows().commit(batch));
    wanted what;
    what.charges = {{10}, {11}};
    const auto rows = must(store.rows().load(what));
    CHECK(printed(rows.charges) == printed(batch.charges));
    CHECK(printed(rows.charges.at(1).estimate) == printed(batch.charges[1].estimate));

    batch.charges.pop_back();
    batch.charges[0].state = charge_state::posted;
    batch.charges[0].bill = {77};
    must(store.rows().commit(batch));
    what.charges = {{10}};
    CHECK(printed(must(store.rows().load(what)).charges) == printed(batch.charges));
  });
}

TEST_CASE("attempts come back by the SMSC's id, of the newest hour that has it") {
  for_each_store([](store_under_test& store) {
    auto old = sample_attempt("700", 10);
    auto fresh = sample_attempt("700", 11);
    auto twin = sample_attempt("700", 12); // two candidates: the flow decides
    auto hexadecimal = sample_attempt("00fF", 13);
    auto ancient = sample_attempt("800", 14);
    old.answered_at -= hours(5);
    ancient.answered_at -= hours(limits::receipt_hours_max + 1);
    changes batch;
    batch.attempts = {old, ancient, fresh, twin, hexadecimal};
    must(store.rows().commit(batch));
    hexadecimal.receipt_state = 2;
    changes later;
    later.attempts = {hexadecimal};
    must(store.rows().commit(later));

    wanted what;
    what.attempts = {{{2}, "700"}, {{2}, "00fF"}, {{2}, "800"}, {{1}, "700"}, {{2}, "0700"}};
    const auto rows = must(store.rows().load(what));
    auto found = printed(rows.attempts);
    std::sort(found.begin(), found.end());
    auto expected = printed(std::vector{fresh, twin, hexadecimal});
    std::sort(expected.begin(), expected.end());
    CHECK(found == expected);
  });
}

TEST_CASE("orphans come back with the attempts of their id or alone, until they are matched") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.new_orphans = {sample_orphan("700"), sample_orphan("700"), sample_orphan("a0b")};
    batch.new_orphans[2].reference = {};
    must(store.rows().commit(batch));
    wanted what;
    what.attempts = {{{2}, "700"}};
    what.orphans = {{{2}, "700"}, {{2}, "a0b"}, {{1}, "700"}};
    CHECK(printed(must(store.rows().load(what)).orphans) == printed(batch.new_orphans));
    wanted by_phone;
    by_phone.unknown_orphans = {{{2}, "79121234345", "4449"}, {{2}, "79121234345", "4450"},
                                {{1}, "79121234345", "4449"}};
    CHECK(printed(must(store.rows().load(by_phone)).orphans) == printed(batch.new_orphans));

    changes later;
    later.matched_orphans = {{{2}, "700"}};
    must(store.rows().commit(later));
    CHECK(printed(must(store.rows().load(what)).orphans) ==
          printed(std::vector{batch.new_orphans[2]}));
  });
}

TEST_CASE("doubts come back by key, several of one key too, until they are used") {
  for_each_store([](store_under_test& store) {
    changes batch;
    batch.new_doubts = {sample_doubt(1, 10), sample_doubt(1, 11), sample_doubt(2, 12)};
    must(store.rows().commit(batch));
    wanted what;
    what.doubts = {sample_doubt(1, 0).key, sample_doubt(3, 0).key, sample_doubt(1, 0).key};
    CHECK(printed(must(store.rows().load(what)).doubts) ==
          printed(std::vector{batch.new_doubts[0], batch.new_doubts[1]}));

    changes later;
    later.used_doubts = {batch.new_doubts[0]};
    must(store.rows().commit(later));
    CHECK(printed(must(store.rows().load(what)).doubts) ==
          printed(std::vector{batch.new_doubts[1]}));
  });
}

TEST_CASE("facts are inserted, replaced and erased") {
  for_each_store([](store_under_test& store) {
    const fact_row forever{{{6}, 1, "ABCD"}, {1, 2, 3}, -7, {}};
    const fact_row fleeting{{{6}, 1, "EFGH"}, {}, 9, day_one};
    const fact_row elsewhere{{{7}, 1, "ABCD"}, {4}, 0, {}};
    changes batch;
    batch.facts = {forever, fleeting, elsewhere};
    must(store.rows().commit(batch));
    auto replaced = forever;
    replaced.value = {9};
    replaced.rank = 1;
    replaced.expires_at = day_one;
    changes later;
    later.facts = {replaced};
    later.erased_facts = {elsewhere.at};
    must(store.rows().commit(later));
    wanted what;
    what.facts = {forever.at, fleeting.at, elsewhere.at, {{6}, 2, "ABCD"}};
    CHECK(printed(must(store.rows().load(what)).facts) == printed(std::vector{replaced, fleeting}));
  });
}

TEST_CASE("the catalogue, its versions and tokens come back, changed ones changed") {
  for_each_store([](store_under_test& store) {
    partner seller{{104723}, "Webmaster", partner_state::pending, "new"};
    service lock{{6}, {104723}, 3, "lock", "Hidden page", "example.org", true,
                 {{"minutes", "60"}, {"text", "Code: {code}"}}, {}};
    tariff price;
    price.id = {8};
    price.op = {2};
    price.code = {3};
    price.from = day_one;
    price.unit = euro;
    price.price = {1'500'000};
    price.when = charged::on_mt;
    price.per = counted_per::part;
    price.vat = {200'000};
    price.vat_remitter = remitter::by_platform;
    price.operator_share = {450'000};
    price.operator_base = share_base::gross;
    price.reserved_words_free = true;
    price.charge_expiry = hours(48);
    price.reply = {"INFO", 5, 1, "WAP", seconds(3600), true, 2,
                   {{0x1400, std::string("\x00\x01", 2), false, 0}, {0x1401, "", true, 0x1402}}};
    const terms fees{{9}, {104723}, day_one, {10'000}, share_base::net};
    token_row token{{5}, {104723}, {}, day_one, "script", false};
    token.digest.octets.fill(0xAB);
    changes batch;
    batch.partners = {seller};
    batch.services = {lock};
    batch.tariffs = {price};
    batch.terms_versions = {fees};
    batch.tokens = {token};
    must(store.rows().commit(batch));

    seller.state = partner_state::active;
    lock.settings.pop_back();
    lock.enabled = false;
    token.revoked = true;
    changes later;
    later.partners = {seller};
    later.services = {lock};
    later.tokens = {token};
    must(store.rows().commit(later));
    store.reopen();

    const auto parts = must(store.rows().load_catalogue());
    CHECK(printed(parts.partners) == printed(later.partners));
    CHECK(printed(parts.services) == printed(later.services));
    CHECK(parts.services.at(0).settings == lock.settings);
    CHECK(printed(parts.tariffs) == printed(batch.tariffs));
    CHECK(parts.tariffs.at(0).reply.tlvs == price.reply.tlvs);
    CHECK(printed(parts.terms_versions) == printed(batch.terms_versions));
    CHECK(printed(must(store.rows().load_tokens())) == printed(later.tokens));
  });
}

TEST_CASE("a name keeps its number") {
  for_each_store([](store_under_test& store) {
    auto& rows = store.rows();
    const auto first = must(rows.operator_named("north"));
    CHECK(first);
    CHECK(must(rows.operator_named("south")) != first);
    const auto code = must(rows.short_code_named("4449"));
    store.reopen();
    CHECK(must(store.rows().operator_named("north")) == first);
    CHECK(must(store.rows().short_code_named("4449")) == code);
    CHECK(must(store.rows().short_code_named("4450")) != code);
  });
}
