/** What the page's own address may ask for, what was chosen here, and what can be known about this browser before the click. */
import type { ContributorOptions } from '../contributor/api.ts';
import { LEAST_INTENSITY } from '../contributor/api.ts';
import {
  type Heat,
  PRESETS,
  RANGES,
  type PresetName,
  type Settings,
  withPreset,
} from '../contributor/settings.ts';
import { parseSettings, serializeSettings } from '../contributor/settings-text.ts';
import type { ErrorCode } from '../core/errors.ts';
import { type Kept, keep, readKept } from './storage.ts';

const MIB = 1024 * 1024;
const KEY = 'tilework-settings';
const HEATS: readonly Heat[] = ['off', 'normal', 'careful'];
/** What the visitor may let us keep on disk, bytes: the steps of the slider. */
export const DISK_CHOICES = [0, 256, 512, 1024, 2048, 4096, 8192].map((mib) => mib * MIB);

/** What nobody can choose but whoever wrote the address. */
export interface PageAddress extends Pick<ContributorOptions, 'allowSoftware' | 'transport'> {
  /** Addresses from `?coordinator=`: shown to the visitor, because a link chose them and not this site. */
  readonly namedCoordinators: readonly string[];
}

/** `?software=allow`, `?coordinator=…`, `?transport=webrtc-direct`; anything else is ignored. */
export function readAddress(search: string): PageAddress {
  const query = new URLSearchParams(search);
  return {
    allowSoftware: query.get('software') === 'allow',
    namedCoordinators: query.getAll('coordinator'),
    transport: query.get('transport') === 'webrtc-direct' ? 'webrtc-direct' : undefined,
  };
}

/** The visitor's settings on this visit, and what of them is kept for the next. */
export class ChosenSettings {
  readonly #storage: Kept | undefined;
  #kept: Settings;
  #now: Settings;

  /**
   * What was kept, and over it for this visit only: `?preset=` (gentle, balanced, all-in), `?memory=MiB` (64…4096),
   * `?intensity=percent` (5…100), `?disk=MiB` (0…8192), `?heat=` (off, normal, careful). Whole numbers are clamped; anything else is ignored.
   */
  constructor(search: string, storage?: Kept) {
    this.#storage = storage;
    this.#kept = parseSettings(readKept(storage, KEY) ?? null);
    this.#now = asked(this.#kept, new URLSearchParams(search));
  }

  get now(): Settings {
    return this.#now;
  }

  /** What the address asked for is not kept along. */
  change(change: Partial<Settings>): void {
    this.#kept = { ...this.#kept, ...change };
    this.#now = { ...this.#now, ...change };
    keep(this.#storage, KEY, serializeSettings(this.#kept));
  }
}

function asked(kept: Settings, query: URLSearchParams): Settings {
  const preset = query.get('preset') ?? '';
  const settings = Object.hasOwn(PRESETS, preset) ? withPreset(kept, preset as PresetName) : kept;
  const whole = (
    name: string,
    unit: number,
    [least, most]: readonly [number, number],
  ): number | undefined => {
    const text = query.get(name);
    if (text === null || !/^\d{1,6}$/.test(text)) return undefined;
    return Math.min(most, Math.max(least, Number(text) * unit));
  };
  return {
    ...settings,
    heat: heat(query) ?? settings.heat,
    intensity: whole('intensity', 0.01, [LEAST_INTENSITY, 1]) ?? settings.intensity,
    memoryBytes: whole('memory', MIB, RANGES.memoryBytes) ?? settings.memoryBytes,
    diskBytes: whole('disk', MIB, RANGES.diskBytes) ?? settings.diskBytes,
  };
}

function heat(query: URLSearchParams): Heat | undefined {
  const asked = HEATS.find((each) => each === query.get('heat'));
  // An adapter in software heats the processor by itself: to give way to that would be to give way to oneself.
  return asked ?? (query.get('software') === 'allow' ? 'off' : undefined);
}

/** What a glance at the browser says; nothing here touches the GPU. */
export interface BrowserTraits {
  readonly secureContext: boolean;
  readonly webgpu: boolean;
  readonly workers: boolean;
}

export function traitsOf(scope: typeof globalThis): BrowserTraits {
  return {
    secureContext: scope.isSecureContext,
    webgpu: 'gpu' in scope.navigator,
    workers: 'Worker' in scope,
  };
}

/** Why Start cannot work here, known before the click; undefined when it may work. */
export function obstacle(traits: BrowserTraits): (ErrorCode & 'no-webgpu') | 'insecure' | undefined {
  // Browsers hide WebGPU and WebCrypto from pages without https, so this comes first.
  if (!traits.secureContext) return 'insecure';
  if (!traits.webgpu || !traits.workers) return 'no-webgpu';
  return undefined;
}
