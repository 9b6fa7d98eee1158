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

  /** The part of the work that lies otherwise when these share it out, not those `before`: 0…1. Without some. */
  movedSince(before: Speeds, without: ReadonlySet<string>): number {
    const known = Array.from(this.#speeds.keys()).filter((peer) => !without.has(peer));
    const sum = (speeds: Speeds): number =>
      known.reduce((total, peer) => total + (speeds.get(peer) ?? 0), Number.MIN_VALUE);
    const [now, then] = [sum(this), sum(before)];
    let moved = 0;
    for (const peer of known) {
      moved += Math.max(0, this.get(peer)! / now - (before.get(peer) ?? 0) / then);
    }
    return moved;
  }
}
