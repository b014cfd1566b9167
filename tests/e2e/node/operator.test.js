'use strict';
// Goal: fareboxd does its work with an SMSC that we did not write, over TCP, on a real store.
// Method: two operators made of the npm package `smpp`: `north` charges the message and is bound by
// a transmitter and a receiver, `south` charges the answer and is bound by a transceiver. Each test
// is a conversation with a phone of its own; what came of it is asked over HTTP.

const {test, before, after} = require('node:test');
const assert = require('node:assert/strict');
const smpp = require('smpp');
const {Smsc, receipt, text_of} = require('./smsc.js');
const {Daemon} = require('./daemon.js');

// From before the tests to after them, also over a midnight.
const day = (from_now) => new Date(Date.now() + from_now * 86_400_000).toISOString().slice(0, 10);
const these_days = `from=${day(-1)}&to=${day(2)}`;
const visible_within_ms = 1000; // of the acknowledgement: DOMAIN M1
const ended_within_ms = 10_000; // of SIGTERM
const partner = '104723'; // sells at north
const foreign = '208113'; // sells at south

const code_in = (text) => text.match(/[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}/)[0];
const long_answer = 'Спасибо за заказ. Завтра снег, ветер северный, до −12 °C. '.repeat(5);
const watchdog_ms = 240_000;    // before ctest ends us and leaves the daemon behind

const north = new Smsc('farebox', 'wind');
const south = new Smsc('gateway', 'sun');
let daemon;

const close = () => {
  daemon?.clean_up();
  north.close();
  south.close();
};
setTimeout(() => { close(), process.exit(1); }, watchdog_ms).unref();

before(async () => {
  await Promise.all([north.listen(), south.listen()]);
  daemon = new Daemon({north: north.password, south: south.password}, {
    'operators.north.binds.tx.hosts': `[127.0.0.1:${north.port}]`,
    'operators.north.binds.rx.hosts': `[127.0.0.1:${north.port}]`,
    'operators.south.binds.trx.hosts': `[127.0.0.1:${south.port}]`});
  await daemon.start();
  await daemon.add_partner(partner, 'Обои и архивы');
  await daemon.add_partner(foreign, 'Archive Ltd');
  await daemon.add_service(partner, 1, 'lock', {uses: 1, text: 'Ваш код {code}'});
  await daemon.add_service(partner, 3, 'reply', {text: 'Принято'});
  await daemon.add_service(partner, 4, 'reply', {text: long_answer});
  await daemon.add_service(foreign, 1, 'lock', {uses: 2, text: 'Your code {code}'});
});

after(close);

const mo = (phone, short_message, more) =>
  ({source_addr_ton: 1, source_addr_npi: 1, source_addr: phone, dest_addr_ton: 3,
    destination_addr: '1234', short_message, ...more});

// From the phone to the answer, the usual way. Returns the submit.
async function order(phone, text) {
  const ack = await north.deliver('receiver', mo(phone, text));
  assert.equal(ack.command_status, 0);
  return (await north.submits_to(phone))[0];
}

test('transmitter, receiver and transceiver are bound', async () => {
  await north.bound('transmitter');
  await north.bound('receiver');
  await south.bound('transceiver');
  const [{pdu}] = south.binds;
  assert.equal(pdu.interface_version, 0x34);
  assert.equal(pdu.system_type, 'VMA');
  assert.equal(pdu.address_range, '5678');
});

test('a message is visible over HTTP within a second of its acknowledgement', async () => {
  const phone = '79120000001';
  const ack = await north.deliver('receiver', mo(phone, 'LOCK'));
  const acked_at = performance.now();
  assert.equal(ack.command_status, 0);
  const message = await daemon.message(partner, phone);
  const took_ms = performance.now() - acked_at;
  assert.ok(took_ms < visible_within_ms, `visible after ${took_ms} ms`);
  assert.equal(message.outcome, 'accepted');
  assert.equal(message.phone, '7912xxxx001');
  assert.equal(message.money.state, 'posted');
  assert.equal(message.money.split.gross, '60.00');
});

