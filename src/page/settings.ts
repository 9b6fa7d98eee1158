/** What the page's own address may ask for, and what can be known about this browser before the click. */
import type { ContributorOptions } from '../contributor/api.ts';
import { DEFAULT_DISK_BYTES, DEFAULT_MEMORY_BYTES, LEAST_INTENSITY } from '../contributor/api.ts';
import type { ErrorCode } from '../core/errors.ts';

const MIB = 1024 * 1024;
/** Below this, two leases and their tiles do not fit. */
const MIN_MEMORY_MIB = 64;
/** WebGPU never refuses an allocation, so a mistyped number must not be able to take a whole machine. */
const MAX_MEMORY_MIB = 4096;
/** What the visitor may let us keep on disk, bytes: the steps of the slider. */
export const DISK_CHOICES = [0, 256, 512, 1024, 2048, 4096, 8192].map((mib) => mib * MIB);
const DISK_KEY = 'tilework-disk-bytes';

export interface PageSettings extends Pick<
  ContributorOptions,
  'allowSoftware' | 'memoryBytes' | 'transport'
> {
  /** The share of time that the GPU may compute, until the visitor moves the slider. */
  readonly intensity: number;
  /** Disk to keep blocks on, until the visitor moves that slider. */
  readonly diskBytes: number;
  /** Addresses from `?coordinator=`: shown to the visitor, because a link chose them and not this site. */
  readonly namedCoordinators: readonly string[];
}

/**
 * `?software=allow`, `?memory=MiB` (64…4096), `?intensity=percent` (5…100), `?disk=MiB` (0…8192),
 * `?coordinator=…`, `?transport=webrtc-direct`. Whole numbers are clamped; anything else is ignored.
 * @param kept - what the visitor chose earlier, where no address says otherwise
 */
export function readSettings(search: string, kept?: Pick<Storage, 'getItem'>): PageSettings {
  const query = new URLSearchParams(search);
  return {
    allowSoftware: query.get('software') === 'allow',
    memoryBytes: memoryBytes(query.get('memory')),
    intensity: intensity(query.get('intensity')),
    diskBytes: diskBytes(query.get('disk'), kept?.getItem(DISK_KEY) ?? null),
    namedCoordinators: query.getAll('coordinator'),
    transport: query.get('transport') === 'webrtc-direct' ? 'webrtc-direct' : undefined,
  };
}

function memoryBytes(text: string | null): number {
  if (text === null || !/^\d{1,6}$/.test(text)) return DEFAULT_MEMORY_BYTES;
  return Math.min(MAX_MEMORY_MIB, Math.max(MIN_MEMORY_MIB, Number(text))) * MIB;
}

function intensity(text: string | null): number {
  if (text === null || !/^\d{1,6}$/.test(text)) return 1;
  return Math.min(1, Math.max(LEAST_INTENSITY, Number(text) / 100));
}

function diskBytes(asked: string | null, kept: string | null): number {
  const most = DISK_CHOICES.at(-1)!;
  if (asked !== null && /^\d{1,6}$/.test(asked)) return Math.min(most, Number(asked) * MIB);
  if (kept !== null && /^\d{1,12}$/.test(kept)) return Math.min(most, Number(kept));
  return DEFAULT_DISK_BYTES;
}

/** For the visits to come. */
export function rememberDisk(bytes: number, kept: Pick<Storage, 'setItem'> | undefined): void {
  try {
    kept?.setItem(DISK_KEY, String(bytes));
  } catch {
    // Full, or not allowed here: the choice is for this visit.
  }
}

/** Undefined where a page may keep nothing. */
export function storageOf(scope: typeof globalThis): Storage | undefined {
  try {
    return scope.localStorage;
  } catch {
    return undefined;
  }
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
export function obstacle(traits: BrowserTraits): ErrorCode | 'insecure' | undefined {
  // Browsers hide WebGPU and WebCrypto from pages without https, so this comes first.
  if (!traits.secureContext) return 'insecure';
  if (!traits.webgpu || !traits.workers) return 'no-webgpu';
  return undefined;
}
