/** Statements that are true somewhere else: replayed, copied, shared out in a group, or made twice. */
import { bytesEqual } from '../../src/core/bytes.ts';
import { openReceipt, openResult } from '../../src/protocol/envelope.ts';
import type { Rogue } from '../helpers/rogue.ts';
import { type Field, type Tally, joinRogue, outcomeOf, workTruly } from './field.ts';
import { cellOf, zeros } from './lies.ts';
import { seededRng } from '../../src/core/rng.ts';

/** One shard done truly; its statement, for later. */
async function pastResult(rogue: Rogue, tally: Tally) {
  const lease = await rogue.lease();
  const result = await rogue.answer(lease);
  await rogue.commit(lease, result);
  tally.earn(await rogue.receipt());
  const { manifest } = (await openResult(result, rogue.peerId)).value;
  return { lease, result, manifest };
}

/** The numbers of an older shard for a new lease: under a new signature, and under the old one. */
export async function replaying(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8');
  const past = await pastResult(rogue, tally);
  const second = await rogue.lease();
  await rogue.commit(second, await rogue.answer(second, { statement: { manifest: past.manifest } }));
  tally.forged(await outcomeOf(field, rogue, second.value.id));
  const third = await rogue.lease();
  await rogue.commit(third, past.result);
  tally.forged(await outcomeOf(field, rogue, third.value.id));
  await rogue.leave();
}

/** Somebody else's numbers under its own lease, and somebody else's very statements. */
export async function copying(field: Field, tally: Tally): Promise<void> {
  const [victim, thief] = [await joinRogue(field, tally, 'i8'), await joinRogue(field, tally, 'i8')];
  const past = await pastResult(victim, tally);
  await thief.answer(past.lease); // so that it has the blocks to serve
  const own = await thief.lease();
  await thief.commit(own, await thief.answer(own, { statement: { manifest: past.manifest } }));
  tally.forged(await outcomeOf(field, thief, own.value.id));
  await thief.commit(past.lease, past.result);
  tally.forged(await outcomeOf(field, thief, past.lease.value.id));
  await Promise.all([victim.leave(), thief.leave()]);
}

const GROUP = 3;

/** They all tell the same lie, as if a majority could make it true; then each claims its neighbour's shard. */
export async function colluding(field: Field, tally: Tally): Promise<void> {
  const group = [];
  for (let i = 0; i < GROUP; i++) group.push(await joinRogue(field, tally, 'i8'));
  for (const member of group) {
    const lease = await member.lease();
    const agreed = ([block]: Uint8Array[]): void => {
      zeros(cellOf(block!, lease.value.work, field.products.i8, seededRng(1)));
    };
    await member.commit(lease, await member.answer(lease, { tamper: agreed }));
    tally.forged(await outcomeOf(field, member, lease.value.id));
  }
  const leases = [];
  for (const member of group) leases.push(await member.lease());
  for (const [i, member] of group.entries()) {
    const lease = leases[(i + 1) % GROUP]!;
    await member.commit(lease, await member.answer(lease));
    tally.forged(await outcomeOf(field, member, lease.value.id));
  }
  await Promise.all(group.map((member) => member.leave()));
}

const SHARDS_CLAIMED = 5;

/** True work, claimed twice at once and again after its receipt: one credit, and the same receipt each time. */
export async function claimingTwice(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8');
  for (let shard = 0; shard < SHARDS_CLAIMED; shard++) {
    const lease = await rogue.lease();
    const result = await rogue.answer(lease);
    await Promise.all([rogue.commit(lease, result), rogue.commit(lease, result)]);
    const first = await rogue.next('receipt');
    tally.earn((await openReceipt(first.envelope)).value);
    const again = async (): Promise<void> => {
      const { envelope } = await rogue.next('receipt');
      tally.forged(bytesEqual(envelope, first.envelope) ? 'same receipt' : 'accepted');
    };
    await again();
    await rogue.commit(lease, result);
    await again();
  }
  // The balance of the next true receipt counts every shard once.
  await workTruly(rogue, tally);
  await rogue.leave();
}
