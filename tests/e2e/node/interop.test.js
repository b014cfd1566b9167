'use strict';
// Goal: our SMPP codec and the npm package `smpp`, which share no code, read each other's PDUs.
// Method: `interop_pdus` writes every kind of PDU, and the package's reading of it is compared
// field by field with what was meant; then the package writes every kind, and what `farebox smpp
// decode` reads is compared with what was meant. Where the package is wrong or lacks something, it
// is listed here with the paragraph of the specification.

const {test, describe} = require('node:test');
const assert = require('node:assert/strict');
const {spawnSync} = require('node:child_process');
const path = require('node:path');
const iconv = require('iconv-lite');
const smpp = require('smpp');

const programs = process.env.FAREBOX_BUILD_DIR ?? path.join(__dirname, '../../../build/dev');

// ---- what the package does otherwise than SMPP 3.4 ----

// Of SMPP 5.0 (4.4.1 to 4.6.2), which we know by name and keep as octets.
const of_5_0 = /^(query_|cancel_)?broadcast_sm(_resp)?$/;
// TLVs that only those commands have (5.0, 4.8.4.7 to 4.8.4.20).
const tlv_of_5_0 = /^(failed_)?broadcast_/;

const renamed_fields = {dest_addresses: 'dest_address', unsuccess_smes: 'unsuccess_sme'};
const renamed_tlvs = {destination_port: 'dest_port'}; // 3.4, 5.3.2.21; 5.0 calls it dest_port
const renamed_statuses = { // 3.4, table 5-2; 5.0 says TLV for "optional parameter"
  0xc0: 'ESME_RINVTLVSTREAM', 0xc1: 'ESME_RTLVNOTALLWD', 0xc2: 'ESME_RINVTLVLEN',
  0xc3: 'ESME_RMISSINGTLV', 0xc4: 'ESME_RINVTLVVAL',
};

// TLVs that the package reads in another width than 3.4 gives them, when the value is `hex`.
const misread_tlvs = [
  {name: 'source_telematics_id', why: '5.3.2.8: one octet; the package reads two'},
  {name: 'alert_on_message_delivery', why: '5.3.2.41: no octets; the package reads one'},
  {name: 'callback_num_atag', hex: '', why: '5.3.2.38: may be empty; the package wants an octet'},
];
const misread = (tlv, value) => misread_tlvs.some(
  (one) => one.name === tlv && (one.hex === undefined || one.hex === value));

// 5.3.1: a TLV may stand twice. The package keeps the last one, but for those that it marks.
const may_repeat = (tlv) => Boolean(smpp.tlvs[tlv].multiple);

// The package keeps a TLV under the name of a field, where there is one of that name: message_state
// of query_sm_resp (4.8.2), which as a TLV belongs to deliver_sm and data_sm alone (5.3.2.35).
const is_hidden_by_a_tlv = (field, tlvs) =>
  tlvs.some(({tag}) => their_name_of_tag(tag) === field);

// 5.2.19: data_coding 1 is IA5. The package takes it for GSM 03.38, in both directions; characters
// that differ between the two arrive as others. So the texts below say 0 where they mean GSM 03.38.
const ia5_is_taken_for_gsm = '@$_';

// 4.1.2, 4.4.2 and others: a response with an error may have a body. The package never writes one.
// 3.4, 3.1: C-octet strings are ASCII. The package clears the eighth bit of others; we keep it.

// ---- reading what either side says ----

const times = new Set(['schedule_delivery_time', 'validity_period', 'final_date']);
const header = ['command_id', 'command_status', 'sequence_number'];
const told_otherwise = new Set(['command', 'command_length', ...header]);
const counts = {sm_length: 'short_message', number_of_dests: 'dest_addresses',
                no_unsuccess: 'unsuccess_smes'};

const hex_of = (number, octets) => number.toString(16).padStart(2 * octets, '0');
const octets_of = (text) => text.length / 2;

// The package gives octets as a Buffer, as text, or as {message} once it knows their data_coding.
function octets_as_hex(value) {
  const plain = value?.message ?? value;
  return (Buffer.isBuffer(plain) ? plain : Buffer.from(plain, 'latin1')).toString('hex');
}

