/** A contributor whose code comes when it is first needed: nobody who only looks pays for it. Behaves as the real one. */
import {
  type Contributor,
  type ContributorOptions,
  type ContributorStatus,
  type PublicName,
  type RateCaps,
  STOPPED,
} from '../contributor/api.ts';
import { Emitter } from '../core/async.ts';

export class LaterContributor implements Contributor {
  readonly #load: () => Promise<Contributor>;
  readonly #statuses = new Emitter<ContributorStatus>();
  #loading: Promise<Contributor> | undefined;
  #real: Contributor | undefined;
  /** Told while it was not here yet. */
  #pending: ((real: Contributor) => void)[] = [];
  /** Raised by every stop: a start that still waits for the code is not wanted any more. */
  #round = 0;

  constructor(load: () => Promise<Contributor>) {
    this.#load = load;
  }

  get status(): ContributorStatus {
    return this.#real?.status ?? STOPPED;
  }

  /** @throws AppError as the real one does, and whatever bringing its code throws */
  async start(options: ContributorOptions): Promise<void> {
    const round = this.#round;
    const real = await this.#get();
    if (round !== this.#round) return;
    const started = real.start(options);
    for (const tell of this.#pending.splice(0)) tell(real);
    await started;
  }

  async stop(): Promise<void> {
    this.#round += 1;
    this.#pending = [];
    await this.#real?.stop();
  }

  async finish(): Promise<void> {
    if (this.#real) await this.#real.finish();
    else await this.stop();
  }

  setPaused(paused: boolean): void {
    this.#tell((real) => real.setPaused(paused));
  }

  setRateCaps(caps: RateCaps): void {
    this.#tell((real) => real.setRateCaps(caps));
  }

  setMemoryBudget(bytes: number): void {
    this.#tell((real) => real.setMemoryBudget(bytes));
  }

  setIntensity(share: number): void {
    this.#tell((real) => real.setIntensity(share));
  }

  setDiskBudget(bytes: number): void {
    this.#tell((real) => real.setDiskBudget(bytes));
  }

  setProfile(name: PublicName): void {
    this.#kept((real) => real.setProfile(name));
  }

  setProjects(projects: readonly string[]): void {
    this.#kept((real) => real.setProjects(projects));
  }

  async clearDisk(): Promise<void> {
    await (await this.#get().catch(() => undefined))?.clearDisk();
  }

  async measureDisk(): Promise<number> {
    return (await this.#get().catch(() => undefined))?.measureDisk() ?? 0;
  }

  wake(): void {
    this.#real?.wake();
  }

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  #tell(what: (real: Contributor) => void): void {
    if (this.#real) what(this.#real);
    else this.#pending.push(what);
  }

  /** What holds for later starts, too. */
  #kept(what: (real: Contributor) => void): void {
    void this.#get().then(what, () => {});
  }

  #get(): Promise<Contributor> {
    this.#loading ??= this.#load().then(
      (real) => {
        real.onStatus((status) => this.#statuses.emit(status));
        this.#real = real;
        return real;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}
