/** Checks a statement as a stranger can: the signature, the account, and that its lines add up. */
import { sha256, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { CSV_COLUMNS, STATEMENT_TITLE, verifyStatement } from '../protocol/statement.ts';

export interface CheckedStatement {
  readonly coordinator: string;
  readonly account: string;
  readonly issued: string;
  readonly lines: number;
  readonly balanceMicrocredits: bigint;
}

const SIGNATURE = /^# signature (\S+)\n$/;
/** event, time, kind, shard, microcredits, balance; the memo is the rest. */
const LINE = /^(\d{1,19}),[0-9TZ:.-]+,[a-z-]+,[0-9a-f]*,(-?\d{1,19}),(-?\d{1,19}),/;

/**
 * @param csv - the whole file
 * @param coordinator - the PeerId that must have signed it
 * @throws AppError 'bad-file' (not such a file, cut, or its sums are wrong), 'bad-signature', 'wrong-peer'
 */
export async function checkStatement(csv: string, coordinator: string): Promise<CheckedStatement> {
  const at = csv.lastIndexOf('# signature ');
  const signature = SIGNATURE.exec(csv.slice(Math.max(0, at)))?.[1];
  if (at < 1 || csv[at - 1] !== '\n' || signature === undefined) {
    throw new AppError('bad-file', 'this statement does not end in a signature; it may be cut');
  }
  const text = csv.slice(0, at);
  const statement = parse(text);
  if (statement.coordinator !== coordinator) {
    throw new AppError('wrong-peer', `this statement is of ${statement.coordinator}, not of ${coordinator}`);
  }
  if (!(await verifyStatement(await sha256(utf8.encode(text)), signature, coordinator))) {
    throw new AppError('bad-signature', 'this statement is not what its coordinator has signed');
  }
  return statement;
}

function parse(text: string): CheckedStatement {
  const rows = text.split('\n');
  const field = (row: string | undefined, name: string): string => {
    if (!row?.startsWith(`# ${name} `)) throw new AppError('bad-file', `this statement has no ${name}`);
    return row.slice(name.length + 3);
  };
  if (rows[0] !== `# ${STATEMENT_TITLE}` || rows[4] !== CSV_COLUMNS || rows.at(-1) !== '') {
    throw new AppError('bad-file', 'this is no statement of a kind that is known here');
  }
  const lines = rows.slice(5, -3);
  let [balance, last] = [0n, 0n];
  for (const line of lines) {
    const [, event, amount, after] = LINE.exec(line) ?? [];
    balance += BigInt(amount ?? 0);
    if (event === undefined || BigInt(event) <= last || BigInt(after!) !== balance) {
      throw new AppError('bad-file', `the line ${JSON.stringify(line.slice(0, 80))} does not add up`);
    }
    last = BigInt(event);
  }
  const counted = field(rows.at(-3), 'lines');
  const stated = field(rows.at(-2), 'balance');
  if (counted !== lines.length.toString() || stated !== balance.toString()) {
    throw new AppError('bad-file', 'the lines of this statement do not come to its sums');
  }
  return {
    coordinator: field(rows[1], 'coordinator'),
    account: field(rows[2], 'account'),
    issued: field(rows[3], 'issued'),
    lines: lines.length,
    balanceMicrocredits: balance,
  };
}