test('an unlock code comes by SMS, is checked over HTTP, and used up once', async () => {
  const phone = '79120000002';
  const submit = await order(phone, 'LOCK');
  assert.equal(submit.source_addr, '1234');
  assert.equal(submit.validity_period instanceof Date, true);
  const code = code_in(text_of(submit));
  const states = [];
  for (const use_up of [false, true, true])
    states.push((await daemon.check_code(partner, 1, code, use_up)).state);
  assert.deepEqual(states, ['valid', 'valid', 'used_up']);
  assert.equal((await daemon.check_code(foreign, 1, code, false)).state, 'unknown');
});

test('a long Cyrillic message in three parts out of order is one order', async () => {
  const phone = '79120000003';
  const text = `RR ${partner} 3 ${'съешь ещё этих французских булок, '.repeat(5)}`.slice(0, 190);
  for (const number of [3, 1, 2]) {
    const part = {udh: Buffer.from([5, 0, 3, 0x7e, 3, number]),
                  message: text.slice(67 * (number - 1), 67 * number)};
    const ack = await north.deliver('receiver', mo(phone, part, {data_coding: 8}));
    assert.equal(ack.command_status, 0, `part ${number}`);
  }
  const message = await daemon.message(partner, phone);
  assert.equal(message.text, text);
  assert.equal(message.parts, 3);
  assert.equal(message.money.state, 'posted');
  assert.equal(text_of((await north.submits_to(phone))[0]), 'Принято');
  assert.equal((await daemon.all_messages(phone)).length, 1);
});

test('a long answer leaves in segments that a phone can join', async () => {
  const phone = '79120000004';
  await order(phone, `RR ${partner} 4`);
  const segments = await north.submits_to(phone, 5);
  assert.equal(segments.map(text_of).join(''), long_answer);
  const headers = segments.map(({short_message}) => short_message.udh[0]);
  headers.forEach((element, i) => {
    assert.deepEqual([...element.subarray(0, 2), ...element.subarray(3)], [0, 3, 5, i + 1]);
    assert.equal(element[2], headers[0][2], 'one reference for all');
  });
});

test('receipts by text and by TLV', async () => {
  for (const [phone, by_tlv] of [['79120000005', false], ['79120000006', true]]) {
    let id;
    north.answer = () => ({message_id: id = north.next_id()});
    const submit = await order(phone, `RR ${partner} 3`);
    assert.equal(submit.registered_delivery, 1);
    await daemon.message(partner, phone, ({reply}) => reply.state === 'sent');
    const ack = await north.deliver('receiver', receipt(submit, 'DELIVRD', id, by_tlv));
    assert.equal(ack.command_status, 0);
    await daemon.message(partner, phone, ({reply}) => reply.state === 'delivered');
  }
  north.answer_as_usual();
});

test('a receipt that overtakes the answer to its submit is not lost', async () => {
  const phone = '79120000007';
  const id = north.next_id();
  north.answer = async (submit) => {
    await north.deliver('receiver', receipt(submit, 'DELIVRD', id, true));
    return {message_id: id};
  };
  await order(phone, `RR ${partner} 3`);
  await daemon.message(partner, phone, ({reply}) => reply.state === 'delivered');
  north.answer_as_usual();
});

