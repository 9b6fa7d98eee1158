/** `tilework start`: a coordinator with its page, until Ctrl-C. */
import { join } from 'node:path';
import { TileworkClient } from '../client/client.ts';
import { isAppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import {
  type CoordinatorOptions,
  type RunningCoordinator,
  startCoordinator,
} from '../coordinator/coordinator.ts';
import { DEFAULT_DATA, DEFAULT_URL } from './connection.ts';
import type { Context } from './context.ts';
import { loadDigits, submitDigits } from './digits.ts';
import { interrupted } from './interrupt.ts';
import { createLogger } from './log.ts';
import { pageFolder } from './page-folder.ts';

export interface StartOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly peerPort?: number | undefined;
  /** Also listen for webrtc-direct… */
  readonly webrtcDirect: boolean;
  /** …on this UDP port. */
  readonly webrtcPort: number;
  readonly data?: string | undefined;
  /** A folder or an S3 address, instead of a folder in `data`. */
  readonly blocks?: string | undefined;
  /** The network's key, made by another coordinator. */
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  readonly announce?: readonly string[] | undefined;
  /** Whether requesters pay; as before where it is not given. */
  readonly credit?: 'open' | 'paid' | undefined;
  /** Microcredits. */
  readonly supplyCap?: string | undefined;
  /** Addresses and networks that reach the operator's routes and /metrics, besides this machine. */
  readonly operateFrom?: readonly string[] | undefined;
  /** Proxies whose X-Forwarded-For counts. */
  readonly trustProxy?: readonly string[] | undefined;
  /** Origins of the sites that may embed the widget. */
  readonly embed?: readonly string[] | undefined;
  /** Bytes. */
  readonly maxUpload?: number | undefined;
  readonly uploadRoom?: number | undefined;
  /** Milliseconds. */
  readonly keepResults?: number | undefined;
  readonly keepOperands?: number | undefined;
  /** Submit the digits to a network that has had no job yet. */
  readonly sample: boolean;
  readonly jsonLog: boolean;
}

/** After everything else: a visitor who waits for a real job should not wait for this one. */
const SAMPLE_PRIORITY = -10;

/** @throws AppError 'not-found' (no built page, no bucket), 'port-in-use', 'locked', 'unauthorized', 'unreachable' (S3). */
export async function start(options: StartOptions, context: Context): Promise<void> {
  const { terminal, signal, debug, env } = context;
  const dataDir = options.data ?? DEFAULT_DATA;
  const log = createLogger(options.jsonLog, debug ? 'debug' : 'info', (line) => {
    terminal.out(line.trimEnd());
  });
  const coordinator = await startCoordinator(coordinatorOptions(options, dataDir, log, env['DATABASE_URL']));
  try {
    // JSON lines stay JSON lines: the log has the address already.
    if (!options.jsonLog) for (const line of banner(coordinator, dataDir)) terminal.out(line);
    if (options.sample) await submitSample(coordinator, log, signal);
    await interrupted(signal);
    log.info({}, 'stopping; Ctrl-C again stops at once');
  } finally {
    await coordinator.close();
  }
  log.info({}, 'stopped');
}

function coordinatorOptions(
  options: StartOptions,
  dataDir: string,
  log: Logger,
  databaseUrl: string | undefined,
): CoordinatorOptions {
  const { host, port, peerPort, webrtcDirect, webrtcPort, name, announce, credit, supplyCap } = options;
  const {
    blocks,
    key,
    operateFrom,
    trustProxy,
    embed,
    maxUpload: maxUploadBytes,
    uploadRoom,
    keepResults,
    keepOperands,
  } = options;
  return {
    dataDir,
    log,
    pageDir: pageFolder(),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(peerPort !== undefined && { peerPort }),
    ...(webrtcDirect && { webRtcPort: webrtcPort }),
    ...(blocks !== undefined && { blocks }),
    ...(key !== undefined && { keyFile: key }),
    ...(name !== undefined && { network: name }),
    ...(announce !== undefined && { announce }),
    ...(embed !== undefined && { embed }),
    ...(credit !== undefined && { credit }),
    ...(supplyCap !== undefined && { supplyCap: BigInt(supplyCap) }),
    uploadRoomBytes: uploadRoom,
    keep: { resultsMs: keepResults, operandsMs: keepOperands },
    doors: { operateFrom, trustProxy, maxUploadBytes },
    ...(databaseUrl !== undefined && { databaseUrl }),
  };
}

/** What somebody who started a coordinator wants to know. */
export function banner(
  coordinator: Pick<RunningCoordinator, 'url' | 'token' | 'tokenIsNew'>,
  dataDir: string,
): string[] {
  const { url, token, tokenIsNew } = coordinator;
  const tokenPath = join(dataDir, 'token');
  const flags = [
    ...(url === DEFAULT_URL ? [] : [`--url ${url}`]),
    ...(dataDir === DEFAULT_DATA ? [] : [`--data ${dataDir}`]),
  ];
  return [
    '',
    `  Tilework is at   ${url}`,
    `  data             ${dataDir}`,
    tokenIsNew
      ? `  token            ${token}  (shown once; kept in ${tokenPath})`
      : `  token            in ${tokenPath}`,
    '',
    '  Contribute: open the address in a browser and press Start.',
    '  Submit a product:',
    `    ${['npm run tilework -- multiply A.npy B.npy -o C.npy', ...flags].join(' ')}`,
    '  Ctrl-C stops.',
    '',
  ];
}

/** Without work, a first visitor would see nothing happen. A failure here is no reason to stop. */
async function submitSample(
  coordinator: RunningCoordinator,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const client = new TileworkClient(coordinator);
  try {
    if ((await client.jobs({ signal })).length > 0) return;
    const job = await submitDigits(client, await loadDigits(), { priority: SAMPLE_PRIORITY, signal });
    log.info({ job: job.id }, 'submitted a first job: handwritten digits (--no-sample leaves it out)');
  } catch (error) {
    if (isAppError(error, 'aborted')) return;
    log.warn({ reason: toAppError(error).message }, 'could not submit the first job');
  }
}
