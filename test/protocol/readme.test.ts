import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as limits from '../../src/protocol/limits.ts';

const SPEC = readFileSync(path.resolve(import.meta.dirname, '../../src/protocol/README.md'), 'utf8');

describe('the specification', () => {
  it('states every limit as it is in force', () => {
    const table = Object.fromEntries(
      Array.from(SPEC.matchAll(/^\| `([A-Z_]+)` +\| (\d+) +\|$/gm), (row) => [row[1], row[2]]),
    );
    const { CONTROL_PROTOCOL, BLOCKS_PROTOCOL, PROTOCOL_VERSION, PROTOCOL_REVISION, ...numbers } = limits;
    expect(table).toEqual(
      Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    );
    expect(PROTOCOL_VERSION).toBe(1);
    expect(SPEC).toMatch(new RegExp(`\\| r${PROTOCOL_REVISION} +\\|`));
    for (const id of [CONTROL_PROTOCOL, BLOCKS_PROTOCOL]) expect(SPEC).toContain(`\`${id}\``);
  });

  it('states every domain string and payload type', () => {
    for (const name of ['lease', 'result', 'receipt', 'profile', 'join-offer', 'join', 'leave']) {
      expect(SPEC).toMatch(new RegExp(`\`tilework-${name}/1\` +\\| \`/tilework/${name}\``));
    }
  });
});