// The package's value of a TLV, in the form in which we tell it.
function tlv_in_our_form(name, theirs, ours) {
  if (name === 'callback_num')
    return hex_of(theirs.digit_mode, 1) + hex_of(theirs.ton, 1) + hex_of(theirs.npi, 1) +
        Buffer.from(theirs.number, 'ascii').toString('hex');
  if (name === 'callback_num_atag')
    return hex_of(theirs.encoding, 1) + theirs.display.toString('hex');
  if (name === 'billing_identification')
    return hex_of(theirs.format, 1) + theirs.data.toString('hex');
  if (typeof ours === 'number' && Buffer.isBuffer(theirs))
    return theirs.readUIntBE(0, theirs.length);
  if (typeof theirs === 'number' && typeof ours === 'string')
    return hex_of(theirs, octets_of(ours));
  const is_text = smpp.tlvs[name]?.type === smpp.types.tlv.cstring;
  return typeof theirs === 'number' || is_text ? theirs : octets_as_hex(theirs);
}

const their_name_of_tag = (tag) => smpp.tlvsById[tag]?.tag ?? String(tag);

function group_by_tag(tlvs) {
  const groups = new Map();
  for (const {tag, value} of tlvs) groups.set(tag, [...(groups.get(tag) ?? []), value]);
  return groups;
}

function compare_tlvs(ours, theirs, where) {
  for (const [tag, values] of group_by_tag(ours)) {
    const name = their_name_of_tag(tag);
    const told = theirs[name];
    assert.notEqual(told, undefined, `${where}: ${name} is missing`);
    const list = smpp.tlvs[name]?.multiple ? told : [told];
    assert.equal(list.length, values.length, `${where}: ${name}, how many`);
    values.forEach((value, i) => {
      if (misread(name, value)) return;
      assert.deepEqual(tlv_in_our_form(name, list[i], value), value, `${where}: ${name}`);
    });
  }
}

// The instant that a time of 7.1.1 means: YYMMDDhhmmsstnnp, or a span from `now` where p is R.
function instant_of(text, now) {
  const [years, months, days, hours, minutes, seconds] = text.match(/../g).map(Number);
  if (text.endsWith('R')) {
    assert.equal(years + months, 0, 'spans here are below a month');
    return now + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  }
  const quarters = Number(text.slice(13, 15)) * (text.endsWith('+') ? 1 : -1);
  return Date.UTC(2000 + years, months - 1, days, hours, minutes, seconds, Number(text[12]) * 100) -
      quarters * 15 * 60_000;
}

function compare_time(ours, theirs, where) {
  if (ours === '') return assert.equal(theirs, '', where);
  assert.ok(theirs instanceof Date, where);
  const patience_ms = ours.endsWith('R') ? 5000 : 0; // the package adds a span to its own clock
  const apart = Math.abs(theirs.getTime() - instant_of(ours, Date.now()));
  assert.ok(apart <= patience_ms, `${where}: ${ours} read as ${theirs.toISOString()}`);
}

function compare_items(ours, theirs, where) {
  assert.equal(theirs.length, ours.length, `${where}, how many`);
  ours.forEach((item, i) => {
    const {dest_flag, ...told} = item; // the package tells it by the names of the others
    if (dest_flag !== undefined) assert.equal(dest_flag, 'dl_name' in theirs[i] ? 2 : 1, where);
    assert.deepEqual({...theirs[i]}, told, `${where} ${i}`);
  });
}

// Every field on either side has its equal on the other.
function compare_fields(ours, theirs, where) {
  const {tlvs = [], command_status_name, ...fields} = ours;
  for (const [name, value] of Object.entries(fields)) {
    const told = theirs[renamed_fields[name] ?? name];
    const at = `${where}: ${name}`;
    if (is_hidden_by_a_tlv(name, tlvs)) continue;
    if (name in counts) {
      const counted = ours[counts[name]];
      assert.equal(value, Array.isArray(counted) ? counted.length : octets_of(counted), at);
    } else if (times.has(name)) compare_time(value, told, at);
    else if (name === 'short_message') assert.equal(octets_as_hex(told), value, at);
    else if (Array.isArray(value)) compare_items(value, told, at);
    else assert.equal(told, value, at);
  }
  compare_tlvs(tlvs, theirs, where);
  const known = new Set([...Object.keys(fields).map((name) => renamed_fields[name] ?? name),
                         ...tlvs.map(({tag}) => their_name_of_tag(tag)), ...told_otherwise]);
  const surplus = Object.keys(theirs).filter((name) => !known.has(name));
  assert.deepEqual(surplus, [], `${where}: the package reads more than was written`);
}

