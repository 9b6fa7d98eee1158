/** A real S3-compatible server (s3rver) on loopback with a folder of its own, and a door in front that can fail. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** s3rver comes without types. */
type S3rver = new (options: object) => {
  configureBuckets(): Promise<unknown>;
  getMiddleware(): Handler;
  readonly store: {
    listObjects(
      bucket: string,
      options: { prefix: string; startAfter: string; maxKeys: number },
    ): Promise<{ objects: { key: string; size: number; lastModifiedDate: Date }[]; isTruncated: boolean }>;
  };
  readonly logger: { exceptions: { unhandle(): void }; close(): void };
};

export interface LocalS3 {
  /** The address for openBlockStore. */
  readonly url: string;
  readonly endpoint: string;
  /** Methods and paths of the requests so far. */
  readonly seen: string[];
  /** What the door does with the next requests instead of letting them in, one each. */
  readonly troubles: Handler[];
  /** For `troubles`: none. */
  readonly letIn: Handler;
  /** What a page of a listing holds. @default 1000 */
  pageSize: number;
  /** The files of the objects that are stored. */
  files(): Promise<string[]>;
  /** Without any object, as at the start. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export const BUCKET = 'tilework-test';

/** s3rver's only account. Its own check of version 4 signatures is not whole; a wrong key it does notice. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

export async function startLocalS3(): Promise<LocalS3> {
  const folder = await mkdtemp(join(tmpdir(), 'tilework-s3-'));
  const S3rver = createRequire(import.meta.url)('s3rver') as S3rver;
  const server = new S3rver({
    silent: true,
    directory: folder,
    allowMismatchedSignatures: true,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET }],
  });
  await server.configureBuckets();
  const inside = server.getMiddleware();
  // s3rver makes the tokens of its pages with DES, which the OpenSSL of today's Node does not have.
  const answerPage = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
    const page = await server.store.listObjects(BUCKET, {
      prefix: query.get('prefix') ?? '',
      startAfter: query.get('continuation-token') ?? '',
      maxKeys: local.pageSize,
    });
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(pageXml(page));
  };
  const seen: string[] = [];
  const troubles: Handler[] = [];
  const door = createServer((request, response) => {
    seen.push(`${request.method} ${request.url?.split('?')[0]}`);
    (troubles.shift() ?? letIn)(request, response);
  });
  const letIn: Handler = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', endpoint);
    if (searchParams.has('list-type') && pathname.startsWith(`/${BUCKET}`)) {
      answerPage(searchParams, response).catch(() => response.destroy());
    } else inside(request, response);
  };
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const local: LocalS3 = {
    url: `s3://${BUCKET}/some/blocks?endpoint=${encodeURIComponent(endpoint)}`,
    endpoint,
    seen,
    troubles,
    letIn,
    pageSize: 1000,
    empty: async () => {
      const bucket = join(folder, BUCKET);
      for (const name of await readdir(bucket))
        await rm(join(bucket, name), { recursive: true, force: true });
    },
    files: async () =>
      (await readdir(folder, { recursive: true }))
        .filter((name) => name.endsWith('._S3rver_object'))
        .map((name) => join(folder, name)),
    close: async () => {
      server.logger.exceptions.unhandle();
      server.logger.close();
      await new Promise((resolve) => {
        door.close(resolve);
        door.closeAllConnections();
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
  return local;
}

function pageXml({
  objects,
  isTruncated,
}: Awaited<ReturnType<InstanceType<S3rver>['store']['listObjects']>>): string {
  const contents = objects.map(
    ({ key, size, lastModifiedDate }) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>${lastModifiedDate.toISOString()}</LastModified></Contents>`,
  );
  const next = isTruncated ? `<NextContinuationToken>${objects.at(-1)?.key}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
}

/** An answer as S3 gives its errors. */
export function refusal(status: number, code: string): Handler {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>it says so</Message></Error>`,
    );
  };
}

/** The connection breaks without an answer. */
export const broken: Handler = (request) => {
  request.socket.destroy();
};
