/** How busy something was, in slots of time. */

export const SLOT_MS = 100;

export class Meter {
  readonly #slots: number[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** An amount that belongs to the moment `ms`. */
  add(ms: number, amount: number): void {
    const slot = Math.max(0, Math.floor(ms / SLOT_MS));
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount;
    this.#total += amount;
  }

  /** An amount that is spread evenly over [fromMs, toMs). */
  spread(fromMs: number, toMs: number, amount: number): void {
    if (!(toMs > fromMs)) {
      this.add(toMs, amount);
      return;
    }
    for (let from = fromMs; from < toMs;) {
      const to = Math.min(toMs, (Math.floor(from / SLOT_MS) + 1) * SLOT_MS);
      this.add(from, (amount * (to - from)) / (toMs - fromMs));
      from = to;
    }
  }

  /** Amounts of the slots in [fromMs, toMs), zeros where nothing was. */
  between(fromMs: number, toMs: number): number[] {
    const first = Math.floor(fromMs / SLOT_MS);
    const count = Math.max(0, Math.ceil(toMs / SLOT_MS) - first);
    return Array.from({ length: count }, (_, i) => this.#slots[first + i] ?? 0);
  }
}