function run(program, args, input) {
  const done = spawnSync(path.join(programs, program), args,
                         {input, encoding: 'utf8', maxBuffer: 1 << 28});
  assert.equal(done.error, undefined, `${program} in ${programs}: build it first`);
  assert.equal(done.status, 0, `${program}: ${done.stderr}${done.stdout.slice(-500)}`);
  return done.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
}

const read_by_package = (hex) => new smpp.PDU(Buffer.from(hex, 'hex'));
const command_of = (id) => smpp.commandsById[id]?.command ?? 'unknown';

// ---- we write, the package reads ----

describe('the package reads what we write', () => {
  const emitted = run('interop_pdus', []);

  test('every kind and every TLV is there', () => {
    const kinds = new Set(emitted.map(({pdu}) => command_of(pdu.command_id)));
    const tags = new Set(emitted.flatMap(({pdu}) => (pdu.tlvs ?? []).map(({tag}) => tag)));
    const missing = [
      ...Object.keys(smpp.commands).filter((name) => !kinds.has(name) && !of_5_0.test(name)),
      ...Object.keys(smpp.tlvs).filter((name) =>
        !tags.has(smpp.tlvs[name].id) && !tlv_of_5_0.test(name))];
    assert.deepEqual(missing, []);
  });

  const variants = new Set(emitted.map(({variant}) => variant));
  variants.delete('text'); // the package gives text for octets: see below
  for (const variant of variants) {
    test(variant, () => {
      for (const {hex, pdu} of emitted.filter((one) => one.variant === variant)) {
        const command = command_of(pdu.command_id);
        const where = `${command}, ${variant}`;
        if (emitted_but_misread(pdu)) continue; // has its own test below
        const theirs = read_by_package(hex);
        assert.equal(theirs.command, command, where);
        assert.equal(theirs.command_length, octets_of(hex), where);
        for (const name of header) assert.equal(theirs[name], pdu[name], `${where}: ${name}`);
        const is_refusal = pdu.command_status !== 0 && variant !== 'refused with body';
        if (is_refusal) // 4.6.2: deliver_sm_resp always has its message_id
          assert.equal(theirs.command_length, command === 'deliver_sm_resp' ? 17 : 16, where);
        else if (command !== 'unknown' && !of_5_0.test(command)) compare_fields(pdu, theirs, where);
      }
    });
  }

  // At the end of a PDU, where there are fewer octets than it reads, the package throws.
  function emitted_but_misread({tlvs = []}) {
    return tlvs.length === 1 && misread(their_name_of_tag(tlvs[0].tag), tlvs[0].value);
  }

  test('what the package misreads, it still misreads', () => {
    for (const {name, why} of misread_tlvs) {
      const lines = emitted.filter(({pdu}) =>
        emitted_but_misread(pdu) && their_name_of_tag(pdu.tlvs[0].tag) === name);
      assert.notEqual(lines.length, 0, name);
      for (const {hex, pdu} of lines)
        assert.throws(() => compare_fields(pdu, read_by_package(hex), name), `${name}: ${why}`);
    }
  });

  test('every status has the same name', () => {
    const lines = emitted.filter(({variant}) => variant === 'status');
    const ours = Object.fromEntries(lines.map(({pdu}) => [
      renamed_statuses[pdu.command_status] ?? pdu.command_status_name, pdu.command_status]));
    assert.deepEqual(ours, smpp.errors);
  });

  const texts = emitted.filter(({variant}) => variant === 'text');
  for (const name of new Set(texts.map(({message}) => message.name))) {
    test(`text: ${name}`, () => {
      const lines = texts.filter(({message}) => message.name === name);
      const {text, parts} = lines[0].message;
      assert.equal(lines.length, parts);
      const read = lines.map(({hex}) => read_by_package(hex));
      read.forEach((theirs, i) => compare_all_but_text(lines[i].pdu, theirs, name));
      assert.equal(read.map((pdu) => pdu.message_payload?.message ?? pdu.short_message.message)
        .join(''), text);
      if (parts > 1)
        assert.deepEqual(read.map(part_of), lines.map((_, i) => `${i + 1}/${parts}`));
      else
        assert.ok(read.every((pdu) => pdu.short_message.udh === undefined));
    });
  }
});

