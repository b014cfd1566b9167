'use strict';
// An operator's message centre out of the npm package `smpp`, for one short code: takes binds with
// one system_id and password, answers submits and enquire_links, and remembers all of it.

const {EventEmitter, once} = require('node:events');
const smpp = require('smpp');

const patience_ms = 30_000; // for what should come within a second; sanitizers are slow

class Smsc {
  binds = [];     // {type, session, pdu}, in the order of binding; gone when the session closes
  submits = [];   // {pdu, session}
  enquiries = []; // {session, at}: when each enquire_link was answered
  errors = [];    // what the package could not read
  unbinds = 0;
  #news = new EventEmitter();
  #last_id = 0xABC0;
  #server;

  constructor(system_id, password) {
    Object.assign(this, {system_id, password});
    this.answer_as_usual();
  }

  // `answer(pdu)` gives the fields of submit_sm_resp, or a promise of them.
  answer_as_usual() { this.answer = () => ({message_id: this.next_id()}); }
  next_id() { return (++this.#last_id).toString(16); }

  async listen() {
    this.#server = smpp.createServer((session) => this.#serve(session));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
  }

  close() {
    for (const {session} of this.binds) session.destroy();
    this.#server.close();
  }

  // Waits until the condition gives something, which is returned; asked again after each PDU.
  async until(condition, what) {
    const enough = AbortSignal.timeout(patience_ms);
    for (;;) {
      const value = condition();
      if (value) return value;
      await once(this.#news, 'news', {signal: enough}).catch(() => {
        throw new Error(`in vain: ${what}`);
      });
    }
  }

  // The session of a bind of this type, once there is one.
  async bound(type) {
    const found = await this.until(() => this.binds.find((bind) => bind.type === type),
                                   `${this.system_id} waits for ${type}`);
    return found.session;
  }

  // Sends a request over a session and waits for its answer.
  request(session, command, fields) {
    return new Promise((resolve, reject) => {
      const closed = () => reject(new Error(`closed before the answer to ${command}`));
      session.once('close', closed);
      session.send(new smpp.PDU(command, fields), (answer) => {
        session.off('close', closed);
        resolve(answer);
      });
    });
  }

  async deliver(type, fields) {
    return this.request(await this.bound(type), 'deliver_sm', fields);
  }

  // All submits to a phone, once there are so many.
  submits_to(phone, count = 1) {
    const mine = () => this.submits.map(({pdu}) => pdu)
      .filter(({destination_addr}) => destination_addr === phone);
    return this.until(() => mine().length >= count && mine(), `${count} submits to ${phone}`);
  }

  #serve(session) {
    const tell = () => this.#news.emit('news');
    session.on('error', (error) => { this.errors.push(error), tell(); });
    session.on('close', () => {
      this.binds = this.binds.filter((bind) => bind.session !== session);
      tell();
    });
    for (const type of ['transceiver', 'transmitter', 'receiver'])
      session.on(`bind_${type}`, (pdu) => this.#bind(session, type, pdu));
    session.on('enquire_link', (pdu) => session.send(pdu.response(), () => {
      this.enquiries.push({session, at: performance.now()}), tell();
    }));
    session.on('submit_sm', async (pdu) => {
      this.submits.push({pdu, session}), tell();
      session.send(pdu.response(await this.answer(pdu)));
    });
    session.on('unbind', (pdu) => {
      ++this.unbinds;
      session.send(pdu.response(), () => session.close());
    });
    session.on('pdu', tell);
  }

  #bind(session, type, pdu) {
    if (pdu.system_id !== this.system_id || pdu.password !== this.password)
      return session.send(pdu.response({command_status: smpp.ESME_RBINDFAIL}));
    session.send(pdu.response({system_id: 'npm-smsc', sc_interface_version: 0x34}));
    this.binds.push({type, session, pdu});
  }
}

// The text of a submit; the package has decoded it by its data_coding.
const text_of = ({short_message}) => short_message.message;

const states = {ENROUTE: 1, DELIVRD: 2, UNDELIV: 5}; // 5.2.28, and appendix B for the words

// deliver_sm that reports the fate of a submit: in words, or in TLVs.
function receipt(submit, stat, id, by_tlv) {
  const fields = {source_addr: submit.destination_addr, destination_addr: submit.source_addr,
                  esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, data_coding: 0};
  if (by_tlv) return {...fields, receipted_message_id: id, message_state: states[stat]};
  return {...fields, short_message: `id:${id} sub:001 dlvrd:001 submit date:2601311200 ` +
      `done date:2601311201 stat:${stat} err:000 text:`};
}

module.exports = {Smsc, receipt, text_of, patience_ms};
