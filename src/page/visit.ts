/**
 * One visit: what the visitor's presses, the browser's events and the other tabs do to the contributor. It joins the
 * controller, the policy, the tab lock, the lifecycle and what keeps a machine awake; the page shows its state.
 */
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import type { Settings } from '../contributor/settings.ts';
import { appBadge } from './badge.ts';
import type { BrowserScope } from './browser-scope.ts';
import { Conductor, type ConductState } from './conduct.ts';
import type { PageController, PageState } from './controller.ts';
import { LastHour } from './last-hour.ts';
import { Lifecycle } from './lifecycle.ts';
import { Renewal, type RenewalOptions } from './renewal.ts';
import type { OwnWishes } from './own-wishes.ts';
import type { ChosenSettings } from './settings.ts';
import { type SignalsWatch, watchSignals } from './signals.ts';
import { StageTimes } from './stage-times.ts';
import { TabChannel, type TabCommand, type TabStatus } from './tab-channel.ts';
import { TabLock, type TabLockState } from './tab-lock.ts';
import { QuietTone, type ToneState } from './tone.ts';
import { type AwakeState, ScreenAwake } from './wake-lock.ts';
import type { Kept } from './storage.ts';

/** What this browser can tell or do at all. */
export interface Abilities {
  readonly battery: boolean;
  readonly idle: boolean;
  readonly metered: boolean;
  readonly pressure: boolean;
  readonly awake: boolean;
  readonly tone: boolean;
}

export interface VisitState extends ConductState {
  readonly page: PageState;
  /** Another tab works, and so. */
  readonly leader: TabStatus | undefined;
  readonly lock: TabLockState;
  readonly awake: AwakeState;
  readonly tone: ToneState;
  /** False: the visitor's browser was not allowed to say whether the computer is in use. */
  readonly idleAllowed: boolean;
}

export interface VisitOptions {
  readonly scope: BrowserScope;
  readonly clock: Clock;
  readonly controller: PageController;
  readonly settings: ChosenSettings;
  readonly storage?: Kept | undefined;
  readonly wishes?: Pick<OwnWishes, 'tell' | 'answered'> | undefined;
  /** How a new version is found and taken; absent: never. */
  readonly renewal?: Omit<RenewalOptions, 'clock' | 'controller' | 'reloading'> | undefined;
}

export class Visit {
  readonly controller: PageController;
  readonly abilities: Abilities;
  readonly stageTimes = new StageTimes();
  readonly lastHour = new LastHour();
  readonly #clock: Clock;
  readonly #changes = new Emitter<VisitState>();
  readonly #conductor: Conductor;
  readonly #watch: SignalsWatch;
  readonly #lock: TabLock;
  readonly #channel: TabChannel;
  readonly #lifecycle: Lifecycle;
  readonly #awake: ScreenAwake;
  readonly #tone: QuietTone;
  readonly #badge: (shards: number) => void;
  readonly #renewal: Renewal | undefined;
  readonly #wishes: VisitOptions['wishes'];
  readonly #unlisten: (() => void)[];
  #idleAllowed = true;
  /** Started here, and waiting for its turn or at work. */
  #wanting = false;
  #working = false;
  /** By a click in this tab; a page that goes on by itself has its consent from before. */
  #clicked = false;

