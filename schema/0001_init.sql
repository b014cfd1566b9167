-- Farebox, schema 1. Forward only: what is in a released file is never edited, a change is a new
-- file.
--
-- Times are microseconds since 1970-01-01T00:00:00Z, hours and days whole ones since then. Money is
-- millionths of the currency's unit. Phone numbers and message ids of an SMSC that are plain
-- decimal
-- numbers are stored as integers (smaller, faster to compare), everything else as text: type ANY.
-- Numbers of states are those of the enumerations in include/farebox/model/rows.hpp.
--
-- What is inserted on every message stays local as the store grows: rows are in order of their ids,
-- and an index leads with the hour, the day, or the block of 4096 ids, so that the part of it that
-- new rows fall into is a few pages, whatever the size of the store.

-- Numbers for names, for ever: configuration knows operators by name, rows by number.
CREATE TABLE operator (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE short_code (
  id     INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE
) STRICT;

-- ---- what is sold ----

CREATE TABLE partner (
  id     INTEGER PRIMARY KEY, -- the six digits, check digit included
  name   TEXT NOT NULL,
  state  INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), -- pending active rejected suspended
  reason TEXT NOT NULL        -- why rejected or suspended
) STRICT;

CREATE TABLE token (
  id         INTEGER PRIMARY KEY,
  partner    INTEGER NOT NULL,
  digest     BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), -- the token itself is not kept
  created_at INTEGER NOT NULL,
  title      TEXT NOT NULL,
  revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT;

CREATE TABLE service (
  id      INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL,
  number  INTEGER NOT NULL CHECK (number BETWEEN 0 AND 99), -- the partner's own number
  kind    TEXT NOT NULL,
  title   TEXT NOT NULL,
  site    TEXT NOT NULL, -- that sells it; empty: none stated
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  UNIQUE (partner, number)
) STRICT;

CREATE TABLE service_setting (
  service  INTEGER NOT NULL,
  position INTEGER NOT NULL,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (service, position)
) STRICT, WITHOUT ROWID;

-- The price of one message at one operator on one short code, from a date.
CREATE TABLE tariff (
  id                  INTEGER PRIMARY KEY,
  op                  INTEGER NOT NULL,
  code                INTEGER NOT NULL,
  from_at             INTEGER NOT NULL,
  currency            TEXT NOT NULL CHECK (length(currency) = 3),
  price               INTEGER NOT NULL CHECK (price >= 0), -- gross
  charged_on          INTEGER NOT NULL CHECK (charged_on IN (0, 1)),     -- MO, MT
  counted_per         INTEGER NOT NULL CHECK (counted_per IN (0, 1)),    -- message, part
  vat                 INTEGER NOT NULL,                                  -- rates: millionths
  vat_remitter        INTEGER NOT NULL CHECK (vat_remitter IN (0, 1)),   -- operator, platform
  operator_share      INTEGER NOT NULL,
  operator_base       INTEGER NOT NULL CHECK (operator_base IN (0, 1)),  -- gross, net
  reserved_words_free INTEGER NOT NULL CHECK (reserved_words_free IN (0, 1)),
  charge_expiry_hours INTEGER NOT NULL,
  reply_source        TEXT NOT NULL, -- empty: the short code
  reply_source_ton    INTEGER NOT NULL,
  reply_source_npi    INTEGER NOT NULL,
  reply_service_type  TEXT NOT NULL,
  reply_validity_s    INTEGER NOT NULL, -- 0: the SMSC's default
  reply_receipts      INTEGER NOT NULL CHECK (reply_receipts IN (0, 1)),
  reply_segments_max  INTEGER NOT NULL
) STRICT;

-- Optional parameters of SMPP that a tariff adds to its replies.
CREATE TABLE tariff_tlv (
  tariff     INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  tag        INTEGER NOT NULL,
  value      BLOB NOT NULL,
  is_mo_link INTEGER NOT NULL CHECK (is_mo_link IN (0, 1)), -- the value comes with the MO ...
  mo_tag     INTEGER NOT NULL,                              -- ... in this TLV
  PRIMARY KEY (tariff, position)
) STRICT, WITHOUT ROWID;

