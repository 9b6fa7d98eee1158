/**
 * The HTTP API of a real coordinator, over real connections: paths, queries, headers, bodies and framing.
 * A request that fails must leave no row behind, no request may fail on our side, and the server must go on.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { openDatabase } from '../../src/store/database.ts';
import { fixture } from '../protocol/fixtures.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { product, submit } from '../helpers/product.ts';
import { U32_EDGES, editBytes } from './bytes.ts';
import { npyFile, safetensorsFile } from './file-targets.ts';
import { type RawAnswer, RawHttp } from './raw-http.ts';
import { type Target, type TargetFactory, oneIn, pick, showBytes } from './target.ts';

interface HttpInput {
  /** "{job}", "{operand}" and "{token}" stand for those of the coordinator that is asked. */
  readonly head: string;
  readonly body: Uint8Array;
  readonly endless: boolean;
  readonly from: number;
}

const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/v1/network'],
  ['GET', '/v1/contributors'],
  ['GET', '/v1/receipts?contributor=12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7&limit=10'],
  ['GET', '/v1/jobs'],
  ['POST', '/v1/jobs'],
  ['POST', '/v1/jobs'],
  ['POST', '/v1/jobs'],
  ['GET', '/v1/jobs/{job}'],
  ['DELETE', '/v1/jobs/nobody'],
  ['GET', '/v1/jobs/{job}/events'],
  ['GET', '/v1/jobs/{job}/result'],
  ['GET', '/v1/operands'],
  ['GET', '/v1/operands/{operand}'],
  ['POST', '/v1/operands?side=rows&name=mine'],
  ['POST', '/v1/operands?side=transpose&as=f32'],
  ['POST', '/v1/operands?side=rows&tensor=w'],
  ['GET', '/log/checkpoint'],
  ['GET', '/log/tile/0/000'],
  ['GET', '/log/tile/entries/000'],
  ['GET', '/v1/contributors/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7/statement?limit=5'],
  ['GET', '/v1/contributors/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7/statement.csv'],
  ['GET', '/v1/credit'],
  ['GET', '/v1/credit/account?limit=5'],
  ['GET', '/v1/credit/accounts/treasury'],
  ['POST', '/v1/credit/grants'],
  ['POST', '/v1/credit/transfers'],
  ['GET', '/v1/blocks/{operand}'],
  ['GET', '/v1/shards/00112233445566778899aabbccddeeff'],
  ['GET', '/v1/tokens'],
  ['POST', '/v1/tokens'],
  ['DELETE', '/v1/tokens/nobody'],
  ['GET', '/coordinator.json'],
  ['GET', '/v1/leaderboard?by=team&window=week&limit=3'],
  ['GET', '/v1/contributors/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'],
  ['GET', '/v1/projects'],
  ['GET', '/v1/mosaic'],
  ['GET', '/v1/jobs/{job}/mosaic'],
  ['GET', '/v1/events?after=0-1'],
  ['GET', '/v1/sites'],
  ['GET', '/v1/sites/https%3A%2F%2Fshop.example'],
  ['POST', '/v1/sites/claims'],
  ['POST', '/v1/sites/claims/00000000000-00000000000000000000000000000000/check'],
  ['POST', '/v1/joins'],
  ['POST', '/v1/joins/codes'],
  ['POST', '/v1/joins/leave'],
  ['GET', '/v1/joins/codes/K7QM-2XPD'],
  ['GET', '/v1/joins/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'],
  ['GET', '/healthz'],
  ['GET', '/metrics'],
  ['GET', '/index.html'],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'] as const;
