/** Contributors that outlive every coordinator, and all receipts that they were ever given. */
import { openReceipt } from '../../src/protocol/envelope.ts';
import type { Receipt } from '../../src/protocol/signed.ts';
import { type TestContributor, testContributor } from '../helpers/network.ts';

export interface HeldReceipt {
  readonly receipt: Receipt;
  readonly envelope: Uint8Array;
}

export class Crew {
  readonly #members: readonly TestContributor[];
  /** By lease. */
  readonly held = new Map<string, HeldReceipt>();
  /** Leases with two different receipts. */
  readonly twice: string[] = [];
  readonly #read = new Map<TestContributor, number>();
  #up = true;

  private constructor(members: readonly TestContributor[]) {
    this.#members = members;
    for (const each of members) {
      // No waiting for the backoff: as soon as the coordinator is there, a contributor that waits is woken.
      void each.until(({ problem }) => {
        if (this.#up && problem?.code === 'unreachable') setImmediate(() => each.engine.wake());
        return false;
      });
    }
  }

  static async join(addresses: readonly string[], count: number): Promise<Crew> {
    return new Crew(await Promise.all(Array.from({ length: count }, () => testContributor(addresses))));
  }

  /** Receipts that have come, opened or not. */
  get receipts(): number {
    return this.#members.reduce((sum, { receipts }) => sum + receipts.length, 0);
  }

  coordinatorIs(state: 'up' | 'down'): void {
    this.#up = state === 'up';
    if (this.#up) for (const { engine } of this.#members) engine.wake();
  }

  /** Opens the receipts that have come since. @throws AppError for one that the coordinator did not sign */
  async read(coordinator: string): Promise<void> {
    for (const member of this.#members) {
      const from = this.#read.get(member) ?? 0;
      this.#read.set(member, member.receipts.length);
      for (const envelope of member.receipts.slice(from)) {
        const { value } = await openReceipt(envelope, coordinator);
        const before = this.held.get(value.lease);
        if (before && !Buffer.from(before.envelope).equals(envelope)) this.twice.push(value.lease);
        this.held.set(value.lease, { receipt: value, envelope });
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((each) => each.stop()));
  }
}
