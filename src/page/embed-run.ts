/**
 * The frame's work, without its DOM: begins under a consent, as one of all frames and tabs of this site, as gently as
 * embed-conduct.ts says, and ends by any stop, when the consent ends, or by the first error.
 */
import { type Contributor, type ContributorStatus, STOPPED } from '../contributor/api.ts';
import type { CoordinatorConfig } from '../contributor/config.ts';
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { FrameMessage, StopReason, WidgetState, WidgetStats } from '../widget/envelope.ts';
import type { BrowserScope } from './browser-scope.ts';
import {
  type EmbedConduct,
  embedConduct,
  type EmbedReason,
  embedSettings,
  type EmbedSignals,
} from './embed-conduct.ts';
import type { EmbedConsent } from './embed-consent.ts';
import { TabChannel } from './tab-channel.ts';
import { TabLock } from './tab-lock.ts';

export interface EmbedState {
  readonly phase: WidgetState;
  /** This frame's, or of the one that works. */
  readonly status: ContributorStatus;
  /** Why it does nothing, or less. */
  readonly reasons: readonly EmbedReason[];
  readonly anyway: boolean;
  /** The consent's end. */
  readonly untilMs: number | undefined;
}

export interface EmbedRunOptions {
  readonly scope: BrowserScope;
  readonly clock: Clock;
  readonly consent: EmbedConsent;
  /** Origin of the page around the frame, which is credited as well. */
  readonly site: string;
  /** Resolves to what works; nothing of it is loaded before the click. */
  readonly load: () => Promise<Contributor>;
  readonly loadConfig: () => Promise<CoordinatorConfig>;
  readonly signals: () => EmbedSignals;
  readonly allowSoftware: boolean;
  readonly tell: (message: FrameMessage) => void;
}

/** A host's page need not hear of every block. */
const TELL_MS = 500;

export class EmbedRun {
  readonly #options: EmbedRunOptions;
  readonly #changes = new Emitter<EmbedState>();
  readonly #lock: TabLock;
  readonly #channel: TabChannel;
  #contributor: Contributor | undefined;
  #state: EmbedState;
  #conduct: EmbedConduct | undefined;
  #maxIntensity = 1;
  #project = '';
  /** Of the run that is wanted; aborted by its end. */
  #run: AbortController | undefined;
  #live = false;
  #told: WidgetStats | undefined;
  #toldMs = -Infinity;
  #cancelTell: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelEnd: (() => void) | undefined;

