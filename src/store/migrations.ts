/**
 * The database's history, in code. The same SQL runs on PGlite and on PostgreSQL.
 * A migration that has been released is never edited: add the next one.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { AppError, toAppError } from '../core/errors.ts';
import { RETENTION } from './migration-retention.ts';
import { assertKnown, migrationState } from './migration-state.ts';
import type { Schema } from './schema.ts';

/** Statements are run one by one: a prepared statement holds only one. */
function statements(...list: string[]): Migration {
  return {
    async up(db) {
      for (const statement of list) await sql.raw(statement).execute(db);
    },
  };
}

const RECTANGLE = `
  row_block integer NOT NULL CHECK (row_block >= 0),
  col_block integer NOT NULL CHECK (col_block >= 0),
  row_blocks integer NOT NULL CHECK (row_blocks > 0),
  col_blocks integer NOT NULL CHECK (col_blocks > 0)`;

const SUMS = `
  shards integer NOT NULL,
  multiply_adds float8 NOT NULL,
  microcredits bigint NOT NULL`;

const MIGRATIONS: Record<string, Migration> = {
  '0001-jobs': statements(
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
  ),

  '0002-ledger': statements(
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
  ),

  '0003-log': statements(
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
  ),

  '0004-ledger-in-full': statements(
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
  ),

  '0005-tokens': statements(
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
  ),

  '0006-bounds': statements(
    `ALTER TABLE jobs ADD COLUMN started_ms float8,
      ADD COLUMN bound_seconds float8, ADD COLUMN bound_bytes float8`,
  ),

  '0007-figures': statements(
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
  ),

  '0008-sites': statements(
    `ALTER TABLE shards ADD COLUMN site text`,
    `CREATE TABLE site_days (
      site text COLLATE "C" NOT NULL,
      day integer NOT NULL,
      contributors integer NOT NULL,
      ${SUMS},
      PRIMARY KEY (site, day)
    )`,
    `CREATE TABLE site_contributors (
      site text COLLATE "C" NOT NULL,
      contributor text COLLATE "C" NOT NULL,
      last_day integer NOT NULL,
      PRIMARY KEY (site, contributor)
    )`,
    `CREATE FUNCTION count_site() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      today integer := floor(NEW.verified_ms / 86400000)::integer;
      fresh integer;
    BEGIN
      INSERT INTO site_contributors AS s VALUES (NEW.site, NEW.contributor, today)
        ON CONFLICT (site, contributor) DO UPDATE SET last_day = today WHERE s.last_day < today;
      GET DIAGNOSTICS fresh = ROW_COUNT;
      INSERT INTO site_days AS s VALUES (NEW.site, today, fresh, 1, NEW.multiply_adds, NEW.microcredits)
        ON CONFLICT (site, day) DO UPDATE SET contributors = s.contributors + fresh, shards = s.shards + 1,
          multiply_adds = s.multiply_adds + NEW.multiply_adds, microcredits = s.microcredits + NEW.microcredits;
      RETURN NULL;
    END $$`,
    // As shards_counted.
    `CREATE TRIGGER shards_counted_by_site AFTER UPDATE ON shards FOR EACH ROW
      WHEN (OLD.receipt_envelope IS NULL AND NEW.receipt_envelope IS NOT NULL AND NEW.site IS NOT NULL)
      EXECUTE FUNCTION count_site()`,
  ),

  '0009-joins': statements(
    `CREATE TABLE joins (
      digest char(64) PRIMARY KEY,
      offer_digest char(64) NOT NULL UNIQUE,
      joined text COLLATE "C" NOT NULL,
      main text COLLATE "C" NOT NULL CHECK (main <> joined),
      offer_envelope bytea NOT NULL,
      join_envelope bytea NOT NULL,
      joined_ms float8 NOT NULL
    )`,
    `CREATE INDEX joins_of_joined ON joins (joined)`,
    `CREATE INDEX joins_of_main ON joins (main)`,
    `CREATE TABLE join_ends (
      join_digest char(64) PRIMARY KEY REFERENCES joins,
      signer text NOT NULL,
      envelope bytea NOT NULL,
      ended_ms float8 NOT NULL
    )`,
    ...['joins', 'join_ends'].map(
      (table) => `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
    ),
    `CREATE TABLE members (
      contributor text COLLATE "C" PRIMARY KEY,
      main text COLLATE "C" NOT NULL
    )`,
    `CREATE INDEX members_of_main ON members (main)`,
  ),

  '0010-site-owners': statements(
    `CREATE TABLE site_owners (
      site text COLLATE "C" PRIMARY KEY,
      hash char(64) NOT NULL,
      claimed_ms float8 NOT NULL
    )`,
  ),

  '0011-retention': statements(...RETENTION),
  '0012-requests': statements(
    `ALTER TABLE jobs ADD COLUMN deadline_ms float8`,
    `ALTER TABLE jobs DROP CONSTRAINT jobs_state_check`,
    `ALTER TABLE jobs ADD CONSTRAINT jobs_state_check
      CHECK (state IN ('running', 'done', 'cancelled', 'failed', 'expired'))`,
    // The key is taken before its job is written, so that requests with one key wait for each other.
    `CREATE TABLE idempotency_keys (
      requester text COLLATE "C" NOT NULL,
      key text COLLATE "C" NOT NULL,
      fingerprint char(64) NOT NULL,
      job text NOT NULL REFERENCES jobs ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      created_ms float8 NOT NULL,
      PRIMARY KEY (requester, key)
    )`,
    `CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_ms)`,
    `CREATE INDEX idempotency_keys_of_job ON idempotency_keys (job)`,
  ),

  '0014-operator': statements(
    `CREATE TABLE bans (contributor text COLLATE "C" PRIMARY KEY, reason text NOT NULL, since_ms float8 NOT NULL)`,
    `CREATE TABLE pauses (project text COLLATE "C" PRIMARY KEY, reason text NOT NULL, since_ms float8 NOT NULL)`,
    `CREATE TABLE hidden_names (
      kind text NOT NULL CHECK (kind IN ('contributor', 'team')),
      subject text COLLATE "C" NOT NULL,
      reason text NOT NULL,
      since_ms float8 NOT NULL,
      PRIMARY KEY (kind, subject)
    )`,
    `CREATE VIEW shown_profiles AS
      SELECT contributor, issued_ms, CASE WHEN hidden THEN '' ELSE name END AS name,
        CASE WHEN hidden OR team_hidden THEN '' ELSE team END AS team,
        CASE WHEN hidden OR team_hidden THEN NULL ELSE envelope END AS envelope
      FROM (SELECT *,
          EXISTS (SELECT 1 FROM hidden_names WHERE kind = 'contributor' AND subject = contributor) AS hidden,
          EXISTS (SELECT 1 FROM hidden_names WHERE kind = 'team' AND subject = team) AS team_hidden
        FROM profiles) p`,
    `CREATE TABLE operator_log (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      time_ms float8 NOT NULL,
      token text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      reason text NOT NULL
    )`,
    `CREATE TRIGGER operator_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_log
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
    // Why a result was refused; null for what else becomes of a lease.
    `ALTER TABLE leases ADD COLUMN reason text`,
    `CREATE INDEX leases_rejected_newest ON leases (ended_ms DESC) WHERE state = 'rejected'`,
  ),

  '0015-exact-floats': statements(
    `ALTER TABLE jobs DROP CONSTRAINT jobs_dtype_check`,
    `ALTER TABLE jobs ADD CONSTRAINT jobs_dtype_check CHECK (dtype IN ('i8', 'f16', 'f32', 'f32x'))`,
    // An f32x job is the sum of int8 jobs, one for each diagonal of limbs (src/matrix/limbs.ts).
    `ALTER TABLE jobs ADD COLUMN parent text REFERENCES jobs, ADD COLUMN diagonal integer,
      ADD CONSTRAINT jobs_part CHECK ((parent IS NULL) = (diagonal IS NULL))`,
    `CREATE UNIQUE INDEX jobs_parts ON jobs (parent, diagonal) WHERE parent IS NOT NULL`,
    // What an operand was split into lives as long as the operand, and the other way round: then it is split again.
    `CREATE TABLE limbs (
      operand char(64) NOT NULL REFERENCES operands ON DELETE CASCADE,
      side text NOT NULL CHECK (side IN ('left', 'right')),
      diagonal integer NOT NULL,
      limbs char(64) NOT NULL REFERENCES operands ON DELETE CASCADE,
      PRIMARY KEY (operand, side, diagonal)
    )`,
    `CREATE INDEX limbs_of ON limbs (limbs)`,
  ),

  '0016-coordinators': statements(
    `CREATE TABLE coordinators (
      id char(16) PRIMARY KEY,
      url text NOT NULL,
      addresses text NOT NULL,
      contributors integer NOT NULL,
      sites text NOT NULL,
      speed float8 NOT NULL,
      beat_at timestamptz NOT NULL
    )`,
    `CREATE TABLE plots (
      job text NOT NULL REFERENCES jobs ON DELETE CASCADE,
      ${RECTANGLE},
      holder char(16),
      PRIMARY KEY (job, row_block, col_block)
    )`,
    `CREATE INDEX plots_of_holder ON plots (holder)`,
    // Who gave it, and who settled it. Older rows, and those of a coordinator that shares nothing, do not say.
    `ALTER TABLE leases ADD COLUMN coordinator char(16)`,
    `ALTER TABLE shards ADD COLUMN coordinator char(16)`,
    `CREATE INDEX leases_open_of_contributor ON leases (contributor) WHERE state = 'open'`,
    `CREATE TABLE join_codes (
      code text COLLATE "C" PRIMARY KEY,
      joined text COLLATE "C" NOT NULL UNIQUE,
      offer bytea NOT NULL,
      expires_ms float8 NOT NULL
    )`,
    `CREATE INDEX join_codes_expire ON join_codes (expires_ms)`,
  ),
};

/** In their order. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

const provider: MigrationProvider = { getMigrations: () => Promise.resolve(MIGRATIONS) };

/**
 * Brings the schema up to date. Several coordinators may do so at once: PostgreSQL's migrator takes a lock.
 * @throws AppError 'unreachable' when there is no database, 'conflict' when a newer version has used it, 'internal'
 *   when a migration fails
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  assertKnown(await migrationState(db as unknown as Kysely<never>, MIGRATION_NAMES));
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error');
  if (failed) {
    const why = toAppError(error).message;
    throw new AppError('internal', `migration ${failed.migrationName} failed: ${why}`, { cause: error });
  }
  throw error;
}
