/** Uploads: every byte, no more in memory than the network takes, and an end to it when asked. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import { inspectFile, uploadFile } from '../../src/client/files.node.ts';
import { AppError } from '../../src/core/errors.ts';
import type { OperandView } from '../../src/core/v1.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { bodyOf, sendJson, sendProblem, serve } from './server.ts';

const OPERAND: OperandView = {
  id: 'ab'.repeat(32),
  dtype: 'i8',
  rows: 3,
  k: 4,
  bytes: 48,
  name: 'x.npy',
  createdMs: 1,
};
const PIECE_BYTES = 64 * 1024;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tilework-upload-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A stream without an end that counts how often it was asked. */
function endless(): { stream: ReadableStream<Uint8Array>; pulls: () => number; cancelled: Promise<unknown> } {
  let pulls = 0;
  const cancelled = Promise.withResolvers<unknown>();
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls += 1;
        controller.enqueue(new Uint8Array(PIECE_BYTES));
      },
      cancel: cancelled.resolve,
    },
    { highWaterMark: 0 },
  );
  return { stream, pulls: () => pulls, cancelled: cancelled.promise };
}

/** Resolves when the stream has not been asked for a while: its reader is as full as it gets. */
async function quiet(pulls: () => number): Promise<number> {
  for (let before = -1, still = 0; ;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    still = pulls() === before ? still + 1 : 0;
    if (still === 10) return before;
    before = pulls();
  }
}

describe('an upload', () => {
  it.each(['bytes', 'Blob', 'stream'] as const)('sends %s as they are, with what was asked', async (kind) => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    let received: Buffer | undefined;
    let type: string | undefined;
    const { url, seen } = await serve(async (request, response) => {
      type = request.headers['content-type'];
      received = await bodyOf(request);
      sendJson(response, OPERAND, 201);
    });
    const source =
      kind === 'bytes' ? bytes : kind === 'Blob' ? new Blob([bytes]) : new Blob([bytes]).stream();
    const progress: number[] = [];
    const operand = await new TileworkClient({ url, token: 't' }).uploadOperand(source, {
      side: 'transpose',
      as: 'f32',
      tensor: 'a b',
      name: 'ö.npy',
      onProgress: (sent) => progress.push(sent),
    });
    expect(operand).toEqual(OPERAND);
    expect(Buffer.compare(received!, bytes)).toBe(0);
    expect(type).toBe('application/octet-stream');
    expect(seen).toEqual(['POST /v1/operands?side=transpose&as=f32&tensor=a+b&name=%C3%B6.npy']);
    expect(progress.at(-1)).toBe(bytes.length);
    expect(progress).toEqual(progress.toSorted((x, y) => x - y));
  });

  it('takes no more from its source than a slow coordinator reads', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const { url } = await serve((request) => {
      arrived.resolve(request);
    });
    const { stream, pulls, cancelled } = endless();
    const abort = new AbortController();
    const upload = new TileworkClient({ url }).uploadOperand(stream, { side: 'rows', signal: abort.signal });
    upload.catch(() => {}); // It is awaited below, when there is something to see.
    const request = await arrived.promise;
    const before = await quiet(pulls);
    // The kernel's socket buffers are some MiB, whatever is sent.
    expect(before * PIECE_BYTES).toBeLessThan(32 * 1024 * 1024);
    request.resume();
    while (pulls() <= before) await once(request, 'data');
    request.on('error', () => {}); // That it broke off is what this is about.
    const closed = new Promise((resolve) => request.once('close', resolve));
    abort.abort();
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    await cancelled;
    await closed;
  });

  it('that is answered before it is sent ends with the answer', async () => {
    const { url } = await serve((_request, response) => {
      sendProblem(response, 401, 'unauthorized', 'submitting needs a token');
    });
    const { stream, pulls, cancelled } = endless();
    const upload = new TileworkClient({ url }).uploadOperand(stream, { side: 'rows' });
    await expect(upload).rejects.toMatchObject({ code: 'unauthorized' });
    await cancelled;
    const before = pulls();
    expect(await quiet(pulls)).toBe(before);
  });

  it('fails with the reason of its source', async () => {
    const { url } = await serve(async (request) => {
      await bodyOf(request).catch(() => {});
    });
    const stream = new ReadableStream<Uint8Array>({
      pull() {
        throw new AppError('bad-input', 'the disk is gone');
      },
    });
    const upload = new TileworkClient({ url }).uploadOperand(stream, { side: 'rows' });
    await expect(upload).rejects.toMatchObject({ code: 'bad-input', message: 'the disk is gone' });
  });
});

describe('an uploaded file', () => {
  it('arrives whole, with its length and its name', async () => {
    const path = join(await folder(), 'big.npy');
    const bytes = Buffer.alloc(3_500_000, 7);
    await writeFile(path, bytes);
    let received: Buffer | undefined;
    let length: string | undefined;
    const { url, seen } = await serve(async (request, response) => {
      length = request.headers['content-length'];
      received = await bodyOf(request);
      sendJson(response, OPERAND);
    });
    const progress: string[] = [];
    await uploadFile(new TileworkClient({ url }), path, {
      side: 'rows',
      onProgress: (sent, size) => progress.push(`${sent}/${size}`),
    });
    expect(received!.equals(bytes)).toBe(true);
    expect(length).toBe('3500000');
    expect(seen).toEqual(['POST /v1/operands?side=rows&name=big.npy']);
    expect(progress).toEqual(['3500000/3500000']);
  });

  it('is named where it is the reason', async () => {
    const path = join(await folder(), 'bad.npy');
    await writeFile(path, 'nothing');
    const { url } = await serve(async (request, response) => {
      await bodyOf(request);
      sendProblem(response, 400, 'non-finite', 'row 3, column 4 is NaN');
    });
    const client = new TileworkClient({ url });
    await expect(uploadFile(client, path, { side: 'rows' })).rejects.toMatchObject({
      code: 'non-finite',
      message: `${path}: row 3, column 4 is NaN`,
    });
    await expect(uploadFile(client, `${path}.no`, { side: 'rows' })).rejects.toMatchObject({
      code: 'not-found',
      message: `${path}.no: there is no such file`,
    });
  });
});

describe('a look at a file', () => {
  it('tells type, shape and size', async () => {
    const path = join(await folder(), 'm.npy');
    const header = npyHeader({ dtype: 'f16', rows: 3, cols: 5 });
    await writeFile(path, Buffer.concat([header, Buffer.alloc(30)]));
    expect(await inspectFile(path)).toEqual({ dtype: 'f16', shape: [3, 5], size: header.length + 30 });
  });

  it('says what is wrong with it, with its name', async () => {
    const dir = await folder();
    const path = join(dir, 'm.npy');
    await writeFile(path, Buffer.concat([npyHeader({ dtype: 'f16', rows: 3, cols: 5 }), Buffer.alloc(29)]));
    await expect(inspectFile(path)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(inspectFile(path)).rejects.toThrow(`${path}: the file is truncated`);
    await expect(inspectFile(join(dir, 'none'))).rejects.toThrow('there is no such file');
    await expect(inspectFile(dir)).rejects.toThrow(`${dir}: it is a folder`);
  });
});
