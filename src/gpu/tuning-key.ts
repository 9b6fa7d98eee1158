/** What a choice of kernel depends on, as a short key: another adapter, driver, browser or build has another. */
import { concatBytes, sha256, toHex, utf8 } from '../core/bytes.ts';
import { KERNELS, SOURCES, type Shaders } from './kernels.ts';

export async function tuningKey(surroundings: readonly string[], shaders: Shaders): Promise<string> {
  const parts = [...surroundings, JSON.stringify(KERNELS), ...SOURCES.map((name) => shaders[name])];
  // Length first: no two lists of parts run together into the same bytes.
  const bytes = parts.flatMap((part) => [utf8.encode(`${part.length}:`), utf8.encode(part)]);
  return toHex((await sha256(concatBytes(bytes))).subarray(0, 16));
}