const PATH_PARTS = [
  '..',
  '%2e%2e',
  '%2e%2e%2f',
  '%00',
  '%ff',
  '%',
  '//',
  '.',
  '\\',
  '{job}',
  '__proto__',
  'constructor',
  '%F0%9F%A6%80',
  "'--",
  '*',
  '?',
  '#',
  ';',
  'a'.repeat(300),
] as const;
const QUERY_KEYS = [
  'side',
  'as',
  'name',
  'tensor',
  'contributor',
  'limit',
  'beforeMs',
  'beforeShard',
  'by',
  'window',
  'after',
  'from',
  'to',
  '__proto__',
] as const;
const VALUES = [
  '',
  '0',
  '-1',
  '1e9',
  'NaN',
  '9007199254740993',
  '99999999999999999999',
  'rows',
  '%00',
  '%ff',
  '%ED%A0%80',
  '[]',
  '{job}',
  "' or 1=1",
  'x'.repeat(201),
] as const;
const HEADERS = [
  'Content-Type: application/json; charset=utf-7',
  'Content-Type: text/plain',
  'Content-Type: multipart/form-data; boundary=x',
  'Content-Type: ',
  'Content-Encoding: gzip',
  'Expect: 100-continue',
  'Expect: nonsense',
  'Range: bytes=0-1,5-2,-1',
  'Range: bytes=99999999999999999999-',
  'If-None-Match: *',
  'If-Modified-Since: yesterday',
  'Origin: https://elsewhere.example',
  'Upgrade: websocket',
  'X-Forwarded-For: 127.0.0.1',
  'X-HTTP-Method-Override: DELETE',
  'Cookie: a=b; __proto__=1',
  'Accept: text/event-stream',
  'Last-Event-ID: 0-99999999999999999999',
  `X-Long: ${'y'.repeat(9000)}`,
  `X-Too-Long: ${'z'.repeat(20_000)}`,
  'Bad Header: 1',
  ': nameless',
] as const;
const AUTHORIZATIONS = [
  'Bearer ',
  'Bearer wrong',
  'Basic Og==',
  'bearer {token}',
  'Bearer {token}{token}',
  'Bearer \u00e9',
  `Bearer ${'t'.repeat(5000)}`,
  '{token}',
] as const;
const JSON_VALUES = [
  'null',
  '0',
  '-1',
  '1e400',
  '100',
  '""',
  '"{operand}"',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '{}',
  '{"__proto__":1}',
  'true',
  `"${'p'.repeat(201)}"`,
] as const;
const JSON_KEYS = ['priority', 'memo', 'lifetimeMs', '__proto__', 'constructor', 'extra', ''] as const;
/** One of the golden vectors: whole, signed, and of a time long past. */
function statement(name: string): string {
  const { vectors } = fixture('envelopes') as { vectors: { name: string; hex: string }[] };
  const found = vectors.find((vector) => vector.name === name);
  return JSON.stringify(Buffer.from(found?.hex ?? '', 'hex').toString('base64'));
}

const JSON_BODIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/v1/jobs': { a: '"{operand}"', b: '"{operand}"', project: '"fuzz"' },
  '/v1/credit/grants': { id: '"one"', to: '"requester:default"', microcredits: '"1"' },
  '/v1/credit/transfers': {
    id: '"two"',
    from: '"requester:default"',
    to: '"project:fuzz"',
    microcredits: '"1"',
  },
  '/v1/tokens': { scopes: '["read"]', label: '"fuzz"' },
  '/v1/sites/claims': { origin: '"https://shop.example"' },
  '/v1/joins': { offer: statement('join offer'), join: statement('join') },
  '/v1/joins/codes': { offer: statement('join offer') },
  '/v1/joins/leave': { leave: statement('leave') },
};

