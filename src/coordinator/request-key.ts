/** The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): which requests are one and the same. */
import type { FastifyRequest } from 'fastify';
import { sha256, toHex, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { RequestKey } from '../store/idempotency.ts';
import { requesterOf } from './doors.ts';

/** A string of RFC 8941 in its quotes, as the draft has it, or without them, as many send it. */
const KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

/**
 * The key that the request came with, and what it stands for: method, path and body.
 * @throws AppError 'bad-input' for a header that is no key
 */
export async function requestKey(request: FastifyRequest): Promise<RequestKey | undefined> {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const match = typeof header === 'string' ? KEY.exec(header) : null;
  const key = match?.[1] ?? match?.[2];
  if (key === undefined)
    throw new AppError(
      'bad-input',
      'an Idempotency-Key is 1 to 255 visible ASCII characters in double quotes, such as a UUID',
    );
  const asked = [request.method, request.url, sorted(request.body)];
  const fingerprint = toHex(await sha256(utf8.encode(JSON.stringify(asked))));
  return { requester: requesterOf(request).account, key, fingerprint };
}

/** The same JSON, however its fields are ordered. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([x], [y]) => (x < y ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}
