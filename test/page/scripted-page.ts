/** The real element over a contributor that does nothing but what the test says. */
import type { Contributor, ContributorOptions, ContributorStatus } from '../../src/contributor/api.ts';
import { STOPPED } from '../../src/contributor/api.ts';
import { Emitter } from '../../src/core/async.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import '../../src/page/app.ts';
import { PageController } from '../../src/page/controller.ts';
import { type BrowserTraits, readSettings } from '../../src/page/settings.ts';

class ScriptedContributor implements Contributor {
  status: ContributorStatus = STOPPED;
  starts: ContributorOptions[] = [];
  stops = 0;
  intensities: number[] = [];
  diskBudgets: number[] = [];
  cleared = 0;
  onDisk = 0;
  holdStop: Promise<void> | undefined;
  readonly #statuses = new Emitter<ContributorStatus>();

  start(options: ContributorOptions): Promise<void> {
    this.starts.push(options);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stops += 1;
    await this.holdStop;
    this.say({ ...STOPPED });
  }

  setIntensity(share: number): void {
    this.intensities.push(share);
  }

  setDiskBudget(bytes: number): void {
    this.diskBudgets.push(bytes);
  }

  setPaused(): void {}

  finish(): Promise<void> {
    return this.stop();
  }

  setRateCaps(): void {}

  setMemoryBudget(): void {}

  setProfile(): void {}

  setProjects(): void {}

  clearDisk(): Promise<void> {
    this.cleared += 1;
    this.onDisk = 0;
    return Promise.resolve();
  }

  measureDisk(): Promise<number> {
    return Promise.resolve(this.onDisk);
  }

  wake(): void {}

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  say(change: Partial<ContributorStatus>): void {
    this.status = { ...this.status, ...change };
    this.#statuses.emit(this.status);
  }
}

let contributor = new ScriptedContributor();
let releaseStop: (() => void) | undefined;

export interface MountOptions {
  readonly search?: string;
  readonly traits?: BrowserTraits;
  /** The error that finding the coordinator ends with. */
  readonly configError?: ErrorCode;
}

/** What is on disk when the next page is mounted. */
let onDisk = 0;

export function leaveOnDisk(bytes: number): void {
  onDisk = bytes;
}

/** A fresh element in place of the page's own. */
export function mount({ search = '', traits, configError }: MountOptions = {}): void {
  contributor = new ScriptedContributor();
  contributor.onDisk = onDisk;
  const page = document.createElement('tilework-page');
  page.traits = traits ?? { secureContext: true, webgpu: true, workers: true };
  page.controller = new PageController({
    contributor,
    loadConfig: () =>
      configError
        ? Promise.reject(new AppError(configError, 'coordinator.json could not be read'))
        : Promise.resolve({ addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x'], source: 'file' }),
    settings: readSettings(search),
    clock: systemClock,
    rng: seededRng(1),
  });
  document.querySelector('tilework-page')?.replaceWith(page);
}

type Credits = 'microcredits' | 'balanceMicrocredits';
/** A status as it comes through the test's connection to the browser, which knows no bigint. */
export type Told = Partial<Omit<ContributorStatus, Credits> & Record<Credits, number>>;

/** What the contributor reports next; drawn when this resolves. */
export async function say({ microcredits, balanceMicrocredits, ...change }: Told): Promise<void> {
  contributor.say({
    ...change,
    ...(microcredits === undefined ? {} : { microcredits: BigInt(microcredits) }),
    ...(balanceMicrocredits === undefined ? {} : { balanceMicrocredits: BigInt(balanceMicrocredits) }),
  });
  await document.querySelector('tilework-page')?.updateComplete;
}

export interface Calls {
  readonly starts: readonly ContributorOptions[];
  readonly stops: number;
  readonly intensities: readonly number[];
  readonly diskBudgets: readonly number[];
  /** How often the disk was cleared. */
  readonly cleared: number;
}

export function calls(): Calls {
  const { starts, stops, intensities, diskBudgets, cleared } = contributor;
  return { starts, stops, intensities, diskBudgets, cleared };
}

export function holdStop(): void {
  contributor.holdStop = new Promise((resolve) => {
    releaseStop = resolve;
  });
}

export function letStop(): void {
  releaseStop?.();
}
