/** A contributor from its side: it comes, asks for leases, computes, hands in, and goes, well or badly. */
import type { Rng } from '../../../src/core/rng.ts';
import type { ActiveLease, Capability } from '../../../src/coordinator/work.ts';
import { SILENCE_MS } from '../../../src/protocol/limits.ts';
import type { Timeline } from '../timeline.ts';
import type { Desk } from './desk.ts';
import { Machine, uploadBytes } from './machine.ts';
import type { Profile, Stay } from './population.ts';

export interface VisitorWorld {
  readonly timeline: Timeline;
  readonly desk: Desk;
  readonly operands: Map<string, number>;
  /** Bytes of an entry of C on the wire. */
  readonly entryBytes: number;
  readonly stay: (rng: Rng) => Stay;
  readonly absenceMs: (rng: Rng) => number;
}

/** One computes, and the next is loaded meanwhile, as src/contributor/session.ts has it. */
const AT_ONCE = 2;
/** With so many bytes of results that wait, nothing more is computed (src/contributor/outbox.ts). */
const MAX_WAITING_BYTES = 256 * 2 ** 20;
const ENTRY_BYTES_UNPACKED = 4;
/** Less says more about latency than about the link (src/contributor/link-estimate.ts). */
const MIN_SAMPLE_BYTES = 256 * 1024;
/** When it first says what its link does (src/contributor/first-word.ts). */
const FIRST_WORD_MS = 1000;
const FORGING_MS = 100;
const SELF_TEST_MS = 500;

export class Visitor {
  readonly machine: Machine;
  /** From when to when it was there. */
  readonly stays: { readonly fromMs: number; toMs: number }[] = [];
  /** There, and without any lease. */
  idleMs = 0;
  readonly #world: VisitorWorld;
  readonly #rng: Rng;
  /** Downloading or computing. */
  readonly #working = new Set<string>();
  /** Computed, without a verdict: bytes. */
  readonly #waiting = new Map<string, number>();
  #isHere = false;
  #isFinishing = false;
  #isTesting = false;
  /** What was under way in an earlier stay is nobody's business. */
  #stay = 0;
  #idleSinceMs = 0;
  #wasHere = false;
  #toldLink = false;

  constructor(profile: Profile, world: VisitorWorld, rng: Rng) {
    this.#world = world;
    this.#rng = rng;
    this.machine = new Machine(world.timeline, profile, world.operands, {
      computed: (lease, gpuMs) => {
        this.#computed(lease, gpuMs, false);
      },
    });
  }

  get name(): string {
    return this.machine.profile.name;
  }

  get rttMs(): number {
    return this.machine.profile.rttMs;
  }

  get capability(): Capability {
    const { operandBytes, resultBytes, cacheBytes, claimedRate, down, up, knowsLink } = this.machine.profile;
    const knows = knowsLink || this.#wasHere;
    return {
      operandBytes,
      resultBytes,
      cacheBytes,
      rates: { i8: claimedRate, f16: 0, f32: 0 },
      downBytesPerSecond: knows ? Math.round(down) : 0,
      upBytesPerSecond: knows ? Math.round(up) : 0,
      projects: [],
    };
  }

  come(): void {
    const { timeline, desk, stay } = this.#world;
    const { ms, end, slow } = stay(this.#rng);
    this.#isHere = true;
    this.#isFinishing = false;
    this.#isTesting = false;
    const mine = (this.#stay += 1);
    this.stays.push({ fromMs: timeline.elapsed, toMs: Infinity });
    this.#idleSinceMs = timeline.now;
    Object.assign(this.machine.slow, { gpu: 1, link: 1 });
    desk.hello(this);
    if (slow) {
      timeline.in(slow.afterMs, () => {
        if (this.#stay === mine) Object.assign(this.machine.slow, { gpu: slow.gpu, link: slow.link });
      });
    }
    if (ms === Infinity) return;
    timeline.in(ms, () => {
      if (this.#stay === mine && this.#isHere) this.#leave(end);
    });
  }

  /** Greeted: all of its room is for leases. */
  ready(): void {
    let waiting = 0;
    for (const bytes of this.#waiting.values()) waiting += bytes;
    const room = waiting >= MAX_WAITING_BYTES ? 0 : AT_ONCE - this.#working.size;
    if (this.#isFinishing || this.#isTesting) return;
    const down = this.#receives;
    this.#say((desk) => desk.ready(this, Math.max(0, room), down));
  }

  leased(lease: ActiveLease): void {
    this.#hear(() => {
      if (this.#inHand === 0) this.idleMs += this.#world.timeline.now - this.#idleSinceMs;
      this.#working.add(lease.id);
      const { forges } = this.machine.profile;
      if (forges > 0 && this.#rng.float() < forges) {
        this.#in(FORGING_MS, () => {
          if (this.#working.has(lease.id)) this.#computed(lease, 0, true);
        });
        return;
      }
      // Which blocks its strips have: one question more.
      this.#in(this.rttMs, () => {
        if (!this.#working.has(lease.id)) return;
        this.machine.begin(lease);
        if (!this.#toldLink) this.#in(FIRST_WORD_MS, () => this.ready());
        this.#toldLink = true;
      });
    });
  }

  /** @param share - of the result, until the coordinator has seen enough */
  pull(lease: ActiveLease, share: number, pulled: () => void): void {
    this.#hear(() => {
      this.machine.upload(lease, share, this.#world.entryBytes, () => {
        this.#say(pulled);
      });
    });
  }

  cancelled(id: string): void {
    this.#hear(() => {
      if (!this.#working.delete(id)) return;
      this.machine.cancel(id);
      this.ready();
      this.#rest();
    });
  }

