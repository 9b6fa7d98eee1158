/** Links that delay, reorder, repeat and lose. A lost message ends its link soon, as TCP would, on either side first. */
import { type Rng, randomInt } from '../../src/core/rng.ts';
import type { Faults } from './faults.ts';
import type { LeaseRow, Settled } from './record.ts';
import { type Timeline, chance } from './timeline.ts';

/** A signed result: for this lease, with right numbers or wrong ones. */
export interface Statement {
  readonly lease: LeaseRow;
  readonly signer: string;
  /** The lease that the result names, which a cheat may choose. */
  readonly statedLease: string;
  readonly right: boolean;
}

export type ToCoordinator =
  | { readonly type: 'hello' }
  | { readonly type: 'ready'; readonly leases: number }
  | { readonly type: 'commit'; readonly statement: Statement }
  | { readonly type: 'decline'; readonly lease: string };

export type ToContributor =
  | { readonly type: 'welcome' }
  | { readonly type: 'lease'; readonly lease: LeaseRow }
  | { readonly type: 'receipt'; readonly receipt: Settled }
  | { readonly type: 'cancel'; readonly lease: string }
  | { readonly type: 'notice'; readonly code: string; readonly lease?: string }
  | { readonly type: 'self-test' };

export interface End<In> {
  receive(message: In): void;
  closed(): void;
}

const LATENCY_MS = 20;
const NOTICE_MS = 5_000;

export class SimLink {
  readonly peer: string;
  readonly #timeline: Timeline;
  readonly #rng: Rng;
  readonly #faults: () => Faults;
  #coordinator: End<ToCoordinator> | undefined;
  #contributor: End<ToContributor> | undefined;

  constructor(peer: string, timeline: Timeline, rng: Rng, faults: () => Faults) {
    this.peer = peer;
    this.#timeline = timeline;
    this.#rng = rng;
    this.#faults = faults;
  }

  join(coordinator: End<ToCoordinator>, contributor: End<ToContributor>): void {
    this.#coordinator = coordinator;
    this.#contributor = contributor;
  }

  /** Open as the coordinator sees it, which may be wrong. */
  get isOpen(): boolean {
    return this.#coordinator !== undefined;
  }

  toCoordinator(message: ToCoordinator): void {
    this.#carry(message, () => this.#coordinator?.receive(message));
  }

  toContributor(message: ToContributor): void {
    this.#carry(message, () => this.#contributor?.receive(message));
  }

  /** Either side notices in its own time; what is on its way to a side that has noticed is lost. */
  close(): void {
    const late = this.#faults().drop > 0 ? NOTICE_MS : LATENCY_MS;
    this.#timeline.in(randomInt(this.#rng, late), () => this.#closeCoordinator());
    this.#timeline.in(randomInt(this.#rng, late), () => this.#closeContributor());
  }

  closeAtOnce(): void {
    this.#closeCoordinator();
    this.#closeContributor();
  }

  /** The coordinator's process is gone: nobody is told there. */
  orphan(): void {
    this.#coordinator = undefined;
    this.#timeline.in(randomInt(this.#rng, NOTICE_MS), () => this.#closeContributor());
  }

  #closeCoordinator(): void {
    const end = this.#coordinator;
    this.#coordinator = undefined;
    end?.closed();
  }

  #closeContributor(): void {
    const end = this.#contributor;
    this.#contributor = undefined;
    end?.closed();
  }

  #carry({ type }: ToCoordinator | ToContributor, deliver: () => void): void {
    const { drop, duplicate, reorder, delayMs } = this.#faults();
    if (chance(this.#rng, drop)) {
      this.close();
      return;
    }
    const copies = chance(this.#rng, duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // How much a contributor wants is said in order on one stream; all else may come whenever it likes.
      const mayWait = type !== 'ready' && type !== 'hello' && type !== 'welcome';
      const late = mayWait && chance(this.#rng, reorder) ? randomInt(this.#rng, delayMs) : 0;
      this.#timeline.in(LATENCY_MS + late, deliver);
    }
  }
}
