/**
 * The page's side of the two workers: spawns them, joins them, and reports their death as a status. Where no
 * WebSocket leads to the coordinator, the session's half of them moves to the page: see routes.ts.
 */
import { systemClock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import { Emitter } from '../core/async.ts';
import { assertNames } from '../core/names.ts';
import { assertShare } from '../gpu/duty.ts';
import {
  type Contributor,
  type ContributorOptions,
  type ContributorStatus,
  type Problem,
  type PublicName,
  type RateCaps,
  STOPPED,
} from './api.ts';
import { measureDisk, removeDisk } from './disk-files.ts';
import { assertProjects } from './projects.ts';
import { proxy, transfer } from './remote.ts';
import { Routes, routesTo } from './routes.ts';
import { assertCaps } from './wishes.ts';
import { type Workers, spawn } from './workers.ts';

/** Stopping waits this long for an orderly goodbye; then the workers are simply ended. */
const STOP_MS = 3000;

class BrowserContributor implements Contributor {
  #status: ContributorStatus = STOPPED;
  #workers: Workers | undefined;
  /** Told to the next route, too. */
  #options: ContributorOptions | undefined;
  #projects: readonly string[] = [];
  #name: PublicName | undefined;
  #stopping = false;
  /** Resolves when what was to be finished has stopped. */
  #finished: PromiseWithResolvers<void> | undefined;
  readonly #statuses = new Emitter<ContributorStatus>();

  get status(): ContributorStatus {
    return this.#status;
  }

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  async start(options: ContributorOptions): Promise<void> {
    if (this.#workers) return;
    const { addresses, transport: asked } = options;
    let routes: Routes;
    try {
      routes = new Routes(routesTo(addresses, { https: location.protocol === 'https:', asked }), systemClock);
    } catch (error) {
      this.#publish(failed(this.#status, error));
      return;
    }
    await this.#begin(options, routes);
  }

  async #begin(options: ContributorOptions, routes: Routes): Promise<void> {
    this.#options = options;
    const { transport, addresses } = routes.current;
    const workers = spawn(transport);
    this.#workers = workers;
    this.#publish({ ...STOPPED, stage: 'testing', detail: 'Preparing the GPU.' });
    const fail = (error: unknown): void => {
      if (this.#workers !== workers) return;
      const hopeless = isAppError(error, 'forbidden', 'not-found');
      if (hopeless && !this.#stopping && routes.drop()) this.#turn(routes);
      else this.#publish(failed(this.#status, error));
    };
    workers.peer.died.catch(fail);
    try {
      const { port1, port2 } = new MessageChannel();
      workers.gpu.postMessage({ port: port1 }, [port1]);
      const onStatus = proxy((status: ContributorStatus) => {
        if (this.#workers !== workers) return;
        if (!this.#stopping && status.stage === 'stopped') void this.stop();
        else if (status.problem?.code === 'forbidden') fail(errorOf(status.problem));
        else if (!this.#stopping && routes.gaveUp(status)) this.#turn(routes);
        else this.#publish(status);
      });
      const told = { ...options, addresses };
      void workers.peer.api.setProjects(this.#projects);
      if (this.#name) void workers.peer.api.setProfile(this.#name);
      const starting = workers.peer.api.start(told, transfer(port2, [port2]), onStatus);
      await workers.peer.call('starting', starting);
    } catch (error) {
      fail(error);
    }
  }

  /** From a route that does not lead to the coordinator to the other one. */
  #turn(routes: Routes): void {
    if (this.#workers) this.#end(this.#workers);
    if (this.#finished) this.#publish(ended(this.#status));
    else if (this.#options) void this.#begin(this.#options, routes);
  }

  async stop(): Promise<void> {
    const workers = this.#workers;
    if (!workers) return;
    this.#stopping = true;
    await workers.peer.call('stopping', workers.peer.api.stop(), STOP_MS).catch(() => {});
    this.#stopping = false;
    if (this.#workers !== workers) return;
    this.#end(workers);
    this.#publish(ended(this.#status));
  }

  async finish(): Promise<void> {
    const workers = this.#workers;
    if (!workers || this.#stopping) return;
    if (this.#finished) {
      await this.stop();
      return;
    }
    this.#finished = Promise.withResolvers();
    void workers.peer.api.finish();
    await this.#finished.promise;
  }

  setPaused(paused: boolean): void {
    if (this.#options) this.#options = { ...this.#options, paused };
    void this.#workers?.peer.api.setPaused(paused);
  }

  setRateCaps(rateCaps: RateCaps): void {
    assertCaps(rateCaps);
    if (this.#options) this.#options = { ...this.#options, rateCaps };
    void this.#workers?.peer.api.setRateCaps(rateCaps);
  }

  setMemoryBudget(memoryBytes: number): void {
    if (this.#options) this.#options = { ...this.#options, memoryBytes };
    void this.#workers?.peer.api.setMemoryBudget(memoryBytes);
  }

  setIntensity(share: number): void {
    assertShare(share);
    if (this.#options) this.#options = { ...this.#options, intensity: share };
    void this.#workers?.peer.api.setIntensity(share);
  }

  setDiskBudget(bytes: number): void {
    if (this.#options) this.#options = { ...this.#options, diskBytes: bytes };
    void this.#workers?.peer.api.setDiskBudget(bytes);
  }

  setProfile(name: PublicName): void {
    assertNames(name);
    this.#name = name;
    if (this.#status.nameAnswer) this.#publish({ ...this.#status, nameAnswer: undefined });
    void this.#workers?.peer.api.setProfile(name);
  }

  setProjects(projects: readonly string[]): void {
    assertProjects(projects);
    this.#projects = projects;
    void this.#workers?.peer.api.setProjects(projects);
  }

  async clearDisk(): Promise<void> {
    const { peer } = this.#workers ?? {};
    if (peer) await peer.call('clearing the disk', peer.api.clearDisk()).catch(() => {});
    else await removeDisk();
  }

  measureDisk(): Promise<number> {
    return measureDisk();
  }

  wake(): void {
    void this.#workers?.peer.api.wake();
  }

  #publish(status: ContributorStatus): void {
    this.#status = { ...status, transport: this.#workers?.transport };
    this.#statuses.emit(this.#status);
    // A failed contributor holds nothing: the next start is a fresh one.
    if (status.stage === 'failed' && this.#workers) this.#end(this.#workers);
    if (this.#workers) return;
    this.#finished?.resolve();
    this.#finished = undefined;
  }

  #end(workers: Workers): void {
    this.#workers = undefined;
    workers.end();
  }
}

const errorOf = ({ code, message }: Problem): AppError => new AppError(code, message);

function ended(status: ContributorStatus): ContributorStatus {
  const none = { detail: '', progress: 0, paused: false, finishing: false, problem: undefined };
  return { ...status, ...none, stage: 'stopped' };
}

function failed(status: ContributorStatus, thrown: unknown): ContributorStatus {
  const { code, message } = toAppError(thrown);
  return { ...ended(status), stage: 'failed', detail: message, problem: { code, message } };
}

/** A contributor that does nothing until `start`. */
export function createContributor(): Contributor {
  return new BrowserContributor();
}
