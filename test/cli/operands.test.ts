/** Two files that do or do not make a product: what is said before anything is uploaded. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ProductFiles, planProduct } from '../../src/cli/operands.ts';
import { writeNpy } from './npy-files.ts';

describe('the plan of a product', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const plan = (a: string, b: string, more: Partial<ProductFiles> = {}) =>
    planProduct({ a: at(a), b: at(b), transposedB: false, ...more });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-plan-'));
    await writeNpy(at('i8_3x4'), '|i1', [3, 4]);
    await writeNpy(at('i8_4x5'), '|i1', [4, 5]);
    await writeNpy(at('i8_5x4'), '|i1', [5, 4]);
    await writeNpy(at('f2_4x5'), '<f2', [4, 5]);
    await writeNpy(at('f4_4x5'), '<f4', [4, 5]);
    await writeNpy(at('f4_3x4'), '<f4', [3, 4]);
    await writeNpy(at('f8_4x5'), '<f8', [4, 5]);
    return () => rm(folder, { recursive: true, force: true });
  });

  it('knows the sizes of C = A·B', async () => {
    expect(await plan('i8_3x4', 'i8_4x5')).toMatchObject({ dtype: 'i8', rows: 3, k: 4, cols: 5 });
    expect(await plan('i8_3x4', 'i8_5x4', { transposedB: true })).toMatchObject({ rows: 3, k: 4, cols: 5 });
    expect(await plan('f4_3x4', 'f8_4x5', { as: 'f32', dtype: 'f32' })).toMatchObject({ dtype: 'f32' });
    expect(await plan('i8_3x4', 'f2_4x5', { as: 'f32' })).toMatchObject({ dtype: 'f32' });
    expect(await plan('f4_3x4', 'f8_4x5', { as: 'f32x' })).toMatchObject({ dtype: 'f32' });
  });

  it('refuses inner sizes that differ, and sees what would fit', async () => {
    await expect(plan('i8_3x4', 'i8_5x4')).rejects.toMatchObject({
      code: 'shape-mismatch',
      message: `${at('i8_3x4')} is 3 × 4 and ${at('i8_5x4')} is 5 × 4: A's 4 columns are not B's 5 rows; if B is stored as N × K, give --transposed-b`,
    });
    await expect(plan('i8_3x4', 'i8_4x5', { transposedB: true })).rejects.toThrow(
      "A's 4 columns are not B's 5 columns; it would fit without --transposed-b",
    );
    await expect(plan('i8_5x4', 'i8_3x4')).rejects.toThrow(/B's 3 rows; if B is stored/);
    await expect(plan('i8_4x5', 'i8_3x4')).rejects.toThrow(/A's 5 columns are not B's 3 rows$/);
  });

  it('refuses two types, and says how to make them one without losing anything', async () => {
    const line = `np.save('${at('i8_3x4')}', np.load('${at('i8_3x4')}').astype(np.float32))`;
    await expect(plan('i8_3x4', 'f4_4x5')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(plan('i8_3x4', 'f4_4x5')).rejects.toThrow(`give --as f32, or ${line}`);
    await expect(plan('f4_4x5', 'i8_3x4')).rejects.toThrow(`give --as f32, or ${line}`);
  });

  it('refuses float64 without a word about its conversion', async () => {
    await expect(plan('f4_3x4', 'f8_4x5')).rejects.toThrow(
      `is float64, which is not multiplied as it is: give --as f32, or np.save('${at('f8_4x5')}'`,
    );
  });

  it('refuses types that are not what --dtype says', async () => {
    await expect(plan('f4_3x4', 'f4_4x5', { dtype: 'i8' })).rejects.toThrow(
      `${at('f4_3x4')} is float32, not int8 as --dtype says: np.save(`,
    );
    await expect(plan('i8_3x4', 'i8_4x5', { dtype: 'i8', as: 'f32' })).rejects.toThrow(
      'is int8 and becomes float32, not int8 as --dtype says',
    );
  });

  it('refuses files that are none, and files that are not there', async () => {
    const path = at('text');
    await writeFile(path, 'hello, this is not a matrix');
    onTestFinished(() => rm(path));
    await expect(plan('text', 'i8_4x5')).rejects.toThrow(
      `${path}: the file is neither .npy nor .safetensors`,
    );
    await expect(plan('i8_3x4', 'none')).rejects.toThrow(`${at('none')}: there is no such file`);
    await expect(plan('i8_3x4', 'i8_4x5', { tensorB: 'w' })).rejects.toThrow('without a name');
  });
});
