import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import {
  type FromContributor,
  type FromCoordinator,
  decodeFromContributor,
  decodeFromCoordinator,
  encodeFromContributor,
  encodeFromCoordinator,
} from '../../src/protocol/control.ts';
import {
  MAX_CELLS_PER_LEASE,
  MAX_CONTROL_BYTES,
  MAX_ENVELOPE_BYTES,
  MAX_EVICTED_PER_MESSAGE,
  MAX_LEDGER_UNITS,
  MAX_NAME_BYTES,
  MAX_PROJECTS,
  MAX_TEXT_BYTES,
  MAX_WINDOW,
} from '../../src/protocol/limits.ts';
import type { Hello, Notice, Progress, Welcome } from '../../src/protocol/messages.ts';
import { field, varint } from './fixtures.ts';
import { LEASE_ID, contributorMessages, coordinatorMessages, hashOf } from './samples.ts';

const code = (...codes: Parameters<typeof isAppError>[1][]) =>
  expect.toSatisfy((error) => isAppError(error, ...codes));
const refused = (frame: Uint8Array): void => {
  expect(() => decodeFromContributor(frame)).toThrow(code('bad-frame'));
  expect(() => decodeFromCoordinator(frame)).toThrow(code('bad-frame'));
};
const unsendable = (message: FromContributor): void => {
  expect(() => encodeFromContributor(message)).toThrow(code('bad-input'));
};

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(toHex);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const safe = fc.maxSafeNat();
const utf8Text = (min: number, max: number) =>
  fc
    .string({ unit: 'binary', minLength: min, maxLength: max })
    .filter((text) => text.isWellFormed() && utf8.encode(text).length <= max);
const sentence = utf8Text(0, 512);
const shortCode = fc.stringMatching(/^[a-z][a-z0-9-]{0,63}$/);
const envelope = fc.uint8Array({ minLength: 1, maxLength: MAX_ENVELOPE_BYTES });
const rate = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const optionalCache = fc
  .integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
  .chain((cacheBytes) => fc.constantFrom({}, { cacheBytes }));
const bareHello = fc.record({
  type: fc.constant('hello' as const),
  version: fc.integer({ min: 1, max: 0xffffffff }),
  client: utf8Text(1, 512),
  operandBytes: safe,
  resultBytes: safe,
  rates: fc.record({ i8: rate, f16: rate, f32: rate }),
  downBytesPerSecond: safe,
  upBytesPerSecond: safe,
  projects: fc.array(utf8Text(1, 64), { maxLength: MAX_PROJECTS }),
});
const hello: fc.Arbitrary<Hello> = fc
  .tuple(bareHello, optionalCache)
  .map(([bare, cache]) => ({ ...bare, ...cache }));
const optionalLease = fc.option(hex(16)).map((lease) => (lease === null ? {} : { lease }));
const fromContributor: fc.Arbitrary<FromContributor> = fc.oneof(
  hello,
  fc.record({ type: fc.constant('ready'), leases: fc.integer({ min: 0, max: MAX_WINDOW }) }),
  fc
    .tuple(optionalLease, u32, fc.array(hex(32), { maxLength: 40 }))
    .map(([lease, doneKBlocks, evicted]): Progress => ({ type: 'progress', ...lease, doneKBlocks, evicted })),
  fc.record({ type: fc.constant('commit'), result: envelope, lease: envelope }),
  fc.record({ type: fc.constant('decline'), lease: hex(16), code: shortCode, reason: sentence }),
  fc.record({ type: fc.constant('goodbye'), finish: fc.boolean(), reason: sentence }),
  fc.record({ type: fc.constant('set-profile'), envelope }),
);
const welcome: fc.Arbitrary<Welcome> = fc.record({
  type: fc.constant('welcome'),
  version: fc.integer({ min: 1, max: 0xffffffff }),
  network: utf8Text(1, 512),
  window: fc.integer({ min: 0, max: MAX_WINDOW }),
  balanceMicrocredits: fc.bigInt({ min: 0n, max: MAX_LEDGER_UNITS }),
});
const fromCoordinator: fc.Arbitrary<FromCoordinator> = fc.oneof(
  welcome,
  fc.record({ type: fc.constant('self-test'), reason: sentence }),
  fc.record({ type: fc.constant('lease'), envelope }),
  fc.record({ type: fc.constant('cancel'), lease: hex(16), reason: sentence }),
  fc.record({ type: fc.constant('receipt'), envelope }),
  fc.tuple(optionalLease, shortCode, sentence, u32).map(([lease, code, text, retryAfterMs]): Notice => ({
    type: 'notice',
    ...lease,
    code,
    text,
    retryAfterMs,
  })),
);

