/**
 * Batching: what comes while a batch is under way goes together in the next. Alone, nothing waits; the more there is
 * to do, the less each costs. That is group commit (DeWitt et al., Implementation Techniques for Main Memory Database
 * Systems, SIGMOD 1984, section 5.2), with the statements shared as well as the wait for the disk.
 */
interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (made: Out) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchOptions {
  /** Items at once. */
  readonly most: number;
  /** Between a batch and the next where something waits: the longer, the more go together. @default none */
  readonly pause?: (() => Promise<void>) | undefined;
}

export class Batch<In, Out> {
  readonly #work: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly #options: BatchOptions;
  readonly #waiting: Waiting<In, Out>[] = [];
  #running = false;

  /** @param work - what it makes of the items, in their order; all or nothing, and it may be asked again for one item */
  constructor(work: (items: readonly In[]) => Promise<readonly Out[]>, options: BatchOptions) {
    this.#work = work;
    this.#options = options;
  }

  /** What `work` made of it. An item fails alone: what is wrong with the others of its batch is their own matter. */
  run(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    const { most, pause } = this.#options;
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#all(this.#waiting.splice(0, most));
      // Whoever comes soon is let in: what comes to an idle one should not have to wait for it.
      await pause?.();
    }
    this.#running = false;
  }

  async #all(members: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const made = await this.#work(members.map(({ item }) => item));
      for (const [i, { resolve }] of members.entries()) resolve(made[i]!);
    } catch (error) {
      if (members.length === 1) members[0]!.reject(error);
      else await Promise.all(members.map((member) => this.#all([member])));
    }
  }
}
