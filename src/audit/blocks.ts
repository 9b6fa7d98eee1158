/** Blocks and manifests by hash, from a source that may lie: every byte is hashed before it is used. */
import { sha256, toHex } from '../core/bytes.ts';
import { isAppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { type Dtype, isDtype } from '../matrix/dtype.ts';
import { orSeeded } from '../matrix/draw.ts';
import { type FetchBytes, type Hash, type Manifest, decodeManifest } from '../matrix/manifest.ts';
import { Contradiction } from './contradiction.ts';
import { type Source, blockPath } from './source.ts';

export type OperandManifest = Manifest & { readonly dtype: Dtype };

/** Manifests kept in memory: a job's two are asked for with each of its entries. */
const MANIFESTS_KEPT = 1024;

export class AuditedBlocks {
  readonly #source: Source;
  readonly #operands = new Map<Hash, OperandManifest>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** The bytes, known to match their hash; undefined when the source has no such block. */
  async find(hash: Hash, index?: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#source.read(blockPath(hash), BLOCK_BYTES).catch((error: unknown) => {
      // More bytes than a block has cannot be the block.
      if (isAppError(error, 'too-large')) return new Uint8Array(0);
      throw error;
    });
    if (!bytes) return undefined;
    const found = toHex(await sha256(bytes));
    if (found !== hash) {
      throw new Contradiction('block-hash', `the bytes served as block ${hash}`, {
        index,
        expected: hash,
        found,
      });
    }
    return bytes;
  }

  /** As FetchBytes asks; blocks of seeded operands are made here, whatever the source may have. @throws Contradiction 'block-missing' or 'block-hash' */
  fetchFor(index: number): FetchBytes {
    return orSeeded(async (hash) => {
      const bytes = await this.find(hash, index);
      if (bytes) return bytes;
      throw new Contradiction('block-missing', `block ${hash}`, {
        index,
        expected: 'its bytes',
        found: 'nothing',
      });
    });
  }

  /** An operand's manifest. @throws Contradiction 'operand-missing', 'operand-form' or 'block-hash' */
  async operand(hash: Hash, index: number): Promise<OperandManifest> {
    const known = this.#operands.get(hash);
    if (known) return known;
    const bytes = await this.find(hash, index);
    const subject = `the manifest of operand ${hash}`;
    if (!bytes) {
      throw new Contradiction('operand-missing', subject, { index, expected: 'its bytes', found: 'nothing' });
    }
    const manifest = operandOf(bytes);
    if (!manifest) {
      throw new Contradiction('operand-form', subject, {
        index,
        expected: 'a manifest of i8, f16 or f32 values',
        found: `${bytes.length} bytes of something else`,
      });
    }
    this.#operands.set(hash, manifest);
    if (this.#operands.size > MANIFESTS_KEPT) this.#operands.delete(this.#operands.keys().next().value!);
    return manifest;
  }
}

function operandOf(bytes: Uint8Array): OperandManifest | undefined {
  try {
    const manifest = decodeManifest(bytes);
    const { dtype } = manifest;
    return isDtype(dtype) ? { ...manifest, dtype } : undefined;
  } catch {
    return undefined;
  }
}
