/** A browser that does what the test says: every API of BrowserScope, present or absent, willing or not. */
import type {
  BatteryLike,
  BroadcastChannelLike,
  BrowserScope,
  ConnectionLike,
  DocumentLike,
  IdleDetectorLike,
  LockManagerLike,
  NavigatorLike,
  WakeLockSentinelLike,
} from '../../src/page/browser-scope.ts';

type Heard = (event: Event) => void;

/** An EventTarget that counts its listeners. */
export class Target {
  readonly #listeners = new Map<string, Set<Heard>>();

  addEventListener(type: string, listener: Heard): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: string, listener: Heard): void {
    this.#listeners.get(type)?.delete(listener);
  }

  fire(type: string, fields: object = {}): void {
    for (const listener of Array.from(this.#listeners.get(type) ?? []))
      listener({ type, ...fields } as Event);
  }

  get listeners(): number {
    return Array.from(this.#listeners.values()).reduce((sum, { size }) => sum + size, 0);
  }
}

export class FakeDocument extends Target implements DocumentLike {
  visibilityState = 'visible';
  wasDiscarded: boolean | undefined;

  show(visible: boolean): void {
    this.visibilityState = visible ? 'visible' : 'hidden';
    this.fire('visibilitychange');
  }
}

export class FakeBattery extends Target implements BatteryLike {
  charging = true;
  level = 1;
}

export class FakeConnection extends Target implements ConnectionLike {
  saveData: boolean | undefined;
  type: string | undefined;
}

export class FakeSentinel extends Target implements WakeLockSentinelLike {
  released = false;
  release(): Promise<void> {
    this.released = true;
    this.fire('release');
    return Promise.resolve();
  }
}

/** One browser's idle detection; its detectors are made by `detectorClass`. */
export class FakeIdle {
  permission = 'prompt';
  answer = 'granted';
  refusesStart = false;
  readonly status = new Target();
  readonly started: { threshold: number; signal: AbortSignal; detector: FakeDetector }[] = [];

  decide(permission: string): void {
    this.permission = permission;
    this.status.fire('change');
  }

  detectorClass(): NonNullable<BrowserScope['IdleDetector']> {
    // eslint-disable-next-line typescript/no-this-alias
    const idle = this;
    return class extends FakeDetector {
      static requestPermission(): Promise<string> {
        idle.permission = idle.answer;
        return Promise.resolve(idle.answer);
      }
      constructor() {
        super(idle);
      }
    };
  }
}

export class FakeDetector extends Target implements IdleDetectorLike {
  userState: 'active' | 'idle' | null = null;
  screenState: 'locked' | 'unlocked' | null = null;
  readonly #idle: FakeIdle;

  constructor(idle: FakeIdle) {
    super();
    this.#idle = idle;
  }

  start(options: { threshold: number; signal: AbortSignal }): Promise<void> {
    if (this.#idle.refusesStart) return Promise.reject(new DOMException('no', 'NotAllowedError'));
    this.#idle.started.push({ ...options, detector: this });
    return Promise.resolve();
  }

  say(userState: 'active' | 'idle', screenState: 'locked' | 'unlocked'): void {
    this.userState = userState;
    this.screenState = screenState;
    this.fire('change');
  }
}

/** Web Locks as the standard has them, for one name. */
export class FakeLocks implements LockManagerLike {
  readonly #held = new Set<{ mode: string; lost: (error: unknown) => void }>();
  readonly #queue: { mode: string; grant: () => void }[] = [];
  refuses = false;

  get held(): number {
    return this.#held.size;
  }

  request<T>(
    _name: string,
    options: { mode: string; ifAvailable?: boolean | undefined; signal?: AbortSignal | undefined },
    work: (lock: unknown) => Promise<T>,
  ): Promise<T> {
    if (this.refuses) return Promise.reject(new DOMException('not here', 'SecurityError'));
    const { mode, ifAvailable = false, signal } = options;
    return new Promise<T>((resolve, reject) => {
      const hold = { mode, lost: reject };
      const entry = {
        mode,
        grant: () => {
          this.#held.add(hold);
          void Promise.resolve()
            .then(() => work({ mode }))
            .then(resolve, reject)
            .finally(() => this.#drop(hold));
        },
      };
      if (ifAvailable && !this.#free(mode)) {
        void Promise.resolve()
          .then(() => work(null))
          .then(resolve, reject);
        return;
      }
      signal?.addEventListener('abort', () => {
        const at = this.#queue.indexOf(entry);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(new DOMException('gave up', 'AbortError'));
      });
      this.#queue.push(entry);
      this.#pump();
    });
  }

  /** What `steal` by somebody does, or the end of the tab that holds it. */
  take(): void {
    for (const hold of Array.from(this.#held)) {
      hold.lost(new DOMException('stolen', 'AbortError'));
      this.#drop(hold);
    }
  }

  #free(mode: string): boolean {
    const held = Array.from(this.#held);
    return held.length === 0 || (mode === 'shared' && held.every((each) => each.mode === 'shared'));
  }

  #drop(hold: { mode: string; lost: (error: unknown) => void }): void {
    this.#held.delete(hold);
    this.#pump();
  }

  #pump(): void {
    while (this.#queue[0] && this.#free(this.#queue[0].mode)) this.#queue.shift()!.grant();
  }
}

/** All channels of one name; what is posted is cloned, as browsers do. */
export function fakeChannels(): new (name: string) => BroadcastChannelLike {
  const all = new Set<Target>();
  return class extends Target implements BroadcastChannelLike {
    constructor() {
      super();
      all.add(this);
    }
    postMessage(message: unknown): void {
      if (!all.has(this)) throw new DOMException('closed', 'InvalidStateError');
      const data: unknown = structuredClone(message);
      for (const each of all) if (each !== this) each.fire('message', { data });
    }
    close(): void {
      all.delete(this);
    }
  };
}

export class FakeStorage {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

export interface FakeScope extends BrowserScope {
  readonly window: Target;
  readonly document: FakeDocument;
}

/** A bare browser, without any of the optional APIs but those that are given. */
export function fakeScope(
  navigator: NavigatorLike = {},
  rest: Partial<Omit<BrowserScope, 'document' | 'navigator'>> = {},
): FakeScope {
  const window = new Target();
  return {
    navigator,
    document: new FakeDocument(),
    window,
    addEventListener: (type, listener) => {
      window.addEventListener(type, listener);
    },
    removeEventListener: (type, listener) => {
      window.removeEventListener(type, listener);
    },
    ...rest,
  };
}

/** Lets promises that are settled by now be heard. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
