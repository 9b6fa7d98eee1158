/**
 * Who may do what: the operator's token from the data folder, and the tokens that the operator hands out.
 * A token is `tilework_ID_SECRET`: its id finds the record, so that the secret is only ever compared whole,
 * as a hash, and in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { NewTokenRequest, NewTokenView, TokenScope, TokenView } from '../core/v1.ts';
import type { Database } from '../store/database.ts';
import type { Token } from '../store/schema.ts';
import { getToken, insertToken, listTokens, noteTokenUse, revokeToken } from '../store/tokens.ts';

/** Whoever a request comes from, once its token has been checked. */
export interface Requester {
  /** The token's id; 'default' for the one in the data folder. */
  readonly id: string;
  /** The ledger account that its jobs are charged to: `requester:ID`. */
  readonly account: string;
  readonly scopes: ReadonlySet<TokenScope>;
  /** When it stops being good, ms since the epoch; null for never. */
  readonly expiresMs: number | null;
}

export const ALL_SCOPES: readonly TokenScope[] = ['submit', 'read', 'operate'];

/** The operator's jobs are charged to the account of everybody without a name (DEFAULT_REQUESTER). */
const OPERATOR_ID = 'default';
const ID_BYTES = 8;
/** 256 bits. */
const SECRET_BYTES = 32;
const TOKEN = /^tilework_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
/** "Last used" is for people: a write for every request would tell them nothing more. */
const NOTE_USE_EVERY_MS = 60_000;
/** Compared with where there is no such token, so that an unknown id takes as long as a wrong secret. */
const NOBODY = Buffer.alloc(32);

const WRONG = 'this token is not one of this coordinator’s; its own stands in its data folder, file "token"';

export class Tokens {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #onRevoked: (id: string) => void;
  readonly #operator: { readonly hash: Buffer; readonly requester: Requester };
  /** Requests that are being answered, by the token that opened them. */
  readonly #open = new Map<string, Set<() => void>>();
  /** Revoked while this process ran: a look-up that was under way when it happened must not win. */
  readonly #revoked = new Set<string>();

  /**
   * @param operatorToken - the data folder's
   * @param onRevoked - told of each token that is revoked here
   */
  constructor(
    db: Database,
    operatorToken: string,
    clock: Clock,
    rng: Rng,
    onRevoked: (id: string) => void = () => {},
  ) {
    this.#onRevoked = onRevoked;
    this.#db = db;
    this.#clock = clock;
    this.#rng = rng;
    const requester = requesterOf(OPERATOR_ID, ALL_SCOPES, null);
    this.#operator = { hash: hashOf(operatorToken), requester };
  }

