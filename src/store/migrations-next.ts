/** Sites, joined keys, what requesters and operators need, exact floats, several coordinators. */
import { RECTANGLE, SUMS } from './migration-parts.ts';
import { RETENTION } from './migration-retention.ts';

/** Statements by the migration's name. */
export const NEXT_MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  '0008-sites': [
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
  ],

  '0009-joins': [
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
  ],

  '0010-site-owners': [
    `CREATE TABLE site_owners (
      site text COLLATE "C" PRIMARY KEY,
      hash char(64) NOT NULL,
      claimed_ms float8 NOT NULL
    )`,
  ],

  '0011-retention': RETENTION,
  '0012-requests': [
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
  ],

  '0014-operator': [
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
  ],

  '0015-exact-floats': [
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
  ],

  '0016-coordinators': [
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
  ],
};