-- What the platform keeps for a partner, from a date.
CREATE TABLE terms (
  id           INTEGER PRIMARY KEY,
  partner      INTEGER NOT NULL, -- 0: for all without terms of their own
  from_at      INTEGER NOT NULL,
  platform_fee INTEGER NOT NULL,
  fee_base     INTEGER NOT NULL CHECK (fee_base IN (0, 1)) -- gross, net
) STRICT;

-- ---- what came ----

-- One TCP connection that was bound.
CREATE TABLE connection (
  id        INTEGER PRIMARY KEY,
  op        INTEGER NOT NULL,
  bind      TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,          -- NULL: open, or the process ended with it
  proven    INTEGER NOT NULL, -- its messages up to this id have certainly been acknowledged
  -- Its unproven messages and parts are among these ids, if any; proven where that is greater.
  first_unproven INTEGER NOT NULL DEFAULT 0,
  last_message   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX connection_open ON connection(id) WHERE closed_at IS NULL;

-- One MO, or one completed long MO. `id` is of one sequence with parts and replies.
CREATE TABLE message (
  id                  INTEGER PRIMARY KEY,
  received_at         INTEGER NOT NULL,
  op                  INTEGER NOT NULL,
  code                INTEGER NOT NULL, -- 0: not one of ours
  connection          INTEGER NOT NULL,
  source              ANY NOT NULL,     -- the phone
  destination         ANY NOT NULL,
  esm_class           INTEGER NOT NULL,
  data_coding         INTEGER NOT NULL,
  raw                 BLOB,             -- user data as it came; NULL: the same octets as text
  text                TEXT NOT NULL,    -- UTF-8
  operator_message_id TEXT,             -- NULL: none
  reference           TEXT,             -- user_message_reference where reliable; NULL: none
  outcome             INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 6),
  detail              TEXT NOT NULL,
  partner             INTEGER NOT NULL, -- 0: suspense
  service             INTEGER NOT NULL,
  site                TEXT NOT NULL,
  parts               INTEGER NOT NULL,
  absorbed_by         INTEGER NOT NULL, -- of an absorbed message: the one taken before
  possible_redelivery INTEGER NOT NULL
) STRICT;
-- A partner's messages and a phone's, newest first: block after block.
CREATE INDEX message_partner ON message(id >> 12, partner);
CREATE INDEX message_source ON message(id >> 12, source);
CREATE INDEX message_operator_id ON message(received_at / 86400000000, op, operator_message_id)
  WHERE operator_message_id IS NOT NULL;

-- Blocks of message ids that have messages, and until when: here a search since a date ends.
CREATE TABLE message_block (
  block     INTEGER PRIMARY KEY, -- id >> 12
  newest_at INTEGER NOT NULL     -- no message of the blocks before was received after this
) STRICT;

-- Parts of a long MO, each durable before its acknowledgement.
CREATE TABLE part_set (
  id          INTEGER PRIMARY KEY, -- the id of its first part
  op          INTEGER NOT NULL,
  source      ANY NOT NULL,
  destination ANY NOT NULL,
  reference   INTEGER NOT NULL,
  total       INTEGER NOT NULL,
  state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), -- open complete expired
  opened_at   INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  message     INTEGER NOT NULL -- 0: none yet
) STRICT;
CREATE INDEX part_set_open ON part_set(source, reference) WHERE state = 0;

CREATE TABLE part (
  id          INTEGER PRIMARY KEY,
  set_id      INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  connection  INTEGER NOT NULL,
  number      INTEGER NOT NULL CHECK (number BETWEEN 1 AND 255),
  esm_class   INTEGER NOT NULL,
  data_coding INTEGER NOT NULL,
  alphabet    INTEGER NOT NULL, -- what data_coding 0 means on its bind
  reference   TEXT NOT NULL,    -- user_message_reference where reliable
  raw         BLOB,             -- as in message
  text        TEXT NOT NULL
) STRICT;
CREATE INDEX part_of_set ON part(set_id);