test('a charge on the answer posts only when the receipt says delivered', async () => {
  // TLVs of this operator: what it charges, and of which message it is the answer.
  smpp.addTLV('price_class', {id: 0x1401, type: smpp.types.tlv.buffer});
  smpp.addTLV('mo_link', {id: 0x1403, type: smpp.types.tlv.buffer});
  const link = Buffer.from('4711');
  for (const [phone, stat, money, code_state] of [
    ['37250000001', 'DELIVRD', 'posted', 'valid'],
    ['37250000002', 'UNDELIV', 'void', 'not_paid'],
  ]) {
    const id = south.next_id();
    south.answer = () => ({message_id: id});
    const ack = await south.deliver('transceiver', mo(phone, 'LOCK', {
      destination_addr: '5678', mo_link: link}));
    assert.equal(ack.command_status, 0);
    const [submit] = await south.submits_to(phone);
    assert.equal(submit.service_type, 'PREM');
    assert.equal(submit.price_class.toString(), 'GOLD');
    assert.deepEqual(submit.mo_link, link);
    assert.equal(submit.registered_delivery, 1);
    const code = code_in(text_of(submit));

    await daemon.message(foreign, phone, ({reply}) => reply.state === 'sent');
    // The id is hexadecimal in the response and decimal in the receipt.
    const in_receipt = String(parseInt(id, 16));
    await south.deliver('transceiver', receipt(submit, 'ENROUTE', in_receipt, false));
    const pending = await daemon.message(foreign, phone);
    assert.equal(pending.money.state, 'pending');
    assert.equal((await daemon.check_code(foreign, 1, code, false)).state, 'not_yet_paid');

    await south.deliver('transceiver', receipt(submit, stat, in_receipt, false));
    const settled = await daemon.message(foreign, phone);
    assert.equal(settled.money.state, money);
    assert.equal((await daemon.check_code(foreign, 1, code, false)).state, code_state);
  }
  south.answer_as_usual();
});

test('what was not acknowledged before a cut is redelivered: one bill, one answer', async () => {
  const phone = '79120000008';
  const doomed = await north.bound('receiver');
  doomed.pause(); // so that the acknowledgement is never read
  doomed.deliver_sm(mo(phone, `RR ${partner} 3 once`));
  await daemon.message(partner, phone); // committed
  await north.submits_to(phone);
  doomed.destroy();
  await north.until(() => north.binds.every(({session}) => session !== doomed), 'the cut');

  const ack = await north.deliver('receiver', mo(phone, `RR ${partner} 3 once`));
  assert.equal(ack.command_status, 0);
  const [again, first] = await daemon.all_messages(phone);
  assert.equal(again.outcome, 'absorbed');
  assert.equal(again.absorbed_by, first.id);
  assert.equal(again.money.split.gross, '0.00');
  assert.equal(first.money.split.gross, '60.00');

  // A third one is a new order: the doubt was used up.
  await north.deliver('receiver', mo(phone, `RR ${partner} 3 once`));
  const orders = (await daemon.all_messages(phone)).filter(({outcome}) => outcome === 'accepted');
  assert.equal(orders.length, 2);
  assert.equal((await north.submits_to(phone, 2)).length, 2);

  // Support finds that the absorbed one was meant: billed and answered after all, but only once.
  const release = () =>
    daemon.farebox('message', 'release', String(again.id), '--reason', 'ordered three times');
  const released = await release();
  assert.deepEqual(await release(), {...released, done_before: true});
  assert.equal((await north.submits_to(phone, 3)).length, 3);
  const [newest] = await daemon.all_messages(phone);
  assert.deepEqual([newest.id, newest.outcome, newest.money.split.gross],
                   [released.message, 'accepted', '60.00']);
  await assert.rejects(daemon.farebox('message', 'release', String(first.id), '--reason', 'x'));
});