function compare_all_but_text({sm_length, short_message, tlvs = [], ...ours}, theirs, where) {
  const {short_message: text, message_payload, ...others} = theirs;
  const payload = smpp.tlvs.message_payload.id;
  compare_fields({...ours, tlvs: tlvs.filter(({tag}) => tag !== payload)}, others, where);
}

// "2/3", by the concatenation element of the header (3GPP TS 23.040 9.2.3.24.1 and .8) or SAR.
function part_of({short_message, sar_total_segments, sar_segment_seqnum}) {
  const element = short_message.udh?.find(([id]) => id === 0x00 || id === 0x08);
  if (element) return `${element.at(-1)}/${element.at(-2)}`;
  return `${sar_segment_seqnum}/${sar_total_segments}`;
}

// ---- the package writes, we read ----

// Sizes of 3.4 chapter 4, without the NUL.
const longest_text = {
  system_id: 15, password: 8, system_type: 12, address_range: 40, service_type: 5, source_addr: 20,
  destination_addr: 20, esme_addr: 64, dl_name: 20, message_id: 64,
};
const longest_text_of = (command, name) =>
  /^(data_sm|alert_notification)$/.test(command) && /_addr$/.test(name) ? 64 : longest_text[name];

const letters = (size, from = 0) =>
  Array.from({length: size}, (_, i) => String.fromCharCode(97 + (from + i) % 26)).join('');
const some_octets = (size) => Buffer.from(Array.from({length: size}, (_, i) => i * 7 & 0xff));

function field_value(command, name, type, longest, i) {
  const text = (field) => letters(longest ? longest_text_of(command, field) : 3, i);
  if (name === 'data_coding') return longest ? 0xf4 : 4; // octets, which the package leaves alone
  if (name === 'esm_class') return longest ? 0xbf : 3;   // no header in them
  if (times.has(name))
    return longest ? '260131235958304+' : new Date(Date.UTC(2026, 0, 31, 23, 59, 58, 300));
  if (type === smpp.types.int8) return longest ? 0xff : i + 1;
  if (type === smpp.types.cstring) return text(name);
  if (type === smpp.types.buffer) return some_octets(longest ? 255 : 7);
  const items = Array.from({length: longest ? 255 : 3});
  if (type === smpp.types.dest_address_array)
    return items.map((_, n) => n % 2 ? {dl_name: text('dl_name')}
      : {dest_addr_ton: 1, dest_addr_npi: 255, destination_addr: text('destination_addr')});
  assert.equal(type, smpp.types.unsuccess_sme_array, name);
  return items.map((_, n) => ({dest_addr_ton: n, dest_addr_npi: 2,
                               destination_addr: text('destination_addr'),
                               error_status_code: 0xfffffff0 - n}));
}

function fields_of(command, longest) {
  const params = Object.entries(smpp.commands[command].params ?? {});
  return Object.fromEntries(params.map(([name, {type}], i) =>
    [name, field_value(command, name, type, longest, i)]));
}

function tlv_value(name, longest) {
  const {type, filter} = smpp.tlvs[name];
  const size = longest ? 60 : 3;
  if (type === smpp.types.tlv.int8) return longest ? 0xff : 1;
  if (type === smpp.types.tlv.int16) return longest ? 0xffff : 0x0102;
  if (type === smpp.types.tlv.int32) return longest ? 0xffffffff : 0x01020304;
  if (type === smpp.types.tlv.cstring) return letters(longest ? size : 7); // network ids: 7 or more
  if (filter === smpp.filters.callback_num)
    return {digit_mode: 1, ton: 5, npi: 9, number: letters(longest ? 16 : 1)};
  if (filter === smpp.filters.callback_num_atag) return {encoding: 8, display: some_octets(size)};
  if (filter === smpp.filters.billing_identification) return {format: 7, data: some_octets(size)};
  if (name === 'its_session_info') return some_octets(2);
  if (name === 'ms_validity') return some_octets(1);
  return some_octets(name === 'message_payload' && longest ? 9000 : size);
}

// A copy: the package writes into what it encodes.
function written_by_package(command, options) {
  const plain = new smpp.PDU(command, options);
  const hex = new smpp.PDU(command, structured_copy(options)).toBuffer().toString('hex');
  return {command, plain, hex};
}
function structured_copy(value) {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(structured_copy);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, structured_copy(one)]));
}

