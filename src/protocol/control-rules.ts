/** What the bytes of control.proto may be, field by field; ./wire.ts checks them before decoding. */
import { SHA256_BYTES } from '../core/bytes.ts';
import { MAX_ORIGIN_CHARS } from '../core/origin.ts';
import { DTYPES } from '../matrix/dtype.ts';
import { LEASE_ID_BYTES } from './fields.ts';
import {
  MAX_CELLS_PER_LEASE,
  MAX_ENVELOPE_BYTES,
  MAX_EVICTED_PER_MESSAGE,
  MAX_NAME_BYTES,
  MAX_PROJECTS,
  MAX_TEXT_BYTES,
} from './limits.ts';
import type { FieldRule, MessageRules } from './wire.ts';

/** Room for dtypes to come. */
const MAX_RATES = 4 * DTYPES.length;

const u32: FieldRule = { kind: 'u32' };
const u64: FieldRule = { kind: 'u64' };
const leaseId: FieldRule = { kind: 'bytes', min: LEASE_ID_BYTES, max: LEASE_ID_BYTES };
const envelope: FieldRule = { kind: 'bytes', min: 1, max: MAX_ENVELOPE_BYTES };
const code: FieldRule = { kind: 'text', min: 1, max: MAX_NAME_BYTES };
const text: FieldRule = { kind: 'text', min: 0, max: MAX_TEXT_BYTES };

const message = (rules: MessageRules): FieldRule => ({ kind: 'message', rules });

const RATE: MessageRules = { 1: u32, 2: { kind: 'double' } };

const HELLO: MessageRules = {
  1: u32,
  2: text,
  3: u64,
  4: u64,
  5: { kind: 'message', rules: RATE, count: MAX_RATES },
  6: u64,
  7: u64,
  8: { kind: 'text', min: 1, max: MAX_TEXT_BYTES, count: MAX_PROJECTS },
  9: u64,
  10: { kind: 'text', min: 0, max: MAX_ORIGIN_CHARS },
};

const hashes = (count: number): FieldRule => ({
  kind: 'bytes',
  min: SHA256_BYTES,
  max: SHA256_BYTES,
  count,
});

export const CONTRIBUTOR_BODIES: MessageRules = {
  1: message(HELLO),
  2: message({ 1: u32, 2: u64 }),
  3: message({ 1: leaseId, 2: u32, 3: hashes(MAX_EVICTED_PER_MESSAGE) }),
  4: message({ 1: envelope, 2: envelope, 3: hashes(MAX_CELLS_PER_LEASE) }),
  5: message({ 1: leaseId, 2: code, 3: text }),
  6: message({ 1: { kind: 'bool' }, 2: text }),
  7: message({ 1: envelope }),
};

export const COORDINATOR_BODIES: MessageRules = {
  1: message({ 1: u32, 2: text, 3: u32, 4: u64, 5: u32 }),
  2: message({ 1: text }),
  3: message({ 1: envelope }),
  4: message({ 1: leaseId, 2: text }),
  5: message({ 1: envelope }),
  6: message({ 1: code, 2: text, 3: leaseId, 4: u32 }),
};
