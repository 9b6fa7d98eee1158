/** One thing of a contributor that serves in order: its way down, its GPU, its way up. */
import type { Timeline } from '../timeline.ts';

export interface Piece {
  readonly id: string;
  /** Asked when its turn has come: what it takes, and how many bytes or multiply-adds that is. */
  readonly begin: () => { readonly ms: number; readonly amount: number };
  readonly done: () => void;
}

interface Current {
  readonly piece: Piece;
  readonly startMs: number;
  readonly ms: number;
  readonly amount: number;
}

export class Lane {
  readonly #timeline: Timeline;
  readonly #queue: Piece[] = [];
  #current: Current | undefined;
  #moved = 0;
  #busyMs = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** All that it has done until now, what it is at included. */
  get moved(): number {
    return this.#moved + (this.#current ? this.#part(this.#current) * this.#current.amount : 0);
  }

  get busyMs(): number {
    return this.#busyMs + (this.#current ? this.#part(this.#current) * this.#current.ms : 0);
  }

  get isFree(): boolean {
    return this.#current === undefined;
  }

  /** When the piece in hand will be done; undefined when it is not in hand. */
  endOf(id: string): number | undefined {
    const current = this.#current;
    return current?.piece.id === id ? current.startMs + current.ms : undefined;
  }

  push(piece: Piece): void {
    this.#queue.push(piece);
    if (!this.#current) this.#next();
  }

  /** Gives a piece up, half done or not begun. */
  drop(id: string): void {
    const at = this.#queue.findIndex((piece) => piece.id === id);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#current?.piece.id !== id) return;
    this.#count();
    this.#next();
  }

  stop(): void {
    this.#queue.length = 0;
    this.#count();
  }

  #next(): void {
    const piece = this.#queue.shift();
    if (!piece) return;
    const { ms, amount } = piece.begin();
    const current: Current = { piece, startMs: this.#timeline.now, ms: Math.round(ms), amount };
    this.#current = current;
    this.#timeline.in(current.ms, () => {
      if (this.#current !== current) return;
      this.#count();
      piece.done();
      if (!this.#current) this.#next();
    });
  }

  #part({ startMs, ms }: Current): number {
    return ms > 0 ? Math.min(1, (this.#timeline.now - startMs) / ms) : 1;
  }

  #count(): void {
    if (!this.#current) return;
    this.#moved = this.moved;
    this.#busyMs = this.busyMs;
    this.#current = undefined;
  }
}
