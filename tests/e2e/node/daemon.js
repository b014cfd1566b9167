'use strict';
// The real fareboxd with a store and ports of its own, and the tools to ask it.

const assert = require('node:assert/strict');
const {execFile, spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const {promisify} = require('node:util');
const {patience_ms} = require('./smsc.js');

const programs = path.resolve(process.env.FAREBOX_BUILD_DIR ??
                              path.join(__dirname, '../../../build/dev'));
const run = promisify(execFile);
const poll_ms = 20;

async function free_port() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

// Asks until the answer is something, which is returned.
async function until(ask, what) {
  const end = performance.now() + patience_ms;
  for (;;) {
    const value = await ask();
    if (value) return value;
    assert.ok(performance.now() < end, `in vain: ${what}`);
    await new Promise((again) => setTimeout(again, poll_ms));
  }
}

class Daemon {
  #process;
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'farebox-operator-'));
  #settings;
  tokens = {};

  // Passwords by the name of their credential.
  constructor(passwords, overrides) {
    this.#settings = overrides;
    this.#write_secrets(passwords);
    this.socket = path.join(this.#folder, 'farebox.sock');
  }

  #write_secrets(passwords) {
    const folder = path.join(this.#folder, 'secrets');
    fs.mkdirSync(folder, {mode: 0o700});
    for (const [name, password] of Object.entries(passwords))
      fs.writeFileSync(path.join(folder, name), password, {mode: 0o600});
  }

  async start() {
    this.port ??= await free_port();
    const settings = {
      'store.path': path.join(this.#folder, 'farebox.db'), 'http.port': this.port,
      'http.socket': this.socket, 'log.target': 'file',
      'log.file': path.join(this.#folder, 'fareboxd.log'), ...this.#settings};
    this.#process = spawn(path.join(programs, 'fareboxd'), [
      '--config', path.join(__dirname, 'conf/farebox.yaml'),
      ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])],
    {stdio: ['ignore', 'ignore', fs.openSync(path.join(this.#folder, 'stderr'), 'a')],
     env: {...process.env, CREDENTIALS_DIRECTORY: path.join(this.#folder, 'secrets')}});
    let missing;
    this.#process.on('error', (error) => { missing = error; });
    await until(async () => {
      assert.ifError(missing);
      assert.equal(this.#process.exitCode, null, `fareboxd ended: ${this.log()}`);
      return this.get('/readyz').catch(() => undefined);
    }, 'fareboxd is ready');
  }

  // How it ended, and after how long.
  async stop() {
    const began = performance.now();
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const [status, signal] = await ended;
    return {status, signal, took_ms: performance.now() - began};
  }

  // Also after a failure: nothing is left running.
  clean_up() {
    if (this.#process?.exitCode === null) this.#process.kill('SIGKILL');
    fs.rmSync(this.#folder, {recursive: true, force: true});
  }

  log() {
    return ['fareboxd.log', 'stderr'].map((name) => path.join(this.#folder, name))
      .filter(fs.existsSync).map((file) => fs.readFileSync(file, 'utf8')).join('');
  }

  // JSON of a path; undefined unless the status is 200.
  async get(where, partner) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${where}`,
                               {headers: this.#headers(partner)});
    const body = await answer.json();
    return answer.status === 200 ? body : undefined;
  }

  async post(where, partner, body) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${where}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: {...this.#headers(partner), 'Content-Type': 'application/json'}});
    return answer.json();
  }

  #headers(partner) {
    return {Accept: 'application/json', Connection: 'close',
            ...(partner && {Authorization: `Bearer ${this.tokens[partner]}`})};
  }

  // The administrator's tool.
  async farebox(...command) {
    const done = await run(path.join(programs, 'farebox'),
                           ['--socket', this.socket, '--json', ...command]);
    return JSON.parse(done.stdout);
  }

  async add_partner(partner, name) {
    await this.farebox('partner', 'add', name, '--id', partner);
    await this.farebox('partner', 'approve', partner);
    this.tokens[partner] = (await this.farebox('partner', 'token', 'add', partner)).token;
  }

  add_service(partner, number, kind, settings) {
    return this.farebox('service', 'add', partner, '--number', number, '--kind', kind, '--title',
                        `${kind} ${number}`, '--site', 'shop.example',
                        ...Object.entries(settings).flatMap(([key, value]) =>
                          ['--set', `${key}=${value}`]));
  }

  // What the partner sees of a phone, once `holds` is true of it; newest first.
  messages(partner, phone, holds) {
    return until(async () => {
      const {messages} = await this.get(`/api/v1/messages?phone=${phone}`, partner);
      return holds(messages) && messages;
    }, `messages of ${phone} at partner ${partner}`);
  }

  async message(partner, phone, holds = () => true) {
    const [newest] = await this.messages(partner, phone, ([first]) => first && holds(first));
    return newest;
  }

  // The same as the administrator sees it, messages without a partner included.
  async all_messages(phone) {
    return (await this.farebox('message', 'find', '--phone', phone)).messages;
  }

  check_code(partner, number, code, use_up) {
    return this.post(`/api/v1/services/${number}/codes/check`, partner, {code, use_up});
  }
}

module.exports = {Daemon};
