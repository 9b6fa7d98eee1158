/** An account's postings: pages of them for programs, all of them as a signed CSV file for keeping. */
import { createHash } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { CSV_COLUMNS, STATEMENT_TITLE, signStatement } from '../protocol/statement.ts';
import type { Queries } from '../store/database.ts';

export interface StatementLine {
  readonly event: bigint;
  readonly kind: string;
  readonly shard: string | null;
  readonly timeMs: number;
  readonly memo: string;
  readonly microcredits: bigint;
}

export interface StatementPage {
  /** @default 100 */
  readonly limit?: number;
  /** Continue below this event, the last of the page before. */
  readonly before?: bigint;
}

/** The account's postings, newest first. */
export function statement(db: Queries, account: string, page: StatementPage = {}): Promise<StatementLine[]> {
  let query = linesOf(db, account);
  if (page.before !== undefined) query = query.where('event', '<', page.before);
  return query
    .orderBy('event', 'desc')
    .limit(page.limit ?? 100)
    .execute();
}

function linesOf(db: Queries, account: string) {
  return db
    .selectFrom('postings')
    .innerJoin('events', 'events.id', 'postings.event')
    .select(['event', 'events.kind', 'shard', 'timeMs', 'memo', 'microcredits'])
    .where('account', '=', account);
}

export interface CsvHead {
  readonly account: string;
  /** PeerId of whoever signs. */
  readonly coordinator: string;
  readonly timeMs: number;
}

/** Postings read at a time: memory stays the same however long the statement. */
const PAGE_LINES = 1_000;

/**
 * The whole statement, oldest first, as CSV with a signature in its last line (src/protocol/README.md,
 * "Statements"). An account's events are numbered in the order of their commits, so a page never misses an
 * event that the next one has passed; what is credited while it is written may or may not be in it.
 */
export async function* statementCsv(
  db: Queries,
  key: SigningKey,
  { account, coordinator, timeMs }: CsvHead,
): AsyncGenerator<string, void, undefined> {
  const hash = createHash('sha256');
  const hashed = (text: string): string => {
    hash.update(utf8.encode(text));
    return text;
  };
  yield hashed(
    `# ${STATEMENT_TITLE}\n# coordinator ${coordinator}\n# account ${account}\n` +
      `# issued ${new Date(timeMs).toISOString()}\n${CSV_COLUMNS}\n`,
  );
  let [lines, balance, last] = [0, 0n, 0n];
  for (;;) {
    const page = await linesOf(db, account)
      .where('event', '>', last)
      .orderBy('event')
      .limit(PAGE_LINES)
      .execute();
    let text = '';
    for (const line of page) {
      balance += line.microcredits;
      text += `${csvLine(line, balance)}\n`;
    }
    lines += page.length;
    if (text !== '') yield hashed(text);
    if (page.length < PAGE_LINES) break;
    last = page.at(-1)!.event;
  }
  yield hashed(`# lines ${lines}\n# balance ${balance}\n`);
  yield `# signature ${await signStatement(new Uint8Array(hash.digest()), key)}\n`;
}

function csvLine({ event, kind, shard, timeMs, memo, microcredits }: StatementLine, balance: bigint): string {
  const time = new Date(timeMs).toISOString();
  return [event, time, kind, shard ?? '', microcredits, balance, quoted(memo)].join(',');
}

/** RFC 4180, always in quotes where there is any text. */
function quoted(text: string): string {
  return text === '' ? '' : `"${text.replaceAll('"', '""')}"`;
}
