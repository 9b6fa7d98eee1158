/** What a JavaScript heap holds after garbage was collected, without compiled code. */
import type { CDPSession } from 'puppeteer-core';

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
}

/**
 * Bytes in use, buffers outside the heap included. V8 goes on compiling what runs often for as long as something
 * runs often (118 KB of a page's 2.8 MB within five minutes, beside 1 KB of anything else), which ends with the
 * program's own functions: no leak, so that it is left out.
 */
export async function heapOf(client: CDPSession): Promise<number> {
  await client.send('HeapProfiler.collectGarbage');
  const usage = (await client.send('Runtime.getHeapUsage')) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  return usage.usedSize + (usage.backingStorageSize ?? 0) - codeBytes(await snapshotOf(client));
}

async function snapshotOf(client: CDPSession): Promise<Snapshot> {
  const chunks: string[] = [];
  const take = ({ chunk }: { chunk: string }): void => void chunks.push(chunk);
  client.on('HeapProfiler.addHeapSnapshotChunk', take);
  try {
    await client.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  } finally {
    client.off('HeapProfiler.addHeapSnapshotChunk', take);
  }
  return JSON.parse(chunks.join('')) as Snapshot;
}

/** Of all nodes whose type is code: machine code, bytecode, and what belongs to them. */
export function codeBytes({ snapshot: { meta }, nodes }: Snapshot): number {
  const [type, size] = [meta.node_fields.indexOf('type'), meta.node_fields.indexOf('self_size')];
  const code = (meta.node_types[type] as readonly string[]).indexOf('code');
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) {
    if (nodes[at + type] === code) bytes += nodes[at + size]!;
  }
  return bytes;
}