describe('any message', () => {
  it('from a contributor decodes to itself', () => {
    fc.assert(
      fc.property(fromContributor, (message) => {
        expect(decodeFromContributor(encodeFromContributor(message))).toEqual(message);
      }),
    );
  });

  it('from a coordinator decodes to itself', () => {
    fc.assert(
      fc.property(fromCoordinator, (message) => {
        expect(decodeFromCoordinator(encodeFromCoordinator(message))).toEqual(message);
      }),
    );
  });

  it('decodes from a view into a larger buffer, and keeps nothing of that buffer', () => {
    const frame = encodeFromContributor(contributorMessages['commit']!);
    const buffer = concatBytes([Uint8Array.of(9, 9, 9), frame, Uint8Array.of(9)]);
    const message = decodeFromContributor(buffer.subarray(3, 3 + frame.length));
    buffer.fill(0);
    expect(message).toEqual(contributorMessages['commit']);
  });

  it('cut anywhere is refused', () => {
    for (const message of Object.values(coordinatorMessages)) {
      const frame = encodeFromCoordinator(message);
      for (let length = 0; length < frame.length; length++) {
        expect(() => decodeFromCoordinator(frame.subarray(0, length))).toThrow(code('bad-frame'));
      }
    }
  });
});

describe('a frame', () => {
  const ready = encodeFromContributor({ type: 'ready', leases: 2 });
  const goodbye = encodeFromContributor({ type: 'goodbye', finish: true, reason: '' });

  it('without a body is refused, whether empty or all unknown', () => {
    refused(new Uint8Array());
    refused(field(9, [1, 2, 3]));
  });

  it('with two bodies is refused, also when they are the same', () => {
    refused(concatBytes([ready, goodbye]));
    refused(concatBytes([ready, ready]));
  });

  it('with unknown fields beside its body or in it is read as if they were not there', () => {
    const beside = concatBytes([field(15, utf8.encode('to come')), ready]);
    expect(decodeFromContributor(beside)).toEqual({ type: 'ready', leases: 2 });
    const within = field(2, [8, 2, ...field(9, [1]), ...varint(10 * 8), 1]);
    expect(decodeFromContributor(within)).toEqual({ type: 'ready', leases: 2 });
  });

  it('with trailing bytes is refused', () => {
    refused(concatBytes([ready, Uint8Array.of(0)]));
    refused(concatBytes([ready, Uint8Array.of(0x12)]));
  });

  it('with a field twice is refused', () => {
    refused(field(2, [8, 1, 8, 2]));
  });

  it('over the limit is refused unread', () => {
    const padding = field(15, new Uint8Array(MAX_CONTROL_BYTES));
    refused(concatBytes([ready, padding]));
    const most = field(15, new Uint8Array(MAX_CONTROL_BYTES - ready.length - 4));
    const largest = concatBytes([ready, most]);
    expect(largest).toHaveLength(MAX_CONTROL_BYTES);
    expect(decodeFromContributor(largest)).toEqual({ type: 'ready', leases: 2 });
  });

  it('that claims more than it has is refused', () => {
    refused(Uint8Array.from([0x0a, ...varint(0xffffffff)]));
    refused(Uint8Array.from([0x0a, 2, 0x12, ...varint(0xffffffff)]));
    refused(Uint8Array.from([0x1a, 6, 0x1a, ...varint(0x7fffffff)]));
  });
});

