/** What the browser says about the machine and the moment: plain data, undefined where it cannot tell. */

/** Levels of Compute Pressure (W3C), of the CPU: browsers tell of no other. */
export type Pressure = 'nominal' | 'fair' | 'serious' | 'critical';

export interface Battery {
  readonly charging: boolean;
  /** 0…1. */
  readonly level: number;
}

export interface Signals {
  readonly nowMs: number;
  /** Minutes since the visitor's local midnight, 0…1439. */
  readonly minuteOfDay: number;
  /** Undefined also where there is no battery. */
  readonly battery?: Battery | undefined;
  /** Somebody used keyboard or mouse within the last minute, the shortest time that Idle Detection tells. */
  readonly userActive?: boolean | undefined;
  readonly screenLocked?: boolean | undefined;
  readonly pressure?: Pressure | undefined;
  /** Status.drift: speed of the latest shards over the best of their kind. */
  readonly drift?: number | undefined;
  /** The visitor asks all pages to save data. */
  readonly saveData?: boolean | undefined;
  /** The network counts its bytes: a mobile one, as far as the browser tells. */
  readonly metered?: boolean | undefined;
  /** The page is not visible. Nothing depends on it: work is driven by messages. */
  readonly hidden: boolean;
  /** Timers came late: the browser holds this page back. */
  readonly throttledTimers: boolean;
  /** Block bytes of this local day, both ways: see data-meter.ts. */
  readonly dayBytes: number;
  readonly online: boolean;
}