  constructor(options: EmbedRunOptions) {
    this.#options = options;
    this.#lock = new TabLock(options.scope.navigator.locks, (state) => {
      if (state === 'held' && this.#state.phase === 'elsewhere') this.#takeOver();
      if (state === 'lost') void this.stop('error');
    });
    this.#channel = new TabChannel(options.scope, this.#lock, {
      onLeader: () => this.#follow(),
      onCommand: (command) => void (command === 'finish' ? this.finish() : this.stop('visitor')),
    });
    this.#state = { phase: 'asking', status: STOPPED, reasons: [], anyway: false, untilMs: undefined };
  }

  get state(): EmbedState {
    return this.#state;
  }

  /** Id and API of the contributor and its leases: for what has to be handed back when the frame goes. */
  get contributor(): Contributor | undefined {
    return this.#contributor;
  }

  onChange(listener: (state: EmbedState) => void): () => void {
    return this.#changes.on(listener);
  }

  wish({ maxIntensity, project }: { readonly maxIntensity: number; readonly project: string }): void {
    this.#maxIntensity = maxIntensity;
    if (project !== this.#project) {
      this.#project = project;
      this.#contributor?.setProjects(projectList(project));
    }
    this.look();
  }

  setAnyway(anyway: boolean): void {
    this.#set({ anyway });
    this.look();
  }

  /**
   * The visitor has pressed Start; or, with 'consent', did so earlier, which counts while that consent lives and while
   * nothing speaks against working here. Never rejects.
   */
  async start(by: 'click' | 'consent'): Promise<void> {
    const { clock, consent } = this.#options;
    if (this.#run || this.#state.phase === 'stopping') return;
    this.look();
    if (!this.#conduct?.run) return;
    const untilMs = by === 'click' ? consent.grant(clock.now()) : consent.untilMs(clock.now());
    if (untilMs === undefined) return;
    const run = new AbortController();
    this.#run = run;
    this.#set({ phase: 'starting', status: STOPPED, untilMs });
    this.#options.tell({ type: 'consent', untilMs });
    this.#cancelEnd = clock.after(untilMs - clock.now(), () => void this.stop('expired'));
    const lock = await this.#lock.take();
    if (run.signal.aborted) return;
    if (lock === 'waiting') {
      this.#set({ phase: 'elsewhere' });
      this.#follow();
    } else await this.#begin(run.signal);
  }

  /** The frame that worked has ended without a stop: this one's visitor has consented, too. */
  #takeOver(): void {
    const { clock, consent } = this.#options;
    const run = this.#run;
    if (!run) return;
    if (consent.untilMs(clock.now()) === undefined) void this.stop('visitor');
    else void this.#begin(run.signal);
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { load, loadConfig, allowSoftware, site } = this.#options;
    this.#set({ phase: 'starting' });
    try {
      // The same for each start: one that nobody hears could not be stopped.
      const [contributor, { addresses, log }] = await Promise.all([
        this.#contributor ?? load(),
        loadConfig(),
      ]);
      if (signal.aborted) return;
      if (!this.#contributor) {
        this.#contributor = contributor;
        contributor.onStatus((status) => this.#hear(status));
      }
      this.#live = true;
      const { memoryBytes, diskBytes } = embedSettings(this.#wishes);
      const { intensity = 0 } = this.#conduct ?? {};
      const paused = this.#conduct?.run !== true;
      contributor.setProjects(projectList(this.#project));
      const limits = { memoryBytes, diskBytes, intensity, paused };
      await contributor.start({ addresses, log, allowSoftware, site, ...limits });
      if (signal.aborted) return;
      this.#setPhase();
      this.#options.tell({ type: 'started', stats: this.#stats() });
    } catch (thrown) {
      if (!signal.aborted) await this.#fail(toAppError(thrown).code);
    }
  }

  /** Revokes the consent, whoever asks. Resolves when nothing runs any more; never rejects. */
  async stop(reason: StopReason): Promise<void> {
    this.#options.consent.revoke();
    if (!this.#run) return;
    const elsewhere = this.#state.phase === 'elsewhere';
    this.#set({ phase: 'stopping' });
    // All frames of this site are one to its visitor.
    if (elsewhere && (reason === 'visitor' || reason === 'host')) this.#channel.command('stop');
    await this.#end(reason);
  }

  async finish(): Promise<void> {
    if (this.#state.phase === 'elsewhere') this.#channel.command('finish');
    else if (this.#live) await this.#contributor?.finish().catch(() => {});
    else await this.stop('finished');
  }

  /** At every change of what the browser tells. */
  look(): void {
    const { clock, signals } = this.#options;
    const now = { ...signals(), drift: this.#state.status.drift };
    const conduct = embedConduct(this.#wishes, now, this.#conduct);
    this.#conduct = conduct;
    this.#cancelLook?.();
    const { nextLookMs } = conduct;
    if (nextLookMs !== undefined)
      this.#cancelLook = clock.after(nextLookMs - clock.now(), this.look.bind(this));
    if (this.#live) {
      this.#contributor?.setIntensity(conduct.intensity);
      this.#contributor?.setPaused(!conduct.run);
    }
    this.#set({ reasons: conduct.reasons });
    this.#setPhase();
  }

  close(): void {
    for (const cancel of [this.#cancelEnd, this.#cancelLook, this.#cancelTell]) cancel?.();
    this.#run?.abort();
    this.#channel.close();
    this.#lock.release();
  }

  get #wishes(): { maxIntensity: number; anyway: boolean } {
    return { maxIntensity: this.#maxIntensity, anyway: this.#state.anyway };
  }

  #hear(status: ContributorStatus): void {
    if (!this.#live) return;
    const receipts = status.shardsVerified > this.#state.status.shardsVerified;
    this.#set({ status });
    if (status.stage === 'failed') {
      void this.#fail(status.problem?.code ?? 'internal');
      return;
    }
    if (status.stage === 'stopped') {
      if (this.#run) void this.stop('finished');
      return;
    }
    this.#setPhase();
    this.#channel.tell({ status, paused: status.paused });
    if (receipts) this.#options.tell({ type: 'receipt', stats: this.#stats() });
  }

  #setPhase(): void {
    if (!this.#live || this.#state.phase === 'stopping' || this.#state.phase === 'stopped') return;
    this.#set({ phase: this.#conduct?.run ? 'working' : 'paused' });
  }

  /** Shows the numbers of the frame that works. */
  #follow(): void {
    if (this.#state.phase !== 'elsewhere') return;
    const { leader } = this.#channel;
    const { clock, consent } = this.#options;
    if (leader) this.#set({ status: leader.status });
    else if (consent.untilMs(clock.now()) === undefined) void this.stop('visitor');
  }

  async #fail(code: string): Promise<void> {
    this.#set({ phase: 'stopping' });
    await this.#end('error');
    this.#options.tell({ type: 'error', code });
  }

  async #end(reason: StopReason): Promise<void> {
    this.#run?.abort();
    this.#run = undefined;
    this.#cancelEnd?.();
    await this.#contributor?.stop().catch(() => {});
    this.#live = false;
    this.#channel.tell(undefined);
    this.#lock.release();
    this.#set({ phase: 'stopped', untilMs: undefined });
    this.#options.tell({ type: 'stopped', reason, stats: this.#stats() });
  }

  #stats(): WidgetStats {
    const { phase: state, status } = this.#state;
    const { shardsVerified: shards, multiplyAddsVerified: multiplyAdds, rate, progress } = status;
    return { state, shards, microcredits: Number(status.microcredits), multiplyAdds, rate, progress };
  }

  #set(change: Partial<EmbedState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changes.emit(this.#state);
    if (this.#run) this.#tellProgress();
  }

  #tellProgress(): void {
    const { clock, tell } = this.#options;
    if (this.#cancelTell) return;
    this.#cancelTell = clock.after(Math.max(0, this.#toldMs + TELL_MS - clock.now()), () => {
      this.#cancelTell = undefined;
      const stats = this.#stats();
      if (!this.#run || JSON.stringify(stats) === JSON.stringify(this.#told)) return;
      this.#told = stats;
      this.#toldMs = clock.now();
      tell({ type: 'progress', stats });
    });
  }
}

const projectList = (project: string): string[] => (project === '' ? [] : [project]);
