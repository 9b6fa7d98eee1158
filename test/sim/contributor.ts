/** A contributor: it reconnects for ever and keeps a result until its receipt is there. Some are not honest. */
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { type JobSpec, rectWork } from '../../src/coordinator/work.ts';
import { FORGED } from './coordinator.ts';
import type { SimLink, Statement, ToContributor } from './network.ts';
import type { LeaseRow, Settled } from './record.ts';
import { type Timeline, chance } from './timeline.ts';

export const VICES = [
  'none', // faithful, and stays: with it every job can end
  'leaves',
  'stalls',
  'declines',
  'lies',
  'forgets', // loses its results when its connection ends
  'steals', // claims another's lease, another's result, a lease of its own making
  'repeats', // claims everything twice, and old things again
] as const;
export type Vice = (typeof VICES)[number];

export interface ContributorWorld {
  readonly timeline: Timeline;
  readonly rng: Rng;
  readonly note: (text: string) => void;
  /** Undefined while no coordinator answers. */
  readonly dial: (contributor: SimContributor) => SimLink | undefined;
  readonly jobOf: (lease: LeaseRow) => JobSpec;
  /** Some lease of somebody. */
  readonly anyLease: () => LeaseRow | undefined;
  readonly received: (peer: string, receipt: Settled) => void;
}

const AT_ONCE = 2;
const MAX_PENDING = 8;
const RETRY_MS = 8_000;
const SELF_TEST_MS = 500;

export class SimContributor {
  readonly name: string;
  readonly vice: Vice;
  /** Multiply-adds per second, really; what it claims may be anything. */
  readonly rate: number;
  readonly claimed: number;
  readonly #world: ContributorWorld;
  #link: SimLink | undefined;
  #away = true;
  /** Leases that it works on. */
  readonly #work = new Set<string>();
  /** Results without a receipt, oldest first. */
  readonly #outbox = new Map<string, Statement>();
  readonly #old: Statement[] = [];

  constructor(name: string, vice: Vice, world: ContributorWorld) {
    this.name = name;
    this.vice = vice;
    this.#world = world;
    const { rng } = world;
    this.rate = 10 ** (8 + 2 * rng.float());
    this.claimed = vice === 'none' ? this.rate : this.rate * 10 ** (4 * rng.float() - 2);
  }

  start(): void {
    this.#away = false;
    this.#connect();
  }

  #connect(): void {
    if (this.#away || this.#link) return;
    const { dial, timeline, rng, note } = this.#world;
    this.#link = dial(this);
    if (!this.#link) {
      timeline.in(randomInt(rng, RETRY_MS), () => this.#connect());
      return;
    }
    note(`${this.name} connects`);
    this.#link.toCoordinator({ type: 'hello' });
  }

  closed(): void {
    const { timeline, rng, note } = this.#world;
    this.#link = undefined;
    note(`${this.name} is cut off`);
    // A session that has ended is not gone on with: what was not finished is leased anew.
    this.#work.clear();
    if (this.vice === 'forgets') this.#outbox.clear();
    timeline.in(randomInt(rng, RETRY_MS), () => this.#connect());
  }

  receive(message: ToContributor): void {
    const { timeline } = this.#world;
    switch (message.type) {
      case 'welcome':
        for (const statement of this.#outbox.values())
          this.#link?.toCoordinator({ type: 'commit', statement });
        if (this.vice === 'leaves') this.#leaveLater();
        this.#ready();
        return;
      case 'lease':
        this.#begin(message.lease);
        return;
      case 'receipt':
        this.#world.received(this.name, message.receipt);
        this.#drop(message.receipt.lease.id);
        return;
      case 'cancel':
        if (this.#work.delete(message.lease)) this.#ready();
        return;
      case 'notice':
        if (message.lease === undefined || !this.#outbox.has(message.lease)) return;
        this.#drop(message.lease);
        if (message.code === 'stale') this.#ready();
        return;
      case 'self-test': {
        const link = this.#link;
        timeline.in(SELF_TEST_MS, () => link === this.#link && this.#ready());
      }
    }
  }

  /** Absolute, and only when something has changed, as the real session says it: what is lost here starves. */
  #ready(): void {
    const room = this.#outbox.size >= MAX_PENDING ? 0 : AT_ONCE - this.#work.size;
    this.#link?.toCoordinator({ type: 'ready', leases: Math.max(0, room) });
  }

  #drop(lease: string): void {
    const wasFull = this.#outbox.size >= MAX_PENDING;
    if (this.#outbox.delete(lease) && wasFull) this.#ready();
  }

  #begin(lease: LeaseRow): void {
    const { timeline, rng, jobOf } = this.#world;
    if (this.#work.has(lease.id) || this.#outbox.has(lease.id)) return;
    this.#work.add(lease.id);
    const job = jobOf(lease);
    const { rows, cols } = rectWork(job, lease.rect);
    const ms = 50 + Math.min(600_000, (1000 * rows * cols * job.k) / this.rate);
    const misbehaves = chance(rng, 0.5);
    if (this.vice === 'stalls' && misbehaves) return;
    if (this.vice === 'declines' && misbehaves) {
      timeline.in(10, () => this.#decline(lease));
      return;
    }
    timeline.in(ms, () => this.#finish(lease, !(this.vice === 'lies' && misbehaves)));
  }

  #decline(lease: LeaseRow): void {
    if (!this.#work.delete(lease.id)) return;
    this.#world.note(`${this.name} declines ${lease.id}`);
    this.#link?.toCoordinator({ type: 'decline', lease: lease.id });
    this.#ready();
  }

  #finish(lease: LeaseRow, right: boolean): void {
    if (!this.#work.delete(lease.id)) return;
    const statement = { lease, signer: this.name, statedLease: lease.id, right };
    while (this.#outbox.size >= MAX_PENDING) this.#outbox.delete(this.#outbox.keys().next().value!);
    this.#outbox.set(lease.id, statement);
    this.#old.push(statement);
    this.#commit(statement);
    if (this.vice === 'repeats') {
      this.#commit(statement);
      this.#commit(this.#old[randomInt(this.#world.rng, this.#old.length)]!);
    }
    if (this.vice === 'steals') this.#steal(statement);
    this.#ready();
  }

  #steal(own: Statement): void {
    const { rng, anyLease } = this.#world;
    const other = anyLease();
    const lies: Statement[] = [
      { ...own, statedLease: 'another' },
      { ...own, lease: { ...own.lease, id: `${FORGED}${own.lease.id.slice(FORGED.length)}` } },
      ...(other ? [{ ...own, lease: other, statedLease: other.id }] : []),
    ];
    this.#commit(lies[randomInt(rng, lies.length)]!);
  }

  #commit(statement: Statement): void {
    this.#link?.toCoordinator({ type: 'commit', statement });
  }

  #leaveLater(): void {
    const { timeline, rng, note } = this.#world;
    const link = this.#link;
    timeline.in(2000 + randomInt(rng, 60_000), () => {
      if (this.#link !== link || this.#away) return;
      note(`${this.name} leaves`);
      this.#away = true;
      this.#outbox.clear();
      link?.close();
      timeline.in(randomInt(rng, 30_000), () => {
        this.#away = false;
        this.#connect();
      });
    });
  }
}