test('an answer whose fate nobody reported is settled by a person', async () => {
  for (const [phone, flag, money, code_state] of [
    ['37250000004', '--delivered', 'posted', 'valid'],
    ['37250000005', '--failed', 'void', 'not_paid'],
  ]) {
    const session = await south.bound('transceiver');
    south.answer = () => new Promise(() => {}); // never
    await south.deliver('transceiver', mo(phone, 'LOCK', {destination_addr: '5678'}));
    const code = code_in(text_of((await south.submits_to(phone))[0]));
    session.destroy();
    await daemon.message(foreign, phone, ({reply}) => reply.state === 'unknown');
    const {id} = await daemon.message(foreign, phone);
    const settle = () =>
      daemon.farebox('message', 'settle', String(id), flag, '--reason', 'operator report 7');
    assert.deepEqual(await settle(), {message: id, done_before: false});
    assert.deepEqual(await settle(), {message: id, done_before: true});
    assert.equal((await daemon.message(foreign, phone)).money.state, money);
    assert.equal((await daemon.check_code(foreign, 1, code, false)).state, code_state);
    assert.equal((await south.submits_to(phone)).length, 1, 'never sent again');
    south.answer_as_usual();
  }
});

test('after an answered enquire_link the same text is a new order', async () => {
  const phone = '79120000009';
  const session = await north.bound('receiver');
  await order(phone, `RR ${partner} 3 twice`);
  const acked_at = performance.now();
  // The second one that is late enough shows that the answer to the first one has been read.
  const proof_ms = 2500;
  await north.until(() => north.enquiries.filter((one) =>
    one.session === session && one.at > acked_at + proof_ms).length >= 2, 'proof of the response');
  session.destroy();
  await north.until(() => north.binds.every((bind) => bind.session !== session), 'the cut');

  await north.deliver('receiver', mo(phone, `RR ${partner} 3 twice`));
  const [second, first] = await daemon.messages(partner, phone, ({length}) => length === 2);
  for (const {outcome, money} of [first, second])
    assert.deepEqual([outcome, money.state, money.split.gross], ['accepted', 'posted', '60.00']);
  assert.equal(second.possible_redelivery, true);
  assert.equal((await north.submits_to(phone, 2)).length, 2);
});

test('a throttled answer is sent again, the same text under the same bill', async () => {
  const phone = '79120000010';
  const refusals = [smpp.ESME_RTHROTTLED, smpp.ESME_RMSGQFUL];
  north.answer = () => {
    const command_status = refusals.shift();
    return command_status ? {command_status} : {message_id: north.next_id()};
  };
  await order(phone, 'LOCK');
  const tries = await north.submits_to(phone, 3);
  north.answer_as_usual();
  assert.equal(new Set(tries.map(text_of)).size, 1);
  const message = await daemon.message(partner, phone, ({reply}) => reply.state === 'sent');
  assert.equal(message.reply.attempts, 3);
  assert.equal((await daemon.all_messages(phone)).length, 1);
  assert.equal(north.submits.filter(({pdu}) => pdu.destination_addr === phone).length, 3);
});

test('an answer that is refused for good is shown so', async () => {
  const phone = '79120000011';
  north.answer = () => ({command_status: smpp.ESME_RINVDSTADR});
  await order(phone, `RR ${partner} 3`);
  const message = await daemon.message(partner, phone, ({reply}) => reply.state === 'rejected');
  assert.equal(message.money.state, 'posted');
  north.answer_as_usual();
});

test('an unknown command gets generic_nack with its own sequence number', async () => {
  smpp.addCommand('vendor_sm', {id: 0x00010200, params: {blob: {type: smpp.types.cstring}}});
  const session = await south.bound('transceiver');
  for (const sequence_number of [77, 0x80000001]) {
    const answer = await south.request(session, 'vendor_sm', {sequence_number, blob: 'x'});
    assert.equal(answer.command, 'generic_nack');
    assert.equal(answer.command_status, smpp.ESME_RINVCMDID);
    assert.equal(answer.sequence_number, sequence_number);
  }
  const alive = await south.request(session, 'enquire_link', {});
  assert.equal(alive.command, 'enquire_link_resp');
});