const decode = (lines) => {
  const read = run('farebox', ['smpp', 'decode'], lines.map(({hex}) => hex + '\n').join(''));
  assert.equal(read.length, lines.length);
  return read;
};

// What was meant, in the form that the package's reader would give it.
function meant(plain, command) {
  const all = {...plain};
  for (const [name, {type}] of Object.entries(smpp.commands[command].params ?? {}))
    if (type === smpp.types.int8) all[name] ??= 0; // data_coding, null where nobody chose one
  return all;
}

// `farebox smpp decode` tells more than the fields: words for numbers, text, what it tolerated.
const told_besides = /(_name|^command_length|^charset|^text|^udh|^part|^tolerated)$/;
const is_field = ([name]) => !told_besides.test(name) || name === 'dl_name';
function only_fields(read) {
  const plain = Object.fromEntries(Object.entries(read).filter(is_field));
  for (const [name, list] of Object.entries(plain))
    if (Array.isArray(list)) plain[name] = list.map((item) =>
      Object.fromEntries(Object.entries(item).filter(is_field)));
  if (plain.tlvs) plain.tlvs = plain.tlvs.map(({tag, value}) => ({tag, value}));
  return plain;
}

function time_as_text(value) { // 7.1.1, in UTC, with tenths of a second
  if (!(value instanceof Date)) return value;
  const digits = value.toISOString().replace(/[^0-9]/g, ''); // YYYYMMDDhhmmssmmm
  return `${digits.slice(2, 15)}00+`;
}

function compare_read(read, {command, plain, hex}, where) {
  assert.equal(read.error, undefined, `${where}: ${JSON.stringify(read)}`);
  assert.equal(read.command_id_name, command, where);
  assert.equal(read.command_length, octets_of(hex), where);
  assert.equal(read.tolerated, undefined, where);
  const ours = only_fields(read);
  const theirs = meant(plain, command);
  for (const name of times)
    if (name in theirs) {
      assert.equal(ours[name], time_as_text(theirs[name]), `${where}: ${name}`);
      delete ours[name], delete theirs[name];
    }
  compare_fields(ours, theirs, where);
}

