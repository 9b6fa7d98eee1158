/** Contributors whose numbers do not matter: they hold things up, break off, or ask for too much. */
import { toHex } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { decodeManifest } from '../../src/matrix/manifest.ts';
import { stripHashes } from '../../src/matrix/read.ts';
import type { BlockSource } from '../../src/net/block-provider.ts';
import { CONTROL_BURST } from '../../src/protocol/limits.ts';
import { type Field, type Tally, joinRogue } from './field.ts';

const STALLED_CELLS = 4;
/** Nodes of lists are shorter. */
const MIN_CELL_BYTES = 4096;
/** More than any transfer of a lease of theirs may take (src/coordinator/judge.ts). */
const TRANSFER_OVER_MS = 130_000;

/** Serves everything but one last block of C, of as many as its lease has; that one never comes. */
class Staller {
  readonly #held = Promise.withResolvers<void>();
  /** Blocks of C that will be asked for. */
  cells = 0;
  #asked = 0;

  /** Resolves when only the last one is missing. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  serve(own: BlockSource): BlockSource {
    return async (hash) => {
      const bytes = await own(hash);
      if (!bytes || bytes.length < MIN_CELL_BYTES) return bytes;
      this.#asked += 1;
      if (this.#asked < this.cells) return bytes;
      this.#held.resolve();
      return new Promise(() => {});
    };
  }
}

/** Many at once, each with a lease of several cells; then the coordinator's patience ends. */
export async function stalling(field: Field, tally: Tally): Promise<void> {
  const stall = async () => {
    const staller = new Staller();
    const rogue = await joinRogue(field, tally, 'i8', {
      serve: (own) => staller.serve(own),
      hello: { resultBytes: 2 * STALLED_CELLS * BLOCK_BYTES },
    });
    const lease = await rogue.lease();
    staller.cells = lease.value.work.rowBlocks * lease.value.work.colBlocks;
    await rogue.commit(lease, await rogue.answer(lease));
    await staller.held;
    return { rogue, lease: lease.value.id };
  };
  const stalled = [];
  for (let i = 0; i < field.stallers; i++) stalled.push(await stall());
  await field.held();
  field.jump(TRANSFER_OVER_MS);
  for (const { rogue, lease } of stalled) {
    // A notice instead would mean that somebody else had its cells by then.
    const noticed = rogue
      .verdict()
      .then((verdict) => (verdict.type === 'notice' ? verdict.code : 'accepted'));
    tally.forged(await Promise.race([field.verdicts.of(lease), noticed]));
  }
  await Promise.all(stalled.map(({ rogue }) => rogue.leave()));
}

/** A result is promised, and then the connection is gone. */
export async function dropping(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8', { serve: () => () => new Promise(() => {}) });
  const lease = await rogue.lease();
  await rogue.commit(lease, await rogue.answer(lease));
  await rogue.leave();
  tally.forged(await field.verdicts.of(lease.value.id));
}

/** Hello upon hello over one connection, as fast as they go out. */
export async function greetingALot(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8');
  const hello = {
    type: 'hello',
    version: 1,
    client: 'rogue/1',
    operandBytes: 2 ** 40,
    resultBytes: 2 ** 40,
    rates: { i8: 1e300, f16: 1e300, f32: 1e300 },
    downBytesPerSecond: 0,
    upBytesPerSecond: 0,
    projects: [],
  } as const;
  const hellos = CONTROL_BURST + 50;
  // The connection ends before the last of them.
  await Promise.allSettled(Array.from({ length: hellos }, () => rogue.send(hello)));
  await rogue.closed;
  tally.forged(await field.verdicts.of(rogue.peerId), hellos);
}

const WANTS = 100;

/** Blocks that nobody has, and the blocks of one strip again and again, as many at once as the window allows. */
export async function wantingALot(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8');
  const { work } = (await rogue.lease()).value;
  const fetch = (hash: string): Promise<Uint8Array> => rogue.link.blocks.fetch(hash);
  const manifest = decodeManifest(await fetch(work.a));
  const [block] = await stripHashes(manifest, work.rowBlock, fetch);
  const absent = async (): Promise<string> => {
    try {
      await fetch(toHex(cryptoRng.bytes(32)));
      return 'accepted';
    } catch (error) {
      return isAppError(error, 'not-found') ? 'not-found' : 'hung up';
    }
  };
  const greedy = async (): Promise<void> => {
    for (let i = 0; i < WANTS; i++) {
      await fetch(block!);
      tally.forged('as asked');
    }
  };
  const nobody = Array.from({ length: WANTS }, async () => tally.forged(await absent()));
  await Promise.all([...nobody, greedy()]);
  await rogue.leave();
}

const DECLINES = 50;

/** A lease is taken to be declined, and so are leases that never were. */
export async function decliningALot(field: Field, tally: Tally): Promise<void> {
  const rogue = await joinRogue(field, tally, 'i8');
  const lease = await rogue.lease();
  const decline = (id: string): Promise<void> =>
    rogue.send({ type: 'decline', lease: id, code: 'out-of-memory', reason: 'too large' });
  const others = Array.from({ length: DECLINES - 1 }, () => toHex(cryptoRng.bytes(16)));
  for (const id of others) await decline(id);
  await decline(lease.value.id);
  await decline(lease.value.id);
  tally.forged(await field.verdicts.of(lease.value.id));
  for (const id of [lease.value.id, ...others]) tally.forged(field.verdicts.has(id) ? 'accepted' : 'ignored');
  await rogue.leave();
}
