/** Cells a second of those who share a job, and of all of them. */
export class Speeds {
  readonly #speeds = new Map<string, number>();
  #total = 0;

  get size(): number {
    return this.#speeds.size;
  }

  get total(): number {
    return this.#total;
  }

  get(peer: string): number | undefined {
    return this.#speeds.get(peer);
  }

  set(peer: string, speed: number): void {
    this.#total += speed - (this.#speeds.get(peer) ?? 0);
    this.#speeds.set(peer, speed);
  }

  delete(peer: string): boolean {
    this.#total -= this.#speeds.get(peer) ?? 0;
    return this.#speeds.delete(peer);
  }

  copy(): Speeds {
    const copy = new Speeds();
    for (const [peer, speed] of this.#speeds) copy.set(peer, speed);
    return copy;
  }

  /** The part of the work that lies otherwise when it is shared out by these speeds, not by `before`: 0…1. */
  movedSince(before: Speeds): number {
    let moved = 0;
    for (const [peer, speed] of this.#speeds) {
      moved += Math.max(0, speed / this.#total - (before.get(peer) ?? 0) / before.total);
    }
    return moved;
  }
}
