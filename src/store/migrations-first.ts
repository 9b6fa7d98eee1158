/** Jobs, the ledger, the log, tokens and public figures. */
import { RECTANGLE, SUMS } from './migration-parts.ts';

/** Statements by the migration's name. */
export const FIRST_MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  '0001-jobs': [
    `CREATE TABLE operands (
      id char(64) PRIMARY KEY,
      dtype text NOT NULL CHECK (dtype IN ('i8', 'f16', 'f32')),
      rows integer NOT NULL,
      k integer NOT NULL,
      max_abs float8 NOT NULL,
      bytes float8 NOT NULL,
      name text NOT NULL,
      created_ms float8 NOT NULL
    )`,
    `CREATE TABLE jobs (
      id text PRIMARY KEY,
      a char(64) NOT NULL REFERENCES operands,
      b char(64) NOT NULL REFERENCES operands,
      dtype text NOT NULL CHECK (dtype IN ('i8', 'f16', 'f32')),
      rows integer NOT NULL,
      cols integer NOT NULL,
      k integer NOT NULL,
      project text NOT NULL,
      title text NOT NULL,
      priority integer NOT NULL,
      state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
      created_ms float8 NOT NULL,
      finished_ms float8,
      result_manifest char(64),
      error text,
      CHECK ((state = 'running') = (finished_ms IS NULL)),
      CHECK ((state = 'done') = (result_manifest IS NOT NULL))
    )`,
    `CREATE INDEX jobs_running ON jobs (priority DESC, created_ms) WHERE state = 'running'`,
    // Shards do not refer to leases: a lease is a record of what was asked for, whatever came of it.
    `CREATE TABLE leases (
      id char(32) PRIMARY KEY,
      job text NOT NULL REFERENCES jobs,
      contributor text NOT NULL,
      ${RECTANGLE},
      envelope bytea NOT NULL,
      deadline_ms float8 NOT NULL,
      state text NOT NULL CHECK (state IN ('open', 'done', 'expired', 'rejected', 'declined', 'cancelled')),
      created_ms float8 NOT NULL,
      ended_ms float8,
      CHECK ((state = 'open') = (ended_ms IS NULL))
    )`,
    `CREATE INDEX leases_open ON leases (job) WHERE state = 'open'`,
    `CREATE INDEX leases_rejected ON leases (contributor, ended_ms) WHERE state = 'rejected'`,
    `CREATE TABLE shards (
      id char(32) PRIMARY KEY,
      job text NOT NULL REFERENCES jobs,
      contributor text NOT NULL,
      ${RECTANGLE},
      lease_envelope bytea NOT NULL,
      result_envelope bytea NOT NULL,
      result_digest char(64) NOT NULL UNIQUE,
      receipt_envelope bytea,
      multiply_adds bigint NOT NULL CHECK (multiply_adds > 0),
      microcredits bigint NOT NULL CHECK (microcredits > 0),
      miss_log2 integer NOT NULL,
      gpu_ms float8 NOT NULL,
      bytes_down float8 NOT NULL,
      bytes_up float8 NOT NULL,
      verified_ms float8 NOT NULL
    )`,
    `CREATE INDEX shards_of_contributor ON shards (contributor, verified_ms DESC, id DESC)`,
    `CREATE INDEX shards_of_job ON shards (job)`,
    `CREATE TABLE cells (
      job text NOT NULL REFERENCES jobs,
      row_block integer NOT NULL,
      col_block integer NOT NULL,
      shard char(32) NOT NULL REFERENCES shards,
      block char(64) NOT NULL,
      PRIMARY KEY (job, row_block, col_block)
    )`,
    `CREATE INDEX cells_of_shard ON cells (shard)`,
    `CREATE TABLE settings (key text PRIMARY KEY, value text NOT NULL)`,
  ],

  '0002-ledger': [
    `CREATE TABLE accounts (
      id text PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('contributor', 'site', 'team', 'project', 'treasury', 'burn')),
      created_ms float8 NOT NULL,
      balance_microcredits bigint NOT NULL DEFAULT 0,
      CHECK (starts_with(id, kind || ':'))
    )`,
    `CREATE TABLE events (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind text NOT NULL,
      shard char(32) REFERENCES shards,
      time_ms float8 NOT NULL,
      memo text NOT NULL,
      UNIQUE (shard, kind)
    )`,
    `CREATE TABLE postings (
      event bigint NOT NULL REFERENCES events,
      account text NOT NULL REFERENCES accounts,
      microcredits bigint NOT NULL CHECK (microcredits <> 0),
      PRIMARY KEY (event, account)
    )`,
    `CREATE INDEX postings_of_account ON postings (account, event DESC)`,

    `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only: correct it by another event', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$`,
    ...['events', 'postings'].map(
      (table) => `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
    ),

    `CREATE FUNCTION check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT sum(microcredits) FROM postings WHERE event = NEW.event) <> 0 THEN
        RAISE EXCEPTION 'the postings of event % do not sum to zero', NEW.event USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$`,
    // Deferred: postings go in one by one, and count at commit.
    `CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON postings
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balanced()`,

    `CREATE FUNCTION fold_posting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE accounts SET balance_microcredits = balance_microcredits + NEW.microcredits WHERE id = NEW.account;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER postings_fold AFTER INSERT ON postings FOR EACH ROW EXECUTE FUNCTION fold_posting()`,
  ],

  '0003-log': [
    // One row: whoever appends locks it, so that indices have no gaps, on PostgreSQL too.
    `CREATE TABLE log_tree (
      one boolean PRIMARY KEY DEFAULT true CHECK (one),
      size bigint NOT NULL CHECK (size >= 0),
      adopted boolean NOT NULL
    )`,
    `INSERT INTO log_tree (size, adopted) VALUES (0, false)`,
    `CREATE TABLE log_leaves (
      index bigint PRIMARY KEY CHECK (index >= 0),
      shard char(32) NOT NULL UNIQUE REFERENCES shards
    )`,
    `CREATE TABLE log_nodes (
      level integer NOT NULL CHECK (level >= 0),
      index bigint NOT NULL CHECK (index >= 0),
      hash bytea NOT NULL CHECK (length(hash) = 32),
      PRIMARY KEY (level, index)
    )`,
    ...['log_leaves', 'log_nodes'].map(
      (table) => `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
    ),
    // A leaf is the hash of what stands in its shard's row.
    `CREATE TRIGGER shards_settled BEFORE UPDATE ON shards FOR EACH ROW
      WHEN (OLD.receipt_envelope IS NOT NULL) EXECUTE FUNCTION refuse_change()`,
    `CREATE TABLE log_checkpoints (
      origin text PRIMARY KEY,
      size bigint NOT NULL,
      root bytea NOT NULL CHECK (length(root) = 32),
      note text NOT NULL,
      signed_ms float8 NOT NULL
    )`,
  ],

  '0004-ledger-in-full': [
    `ALTER TABLE accounts DROP CONSTRAINT accounts_kind_check`,
    `ALTER TABLE accounts ADD CONSTRAINT accounts_kind_check CHECK (
      kind IN ('contributor', 'site', 'team', 'project', 'requester', 'reserve', 'treasury', 'burn')
    )`,
    // Whatever the code forgets to ask, nobody spends what is not there.
    `ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn
      CHECK (balance_microcredits >= 0 OR id = 'treasury:mint')`,
    // A capped supply may give nothing for a shard; its receipt says so.
    `ALTER TABLE shards DROP CONSTRAINT shards_microcredits_check`,
    `ALTER TABLE shards ADD CONSTRAINT shards_microcredits_check CHECK (microcredits >= 0)`,
    `ALTER TABLE events ADD COLUMN business_id text UNIQUE`,

    `CREATE FUNCTION check_supply() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF -NEW.balance_microcredits > (SELECT value::bigint FROM settings WHERE key = 'supply-cap') THEN
        RAISE EXCEPTION 'this would issue more than the supply cap' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER accounts_capped AFTER UPDATE ON accounts FOR EACH ROW WHEN (NEW.id = 'treasury:mint')
      EXECUTE FUNCTION check_supply()`,
    `CREATE FUNCTION refuse_cap_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a supply cap that stands cannot be moved' USING ERRCODE = 'restrict_violation';
    END $$`,
    `CREATE TRIGGER settings_cap_stands BEFORE UPDATE OR DELETE ON settings FOR EACH ROW
      WHEN (OLD.key = 'supply-cap') EXECUTE FUNCTION refuse_cap_change()`,
  ],

  '0005-tokens': [
    `CREATE TABLE tokens (
      id char(16) PRIMARY KEY,
      hash char(64) NOT NULL UNIQUE,
      label text NOT NULL,
      scopes text NOT NULL CHECK (scopes ~ '^(submit|read|operate)(,(submit|read|operate))*$'),
      created_ms float8 NOT NULL,
      last_used_ms float8,
      expires_ms float8,
      revoked_ms float8
    )`,
    `CREATE TABLE belongings (
      requester text NOT NULL,
      thing text NOT NULL,
      PRIMARY KEY (requester, thing)
    )`,
  ],

  '0006-bounds': [
    `ALTER TABLE jobs ADD COLUMN started_ms float8,
      ADD COLUMN bound_seconds float8, ADD COLUMN bound_bytes float8`,
  ],

  '0007-figures': [
    `CREATE TABLE profiles (
      contributor text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      team text NOT NULL,
      issued_ms float8 NOT NULL,
      envelope bytea NOT NULL
    )`,
    `CREATE INDEX profiles_of_team ON profiles (team) WHERE team <> ''`,
    // Anybody may ask for ranks at any time: sums over all shards would be read again each time.
    `CREATE TABLE work (
      contributor text COLLATE "C" PRIMARY KEY,
      ${SUMS}
    )`,
    `CREATE INDEX work_ranked ON work (multiply_adds DESC, contributor)`,
    `CREATE TABLE work_hours (
      hour integer NOT NULL,
      contributor text COLLATE "C" NOT NULL,
      ${SUMS},
      PRIMARY KEY (hour, contributor)
    )`,
    `CREATE INDEX work_hours_of_contributor ON work_hours (contributor, hour)`,
    `INSERT INTO work SELECT contributor, count(*), sum(multiply_adds), sum(microcredits)
      FROM shards WHERE receipt_envelope IS NOT NULL GROUP BY contributor`,
    `INSERT INTO work_hours
      SELECT floor(verified_ms / 3600000)::integer, contributor, count(*), sum(multiply_adds), sum(microcredits)
      FROM shards WHERE receipt_envelope IS NOT NULL
        AND verified_ms > (SELECT max(verified_ms) FROM shards) - 8 * 24 * 3600000.0
      GROUP BY 1, 2`,
    `CREATE FUNCTION count_work() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO work AS w VALUES (NEW.contributor, 1, NEW.multiply_adds, NEW.microcredits)
        ON CONFLICT (contributor) DO UPDATE SET shards = w.shards + 1,
          multiply_adds = w.multiply_adds + NEW.multiply_adds, microcredits = w.microcredits + NEW.microcredits;
      INSERT INTO work_hours AS w VALUES (floor(NEW.verified_ms / 3600000)::integer, NEW.contributor, 1,
          NEW.multiply_adds, NEW.microcredits)
        ON CONFLICT (hour, contributor) DO UPDATE SET shards = w.shards + 1,
          multiply_adds = w.multiply_adds + NEW.multiply_adds, microcredits = w.microcredits + NEW.microcredits;
      RETURN NULL;
    END $$`,
    // With the receipt: by then the row says what was credited, and stands for ever.
    `CREATE TRIGGER shards_counted AFTER UPDATE ON shards FOR EACH ROW
      WHEN (OLD.receipt_envelope IS NULL AND NEW.receipt_envelope IS NOT NULL) EXECUTE FUNCTION count_work()`,
    `CREATE INDEX jobs_ended ON jobs (finished_ms DESC) WHERE state <> 'running'`,
  ],
};
