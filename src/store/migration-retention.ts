/**
 * 0011: what may be let go. A row with `removed_ms` needs its blocks no longer, and the sweep (removal.ts) follows the
 * rows alone. That nothing running can be among them is kept here, so that no code can forget it.
 */
export const RETENTION: readonly string[] = [
  `ALTER TABLE operands ADD COLUMN uploaded_ms float8, ADD COLUMN removed_ms float8`,
  `ALTER TABLE jobs ADD COLUMN removed_ms float8`,
  `ALTER TABLE jobs ADD CONSTRAINT jobs_running_kept CHECK (state <> 'running' OR removed_ms IS NULL)`,
  // The rows are locked before they are looked at: a job that starts and an operand that goes take turns.
  `CREATE FUNCTION hold_operands() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM 1 FROM operands WHERE id IN (NEW.a, NEW.b) ORDER BY id FOR SHARE;
    IF EXISTS (SELECT 1 FROM operands WHERE id IN (NEW.a, NEW.b) AND removed_ms IS NOT NULL) THEN
      RAISE EXCEPTION 'an operand of this job was deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER jobs_hold_operands BEFORE INSERT OR UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state = 'running') EXECUTE FUNCTION hold_operands()`,
  `CREATE INDEX jobs_let_go ON jobs (finished_ms) WHERE removed_ms IS NULL AND state <> 'running'`,
  `CREATE INDEX belongings_of_thing ON belongings (thing)`,
];
