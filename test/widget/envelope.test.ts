import { describe, expect, it } from 'vitest';
import { NO_STATS, parseFrameMessage, parseHostMessage } from '../../src/widget/envelope.ts';
import { exactOrigin, openWire } from '../../src/widget/wire.ts';

const HELLO = {
  tilework: 1,
  type: 'hello',
  project: 'digits',
  maxIntensity: 0.5,
  theme: 'dark',
  lang: 'de',
  autostart: true,
};

describe('a message', () => {
  it('of a host is read, and nothing beside its fields', () => {
    const { tilework: _, ...hello } = HELLO;
    expect(parseHostMessage({ ...HELLO, start: true })).toEqual(hello);
    expect(parseHostMessage({ tilework: 1, type: 'stop', reason: 'x' })).toEqual({ type: 'stop' });
  });

  it('never starts anything: there is no such type', () => {
    for (const type of ['start', 'consent', 'begin', 'resume'])
      expect(parseHostMessage({ ...HELLO, type, untilMs: 1 })).toBeUndefined();
  });

  it.each([
    ['of another version', { ...HELLO, tilework: 2 }],
    ['without a version', { ...HELLO, tilework: undefined }],
    ['with a version as text', { ...HELLO, tilework: '1' }],
    ['with a long project', { ...HELLO, project: 'x'.repeat(201) }],
    ['with half a character', { ...HELLO, project: '\uD800' }],
    ['with another theme', { ...HELLO, theme: 'toString' }],
    ['with more than all of the GPU', { ...HELLO, maxIntensity: 1.01 }],
    ['with no number', { ...HELLO, maxIntensity: NaN }],
    ['without a field', { ...HELLO, autostart: undefined }],
  ])('%s is nothing', (_, data) => {
    expect(parseHostMessage(data)).toBeUndefined();
  });

  it.each([
    [null],
    [undefined],
    ['tilework'],
    [1],
    [[]],
    [new Map()],
    [Object.create({ tilework: 1, type: 'stop' })],
  ])('that is %s is nothing', (data) => {
    expect(parseHostMessage(data)).toBeUndefined();
    expect(parseFrameMessage(data)).toBeUndefined();
  });

  it('of the frame brings whole numbers or none', () => {
    const stats = { ...NO_STATS, state: 'working', shards: 3, progress: 0.5 };
    expect(parseFrameMessage({ tilework: 1, type: 'progress', stats })).toEqual({ type: 'progress', stats });
    for (const wrong of [
      { shards: -1 },
      { progress: 2 },
      { microcredits: 2 ** 60 },
      { rate: '1' },
      { state: 'x' },
    ])
      expect(
        parseFrameMessage({ tilework: 1, type: 'progress', stats: { ...stats, ...wrong } }),
      ).toBeUndefined();
    expect(parseFrameMessage({ tilework: 1, type: 'stopped', stats })).toBeUndefined();
  });

  it('brings a wish for almost nothing up to the least that there is', () => {
    expect(parseHostMessage({ ...HELLO, maxIntensity: 0 })).toMatchObject({ maxIntensity: 0.05 });
  });
});

describe('an origin', () => {
  it('is exact or none', () => {
    expect(exactOrigin('https://example.org')).toBe('https://example.org');
    expect(exactOrigin('http://localhost:8080')).toBe('http://localhost:8080');
    for (const text of [
      null,
      '',
      'null',
      '*',
      'https://example.org/',
      'https://example.org:443',
      'example.org',
    ])
      expect(exactOrigin(text)).toBeUndefined();
    for (const text of ['data:text/html,x', 'HTTPS://example.org', 'https://a@example.org', 'file:///tmp'])
      expect(exactOrigin(text)).toBeUndefined();
  });
});

describe('the line between a page and a frame', () => {
  type Listener = (event: MessageEvent<unknown>) => void;
  function line() {
    const told: unknown[] = [];
    const there = { postMessage: (message: unknown, origin: string) => told.push([message, origin]) };
    const listeners = new Set<Listener>();
    const heard: unknown[] = [];
    const wire = openWire({
      here: {
        addEventListener: (_, listener) => listeners.add(listener),
        removeEventListener: (_, listener) => listeners.delete(listener),
      },
      there: () => there,
      origin: 'https://frame.example',
      parse: parseHostMessage,
      hear: (message) => heard.push(message),
    });
    const say = (source: unknown, origin: string, data: unknown = { tilework: 1, type: 'stop' }): void => {
      for (const listener of listeners) listener({ source, origin, data } as MessageEvent<unknown>);
    };
    return { wire, there, told, heard, listeners, say };
  }

  it('hears one window of one origin, and no other', () => {
    const { there, heard, say } = line();
    say(there, 'https://frame.example.evil');
    say(there, 'null');
    say(there, 'http://frame.example');
    say({}, 'https://frame.example');
    say(null, 'https://frame.example');
    expect(heard).toEqual([]);
    say(there, 'https://frame.example', 'stop');
    expect(heard).toEqual([]);
    say(there, 'https://frame.example');
    say(there, 'https://frame.example');
    expect(heard).toEqual([{ type: 'stop' }, { type: 'stop' }]);
  });

  it('tells that origin only, and is silent once it is closed', () => {
    const { wire, told, listeners } = line();
    wire.tell({ type: 'open' });
    expect(told).toEqual([[{ tilework: 1, type: 'open' }, 'https://frame.example']]);
    wire.close();
    expect(listeners.size).toBe(0);
  });
});