describe('we read what the package writes', () => {
  const kinds = Object.keys(smpp.commands).filter((name) => !of_5_0.test(name));
  const tlvs = Object.keys(smpp.tlvs).filter((name) =>
    !tlv_of_5_0.test(name) && smpp.tlvs[name].tag === name); // no second names

  const all_tlvs = Object.fromEntries(tlvs.map((name) =>
    [name, may_repeat(name) ? [tlv_value(name, false)] : tlv_value(name, false)]));
  const variants = {
    empty: () => ({sequence_number: 1}),
    plain: (kind) => ({sequence_number: 2, ...fields_of(kind, false)}),
    longest: (kind) => ({sequence_number: 0xffffffff, ...fields_of(kind, true)}),
    'all TLVs': (kind) => ({...all_tlvs, sequence_number: 3, ...fields_of(kind, false)}),
  };
  for (const [variant, options_of] of Object.entries(variants)) {
    test(variant, () => {
      const lines = kinds.map((kind) => written_by_package(kind, options_of(kind)));
      decode(lines).forEach((read, i) => compare_read(read, lines[i], `${kinds[i]}, ${variant}`));
    });
  }

  test('each TLV, small and large', () => {
    const write = (name, longest) => written_by_package('deliver_sm', {
      sequence_number: 1, ...fields_of('deliver_sm', false),
      [name]: may_repeat(name) ? [tlv_value(name, longest), tlv_value(name, false)]
        : tlv_value(name, longest)});
    const lines = tlvs.flatMap((name) => [write(name, false), write(name, true)]);
    decode(lines).forEach((read, i) => compare_read(read, lines[i], tlvs[i >> 1]));
  });

  test('every response with every status, which the package writes without a body', () => {
    const responses = kinds.filter((name) => name.endsWith('_resp') || name === 'generic_nack');
    const lines = responses.flatMap((kind) => Object.values(smpp.errors).filter(Boolean)
      .map((command_status) => written_by_package(kind, {sequence_number: 7, command_status})));
    decode(lines).forEach((read, i) => {
      const {command, plain} = lines[i];
      assert.equal(read.error, undefined, command);
      assert.equal(read.command_id_name, command);
      assert.equal(read.command_length, 16, command);
      for (const name of header) assert.equal(read[name], plain[name], `${command}: ${name}`);
      assert.equal(read.message_id ?? read.system_id ?? '', '', command);
    });
  });

  test('commands and TLVs that we do not know are kept', () => {
    smpp.addCommand('vendor_sm', {id: 0x00010200, params: {blob: {type: smpp.types.buffer}}});
    smpp.addTLV('vendor_tlv', {id: 0x1401, type: smpp.types.tlv.buffer});
    const blob = some_octets(200);
    const vendor = written_by_package('vendor_sm', {sequence_number: 9, blob});
    const with_tlv = written_by_package('deliver_sm', {
      sequence_number: 1, ...fields_of('deliver_sm', false), vendor_tlv: blob});
    const broadcast = written_by_package('broadcast_sm', {
      sequence_number: 1, ...fields_of('broadcast_sm', false)});
    const [unknown, known, later] = decode([vendor, with_tlv, broadcast]);
    assert.equal(unknown.command_id, 0x00010200);
    assert.equal(unknown.body, 'c8' + blob.toString('hex'));
    compare_read(known, with_tlv, 'vendor TLV');
    assert.equal(later.command_id_name, 'broadcast_sm');
    assert.equal(later.body, broadcast.hex.slice(32));
  });

  const gsm = 'Code: @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¤¡ÄÖÑÜ§¿äöñüà ^{}\\[~]|€';
  const udh = (...octets) => Buffer.from([octets.length, ...octets]);
  // The coder of the package, called by ourselves: left alone it says data_coding 1 here.
  const shifted = (header_of_it, text, language) =>
    Buffer.concat([header_of_it, smpp.gsmCoder.encode(text, language)]);
  const UDHI = smpp.ESM_CLASS.UDH_INDICATOR;
  const texts = [ // name, fields, what must be read
    ['GSM 03.38', {data_coding: 0, short_message: gsm}, gsm],
    ['ASCII by detection', {short_message: 'RR 104723 3 blue'}, 'RR 104723 3 blue'],
    ['Latin-1 by detection', {short_message: 'Ãõ þÿ ½ é'}, 'Ãõ þÿ ½ é'],
    ['UCS-2 by detection', {short_message: 'Цена 🚕 60 ₽'}, 'Цена 🚕 60 ₽'],
    ['ISO-8859-5', {data_coding: 6, short_message: iconv.encode('Ёж №5', 'iso-8859-5')}, 'Ёж №5'],
    ['UCS-2 behind a header', {
      short_message: {udh: udh(0, 3, 0xb2, 3, 2), message: 'часть вторая'}}, 'часть вторая'],
    ['payload in UCS-2', {data_coding: 8, message_payload: 'длинный текст '.repeat(90)},
     'длинный текст '.repeat(90)],
    ['Turkish, both tables', {data_coding: 0, esm_class: UDHI,
      short_message: shifted(udh(0x25, 1, 1, 0x24, 1, 1), 'Şifreniz: ığdır İĞ', 1)},
     'Şifreniz: ığdır İĞ'],
    ['Spanish, single shift', {data_coding: 0, esm_class: UDHI,
      short_message: shifted(udh(0x24, 1, 2), 'canción, ÁÍÓÚ ç', 2)}, 'canción, ÁÍÓÚ ç'],
    ['Portuguese, both tables', {data_coding: 0, esm_class: UDHI,
      short_message: shifted(udh(0x25, 1, 3, 0x24, 1, 3), 'Ações não são avó ∞', 3)},
     'Ações não são avó ∞'],
  ];
  for (const [name, fields, expected] of texts) {
    test(`text: ${name}`, () => {
      const line = written_by_package('deliver_sm', {sequence_number: 1, source_addr: '79121234345',
                                                     destination_addr: '1234', ...fields});
      assert.equal(decode([line])[0].text, expected);
    });
  }

  test('a part built by the package is recognised', () => {
    const line = written_by_package('deliver_sm', {
      sequence_number: 1, short_message: {udh: udh(8, 4, 0xa1, 0xb2, 3, 2), message: 'текст'}});
    assert.deepEqual(decode([line])[0].part, {reference: 0xa1b2, total: 3, number: 2});
  });

  test('the package still takes IA5 for GSM 03.38', () => {
    const line = written_by_package('deliver_sm', {
      sequence_number: 1, data_coding: 1, short_message: ia5_is_taken_for_gsm});
    assert.notEqual(decode([line])[0].text, ia5_is_taken_for_gsm);
  });
});
