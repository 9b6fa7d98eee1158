/** What a host's page and our frame may post to each other: any structured clone, from anybody. */
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { NO_STATS, parseFrameMessage, parseHostMessage } from '../../src/widget/envelope.ts';
import { type Target, type TargetFactory, oneIn, pick, ready, sameValue } from './target.ts';

const WISHES = { project: 'digits', maxIntensity: 0.5, theme: 'dark', lang: 'de', autostart: false };
const SEEDS: readonly object[] = [
  { tilework: 1, type: 'hello', ...WISHES },
  { tilework: 1, type: 'wishes', ...WISHES },
  ...['open', 'stop', 'finish', 'ready', 'close'].map((type) => ({ tilework: 1, type })),
  { tilework: 1, type: 'consent', untilMs: 1_700_000_000_000 },
  { tilework: 1, type: 'error', code: 'gpu-lost' },
  { tilework: 1, type: 'receipt', stats: { ...NO_STATS, shards: 3, progress: 0.5 } },
  { tilework: 1, type: 'stopped', reason: 'visitor', stats: NO_STATS },
];
const KEYS = ['tilework', 'type', '__proto__', 'constructor', 'toString', 'project', 'stats', 'untilMs', 'x'];

function scalar(rng: Rng): unknown {
  const long = 'x'.repeat(randomInt(rng, 500));
  return pick(rng, [
    0,
    -0,
    1,
    2,
    -1,
    0.5,
    NaN,
    Infinity,
    2 ** 53,
    1e300,
    1n,
    true,
    null,
    undefined,
    '',
    '1',
    'hello',
    'stop',
    'progress',
    'toString',
    '\uD800',
    long,
    new Date(0),
    new Map([['tilework', 1]]),
    new Uint8Array(3),
  ]);
}

function mutated(rng: Rng, value: unknown, depth = 0): unknown {
  if (oneIn(rng, 8)) return scalar(rng);
  if (typeof value !== 'object' || value === null) return oneIn(rng, 4) ? scalar(rng) : value;
  // Null prototypes too: `__proto__` is then a field like any other.
  const copy = (oneIn(rng, 4) ? Object.create(null) : {}) as Record<string, unknown>;
  for (const [key, field] of Object.entries(value)) {
    if (oneIn(rng, 12)) continue;
    copy[key] = depth < 3 && oneIn(rng, 5) ? mutated(rng, field, depth + 1) : field;
  }
  if (oneIn(rng, 4))
    copy[pick(rng, KEYS)] = oneIn(rng, 2) ? scalar(rng) : mutated(rng, pick(rng, SEEDS), depth + 1);
  return oneIn(rng, 20) ? [copy] : copy;
}

/** What was read can be sent and is read as the same again; it holds nothing but what is promised. */
function confirm<T extends object>(message: T, parse: (data: unknown) => T | undefined): void {
  const sent: unknown = structuredClone({ tilework: 1, ...message });
  if (!sameValue(parse(sent), message)) throw new Error('it is read as another message when it is sent on');
  const size = JSON.stringify(message).length;
  if (size > 2_000) throw new Error(`a message of ${size} characters was accepted`);
}

const widgetMessage: Target = {
  name: 'widget-message',
  make: (rng) => (oneIn(rng, 10) ? scalar(rng) : mutated(rng, pick(rng, SEEDS))),
  check(input) {
    const host = parseHostMessage(input);
    const frame = parseFrameMessage(input);
    if (host && frame) throw new Error('both ends take it for theirs');
    if (host) confirm(host, parseHostMessage);
    if (frame) confirm(frame, parseFrameMessage);
    return host !== undefined || frame !== undefined;
  },
  show: (input) =>
    JSON.stringify(input, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ??
    String(input),
};

export const widgetTarget: TargetFactory = ready(widgetMessage);
