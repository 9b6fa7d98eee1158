import { expect, it } from 'vitest';
import { DIAGONALS } from '../../src/matrix/limbs.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { addBelonging } from '../../src/store/belongings.ts';
import { createJob, setJobState } from '../../src/store/jobs.ts';
import { deleteOperand, getOperand, insertOperand } from '../../src/store/operands.ts';
import { insertLimbs } from '../../src/store/parts.ts';
import { letGo } from '../../src/store/removal.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, operandRecord } from '../helpers/records.ts';

const OWNER = 'requester:floats';
let unique = 0x7000;

onEachDatabase('the limbs of an operand', (get) => {
  /** An operand that was uploaded, and one that it was split into. */
  async function split(): Promise<{ whole: Hash; limbs: Hash }> {
    const { db } = get();
    const [whole, limbs] = [operandRecord(unique++, { dtype: 'f32' }), operandRecord(unique++)];
    for (const operand of [whole, limbs]) await insertOperand(db, operand);
    await addBelonging(db, OWNER, whole.id);
    await insertLimbs(db, [{ operand: whole.id, side: 'left', diagonal: DIAGONALS[0], limbs: limbs.id }]);
    return { whole: whole.id, limbs: limbs.id };
  }
  const remove = (id: Hash) =>
    get()
      .db.transaction()
      .execute((trx) => deleteOperand(trx, id, OWNER, 5));
  const isKept = async (id: Hash): Promise<boolean> => (await getOperand(get().db, id))?.removedMs === null;

  it('stay as long as it does, and go with it', async () => {
    const { whole, limbs } = await split();
    await letGo(get().db, {}, 10);
    expect(await isKept(limbs)).toBe(true);
    await remove(whole);
    await letGo(get().db, {}, 20);
    expect(await isKept(limbs)).toBe(false);
  });

  it('stay while another operand has the same, a job runs over them, or somebody uploaded them', async () => {
    const { db } = get();
    const [shared, used, uploaded] = [await split(), await split(), await split()];
    const twin = await split();
    await insertLimbs(db, [
      { operand: twin.whole, side: 'right', diagonal: DIAGONALS[0], limbs: shared.limbs },
    ]);
    const job = await createJob(db, {
      id: hexOf(unique++, 32),
      a: used.limbs,
      b: used.limbs,
      dtype: 'i8',
      rows: 2048,
      cols: 2048,
      k: 1024,
      project: 'tests',
      title: '',
      priority: 0,
      createdMs: 1,
    });
    await addBelonging(db, OWNER, uploaded.limbs);
    for (const { whole } of [shared, used, uploaded]) await remove(whole);
    await letGo(db, {}, 20);
    expect([await isKept(shared.limbs), await isKept(used.limbs), await isKept(uploaded.limbs)]).toEqual([
      true,
      true,
      true,
    ]);
    await setJobState(db, job.id, 'cancelled', { timeMs: 30 });
    await remove(twin.whole);
    await letGo(db, {}, 40);
    expect([await isKept(shared.limbs), await isKept(used.limbs), await isKept(uploaded.limbs)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
