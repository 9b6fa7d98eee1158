/**
 * What a frame on somebody's site may use of a visitor's device: Balanced at most, and nothing on battery, on a network
 * that counts its bytes, for a visitor who asks pages to save data, or on a phone, unless the visitor says so. Pure.
 */
import { type Conduct, decide, type Reason } from '../contributor/policy.ts';
import { DEFAULTS, type Settings, withPreset } from '../contributor/settings.ts';
import type { Signals } from '../contributor/signals.ts';

export type EmbedReason = Reason | { readonly kind: 'phone' } | { readonly kind: 'unseen' };

export interface EmbedWishes {
  /** The host's, 0.05…1. */
  readonly maxIntensity: number;
  /** The visitor ticked that this device shall work all the same. */
  readonly anyway: boolean;
}

export interface EmbedSignals extends Signals {
  readonly phone: boolean;
  /** The frame is tiny or covered: see embed-guard.ts. */
  readonly unseen: boolean;
}

export interface EmbedConduct {
  readonly run: boolean;
  readonly intensity: number;
  readonly reasons: readonly EmbedReason[];
  readonly nextLookMs: number | undefined;
  readonly policy: Conduct;
}

/** Nothing is kept on a disk for a site that somebody passes by. */
export function embedSettings({ maxIntensity, anyway }: EmbedWishes): Settings {
  const balanced = withPreset(DEFAULTS, 'balanced');
  return {
    ...balanced,
    intensity: Math.min(balanced.intensity, maxIntensity),
    diskBytes: 0,
    ...(anyway && { onlyOnMains: false, onMetered: true }),
  };
}

export function embedConduct(
  wishes: EmbedWishes,
  signals: EmbedSignals,
  before?: EmbedConduct,
): EmbedConduct {
  const policy = decide(embedSettings(wishes), signals, before?.policy);
  const pauses: EmbedReason[] = [];
  if (signals.phone && !wishes.anyway) pauses.push({ kind: 'phone' });
  if (signals.unseen) pauses.push({ kind: 'unseen' });
  const run = policy.run && pauses.length === 0;
  const reasons = policy.run && !run ? pauses : [...pauses, ...policy.reasons];
  return { run, intensity: policy.intensity, reasons, nextLookMs: policy.nextLookMs, policy };
}

/** Causes that a visitor may overrule. */
export const mayOverrule = ({ kind }: EmbedReason): boolean =>
  kind === 'phone' || kind === 'on-battery' || kind === 'metered';

/** User-Agent Client Hints where they are, the word in the name elsewhere. Tablets that say nothing count as computers. */
export function isPhone(navigator: {
  readonly userAgent: string;
  readonly userAgentData?: { readonly mobile: boolean } | undefined;
}): boolean {
  return navigator.userAgentData?.mobile ?? /\bMobi|iPhone|Android/i.test(navigator.userAgent);
}
