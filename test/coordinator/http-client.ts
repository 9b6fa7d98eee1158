/** A coordinator for a file of HTTP tests, and requests whose failures are data. */
import { afterAll, beforeAll } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import type { ProblemView } from '../../src/core/v1.ts';
import type { CoordinatorOptions } from '../../src/coordinator/options.ts';
import type { AnyDtype } from '../../src/matrix/dtype.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';

/** Call at the top of a file. */
export function coordinatorForFile(
  options: () => Partial<CoordinatorOptions> = () => ({}),
): () => TestCoordinator {
  let coordinator: TestCoordinator | undefined;
  beforeAll(async () => {
    coordinator = await testCoordinator(options());
  });
  afterAll(() => coordinator?.remove());
  return () => coordinator!;
}

/** With the token, unless the headers say otherwise. */
export function request(to: TestCoordinator, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${to.token}`, ...(init.headers as Record<string, string>) };
  return fetch(`${to.url}${path}`, { ...init, headers });
}

/** The problem document of a request that must fail. */
export async function problem(
  to: TestCoordinator,
  path: string,
  init: RequestInit = {},
): Promise<ProblemView & { readonly headers: Headers }> {
  const response = await request(to, path, init);
  const text = await response.text();
  if (response.headers.get('content-type') !== 'application/problem+json; charset=utf-8')
    throw new Error(`${path} answered ${response.status} ${response.headers.get('content-type')}: ${text}`);
  const view = JSON.parse(text) as ProblemView;
  if (view.status !== response.status)
    throw new Error(`${view.status} in the document of a ${response.status}`);
  return { ...view, headers: response.headers };
}

export function json(body: unknown, method = 'POST'): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export function file(body: Uint8Array<ArrayBuffer>): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } };
}

/** A .npy file of these values. */
export function npyOf(
  dtype: AnyDtype,
  rows: number,
  cols: number,
  values: ArrayBufferView,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return concatBytes([npyHeader({ dtype, rows, cols }), bytes]);
}