describe('limits', () => {
  const progress = (evicted: number): FromContributor => ({
    type: 'progress',
    doneKBlocks: 0,
    evicted: Array.from({ length: evicted }, (_, i) => hashOf(i % 256)),
  });
  const base = contributorMessages['hello'] as Hello;

  it('let the largest of everything through', () => {
    const text = 'ü'.repeat(MAX_TEXT_BYTES / 2);
    const messages: FromContributor[] = [
      progress(MAX_EVICTED_PER_MESSAGE),
      { ...base, client: text, projects: Array.from({ length: MAX_PROJECTS }, () => text) },
      {
        type: 'commit',
        result: new Uint8Array(MAX_ENVELOPE_BYTES),
        lease: new Uint8Array(MAX_ENVELOPE_BYTES),
        blocks: Array.from({ length: MAX_CELLS_PER_LEASE }, (_, i) => hashOf(i % 256)),
      },
      { type: 'decline', lease: LEASE_ID, code: 'c'.repeat(MAX_NAME_BYTES), reason: text },
    ];
    for (const message of messages)
      expect(decodeFromContributor(encodeFromContributor(message))).toEqual(message);
  });

  it('stop one more of anything', () => {
    unsendable(progress(MAX_EVICTED_PER_MESSAGE + 1));
    unsendable({ ...base, client: 'x'.repeat(MAX_TEXT_BYTES + 1) });
    unsendable({ ...base, projects: Array.from({ length: MAX_PROJECTS + 1 }, () => 'p') });
    unsendable({ type: 'commit', result: new Uint8Array(MAX_ENVELOPE_BYTES + 1), lease: new Uint8Array(1) });
    unsendable({ type: 'commit', result: new Uint8Array(1), lease: new Uint8Array() });
    const blocks = Array.from({ length: MAX_CELLS_PER_LEASE + 1 }, () => hashOf(1));
    unsendable({ type: 'commit', result: new Uint8Array(1), lease: new Uint8Array(1), blocks });
    unsendable({ type: 'decline', lease: LEASE_ID, code: 'c'.repeat(MAX_NAME_BYTES + 1), reason: '' });
    unsendable({ type: 'ready', leases: MAX_WINDOW + 1 });
  });

  it('stop numbers that the wire would wrap round or round off', () => {
    for (const value of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
      unsendable({ ...base, operandBytes: value });
      unsendable({ ...base, cacheBytes: value });
      unsendable({ type: 'progress', doneKBlocks: value, evicted: [] });
    }
    unsendable({ type: 'progress', doneKBlocks: 2 ** 32, evicted: [] });
    unsendable({ ...base, version: 0 });
    for (const i8 of [-1, Number.NaN, Infinity]) unsendable({ ...base, rates: { ...base.rates, i8 } });
  });

  it('stop what is no id, no hash, no name', () => {
    for (const lease of ['', 'ff', LEASE_ID.toUpperCase(), `${LEASE_ID}00`, 'zz'.repeat(16)]) {
      unsendable({ type: 'decline', lease, code: 'no', reason: '' });
    }
    unsendable({ type: 'progress', doneKBlocks: 0, evicted: [LEASE_ID] });
    unsendable({ ...base, client: '' });
    unsendable({ ...base, client: '\ud800' });
    for (const text of ['', 'Not A Code', '-x', 'é'])
      unsendable({ type: 'decline', lease: LEASE_ID, code: text, reason: '' });
  });

  it('refuse a balance that no ledger can hold', () => {
    const over = {
      type: 'welcome',
      version: 1,
      network: 'n',
      window: 1,
      balanceMicrocredits: 2n ** 63n,
    } as const;
    expect(() => encodeFromCoordinator(over)).toThrow(code('bad-input'));
    const frame = field(1, [8, 1, ...field(2, [65]), 32, ...Array.from({ length: 9 }, () => 0x80), 1]);
    expect(() => decodeFromCoordinator(frame)).toThrow(code('bad-frame'));
  });
});

describe('a reason', () => {
  it('that is too long is cut between characters, and the message still goes out', () => {
    const reason = `a${'😀'.repeat(300)}`;
    const sent = encodeFromContributor({ type: 'goodbye', finish: false, reason });
    const message = decodeFromContributor(sent) as { reason: string };
    expect(reason.startsWith(message.reason)).toBe(true);
    expect(utf8.encode(message.reason).length).toBe(509);
  });

  it('with half a character in it still goes out', () => {
    const sent = encodeFromContributor({ type: 'goodbye', finish: false, reason: 'odd \ud83d end' });
    expect(decodeFromContributor(sent)).toMatchObject({ reason: 'odd \ufffd end' });
  });
});

describe('rates', () => {
  const withRates = (...rates: Uint8Array[]): Uint8Array =>
    field(1, concatBytes([fromHex('0801'), field(2, [65]), ...rates.map((rate) => field(5, rate))]));
  const one = (dtype: number): Uint8Array =>
    Uint8Array.from([8, ...varint(dtype), 17, 0, 0, 0, 0, 0, 0, 240, 63]);

  it('of a dtype to come are skipped', () => {
    expect(decodeFromContributor(withRates(one(9), one(1)))).toMatchObject({
      rates: { i8: 1, f16: 0, f32: 0 },
    });
  });

  it('of minus zero are zero', () => {
    const rates = withRates(fromHex('0801110000000000000080'));
    const hello = decodeFromContributor(rates);
    expect(hello).toMatchObject({ rates: { i8: 0, f16: 0, f32: 0 } });
    expect(decodeFromContributor(encodeFromContributor(hello))).toEqual(hello);
  });

  it('given twice for one dtype are refused', () => {
    expect(() => decodeFromContributor(withRates(one(1), one(1)))).toThrow(code('bad-frame'));
  });

  it('without end are refused', () => {
    const many = withRates(...Array.from({ length: 1000 }, (_, i) => one(10 + i)));
    expect(() => decodeFromContributor(many)).toThrow(code('bad-frame'));
  });
});
