/** `tilework start` and `tilework serve`: a coordinator with its page, until Ctrl-C or SIGTERM. */
import { join } from 'node:path';
import { TileworkClient } from '../client/client.ts';
import { isAppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type RunningCoordinator, startCoordinator } from '../coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../coordinator/options.ts';
import { DEFAULT_DATA, DEFAULT_URL } from './connection.ts';
import type { Context } from './context.ts';
import { loadDigits, submitDigits } from './digits.ts';
import { interrupted } from './interrupt.ts';
import { createLogger } from './log.ts';
import { pageFolder } from './page-folder.ts';
import { type StartFlags, printedConfig, resolveSettings } from './resolve-settings.ts';
import type { CommandName, Settings } from './settings.ts';

/** After everything else: a visitor who waits for a real job should not wait for this one. */
const SAMPLE_PRIORITY = -10;

/** @throws AppError 'bad-input' (a setting), 'not-found' (no built page), 'port-in-use', 'locked', and openBlockStore's. */
export async function start(flags: StartFlags, context: Context, command: CommandName): Promise<void> {
  const { terminal, signal, debug, env } = context;
  const resolved = await resolveSettings(flags, env, command);
  const { settings } = resolved;
  if (flags.printConfig) {
    const { json, notes } = printedConfig(resolved);
    for (const line of notes) terminal.note(line);
    terminal.out(json);
    return;
  }
  const { data, drainSeconds, jsonLog, sample } = settings;
  const log = createLogger(jsonLog, debug ? 'debug' : 'info', (line) => {
    terminal.out(line.trimEnd());
  });
  const coordinator = await startCoordinator(coordinatorOptions(settings, log));
  try {
    // Logs are kept and shipped: the token is for people at a terminal. The log has the address already.
    if (command === 'start' && !jsonLog) for (const line of banner(coordinator, data)) terminal.out(line);
    if (sample) await submitSample(coordinator, log, signal);
    await interrupted(signal);
    await coordinator.drain(1000 * drainSeconds);
  } finally {
    await coordinator.close();
  }
  log.info({}, 'stopped');
}

function coordinatorOptions(settings: Settings, log: Logger): CoordinatorOptions {
  const { host, port, peerPort, webrtcDirect, webrtcPort, data, databaseUrl, name, announce } = settings;
  const {
    blocks,
    key,
    credit,
    supplyCap,
    operateFrom,
    allowOrigin,
    trustProxy,
    embed,
    maxUpload: maxUploadBytes,
    uploadRoom,
    keepResults,
    keepOperands,
    page,
  } = settings;
  return {
    dataDir: data,
    log,
    ...(page && { pageDir: pageFolder() }),
    host,
    port,
    peerPort,
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
    doors: { operateFrom, trustProxy, allowOrigin, maxUploadBytes },
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
