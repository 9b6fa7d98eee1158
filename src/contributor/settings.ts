/** What a visitor chose: plain data with one meaning each, three presets over it, and what values are possible. */
import { DEFAULT_DISK_BYTES, DEFAULT_MEMORY_BYTES, LEAST_INTENSITY, LEAST_RATE_CAP } from './api.ts';

const MIB = 1024 * 1024;

/**
 * A part of the local day, [fromMinute, toMinute), which may wrap midnight. 'except': quiet hours, work at all other
 * times; 'only': such as at night, work at no other time. A window without length limits nothing.
 */
export interface Schedule {
  readonly kind: 'always' | 'except' | 'only';
  /** Minutes since midnight, 0…1439. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Off; 'normal': less when the machine gets hot, nothing when it is very hot; 'careful': before a fan is heard. */
export type Heat = 'off' | 'normal' | 'careful';

export interface Settings {
  /** The share of time that the GPU may compute, 0.05…1. */
  readonly intensity: number;
  readonly onlyOnMains: boolean;
  /** On battery, pause under this level, 0…1. */
  readonly batteryFloor: number;
  readonly schedule: Schedule;
  /** Block bytes a local day, both ways; undefined: no cap. */
  readonly dailyDataBytes: number | undefined;
  /** Bytes a second; undefined: no cap. */
  readonly downBytesPerSecond: number | undefined;
  readonly upBytesPerSecond: number | undefined;
  /** Also where bytes are counted, or the visitor asks pages to save data. */
  readonly onMetered: boolean;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly pauseWhileInUse: boolean;
  /** Unused for so long, the computer counts as not in use. */
  readonly idleMinutes: number;
  readonly heat: Heat;
  /** Keep the screen awake. */
  readonly keepAwake: boolean;
  /** A tone that nobody hears, for which browsers do not slow a hidden page. */
  readonly tone: boolean;
}

/** What a preset decides: how hard the machine works. When, and with how much data, stays as it was chosen. */
export type PresetSettings = Pick<
  Settings,
  | 'intensity'
  | 'onlyOnMains'
  | 'batteryFloor'
  | 'onMetered'
  | 'memoryBytes'
  | 'diskBytes'
  | 'pauseWhileInUse'
  | 'idleMinutes'
  | 'heat'
  | 'keepAwake'
>;

export type PresetName = 'gentle' | 'balanced' | 'all-in';

export const PRESETS: Readonly<Record<PresetName, PresetSettings>> = {
  gentle: {
    intensity: 0.35,
    onlyOnMains: true,
    batteryFloor: 0.5,
    onMetered: false,
    memoryBytes: 256 * MIB,
    diskBytes: 512 * MIB,
    pauseWhileInUse: true,
    idleMinutes: 5,
    heat: 'careful',
    keepAwake: false,
  },
  balanced: {
    intensity: 0.75,
    onlyOnMains: true,
    batteryFloor: 0.3,
    onMetered: false,
    memoryBytes: DEFAULT_MEMORY_BYTES,
    diskBytes: DEFAULT_DISK_BYTES,
    pauseWhileInUse: false,
    idleMinutes: 5,
    heat: 'normal',
    keepAwake: false,
  },
  'all-in': {
    intensity: 1,
    onlyOnMains: false,
    batteryFloor: 0.15,
    onMetered: true,
    memoryBytes: 1024 * MIB,
    diskBytes: 4096 * MIB,
    pauseWhileInUse: false,
    idleMinutes: 5,
    heat: 'normal',
    keepAwake: true,
  },
};

export const DEFAULTS: Settings = {
  ...PRESETS.balanced,
  schedule: { kind: 'always', fromMinute: 22 * 60, toMinute: 7 * 60 },
  dailyDataBytes: undefined,
  downBytesPerSecond: undefined,
  upBytesPerSecond: undefined,
  tone: false,
};

/** Least and most of every number; what is beyond is brought back. */
export const RANGES = {
  intensity: [LEAST_INTENSITY, 1],
  batteryFloor: [0, 0.95],
  minute: [0, 24 * 60 - 1],
  dailyDataBytes: [16 * MIB, 1024 ** 4],
  bytesPerSecond: [LEAST_RATE_CAP, 1024 ** 3],
  // Below, two leases and their tiles do not fit; WebGPU never refuses, so there is a most.
  memoryBytes: [64 * MIB, 4096 * MIB],
  diskBytes: [0, 8192 * MIB],
  idleMinutes: [1, 120],
} as const satisfies Record<string, readonly [number, number]>;

export function withPreset(settings: Settings, name: PresetName): Settings {
  return { ...settings, ...PRESETS[name] };
}

/** The preset that these settings are, whatever the schedule and the data caps. */
export function presetOf(settings: Settings): PresetName | 'custom' {
  const names = Object.keys(PRESETS) as PresetName[];
  const fits = (name: PresetName): boolean =>
    Object.entries(PRESETS[name]).every(([field, value]) => settings[field as keyof Settings] === value);
  return names.find(fits) ?? 'custom';
}
