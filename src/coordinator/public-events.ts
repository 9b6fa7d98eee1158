/**
 * What happens on the network, told to everybody who listens: each event is written out once, and those of a moment
 * go out together. The last ones are kept, so that a reader whose connection broke misses nothing.
 */
import { toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { JobEvent, NetworkEvent, VerifiedEvent } from '../core/v1-figures.ts';
import type { Jobs } from './jobs.ts';

/** Readers at once: each is a socket, and a copy of every event in its buffers. */
const MAX_LISTENERS = 500;
/** …and behind one address, where a household or an office is. */
const MAX_PER_ADDRESS = 20;
/** Events that wait for each other. */
const BATCH_MS = 200;
const NETWORK_MS = 5000;
/** Events that a reader may have missed; more, and it starts anew. About 700 KiB. */
const MAX_KEPT = 2000;

interface Kept {
  readonly number: number;
  readonly text: string;
}

export interface Listener {
  /** Who counts as one. */
  readonly address: string;
  write(text: string): void;
}

export interface PublicEventsContext {
  readonly clock: Clock;
  readonly network: () => NetworkEvent;
  /** Tells the numbers of this run from those of another: ids are `EPOCH-NUMBER`. */
  readonly epoch: string;
}

export class PublicEvents {
  readonly #context: PublicEventsContext;
  readonly #listeners = new Set<Listener>();
  #kept: Kept[] = [];
  /** Texts that nobody was told yet. */
  #fresh: string[] = [];
  #number = 0;
  #stopBatch: (() => void) | undefined;
  #stopNetwork: (() => void) | undefined;

  constructor(context: PublicEventsContext) {
    this.#context = context;
  }

  /** The id of the last event. */
  get version(): string {
    return `${this.#context.epoch}-${this.#number}`;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  verified(event: VerifiedEvent): void {
    this.#add('verified', event);
  }

  job(event: JobEvent): void {
    this.#add('job', event);
  }

  /**
   * Tells the listener what it has missed, then everything to come.
   * @param after - the id of the last event that it knows; without one it is told only what is to come
   * @returns what ends it
   * @throws AppError 'rate-limited' when too many listen
   */
  listen(listener: Listener, after?: string): () => void {
    this.assertRoom(listener.address);
    this.#flush();
    listener.write(`retry: ${NETWORK_MS}\n\n${this.#missed(after)}${this.#network()}`);
    this.#listeners.add(listener);
    this.#stopNetwork ??= this.#tick();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stopNetwork?.();
      this.#stopNetwork = undefined;
    };
  }

  close(): void {
    this.#stopBatch?.();
    this.#stopNetwork?.();
    this.#listeners.clear();
  }

  /** @throws AppError as `listen` would, to be asked before an answer has begun */
  assertRoom(address: string): void {
    let sameAddress = 0;
    for (const each of this.#listeners) if (each.address === address) sameAddress += 1;
    if (this.#listeners.size >= MAX_LISTENERS || sameAddress >= MAX_PER_ADDRESS)
      throw new AppError('rate-limited', 'too many listen to these events just now; try again in a minute');
  }

  #add(name: string, data: VerifiedEvent | JobEvent): void {
    this.#number += 1;
    const text = `id: ${this.version}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#kept.push({ number: this.#number, text });
    // Now and then, not at every event: an array's front is slow to cut.
    if (this.#kept.length > 2 * MAX_KEPT) this.#kept = this.#kept.slice(-MAX_KEPT);
    if (this.#listeners.size === 0) return;
    this.#fresh.push(text);
    this.#stopBatch ??= this.#context.clock.after(BATCH_MS, () => {
      this.#flush();
    });
  }

  #flush(): void {
    this.#stopBatch?.();
    this.#stopBatch = undefined;
    const texts = this.#fresh.splice(0);
    if (texts.length > 0) this.#tell(texts.join(''));
  }

  #tell(text: string): void {
    for (const listener of Array.from(this.#listeners)) listener.write(text);
  }

  #missed(after: string | undefined): string {
    if (after === undefined) return '';
    const [epoch, digits = ''] = after.split('-');
    const number = /^\d{1,15}$/.test(digits) ? Number(digits) : -1;
    const known = epoch === this.#context.epoch && number >= 0 && number <= this.#number;
    const missed = this.#kept.filter((each) => each.number > number);
    if (known && missed.length === this.#number - number && missed.length <= MAX_KEPT)
      return missed.map(({ text }) => text).join('');
    return `id: ${this.version}\nevent: reset\ndata: {}\n\n`;
  }

  #network(): string {
    return `event: network\ndata: ${JSON.stringify(this.#context.network())}\n\n`;
  }

  #tick(): () => void {
    return this.#context.clock.after(NETWORK_MS, () => {
      this.#stopNetwork = this.#tick();
      this.#tell(this.#network());
    });
  }
}

/** Tells what the jobs tell. */
export function openPublicEvents(
  jobs: Pick<Jobs, 'verified' | 'changes'>,
  clock: Clock,
  rng: Rng,
  network: () => NetworkEvent,
): PublicEvents {
  const events = new PublicEvents({ clock, network, epoch: toHex(rng.bytes(6)) });
  jobs.verified.on(({ job, rect, contributor, shard, multiplyAdds, verifiedMs }) => {
    events.verified({ job, ...rect, contributor, shard, multiplyAdds, verifiedMs });
  });
  jobs.changes.on(({ type, job }) => {
    if (type === 'created') events.job({ job, change: 'created' });
    if (type === 'ended') events.job({ job, change: 'finished' });
  });
  return events;
}
