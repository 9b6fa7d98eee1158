/** How the memory that a contributor grants is spent. Pure. */
import { AppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';

const OPERAND_SHARE = 0.75;
const STAGING_SHARE = 1 / 16;
/** 64 MiB: a larger shard is read back in several maps. */
const MAX_STAGING_PAGES = 256;

/** Pages of 256 KiB. */
export interface MemorySplit {
  /** The arena. */
  readonly operands: number;
  /** C of all open shards. */
  readonly results: number;
  /** C on its way back. */
  readonly staging: number;
}

/** @throws AppError 'out-of-memory' below 1 MiB. */
export function splitMemory(memoryBytes: number): MemorySplit {
  const total = Math.floor(memoryBytes / BLOCK_BYTES);
  if (total < 4)
    throw new AppError(
      'out-of-memory',
      `${memoryBytes} bytes are too little to compute in: give at least 1 MiB`,
    );
  const staging = Math.min(MAX_STAGING_PAGES, Math.max(1, Math.floor(total * STAGING_SHARE)));
  const operands = Math.min(Math.floor(total * OPERAND_SHARE), total - staging - 1);
  return { operands, staging, results: total - operands - staging };
}
