/**
 * A coordinator that dies where it is told to: at the nth question to its database, the nth write, the nth sync or
 * the nth block, counted from a statement of SQL. It dies by SIGKILL, so nothing of ours runs after that point.
 * node child.ts OPTIONS [FAULT]: the options of a coordinator and a Fault, as JSON; orders come by stdin, a line each.
 */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';
import { Database } from '../../src/store/database.ts';
import { type Inspection, inspect } from './inspect.ts';

export interface Fault {
  /** Counting starts when a statement that contains this has run; at once where there is none. */
  readonly after?: string;
  /** `query`: a message to the database; `write`, `sync`: of its files; `block`: a file of the block store. */
  readonly count: 'query' | 'write' | 'sync' | 'block';
  /** Dies instead of this one (from 1), or, at 0, as soon as the statement has run. */
  readonly at: number;
  /** Does half of that write first. */
  readonly torn?: boolean;
}

export type Order = { readonly arm: Fault } | { readonly inspect: true };
export interface Answer {
  readonly inspection: Inspection;
}

let fault: Fault | undefined;
let counting = false;
let left = 0;
let database: Database | undefined;

function arm(next: Fault): void {
  fault = next;
  counting = next.after === undefined;
  left = next.at;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** True when this one is the one. */
function isDue(kind: Fault['count']): boolean {
  if (!counting || fault?.count !== kind) return false;
  left -= 1;
  return left <= 0;
}

const execProtocolRawSync = Reflect.get(PGlite.prototype, 'execProtocolRawSync');
PGlite.prototype.execProtocolRawSync = function (message) {
  if (isDue('query')) die();
  const answer = execProtocolRawSync.call(this, message);
  if (fault?.after !== undefined && !counting && Buffer.from(message).includes(fault.after)) {
    counting = true;
    if (fault.at === 0) die();
  }
  return answer;
};

const { writeSync, fsyncSync } = fs;
fs.writeSync = ((fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
  // Whatever writes strings is no database.
  if (typeof bytes !== 'string' && isDue('write')) {
    if (fault?.torn) writeSync(fd, bytes, offset, Math.floor(length / 2), position);
    die();
  }
  return writeSync(fd, bytes, offset, length, position);
}) as typeof fs.writeSync;
fs.fsyncSync = (fd) => {
  if (isDue('sync')) die();
  fsyncSync(fd);
};

const { writeFile } = promises;
promises.writeFile = (async (...args: Parameters<typeof writeFile>) => {
  const [path, data] = args;
  if (data instanceof Uint8Array && isDue('block')) {
    if (fault?.torn) await writeFile(path, data.subarray(0, data.length / 2));
    die();
  }
  await writeFile(...args);
}) as typeof writeFile;
syncBuiltinESMExports();

// The coordinator keeps its database to itself; this is how an inspection gets at the same connection.
const selectFrom: unknown = Reflect.get(Database.prototype, 'selectFrom');
const noteDatabase = (one: Database): void => {
  database = one;
};
Object.defineProperty(Database.prototype, 'selectFrom', {
  configurable: true,
  get(this: Database) {
    noteDatabase(this);
    return selectFrom;
  },
});

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order;
  if ('arm' in order) arm(order.arm);
  else
    void inspect(database!).then((inspection) => process.stdout.write(`${JSON.stringify({ inspection })}\n`));
});
if (process.argv[3] !== undefined) arm(JSON.parse(process.argv[3]) as Fault);
await import('../helpers/coordinator-child.ts');
