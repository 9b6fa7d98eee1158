/**
 * Makes a visitor's keys one contributor: in a site's frame the key offers itself for a code; on the contributor's
 * page the code is looked up, shown, and accepted by the main key. Loaded when a visitor asks for it: it brings
 * signatures along. What the statements say: src/protocol/README.md, "Joined keys".
 */
import { readBody } from '../core/body.ts';
import { type Bytes, utf8 } from '../core/bytes.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { AppError, type ErrorCode, isAppError } from '../core/errors.ts';
import { codeOf } from '../core/join-code.ts';
import { type Rng, cryptoRng } from '../core/rng.ts';
import type { JoinCodeView, JoinOfferView, JoinView, JoinsView, LeaveView } from '../core/v1-joins.ts';
import { envelopeDigest } from '../protocol/envelope.ts';
import { newClaim, openJoinOffer, sealJoin, sealJoinOffer, sealLeave } from '../protocol/join.ts';
import { type SigningKey, peerIdOf } from '../protocol/keys.ts';
import { loadIdentity } from './identity.ts';

export interface JoinsSeam {
  /** This browser's, here. */
  readonly key: SigningKey;
  /** Absolute URL of the coordinator's `/v1/`. */
  readonly api: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly fetch: typeof globalThis.fetch;
}

const ANSWER_MS = 20_000;
/** 64 joins, each with two envelopes in base64. */
const MAX_ANSWER_BYTES = 256 * 1024;
const CODES: readonly ErrorCode[] = ['bad-input', 'not-found', 'conflict', 'rate-limited', 'too-large'];

/** With this browser's own key. @throws AppError 'unsupported-key' where it keeps none */
export async function openJoins(api: string): Promise<Joins> {
  const key = await loadIdentity();
  return new Joins({
    key,
    api,
    clock: systemClock,
    rng: cryptoRng,
    fetch: globalThis.fetch.bind(globalThis),
  });
}

/** Everything here throws AppError: 'unreachable', or what the coordinator's answer says, as a sentence. */
export class Joins {
  readonly #seam: JoinsSeam;

  constructor(seam: JoinsSeam) {
    this.#seam = seam;
  }

  get peerId(): string {
    return peerIdOf(this.#seam.key);
  }

  /** In the frame: a code for the visitor to take to the contributor's page. An earlier one ends. */
  async offer(): Promise<JoinCodeView> {
    const { key, clock, rng } = this.#seam;
    const offer = await sealJoinOffer({ claim: newClaim(rng), issuedMs: clock.now() }, key);
    return this.#ask('joins/codes', { offer: toBase64(offer) });
  }

  /** On the page: who offers to be joined. The code is used up. @throws AppError 'bad-input' for no code at all */
  async lookUp(typed: string): Promise<JoinOfferView> {
    const code = codeOf(typed);
    if (code === undefined)
      throw new AppError('bad-input', 'a code has 8 letters and digits, such as K7QM-2XPD');
    const found = await this.#ask<JoinOfferView>(`joins/codes/${code}`);
    await this.#opened(found);
    return found;
  }

  /** On the page, after the visitor has agreed: the key that offered counts under this one from now on. */
  async accept(found: JoinOfferView): Promise<JoinView> {
    const { key, clock } = this.#seam;
    const offer = await this.#opened(found);
    const offerDigest = await envelopeDigest(offer);
    const join = await sealJoin({ offerDigest, joined: found.joined, issuedMs: clock.now() }, key);
    return this.#ask('joins', { offer: found.offer, join: toBase64(join) });
  }

  /** Ends a join of this key. @param id - of the JoinView */
  async leave(id: string): Promise<LeaveView> {
    const { key, clock } = this.#seam;
    const leave = await sealLeave({ joinDigest: id, issuedMs: clock.now() }, key);
    return this.#ask('joins/leave', { leave: toBase64(leave) });
  }

  /** What stands for this key now. */
  standing(): Promise<JoinsView> {
    return this.#ask(`joins/${this.peerId}`);
  }

  /** The offer's envelope, which the coordinator may not have made up. */
  async #opened({ offer, joined }: JoinOfferView): Promise<Bytes> {
    const bytes = fromBase64(offer);
    if (joined === this.peerId)
      throw new AppError('bad-input', 'this code is of the same key as this page’s');
    const { value } = await openJoinOffer(bytes, joined);
    if (value.main !== undefined && value.main !== this.peerId)
      throw new AppError('bad-input', 'this offer is for another main key');
    return bytes;
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const { api, fetch } = this.#seam;
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, api), {
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body && {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      });
      text = utf8.decode(await readBody(response, MAX_ANSWER_BYTES, 'an answer about joined keys'));
    } catch (error) {
      if (isAppError(error)) throw error;
      throw new AppError('unreachable', 'the coordinator does not answer; try again', { cause: error });
    }
    const answer = parsed(text);
    if (response.ok) return answer as T;
    const code = CODES.find((known) => known === answer['code']) ?? 'unreachable';
    const { detail } = answer;
    throw new AppError(
      code,
      typeof detail === 'string' ? detail : `the coordinator answered ${response.status}`,
    );
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // no JSON
  }
  throw new AppError('unreachable', 'what answers there is no coordinator of this kind');
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: unknown): Bytes {
  try {
    if (typeof text === 'string') return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    // no base64
  }
  throw new AppError('bad-input', 'the coordinator has sent no offer');
}
