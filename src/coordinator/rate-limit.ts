/** How often each of many may do something: a token bucket a key, in bounded memory. */
import { Allowance, type Rate } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';

/** Buckets kept at once, some 2 MiB. Whoever was seen longest ago is forgotten, and starts with a full one. */
const MAX_KEYS = 10_000;

export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #maxKeys: number;
  /** In the order in which they were seen last. */
  readonly #buckets = new Map<string, Allowance>();

  constructor(clock: Clock, rate: Rate, maxKeys = MAX_KEYS) {
    this.#clock = clock;
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Seconds after which one more is sure to be allowed, whole as Retry-After wants them. */
  get retryAfterS(): number {
    return Math.max(1, Math.ceil(1 / this.#rate.perSecond));
  }

  /** False when this one has used its share up; what is refused costs nothing. */
  take(key: string): boolean {
    const bucket = this.#buckets.get(key) ?? new Allowance(this.#clock, this.#rate);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#maxKeys) {
      const [oldest] = this.#buckets.keys();
      this.#buckets.delete(oldest!);
    }
    return bucket.take();
  }
}

/**
 * Who counts as one: an IPv4 address, or an IPv6 /64, which is the least that a network hands to a customer.
 * @param address - as the socket or a trusted proxy tells it
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address.slice(0, 64);
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0;
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`.slice(0, 64);
}
