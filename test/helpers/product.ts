/** Products for tests: operands as .npy files, sent over HTTP, and what they must come to. */
import { seededRng } from '../../src/core/rng.ts';
import type { JobView, OperandView } from '../../src/core/v1.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { floatsToHalves } from '../../src/matrix/half.ts';
import { npyHeader, parseNpyHeader } from '../../src/matrix/npy.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { concatBytes } from '../../src/core/bytes.ts';

export interface Product {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  /** .npy files, both K-major. */
  readonly a: Uint8Array<ArrayBuffer>;
  readonly b: Uint8Array<ArrayBuffer>;
  readonly expected: Int32Array | Float32Array;
}

type Values = Int8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

function values(dtype: Dtype, count: number, seed: number): Values {
  const rng = seededRng(seed);
  if (dtype === 'i8') return Int8Array.from({ length: count }, () => Math.floor(rng.float() * 256) - 128);
  const floats = Float32Array.from({ length: count }, () => rng.float() * 2 - 1);
  return dtype === 'f32' ? floats : floatsToHalves(floats);
}

function npy(dtype: Dtype, rows: number, cols: number, data: Values): Uint8Array<ArrayBuffer> {
  return concatBytes([npyHeader({ dtype, rows, cols }), new Uint8Array(data.buffer)]);
}

export function product(dtype: Dtype, rows: number, cols: number, k: number, seed = 1): Product {
  const a = values(dtype, rows * k, seed);
  const b = values(dtype, cols * k, seed + 1);
  const expected = multiplyReference(dtype, a as never, b as never, rows, cols, k) as
    | Int32Array
    | Float32Array;
  return { dtype, rows, cols, k, a: npy(dtype, rows, k, a), b: npy(dtype, cols, k, b), expected };
}

interface Api {
  readonly url: string;
  readonly token: string;
}

export async function api<T>({ url, token }: Api, path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function upload(to: Api, body: Uint8Array<ArrayBuffer>, query = ''): Promise<OperandView> {
  return api<OperandView>(to, `/v1/operands${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

export async function submit(to: Api, { a, b }: Product, project = 'a test'): Promise<JobView> {
  const [left, right] = [await upload(to, a), await upload(to, b)];
  return submitStored(to, { a: left.id, b: right.id, project });
}

/** A job over operands that are there already. */
export async function submitStored(
  to: Api,
  job: Readonly<Record<'a' | 'b' | 'project', string>>,
): Promise<JobView> {
  return api<JobView>(to, '/v1/jobs', {
    method: 'POST',
    body: JSON.stringify(job),
    headers: { 'content-type': 'application/json' },
  });
}

/** The job once it has ended, by the event stream. */
export async function ended({ url, token }: Api, job: string): Promise<JobView> {
  const response = await fetch(`${url}/v1/jobs/${job}/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const events = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return JSON.parse(events.at(-1)!.slice('data: '.length)) as JobView;
}

/** C as the result endpoint streams it. */
export async function result({ url, token }: Api, job: string): Promise<Int32Array | Float32Array> {
  const response = await fetch(`${url}/v1/jobs/${job}/result`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(await response.text());
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { descr, dataOffset } = parseNpyHeader(bytes);
  const data = bytes.slice(dataOffset).buffer;
  return descr === '<i4' ? new Int32Array(data) : new Float32Array(data);
}
