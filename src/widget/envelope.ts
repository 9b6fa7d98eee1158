/**
 * What the loader in the host's page and our frame say to each other by postMessage: `{ tilework: 1, type, … }`. Each
 * end takes what it hears from one window and one exact origin only (see wire.ts), and reads it with a parser that takes
 * anything: what is not a message of ours, or not of this version, is nothing.
 *
 * A host can ask for the consent to be shown, and can stop. No message starts anything.
 */

export const ENVELOPE_VERSION = 1;

/** What a host may wish for; the visitor's own click, and nothing here, starts the work. */
export interface Wishes {
  /** The project to work for; empty: any. */
  readonly project: string;
  /** The most that the share of GPU time may be, 0.05…1. */
  readonly maxIntensity: number;
  readonly theme: Theme;
  /** BCP 47; empty: the browser's own. */
  readonly lang: string;
  /** Go on without a click where a consent lives. */
  readonly autostart: boolean;
}

export type Theme = 'auto' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** 'elsewhere': another frame of this site works, and these are its numbers. */
export type WidgetState = 'asking' | 'starting' | 'working' | 'paused' | 'elsewhere' | 'stopping' | 'stopped';
const STATES: readonly WidgetState[] = [
  'asking',
  'starting',
  'working',
  'paused',
  'elsewhere',
  'stopping',
  'stopped',
];

/** Of this visit. */
export interface WidgetStats {
  readonly state: WidgetState;
  /** Verified shards… */
  readonly shards: number;
  /** …and what they earned, in microcredits. */
  readonly microcredits: number;
  readonly multiplyAdds: number;
  /** Multiply-adds per second of the latest shard. */
  readonly rate: number;
  /** 0…1 within the current shard. */
  readonly progress: number;
}

export const NO_STATS: WidgetStats = {
  state: 'stopped',
  shards: 0,
  microcredits: 0,
  multiplyAdds: 0,
  rate: 0,
  progress: 0,
};

/** Who or what ended the work. */
export type StopReason = 'visitor' | 'host' | 'finished' | 'expired' | 'error';
const REASONS: readonly StopReason[] = ['visitor', 'host', 'finished', 'expired', 'error'];

/** From the host's page to the frame. */
export type HostMessage =
  /** The answer to 'ready'. */
  | ({ readonly type: 'hello' } & Wishes)
  | ({ readonly type: 'wishes' } & Wishes)
  /** Show the consent again. */
  | { readonly type: 'open' }
  | { readonly type: 'stop' }
  | { readonly type: 'finish' };

/** From the frame to the host's page. */
export type FrameMessage =
  /** The frame has loaded and listens. */
  | { readonly type: 'ready' }
  | { readonly type: 'consent'; readonly untilMs: number }
  | { readonly type: 'started' | 'progress' | 'receipt'; readonly stats: WidgetStats }
  | { readonly type: 'stopped'; readonly reason: StopReason; readonly stats: WidgetStats }
  /** The frame can be folded up. `code` is one of ErrorCode's, or 'insecure'. */
  | { readonly type: 'error'; readonly code: string }
  /** The visitor has put the widget away. */
  | { readonly type: 'close' };

const MAX_TEXT = 200;
/** As structured clone brings them: own fields only, so that no prototype of the reader's is taken for an answer. */
type Fields = (name: string) => unknown;

function open(data: unknown): Fields | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const fields: Fields = (name) =>
    Object.hasOwn(data, name) ? (data as Readonly<Record<string, unknown>>)[name] : undefined;
  return fields('tilework') === ENVELOPE_VERSION ? fields : undefined;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed() ? value : undefined;
const numberOf = (value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
const wordOf = <T extends string>(words: readonly T[], value: unknown): T | undefined =>
  words.find((word) => word === value);

/** Undefined for everything that is not a host's message. Never throws. */
export function parseHostMessage(data: unknown): HostMessage | undefined {
  const fields = open(data);
  const type = fields?.('type');
  if (!fields) return undefined;
  if (type === 'open' || type === 'stop' || type === 'finish') return { type };
  if (type !== 'hello' && type !== 'wishes') return undefined;
  const project = textOf(fields('project'));
  const maxIntensity = numberOf(fields('maxIntensity'), 1);
  const theme = wordOf(THEMES, fields('theme'));
  const lang = textOf(fields('lang'));
  const autostart = fields('autostart');
  if (project === undefined || theme === undefined || lang === undefined) return undefined;
  if (maxIntensity === undefined || typeof autostart !== 'boolean') return undefined;
  return { type, project, maxIntensity: Math.max(LEAST_INTENSITY, maxIntensity), theme, lang, autostart };
}

/** As src/contributor/api.ts has it. */
export const LEAST_INTENSITY = 0.05;

/** Undefined for everything that is not a frame's message. Never throws. */
export function parseFrameMessage(data: unknown): FrameMessage | undefined {
  const fields = open(data);
  const type = fields?.('type');
  if (!fields) return undefined;
  if (type === 'ready' || type === 'close') return { type };
  if (type === 'consent') {
    const untilMs = numberOf(fields('untilMs'));
    return untilMs === undefined ? undefined : { type, untilMs };
  }
  if (type === 'error') {
    const code = textOf(fields('code'));
    return code === undefined ? undefined : { type, code };
  }
  if (type !== 'started' && type !== 'progress' && type !== 'receipt' && type !== 'stopped') return undefined;
  const stats = statsOf(fields('stats'));
  if (!stats) return undefined;
  if (type !== 'stopped') return { type, stats };
  const reason = wordOf(REASONS, fields('reason'));
  return reason && { type, reason, stats };
}

function statsOf(value: unknown): WidgetStats | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const own = (name: string, most?: number): number | undefined =>
    Object.hasOwn(fields, name) ? numberOf(fields[name], most) : undefined;
  const state = Object.hasOwn(fields, 'state') ? wordOf(STATES, fields['state']) : undefined;
  const [shards, microcredits] = [own('shards'), own('microcredits')];
  const [multiplyAdds, rate, progress] = [own('multiplyAdds', 1e30), own('rate', 1e30), own('progress', 1)];
  if (state === undefined || shards === undefined || microcredits === undefined) return undefined;
  if (multiplyAdds === undefined || rate === undefined || progress === undefined) return undefined;
  return { state, shards, microcredits, multiplyAdds, rate, progress };
}
