/**
 * Every way to cheat that we could think of, as data. Each is played by real contributors over libp2p.
 * Failed checks pause a key, so liars come back under fresh ones: keys are free, as they are for everybody.
 */
import { seededRng } from '../../src/core/rng.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import type { Rogue } from '../helpers/rogue.ts';
import { copying, colluding, claimingTwice, replaying } from './claims.ts';
import { decliningALot, dropping, greetingALot, stalling, wantingALot } from './conduct.ts';
import { type AttackedDtype, type Field, type Tally, joinRogue, outcomeOf, workTruly } from './field.ts';
import * as lies from './lies.ts';

export interface Strategy {
  readonly name: string;
  readonly dtype: AttackedDtype;
  /** All that may become of a forgery, each for the right reason. 'accepted' is never among them. */
  readonly refusals: readonly string[];
  /** Strikes disturb each other: one at a time. */
  readonly alone?: boolean;
  /** One key's life, or one group's, from its first word until it is of no more use. */
  readonly strike: (field: Field, tally: Tally) => Promise<void>;
}

/** A key may fail two checks before it has to pause for an hour (src/coordinator/standing.ts). */
const LIES_PER_KEY = 2;
/** Leases that a key may hold at once after 16 shards verified in a row; after 8 shards it is 2. */
const FULL_WINDOW = 4;

const rng = seededRng(7);

/** One wrong result for one lease. */
async function lie(field: Field, rogue: Rogue, dtype: AttackedDtype, liar: lies.Liar): Promise<string> {
  const lease = await rogue.lease();
  await rogue.commit(
    lease,
    await rogue.answer(lease, {
      tamper: ([block]) => {
        liar(lies.cellOf(block!, lease.value.work, field.products[dtype], rng));
      },
    }),
  );
  return lease.value.id;
}

function numbers(name: string, liar: lies.Liar, refusal: string, dtype: AttackedDtype = 'i8'): Strategy {
  const strike = async (field: Field, tally: Tally): Promise<void> => {
    const rogue = await joinRogue(field, tally, dtype);
    for (let i = 0; i < LIES_PER_KEY; i++) {
      const lease = await lie(field, rogue, dtype, liar);
      tally.forged(await outcomeOf(field, rogue, lease));
    }
    await rogue.leave();
  };
  return { name, dtype, refusals: [refusal], strike };
}

/** Errors that the check does not promise to find: whether they are taken or refused, nobody was deceived. */
function withinBound(name: string, liar: lies.Liar): Strategy {
  const [taken, refused] = ['within the bound, taken', 'within the bound, refused'];
  const strike = async (field: Field, tally: Tally): Promise<void> => {
    const rogue = await joinRogue(field, tally, 'f32');
    for (let i = 0; i < LIES_PER_KEY; i++) {
      await lie(field, rogue, 'f32', liar);
      const verdict = await rogue.verdict();
      if (verdict.type === 'receipt') tally.earn((await openReceipt(verdict.envelope)).value);
      tally.withinBound(verdict.type === 'receipt' ? taken : refused);
    }
    await rogue.leave();
  };
  return { name, dtype: 'f32', refusals: [taken, refused], strike };
}

/** Honest until it may hold many leases at once, and then it lies about all of them. */
async function sleep(field: Field, tally: Tally): Promise<void> {
  // Keys are noted when they join: the first of a run is the one that sleeps longest.
  const shards = tally.keys.size === 0 ? field.sleep.first : field.sleep.others;
  const rogue = await joinRogue(field, tally, 'i8');
  for (let shard = 0; shard < shards; shard++) await workTruly(rogue, tally);
  await rogue.ready(FULL_WINDOW);
  const window = Math.min(FULL_WINDOW, 2 ** Math.floor(shards / 8));
  const leases = [];
  for (let i = 0; i < window; i++) leases.push(await rogue.granted());
  for (const lease of leases) {
    const tamper = ([block]: Uint8Array[]): void => {
      lies.oneBit(lies.cellOf(block!, lease.value.work, field.products.i8, rng));
    };
    await rogue.commit(lease, await rogue.answer(lease, { tamper }));
  }
  for (let i = 0; i < window; i++) {
    const verdict = await rogue.verdict();
    if (verdict.type !== 'notice') tally.forged(verdict.type === 'receipt' ? 'accepted' : 'hung up');
    else if (verdict.code !== 'rejected') tally.forged(verdict.code);
    else tally.forged(await field.verdicts.of(verdict.lease!));
  }
  await rogue.leave();
}

export const STRATEGIES: readonly Strategy[] = [
  numbers('zeros', lies.zeros, 'rejected: mismatch'),
  numbers('one bit', lies.oneBit, 'rejected: mismatch'),
  numbers('top bit', lies.topBit, 'rejected: range'),
  numbers('swapped rows', lies.swappedRows, 'rejected: mismatch'),
  numbers('transposed', lies.transposed, 'rejected: mismatch'),
  numbers('last k skipped', lies.lastSkipped, 'rejected: mismatch'),
  numbers('+7 and −7', lies.cancellingPair, 'rejected: mismatch'),
  numbers('checksum-preserving 2 × 2', lies.checksumPreserving, 'rejected: mismatch'),
  numbers('f32, 16.01 τ off', lies.offBy(16.01), 'rejected: mismatch', 'f32'),
  withinBound('f32, 15.99 τ off', lies.offBy(15.99)),
  withinBound('f32, 0.9 τ off', lies.offBy(0.9)),
  {
    name: 'older result replayed',
    dtype: 'i8',
    refusals: ['rejected: mismatch', 'hung up: bad-frame'],
    strike: replaying,
  },
  {
    name: "another's result copied",
    dtype: 'i8',
    refusals: ['rejected: mismatch', 'hung up: wrong-peer'],
    strike: copying,
  },
  {
    name: 'colluding group',
    dtype: 'i8',
    refusals: ['rejected: mismatch', 'hung up: wrong-peer'],
    strike: colluding,
  },
  { name: 'sleeper', dtype: 'i8', refusals: ['rejected: mismatch', 'stale'], strike: sleep },
  { name: 'claims twice', dtype: 'i8', refusals: ['same receipt'], strike: claimingTwice },
  // Stale: somebody else's result was there before its time was up.
  { name: 'stalls at 99 %', dtype: 'i8', refusals: ['interrupted', 'stale'], alone: true, strike: stalling },
  { name: 'drops after commit', dtype: 'i8', refusals: ['interrupted'], strike: dropping },
  { name: 'flood of hellos', dtype: 'i8', refusals: ['hung up: too-large'], strike: greetingALot },
  { name: 'flood of wants', dtype: 'i8', refusals: ['not-found', 'as asked'], strike: wantingALot },
  { name: 'flood of declines', dtype: 'i8', refusals: ['declined', 'ignored'], strike: decliningALot },
];