function make(rng: Rng): HttpInput {
  const [honestMethod, route] = pick(rng, ROUTES);
  const method = oneIn(rng, 12) ? pick(rng, METHODS) : honestMethod;
  let target = route;
  if (oneIn(rng, 4)) {
    const at = randomInt(rng, target.length + 1);
    target = `${target.slice(0, at)}${oneIn(rng, 2) ? '/' : ''}${pick(rng, PATH_PARTS)}${target.slice(oneIn(rng, 2) ? at : at + 3)}`;
  }
  for (let keys = oneIn(rng, 3) ? randomInt(rng, 4) : 0; keys > 0; keys--) {
    target += `${target.includes('?') ? '&' : '?'}${pick(rng, QUERY_KEYS)}=${oneIn(rng, 4) ? pick(rng, U32_EDGES) : pick(rng, VALUES)}`;
  }
  const headers = ['Host: localhost', 'Connection: close'];
  headers.push(`Authorization: ${oneIn(rng, 8) ? pick(rng, AUTHORIZATIONS) : 'Bearer {token}'}`);
  const body = method === 'GET' || method === 'HEAD' ? new Uint8Array() : bodyOf(rng, route);
  const type = route.startsWith('/v1/operands') ? 'application/octet-stream' : 'application/json';
  if (body.length > 0) headers.push(`Content-Type: ${type}`);
  for (let extra = oneIn(rng, 3) ? randomInt(rng, 3) : 0; extra > 0; extra--) {
    headers.splice(randomInt(rng, headers.length + 1), 0, pick(rng, HEADERS));
  }
  const chunked = body.length > 0 && oneIn(rng, 6);
  const endless = oneIn(rng, 12);
  if (chunked) headers.push('Transfer-Encoding: chunked');
  else if (body.length > 0) headers.push(`Content-Length: ${body.length}`);
  if (endless) headers.push(pick(rng, LYING_FRAMES));
  const head = `${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
  return {
    head: endless && oneIn(rng, 3) ? head.slice(0, randomInt(rng, head.length)) : head,
    body: chunked ? chunksOf(rng, body, endless) : body,
    endless,
    from: randomInt(rng, 65_536),
  };
}

const LYING_FRAMES = [
  'Content-Length: 99999999',
  'Content-Length: -1',
  'Content-Length: 5, 6',
  'Content-Length: 0x10',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip',
] as const;

function chunksOf(rng: Rng, body: Uint8Array, broken: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, 1 + randomInt(rng, 64));
    const stated = broken && oneIn(rng, 3) ? pick(rng, ['ffffffff', '-1', 'g', '0', '']) : size.toString(16);
    parts.push(utf8.encode(`${stated}\r\n`), body.subarray(at, at + size), utf8.encode('\r\n'));
    at += size;
  }
  parts.push(utf8.encode('0\r\n\r\n'));
  return concatBytes(parts);
}

function bodyOf(rng: Rng, route: string): Uint8Array {
  if (route.startsWith('/v1/operands')) return oneIn(rng, 2) ? npyFile(rng) : safetensorsFile(rng);
  const fields = new Map(Object.entries(JSON_BODIES[route] ?? {}));
  const keys = [...fields.keys(), ...JSON_KEYS];
  for (let edits = oneIn(rng, 32) ? 0 : 1 + randomInt(rng, 3); edits > 0; edits--) {
    if (oneIn(rng, 3)) fields.delete(pick(rng, keys));
    else fields.set(pick(rng, keys), pick(rng, JSON_VALUES));
  }
  const text = `{${Array.from(fields, ([key, value]) => `"${key}":${value}`).join(',')}}`;
  if (oneIn(rng, 200)) return utf8.encode('['.repeat(60_000));
  if (oneIn(rng, 200)) return utf8.encode(`{"a":"${'a'.repeat(70_000)}"}`);
  return oneIn(rng, 5) ? editBytes(rng, utf8.encode(text), [utf8.encode(text)]) : utf8.encode(text);
}

/** Nothing that anybody sends here makes a row: only contributors do, of whom there are none, and owners of sites. */
const UNTOUCHED = [
  'shards',
  'cells',
  'leases',
  'log_leaves',
  'log_nodes',
  'site_days',
  'site_contributors',
  'site_owners',
  'joins',
  'join_ends',
  'members',
] as const;

/** How often the server is asked how it is, in inputs. */
const HEALTH_EVERY = 256;

class HttpTarget implements Target<HttpInput> {
  readonly name = 'http';
  /** A database is asked, and a disk. */
  readonly maxInputMs = 2000;
  readonly #home: TestCoordinator;
  readonly #http: RawHttp;
  readonly #errors: string[];
  readonly #job: string;
  readonly #operand: string;
  #jobs = 0;
  #operands = 0;
  #orders = 0;
  #inputs = 0;

  constructor(home: TestCoordinator, errors: string[], job: { id: string; operand: string }) {
    this.#home = home;
    this.#http = new RawHttp(Number(new URL(home.url).port));
    this.#errors = errors;
    this.#job = job.id;
    this.#operand = job.operand;
  }

  make(rng: Rng): HttpInput {
    return make(rng);
  }

  show({ head, body }: HttpInput): string {
    return `${JSON.stringify(head)} ${showBytes(body)}`;
  }

  async check(input: HttpInput): Promise<boolean> {
    const answer = await this.#send(input);
    const { status } = answer;
    if (status === undefined && !input.endless) throw new Error('it hung up without an answer');
    if (status !== undefined && status >= 500) throw new Error(`status ${status}: ${answer.body}`);
    if (this.#errors.length > 0)
      throw new Error(`the coordinator failed: ${this.#errors.splice(0).join('; ')}`);
    if (status === 201) await this.#made(input, answer);
    this.#inputs += 1;
    if (this.#inputs % HEALTH_EVERY === 0) await this.#healthy();
    return status !== undefined && status < 300;
  }

  /** Every row of the database is accounted for: by what was there, or by an answer of 201. */
  async finish(): Promise<void> {
    await this.#healthy();
    await this.#home.close();
    const rows = await rowsOf(this.#home.dataDir);
    const expected: Rows = Object.fromEntries(UNTOUCHED.map((table) => [table, 0]));
    expected['operands'] = 2 + this.#operands;
    expected['jobs'] = 1 + this.#jobs;
    expected['events'] = this.#orders;
    for (const [table, count] of Object.entries(expected)) {
      if (rows[table] !== count)
        throw new Error(`the table ${table} has ${rows[table]} rows instead of ${count}`);
    }
  }

  async close(): Promise<void> {
    this.#http.close();
    await this.#home.remove();
  }

  #send({ head, body, endless, from }: HttpInput): Promise<RawAnswer> {
    const fill = (text: string): string =>
      text
        .replaceAll('{job}', this.#job)
        .replaceAll('{operand}', this.#operand)
        .replaceAll('{token}', this.#home.token);
    let filled = body;
    let text = fill(head);
    if (body.includes(0x7b)) {
      // The placeholder's length is not the id's, so the stated length moves with it.
      const replaced = Buffer.from(fill(Buffer.from(body).toString('latin1')), 'latin1');
      if (!head.includes('chunked')) {
        text = text.replace(`Content-Length: ${body.length}\r\n`, `Content-Length: ${replaced.length}\r\n`);
        filled = replaced;
      }
    }
    return this.#http.send({ bytes: concatBytes([Buffer.from(text, 'latin1'), filled]), endless, from });
  }

  async #made({ head }: HttpInput, { body }: RawAnswer): Promise<void> {
    const made = JSON.parse(body) as Record<string, unknown>;
    if ('dtype' in made && !('state' in made)) this.#operands += 1;
    if (head.includes('/v1/credit/')) this.#orders += 1;
    if (!('state' in made)) return;
    this.#jobs += 1;
    const id = made['id'] as string;
    const headers = { authorization: `Bearer ${this.#home.token}` };
    await fetch(`${this.#home.url}/v1/jobs/${id}`, { method: 'DELETE', headers });
  }

  async #healthy(): Promise<void> {
    const health = await fetch(`${this.#home.url}/healthz`);
    if (!health.ok) throw new Error(`the coordinator is not well: ${health.status}`);
    await health.text();
    const spooled = await readdir(join(this.#home.dataDir, 'spool'));
    if (spooled.length > 0) throw new Error(`uploads have left ${spooled.join(', ')}`);
  }
}

type Rows = Record<string, number>;

/** Rows of each table; the coordinator must be closed. */
async function rowsOf(dataDir: string): Promise<Rows> {
  const db = await openDatabase({ dataDir });
  try {
    const rows: Rows = {};
    for (const { name } of await db.introspection.getTables()) {
      const query = sql<{ count: string }>`select count(*)::text as count from ${sql.table(name)}`;
      rows[name] = Number((await query.execute(db)).rows[0]!.count);
    }
    return rows;
  } finally {
    await db.close();
  }
}

/** @param dataDir - a folder to use; a new one without it. */
export async function openHttpTarget(dataDir?: string): Promise<Target<HttpInput>> {
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    error: (fields: object, message: string) => errors.push(`${message} ${JSON.stringify(fields)}`),
  };
  const embed = ['https://shop.example'];
  const options = { log, embed, ...(dataDir !== undefined && { dataDir }) };
  const home = await testCoordinator(options);
  try {
    const { id, a } = await submit(home, product('i8', 64, 64, 16));
    return new HttpTarget(home, errors, { id, operand: a });
  } catch (error) {
    await home.remove();
    throw error;
  }
}

export const httpTarget: TargetFactory = { name: 'http', open: () => openHttpTarget() };