  /** Whether this is the data folder's own token. Asks no database. */
  isOperator(authorization: string | undefined): boolean {
    return timingSafeEqual(hashOf(bearerOf(authorization) ?? ''), this.#operator.hash);
  }

  /**
   * Whose token this is.
   * @param authorization - the header as it came
   * @throws AppError 'unauthorized' without a token, and for one that is unknown, revoked or expired
   */
  async authenticate(authorization: string | undefined): Promise<Requester> {
    const given = bearerOf(authorization);
    if (given === undefined)
      throw new AppError('unauthorized', 'this needs a token: Authorization: Bearer …');
    if (this.isOperator(authorization)) return this.#operator.requester;
    const hash = hashOf(given);
    const id = TOKEN.exec(given)?.[1];
    const token = id === undefined ? undefined : await getToken(this.#db, id);
    const expected = token ? Buffer.from(token.hash, 'hex') : NOBODY;
    if (!timingSafeEqual(hash, expected) || !token) throw new AppError('unauthorized', WRONG);
    // From here on it is their own token that people are told about.
    const now = this.#clock.now();
    if (token.expiresMs !== null && token.expiresMs <= now)
      throw new AppError('unauthorized', 'this token has expired; ask the operator for another');
    if (token.revokedMs === null && now - (token.lastUsedMs ?? 0) >= NOTE_USE_EVERY_MS)
      await noteTokenUse(this.#db, token.id, now);
    // Last: what was found in the database may have been revoked since.
    if (token.revokedMs !== null || this.#revoked.has(token.id))
      throw new AppError('unauthorized', 'this token has been revoked; ask the operator for another');
    return requesterOf(token.id, scopesOf(token), token.expiresMs);
  }

  /** @throws AppError 'bad-input' for a label that is none. */
  async create({ scopes, label, lifetimeMs }: NewTokenRequest): Promise<NewTokenView> {
    if (!label.trim() || /\p{Cc}/u.test(label))
      throw new AppError('bad-input', 'a label is one line of text that says whose token it is');
    const id = toHex(this.#rng.bytes(ID_BYTES));
    const token = `tilework_${id}_${Buffer.from(this.#rng.bytes(SECRET_BYTES)).toString('base64url')}`;
    const now = this.#clock.now();
    const made = await insertToken(this.#db, {
      id,
      hash: hashOf(token).toString('hex'),
      label: label.trim(),
      scopes: ALL_SCOPES.filter((scope) => scopes.includes(scope)).join(','),
      createdMs: now,
      expiresMs: lifetimeMs === undefined ? null : now + lifetimeMs,
    });
    return { ...tokenView(made), token };
  }

  async list(): Promise<TokenView[]> {
    return (await listTokens(this.#db)).map(tokenView);
  }

  /**
   * Takes effect at once. What the token has open (an upload, a stream of events) is not cut yet.
   * @returns cuts it
   * @throws AppError 'not-found', 'conflict' when it was revoked before
   */
  async revoke(id: string): Promise<() => void> {
    if (!(await revokeToken(this.#db, id, this.#clock.now()))) {
      const known = (await getToken(this.#db, id)) !== undefined;
      throw known
        ? new AppError('conflict', 'this token has been revoked already')
        : new AppError('not-found', 'there is no such token; token list shows what there is');
    }
    this.#onRevoked(id);
    return this.revoked(id);
  }

  /** It was revoked, here or at another coordinator. @returns cuts what it has open */
  revoked(id: string): () => void {
    this.#revoked.add(id);
    return () => {
      for (const cut of Array.from(this.#open.get(id) ?? [])) cut();
    };
  }

  /** Requests of this token that are being answered. */
  openRequests(id: string): number {
    return this.#open.get(id)?.size ?? 0;
  }

  /**
   * Keeps track of a request, so that it ends with its token.
   * @param cut - called once when the token expires or is revoked
   * @returns forgets the request; call it when the request has been answered
   */
  hold({ id, expiresMs }: Requester, cut: () => void): () => void {
    const open = this.#open.get(id) ?? new Set();
    this.#open.set(id, open.add(cut));
    const cancel = expiresMs === null ? () => {} : this.#at(expiresMs, cut);
    return () => {
      cancel();
      open.delete(cut);
      if (open.size === 0 && this.#open.get(id) === open) this.#open.delete(id);
    };
  }

  /** Timers hold 24.8 days at most (32 bits of milliseconds); tokens may live longer. */
  #at(timeMs: number, callback: () => void): () => void {
    const left = Math.max(0, timeMs - this.#clock.now());
    let cancel = this.#clock.after(Math.min(left, 2 ** 31 - 1), () => {
      if (this.#clock.now() >= timeMs) callback();
      else cancel = this.#at(timeMs, callback);
    });
    return () => {
      cancel();
    };
  }
}

/** RFC 6750 §2.1, and nothing longer than any token of ours. */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,256})$/i.exec(authorization ?? '')?.[1];
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function requesterOf(id: string, scopes: readonly TokenScope[], expiresMs: number | null): Requester {
  return { id, account: `requester:${id}`, scopes: new Set(scopes), expiresMs };
}

function scopesOf(token: Token): TokenScope[] {
  const held = token.scopes.split(',');
  return ALL_SCOPES.filter((scope) => held.includes(scope));
}

function tokenView(token: Token): TokenView {
  const { id, label, createdMs, lastUsedMs, expiresMs, revokedMs } = token;
  const account = `requester:${id}`;
  return { id, account, label, scopes: scopesOf(token), createdMs, lastUsedMs, expiresMs, revokedMs };
}
