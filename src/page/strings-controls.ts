/** Every text of the controls, as a type: one object of them for each language. */
import type { PresetName } from '../contributor/settings.ts';

/** A control's name, and in one line what it does. */
export interface ControlText {
  readonly label: string;
  readonly help: string;
}

export interface ControlStrings {
  readonly locale: string;
  readonly presets: string;
  readonly preset: Readonly<Record<PresetName, ControlText>>;
  /** What a preset leaves as it is. */
  readonly presetNote: string;
  readonly custom: string;
  readonly group: Readonly<Record<'power' | 'when' | 'data' | 'space' | 'night', string>>;
  readonly intensity: ControlText;
  readonly heat: ControlText;
  readonly heats: Readonly<Record<'off' | 'normal' | 'careful', string>>;
  readonly onlyOnMains: ControlText;
  readonly batteryFloor: ControlText;
  readonly never: string;
  readonly pauseWhileInUse: ControlText;
  readonly idle: ControlText;
  readonly schedule: ControlText;
  readonly schedules: Readonly<Record<'always' | 'except' | 'only', string>>;
  readonly from: string;
  readonly to: string;
  readonly dailyData: ControlText;
  readonly dataToday: (bytes: string) => string;
  readonly downCap: ControlText;
  readonly upCap: ControlText;
  readonly noLimit: string;
  readonly perSecond: (bytes: string) => string;
  readonly onMetered: ControlText;
  readonly memory: ControlText;
  readonly disk: ControlText;
  readonly diskUsed: (bytes: string) => string;
  readonly clear: string;
  readonly off: string;
  readonly keepAwake: ControlText;
  readonly tone: ControlText;
  /** Why a control does nothing here, or less than it could. */
  readonly note: {
    readonly noBattery: string;
    readonly noIdle: string;
    readonly idleRefused: string;
    readonly noMetered: string;
    readonly noPressure: string;
    readonly noAwake: string;
    readonly awakeRefused: string;
    readonly noTone: string;
    readonly toneBlocked: string;
    readonly scheduleEmpty: string;
  };
}
