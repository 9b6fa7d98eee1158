/** Whether the network says that its supply has a cap: then work may mint less than one microcredit each. */
import { utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Source } from './source.ts';

const CREDIT_PATH = 'v1/credit';
const MAX_BYTES = 4096;

/** Microcredits; undefined without a cap. @throws AppError 'bad-frame' for an answer that is none. */
export async function supplyCapOf(source: Source): Promise<bigint | undefined> {
  const bytes = await source.read(CREDIT_PATH, MAX_BYTES);
  if (!bytes) return undefined;
  try {
    const { supplyCapMicrocredits: cap } = JSON.parse(utf8.decode(bytes)) as {
      supplyCapMicrocredits?: string | null;
    };
    return cap === null || cap === undefined ? undefined : BigInt(cap);
  } catch (error) {
    throw new AppError('bad-frame', `${CREDIT_PATH} is not what a coordinator says about its credit`, {
      cause: error,
    });
  }
}
