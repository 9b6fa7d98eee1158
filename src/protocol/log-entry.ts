/**
 * A leaf of the public log: the three envelopes that make one credit, as they were sent. An entry has one
 * encoding, so that its hash says what it holds and nothing else does.
 */
import { type Bytes, bytesEqual } from '../core/bytes.ts';
import {
  type Lease,
  type Opened,
  type Receipt,
  type Result,
  openLease,
  openReceipt,
  openResult,
} from './envelope.ts';
import { encoding, ensure, owned, present, total } from './fields.ts';
import { MAX_ENVELOPE_BYTES, MAX_LOG_ENTRY_BYTES } from './limits.ts';
import * as pb from './pb/signed.js';
import { type FieldRule, checkMessage } from './wire.ts';

/** Envelopes. */
export interface LogEntry {
  readonly receipt: Bytes;
  readonly result: Bytes;
  readonly lease: Bytes;
}

const envelope: FieldRule = { kind: 'bytes', min: 1, max: MAX_ENVELOPE_BYTES };
const LOG_ENTRY = { 1: envelope, 2: envelope, 3: envelope };

/** @throws AppError 'bad-input' for an entry that decodeLogEntry would refuse */
export function encodeLogEntry(entry: Record<keyof LogEntry, Uint8Array>): Bytes {
  return encoding(() => {
    const { receipt, result, lease } = entry;
    const bytes = pb.LogEntry.encode({ receipt: owned(receipt), result: owned(result), lease: owned(lease) });
    decodeLogEntry(bytes);
    return bytes;
  });
}

/** @throws AppError 'bad-frame' unless it is an entry, in its one encoding; the envelopes are not looked at */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  return total(() => {
    ensure(
      bytes.length <= MAX_LOG_ENTRY_BYTES,
      `an entry of the log has at most ${MAX_LOG_ENTRY_BYTES} bytes`,
    );
    checkMessage(bytes, LOG_ENTRY);
    const decoded = pb.LogEntry.decode(bytes);
    const entry = {
      receipt: present(decoded.receipt, 'the receipt'),
      result: present(decoded.result, 'the result'),
      lease: present(decoded.lease, 'the lease'),
    };
    ensure(bytesEqual(pb.LogEntry.encode(entry), bytes), 'an entry has one encoding, and this is another');
    return entry;
  });
}

export interface OpenedLogEntry {
  readonly receipt: Opened<Receipt>;
  readonly result: Opened<Result>;
  readonly lease: Opened<Lease>;
}

/**
 * Opens the envelopes of an entry, and checks that they speak of one another and of this leaf. Whether the
 * amounts are right, and whether other entries contradict them, is for an auditor.
 * @param coordinator - the PeerId whose log it is
 * @param index - the leaf; a receipt that names a log index must name this one
 * @throws AppError 'bad-frame', 'bad-signature' or 'wrong-peer', with what does not hold
 */
export async function openLogEntry(
  bytes: Uint8Array,
  coordinator: string,
  index: number,
): Promise<OpenedLogEntry> {
  const entry = decodeLogEntry(bytes);
  const receipt = await openReceipt(entry.receipt, coordinator);
  const { contributor, logIndex } = receipt.value;
  const lease = await openLease(entry.lease, coordinator);
  const result = await openResult(entry.result, contributor);
  ensure(logIndex === undefined || logIndex === index, `the receipt of leaf ${index} names leaf ${logIndex}`);
  ensure(receipt.value.leaseDigest === lease.digest, 'the receipt is for another lease');
  ensure(receipt.value.resultDigest === result.digest, 'the receipt is for another result');
  ensure(result.value.leaseDigest === lease.digest, 'the result is for another lease');
  ensure(lease.value.contributor === contributor, 'the lease was given to somebody else');
  ensure(lease.value.id === receipt.value.lease, 'the receipt names another lease');
  ensure(lease.value.job === receipt.value.job, 'the receipt names another job');
  return { receipt, result, lease };
}