  constructor({ scope, clock, controller, settings, storage, wishes, renewal }: VisitOptions) {
    this.controller = controller;
    this.#wishes = wishes;
    this.#clock = clock;
    const changed = (): void => this.#changed();
    this.#lifecycle = new Lifecycle({
      scope,
      clock,
      api: () => controller.state.config?.api,
      actions: {
        wake: () => controller.wake(),
        start: () => void this.#enter(false),
        stop: () => void controller.stop(),
      },
    });
    this.#watch = watchSignals(scope, clock, () => this.#conductor?.look(), {
      idleMs: settings.now.idleMinutes * 60_000,
      onMoment: this.#lifecycle.onMoment,
      onSuspended: this.#lifecycle.onSuspended,
    });
    this.#conductor = new Conductor({
      clock,
      settings,
      signals: () => this.#watch.current,
      apply: (levels) => controller.setLevels(levels),
      storage,
    });
    this.#lock = new TabLock(scope.navigator.locks, (state) => this.#onLock(state));
    this.#channel = new TabChannel(scope, this.#lock, {
      onLeader: changed,
      onCommand: (command) => this.#obey(command),
    });
    this.#awake = new ScreenAwake(scope, changed);
    this.#tone = new QuietTone(scope, changed);
    this.#badge = appBadge(scope);
    this.abilities = abilitiesOf(scope, this.#watch.canDetectIdle);
    this.#renewal =
      renewal && new Renewal({ ...renewal, clock, controller, reloading: () => this.#lifecycle.reloading() });
    this.#unlisten = [
      this.#conductor.onChange(() => {
        this.#tellTabs();
        changed();
      }),
      controller.onChange((page) => this.#onPage(page)),
    ];
  }

  get state(): VisitState {
    return {
      ...this.#conductor.state,
      page: this.controller.state,
      leader: this.#channel.leader,
      lock: this.#lock.state,
      awake: this.#awake.state,
      tone: this.#tone.state,
      idleAllowed: this.#idleAllowed,
    };
  }

  onChange(listener: (state: VisitState) => void): () => void {
    return this.#changes.on(listener);
  }

  /** Once, when the page is ready: goes on where a discarded or renewed page was. True when it does. */
  begin(): boolean {
    return this.#lifecycle.begin();
  }

  /** In a click only. Where another tab works, this one waits for its turn. */
  async start(): Promise<void> {
    if (this.#conductor.state.settings.tone) this.#tone.start();
    await this.#enter(true);
  }

  /** In a click only: work moves from the other tab to this one. */
  async takeOver(): Promise<void> {
    this.#channel.command('yield');
    await this.start();
  }

  /** To whichever tab works. */
  press(command: Exclude<TabCommand, 'yield'>): void {
    if (this.#working) return this.#obey(command);
    // To wait for that tab's end would be to start when it is stopped from here.
    if (this.#wanting && command !== 'pause' && command !== 'resume') this.#over();
    this.#channel.command(command);
  }

  /** In a click only, as some settings need one. */
  change(change: Partial<Settings>): void {
    this.#conductor.change(change);
    const { settings } = this.#conductor.state;
    if (change.idleMinutes !== undefined) this.#watch.setIdleMs(settings.idleMinutes * 60_000);
    if (change.pauseWhileInUse === true) void this.#askIdle();
    if (change.tone !== undefined && this.#working) this.#sound(settings.tone);
    this.#stayAwake();
    this.#changed();
  }

  /** Verified multiply-adds a second over the last hour of this visit; undefined until it means something. */
  get hourRate(): number | undefined {
    return this.lastHour.rate(this.#clock.now(), this.controller.state.status.multiplyAddsVerified);
  }

  /** Takes every listener and timer away; nothing that works is stopped. */
  close(): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#watch.stop();
    this.#conductor.stop();
    this.#channel.close();
    this.#lifecycle.close();
    this.#renewal?.stop();
  }

  async #enter(clicked: boolean): Promise<void> {
    if (this.#working) return;
    this.#wanting = true;
    this.#clicked = clicked;
    await this.#lock.take();
    if (!this.#wanting) this.#lock.release();
    this.#changed();
  }

  #onLock(state: TabLockState): void {
    if (state === 'lost') void this.controller.stop();
    else if (this.#wanting && this.#lock.mayWork) this.#work();
    this.#changed();
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    if (this.#clicked) this.#lifecycle.started();
    this.#conductor.begin();
    this.#wishes?.tell();
    void this.controller.start();
    // It refuses while it is still stopping.
    if (!this.controller.state.wanted) return this.#over();
    this.#stayAwake();
    this.#renewal?.begin();
  }

  #obey(command: TabCommand): void {
    if (command === 'pause' || command === 'resume') this.#conductor.hold(command === 'pause');
    else if (command === 'finish') void this.controller.finish();
    else void this.controller.stop();
  }

  #onPage(page: PageState): void {
    const { status, wanted, stopping } = page;
    const nowMs = this.#clock.now();
    this.stageTimes.follow(status.stage, status.paused, nowMs);
    if (wanted) this.lastHour.add(nowMs, status.multiplyAddsVerified);
    this.#conductor.onStatus(status);
    if (this.#working && wanted) {
      this.#lifecycle.onStatus(status);
      this.#tellTabs();
      this.#badge(status.shardsVerified);
      this.#wishes?.answered(status.nameAnswer);
      this.#renewal?.onStatus(status);
    } else if (this.#working && !stopping) this.#over();
    this.#changed();
  }

  #tellTabs(): void {
    const { status, wanted } = this.controller.state;
    if (this.#working && wanted) this.#channel.tell({ status, paused: this.#conductor.state.byHand });
  }

  #over(): void {
    this.#working = false;
    this.#wanting = false;
    this.#lifecycle.ended();
    this.#conductor.end();
    this.#channel.tell(undefined);
    this.#lock.release();
    this.#sound(false);
    this.#stayAwake();
    this.#badge(0);
    this.#renewal?.end();
  }

  #sound(wanted: boolean): void {
    if (wanted) this.#tone.start();
    else this.#tone.stop();
  }

  /** The screen is not kept on for a machine that rests. */
  #stayAwake(): void {
    const { settings, conduct, byHand } = this.#conductor.state;
    this.#awake.want(this.#working && settings.keepAwake && conduct.run && !byHand);
  }

  async #askIdle(): Promise<void> {
    this.#idleAllowed = await this.#watch.askIdle();
    this.#conductor.look();
    this.#changed();
  }

  #changed(): void {
    this.#stayAwake();
    this.#changes.emit(this.state);
  }
}

function abilitiesOf({ navigator, PressureObserver, AudioContext }: BrowserScope, idle: boolean): Abilities {
  const { connection } = navigator;
  return {
    battery: navigator.getBattery !== undefined,
    idle,
    metered: connection?.type !== undefined || connection?.saveData !== undefined,
    pressure: PressureObserver !== undefined,
    awake: navigator.wakeLock !== undefined,
    tone: AudioContext !== undefined,
  };
}