-- MOs whose acknowledgement the SMSC may not have got: each absorbs one identical MO.
CREATE TABLE doubt (
  key        BLOB NOT NULL CHECK (length(key) = 16), -- of operator, source, destination, content
  message    INTEGER NOT NULL,
  op         INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (key, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX doubt_expiry ON doubt(expires_at);

-- ---- money ----

-- Append-only, numbered without gaps in order of posting; posted_at never decreases.
CREATE TABLE bill (
  id             INTEGER PRIMARY KEY,
  posted_at      INTEGER NOT NULL,
  message        INTEGER NOT NULL,
  kind           INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2), -- original reversal late
  reverses       INTEGER NOT NULL,
  reason         INTEGER NOT NULL, -- outcome of the message: why suspense, if partner is 0
  partner        INTEGER NOT NULL, -- 0: suspense
  service        INTEGER NOT NULL,
  site           TEXT NOT NULL,
  op             INTEGER NOT NULL,
  code           INTEGER NOT NULL,
  tariff         INTEGER NOT NULL,
  contract       INTEGER NOT NULL,
  currency       TEXT NOT NULL,
  gross          INTEGER NOT NULL,
  vat            INTEGER NOT NULL,
  operator_share INTEGER NOT NULL,
  platform_fee   INTEGER NOT NULL,
  partner_share  INTEGER NOT NULL,
  CHECK (gross = vat + operator_share + platform_fee + partner_share)
) STRICT;
CREATE INDEX bill_message ON bill(message);

-- The running hash over all bills up to this one: one row for each second of posting, the last one
-- for the last bill of all.
CREATE TABLE bill_head (
  bill    INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- An MT-billed message: a bill only once its receipt says delivered.
CREATE TABLE charge (
  id             INTEGER PRIMARY KEY, -- of the message and of its reply
  state          INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), -- pending posted void expired
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  bill           INTEGER NOT NULL, -- 0: none yet
  -- the bill that it will be
  reason         INTEGER NOT NULL,
  partner        INTEGER NOT NULL,
  service        INTEGER NOT NULL,
  site           TEXT NOT NULL,
  op             INTEGER NOT NULL,
  code           INTEGER NOT NULL,
  tariff         INTEGER NOT NULL,
  contract       INTEGER NOT NULL,
  currency       TEXT NOT NULL,
  gross          INTEGER NOT NULL,
  vat            INTEGER NOT NULL,
  operator_share INTEGER NOT NULL,
  platform_fee   INTEGER NOT NULL,
  partner_share  INTEGER NOT NULL,
  CHECK (gross = vat + operator_share + platform_fee + partner_share)
) STRICT;
CREATE INDEX charge_pending ON charge(id) WHERE state = 0;

-- ---- what was answered ----

CREATE TABLE reply (
  id             INTEGER PRIMARY KEY, -- the MO's own id for its first reply
  message        INTEGER NOT NULL,
  op             INTEGER NOT NULL,
  partner        INTEGER NOT NULL, -- partner .. currency: where the message was counted
  service        INTEGER NOT NULL,
  site           TEXT NOT NULL,
  code           INTEGER NOT NULL,
  currency       TEXT NOT NULL,
  destination    ANY NOT NULL,     -- the phone
  source         ANY NOT NULL,     -- the sender shown
  tariff         INTEGER NOT NULL,
  charged_on_mt  INTEGER NOT NULL,
  text           TEXT NOT NULL,
  mo_link        BLOB,             -- octets of the MO's TLV that links the reply to it
  created_at     INTEGER NOT NULL,
  segments       INTEGER NOT NULL CHECK (segments BETWEEN 1 AND 32),
  -- below: what changes
  state          INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
    -- waiting retry sending unknown (so far open) sent delivered failed rejected given_up
  attempts       INTEGER NOT NULL,
  resends        INTEGER NOT NULL,
  accepted_mask  INTEGER NOT NULL, -- bit n: segment n + 1
  delivered_mask INTEGER NOT NULL,
  status         INTEGER NOT NULL,
  next_at        INTEGER NOT NULL
) STRICT;
-- The open ones, for the start; and by phone, for receipts that name no known id, which may also be
-- of the first submit of a reply that was sent twice.
CREATE INDEX reply_open ON reply(destination) WHERE state <= 3;
CREATE INDEX reply_resent ON reply(destination) WHERE resends > 0;

-- Submits that the SMSC accepted: its message id belongs to the attempt.
CREATE TABLE attempt (
  hour          INTEGER NOT NULL, -- of answered_at
  op            INTEGER NOT NULL,
  smsc_id       ANY NOT NULL,
  reply         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  segments      INTEGER NOT NULL, -- bits: those that the submit carried
  answered_at   INTEGER NOT NULL,
  receipt_state INTEGER NOT NULL, -- message_state of SMPP 3.4 5.2.28; 0: none came yet
  PRIMARY KEY (hour, op, smsc_id, reply, attempt, segments)
) STRICT, WITHOUT ROWID;

-- Receipts for an id that nobody knows yet; kept for a day.
CREATE TABLE orphan (
  id          INTEGER PRIMARY KEY,
  op          INTEGER NOT NULL,
  smsc_id     ANY NOT NULL,
  received_at INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  error       INTEGER NOT NULL,
  source      ANY NOT NULL, -- the phone
  destination ANY NOT NULL,
  reference   INTEGER
) STRICT;
CREATE INDEX orphan_smsc_id ON orphan(op, smsc_id);
CREATE INDEX orphan_source ON orphan(op, source);

-- ---- services and statistics ----

-- A service's state.
CREATE TABLE fact (
  service    INTEGER NOT NULL,
  space      INTEGER NOT NULL, -- chosen by the kind
  key        TEXT NOT NULL,
  value      BLOB NOT NULL,
  rank       INTEGER NOT NULL, -- orders the facts of a space
  expires_at INTEGER,          -- NULL: never
  PRIMARY KEY (service, space, key)
) STRICT, WITHOUT ROWID;

-- What was counted in an hour. Together with counter_log it is added up in the same commit as what
-- it counts.
CREATE TABLE counter (
  hour                   INTEGER NOT NULL,
  partner                INTEGER NOT NULL,
  service                INTEGER NOT NULL,
  site                   TEXT NOT NULL,
  op                     INTEGER NOT NULL,
  code                   INTEGER NOT NULL,
  currency               TEXT NOT NULL,
  requests               INTEGER NOT NULL,
  absorbed               INTEGER NOT NULL,
  bills                  INTEGER NOT NULL,
  pending                INTEGER NOT NULL,
  replies                INTEGER NOT NULL,
  delivered              INTEGER NOT NULL,
  gross                  INTEGER NOT NULL,
  vat                    INTEGER NOT NULL,
  operator_share         INTEGER NOT NULL,
  platform_fee           INTEGER NOT NULL,
  partner_share          INTEGER NOT NULL,
  pending_gross          INTEGER NOT NULL,
  pending_vat            INTEGER NOT NULL,
  pending_operator_share INTEGER NOT NULL,
  pending_platform_fee   INTEGER NOT NULL,
  pending_partner_share  INTEGER NOT NULL,
  PRIMARY KEY (hour, partner, service, site, op, code, currency)
) STRICT, WITHOUT ROWID;

-- What the latest batches added, one row each, not yet moved to counter; see
-- src/store/sqlite/counter_log.hpp.
CREATE TABLE counter_log (
  id        INTEGER PRIMARY KEY,
  additions BLOB NOT NULL
) STRICT;
