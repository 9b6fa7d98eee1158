/**
 * The parts of a browser that overnight work touches: one seam, so that tests hand in their own. Everything that some
 * browser lacks is optional here. The types are ours because these APIs differ between browsers more than a
 * standard library says.
 */

export interface Listening {
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

/** Battery Status API: Chromium only. */
export interface BatteryLike extends Listening {
  readonly charging: boolean;
  readonly level: number;
}

/** Network Information API: Chromium, and parts of it elsewhere. */
export interface ConnectionLike extends Partial<Listening> {
  readonly saveData?: boolean | undefined;
  readonly type?: string | undefined;
}

/** Idle Detection API: Chromium, on desktops. */
export interface IdleDetectorLike extends Listening {
  readonly userState: 'active' | 'idle' | null;
  readonly screenState: 'locked' | 'unlocked' | null;
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>;
}

export interface IdleDetectorClass {
  new (): IdleDetectorLike;
  requestPermission(): Promise<string>;
}

/** Compute Pressure API: Chromium. */
export interface PressureObserverLike {
  observe(source: 'cpu', options: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}

export type PressureObserverClass = new (
  callback: (records: readonly { readonly state: string }[]) => void,
) => PressureObserverLike;

export interface WakeLockSentinelLike extends Listening {
  readonly released: boolean;
  release(): Promise<void>;
}

export interface LockManagerLike {
  request<T>(
    name: string,
    options: {
      mode: 'exclusive' | 'shared';
      ifAvailable?: boolean | undefined;
      signal?: AbortSignal | undefined;
    },
    work: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

export interface BroadcastChannelLike extends Listening {
  postMessage(message: unknown): void;
  close(): void;
}

export interface AudioContextLike extends Listening {
  readonly state: string;
  readonly destination: AudioNode;
  createOscillator(): OscillatorNode;
  createGain(): GainNode;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface NavigatorLike {
  readonly onLine?: boolean | undefined;
  readonly connection?: ConnectionLike | undefined;
  readonly permissions?:
    | { query(descriptor: { name: string }): Promise<Listening & { readonly state: string }> }
    | undefined;
  readonly wakeLock?: { request(type: 'screen'): Promise<WakeLockSentinelLike> } | undefined;
  readonly locks?: LockManagerLike | undefined;
  getBattery?(): Promise<BatteryLike>;
  setAppBadge?(count: number): Promise<void>;
  clearAppBadge?(): Promise<void>;
  sendBeacon?(url: string, body: string): boolean;
}

export interface DocumentLike extends Listening {
  readonly visibilityState: string;
  /** Page Lifecycle: Chromium only. */
  readonly wasDiscarded?: boolean | undefined;
}

/** A window, as far as these modules know it. */
export interface BrowserScope extends Listening {
  readonly navigator: NavigatorLike;
  readonly document: DocumentLike;
  readonly IdleDetector?: IdleDetectorClass | undefined;
  readonly PressureObserver?: PressureObserverClass | undefined;
  readonly BroadcastChannel?: (new (name: string) => BroadcastChannelLike) | undefined;
  readonly AudioContext?: (new () => AudioContextLike) | undefined;
  /** Reading it throws where a page may keep nothing. */
  readonly sessionStorage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
}

/** This page's own window. */
export function browserScope(window: typeof globalThis): BrowserScope {
  return window as unknown as BrowserScope;
}

/** Something that is watched: what it says now, until `stop`, which takes every listener away. */
export interface Watch<T> {
  readonly current: T;
  stop(): void;
}

/** Returns the function that takes all of these listeners away. */
export function listen(
  target: Partial<Listening> | undefined,
  types: readonly string[],
  listener: (event: Event) => void,
): () => void {
  for (const type of types) target?.addEventListener?.(type, listener);
  return () => {
    for (const type of types) target?.removeEventListener?.(type, listener);
  };
}

/** For APIs that may be absent, refuse by throwing, or refuse by rejecting: all of it is undefined. */
export async function attempt<T>(work: () => Promise<T> | T | undefined): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
