/** A contributor without workers, for the logic of the page. */
import {
  type Contributor,
  type ContributorOptions,
  type ContributorStatus,
  type RateCaps,
  STOPPED,
} from '../../src/contributor/api.ts';
import { Emitter } from '../../src/core/async.ts';
import type { AppError } from '../../src/core/errors.ts';

/** Keeps the promises of the interface (any order, repeated calls) and computes nothing. */
export class FakeContributor implements Contributor {
  status = STOPPED;
  readonly calls: string[] = [];
  options: ContributorOptions | undefined;
  failStart: AppError | undefined;
  failStop: AppError | undefined;
  onDisk = 0;
  holdFinish: Promise<void> | undefined;
  readonly #statuses = new Emitter<ContributorStatus>();

  async start(options: ContributorOptions): Promise<void> {
    this.calls.push('start');
    this.options = options;
    if (this.failStart) throw this.failStart;
    this.say({ ...STOPPED, stage: 'testing' });
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
    if (this.failStop) throw this.failStop;
    this.say({ ...STOPPED });
  }

  setIntensity(share: number): void {
    this.calls.push(`intensity ${share}`);
  }

  setDiskBudget(bytes: number): void {
    this.calls.push(`disk ${bytes}`);
  }

  setPaused(paused: boolean): void {
    this.calls.push(`paused ${paused}`);
  }

  async finish(): Promise<void> {
    this.calls.push('finish');
    if (this.holdFinish) await this.holdFinish;
    this.say({ ...STOPPED });
  }

  setRateCaps({ down, up }: RateCaps): void {
    this.calls.push(`caps ${down} ${up}`);
  }

  setMemoryBudget(bytes: number): void {
    this.calls.push(`memory ${bytes}`);
  }

  setProfile(): void {
    this.calls.push('profile');
  }

  setProjects(): void {
    this.calls.push('projects');
  }

  async clearDisk(): Promise<void> {
    this.calls.push('clear disk');
    this.onDisk = 0;
  }

  async measureDisk(): Promise<number> {
    return this.onDisk;
  }

  wake(): void {
    this.calls.push('wake');
  }

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  say(change: Partial<ContributorStatus>): void {
    this.status = { ...this.status, ...change };
    this.#statuses.emit(this.status);
  }
}