  /** A receipt, or a notice that there is none. */
  judged(id: string): void {
    this.#hear(() => {
      this.#waiting.delete(id);
      this.ready();
      this.#rest();
    });
  }

  /** It repeats the known answers before it asks for more. */
  rejected(id: string): void {
    this.#hear(() => {
      this.#isTesting = true;
      this.#waiting.delete(id);
      this.#in(SELF_TEST_MS, () => {
        this.#isTesting = false;
        this.ready();
      });
      this.#rest();
    });
  }

  /** Until now, at the end of the run. */
  end(): void {
    if (this.#isHere && this.#inHand === 0) this.idleMs += this.#world.timeline.now - this.#idleSinceMs;
  }

  /** Bytes a second; 0 when unknown. */
  get #receives(): number {
    const { moved, busyMs } = this.machine.down;
    return moved < MIN_SAMPLE_BYTES ? this.capability.downBytesPerSecond : (1000 * moved) / busyMs;
  }

  get #inHand(): number {
    return this.#working.size + this.#waiting.size;
  }

  #computed(lease: ActiveLease, gpuMs: number, forged: boolean): void {
    this.#working.delete(lease.id);
    this.#waiting.set(lease.id, uploadBytes(lease, ENTRY_BYTES_UNPACKED));
    const evicted = this.machine.takeEvicted();
    this.#say((desk) => {
      desk.evicted(this, evicted);
      desk.commit(this, lease, { gpuMs, forged });
    });
    this.ready();
  }

  /** Nothing in hand: it waits for work, or goes as it said it would. */
  #rest(): void {
    if (this.#inHand > 0) return;
    this.#idleSinceMs = this.#world.timeline.now;
    if (this.#isFinishing) this.#gone(this.rttMs / 2);
  }

  #leave(how: Stay['end']): void {
    if (how === 'finishes' && this.#inHand > 0) {
      this.#isFinishing = true;
      this.#say((desk) => desk.goodbye(this));
      return;
    }
    this.#gone(how === 'vanishes' ? SILENCE_MS : this.rttMs / 2);
  }

  /** @param noticedMs - until the coordinator knows */
  #gone(noticedMs: number): void {
    const { timeline, desk, absenceMs } = this.#world;
    this.end();
    this.#isHere = false;
    this.#stay += 1;
    this.stays.at(-1)!.toMs = timeline.elapsed;
    this.machine.stop();
    this.#working.clear();
    this.#waiting.clear();
    this.#wasHere = true;
    timeline.in(noticedMs, () => {
      desk.closed(this);
    });
    timeline.in(noticedMs + absenceMs(this.#rng), () => {
      this.come();
    });
  }

  /** Something that happens later, if it is still here by then. */
  #in(ms: number, happen: () => void): void {
    if (!this.#isHere) return;
    const stay = this.#stay;
    this.#world.timeline.in(ms, () => {
      if (this.#stay === stay) happen();
    });
  }

  #hear(happen: () => void): void {
    this.#in(this.rttMs / 2, happen);
  }

  #say(happen: (desk: Desk) => void): void {
    this.#in(this.rttMs / 2, () => {
      happen(this.#world.desk);
    });
  }
}