test('data_sm with the text in message_payload is an order too', async () => {
  const phone = '37250000003';
  const session = await south.bound('transceiver');
  const text = 'LOCK ' + 'длинный довесок '.repeat(20);
  const answer = await south.request(session, 'data_sm', {
    source_addr: phone, destination_addr: '5678', data_coding: 8, message_payload: text});
  assert.equal(answer.command, 'data_sm_resp');
  assert.equal(answer.command_status, 0);
  assert.equal((await daemon.message(foreign, phone)).text, text);
  code_in(text_of((await south.submits_to(phone))[0]));
});

test('text that looks like a receipt but is not marked as one is an ordinary message', async () => {
  const phone = '79120000012';
  const forged = receipt({destination_addr: phone, source_addr: '1234'}, 'DELIVRD', '1', false);
  const ack = await north.deliver('receiver', {...forged, esm_class: 0});
  assert.equal(ack.command_status, 0);
  const [message] = await daemon.all_messages(phone);
  assert.equal(message.outcome, 'unrouted');
  assert.match(text_of((await north.submits_to(phone))[0]), /^Не понятно/);
});

test('the statistics count each bill once', async () => {
  const {messages} = await daemon.get('/api/v1/messages?limit=500', partner);
  const {totals: [total]} = await daemon.get(`/api/v1/statistics?${these_days}`, partner);
  assert.equal(messages.every(({money}) => money.state === 'posted'), true);
  assert.equal(new Set(messages.map(({money}) => money.bill)).size, messages.length);
  assert.equal(total.requests, messages.length);
  assert.equal(total.posted.bills, messages.length);
  assert.equal(total.posted.gross, `${messages.length * 60}.00`);
});

test('SIGTERM finishes what is under way, unbinds, and ends; a restart keeps all', async () => {
  const phone = '79120000013';
  const seen = async () => ({
    messages: (await daemon.get('/api/v1/messages?limit=500', partner)).messages,
    foreign: (await daemon.get('/api/v1/messages?limit=500', foreign)).messages,
    statistics: (await daemon.get(`/api/v1/statistics?${these_days}&by=service`, partner)).rows,
  });
  let let_go;
  const held = new Promise((resolve) => { let_go = resolve; });
  north.answer = async () => { await held; return {message_id: north.next_id()}; };
  const submit = await order(phone, 'LOCK');
  const code = code_in(text_of(submit));
  const was = await seen();
  assert.equal(was.messages[0].reply.state, 'sending');
  const before_it = north.submits.length;

  const ending = daemon.stop();
  const gone = Promise.all([north, south].map((smsc) =>
    smsc.until(() => smsc.binds.length === 0, 'all sessions to end')));
  await south.until(() => south.unbinds === 1, 'the idle session to end');
  let_go(); // the answer comes while the daemon is draining
  const {status, signal, took_ms} = await ending;
  await gone;
  assert.deepEqual([status, signal], [0, null], daemon.log().slice(-2000));
  assert.ok(took_ms < ended_within_ms, `ended after ${took_ms} ms`);
  assert.deepEqual([north.unbinds, south.unbinds], [2, 1]);

  north.answer_as_usual();
  await daemon.start();
  await north.bound('transmitter');
  await north.bound('receiver');
  await south.bound('transceiver');
  const is = await seen();
  assert.equal(is.messages[0].reply.state, 'sent');
  was.messages[0].reply.state = 'sent';
  for (const part of ['messages', 'foreign']) assert.deepEqual(is[part], was[part], part);
  const bills = (all) => all.statistics.map(({service, requests, posted}) =>
    ({service, requests, posted}));
  assert.deepEqual(bills(is), bills(was));
  assert.equal(north.submits.length, before_it, 'nothing is sent twice');
  assert.equal((await daemon.check_code(partner, 1, code, true)).state, 'valid');
  assert.equal((await daemon.check_code(partner, 1, code, true)).state, 'used_up');
  await order('79120000014', 'LOCK');
});

test('the package could read everything that the daemon wrote', () => {
  assert.deepEqual([...north.errors, ...south.errors], []);
});
