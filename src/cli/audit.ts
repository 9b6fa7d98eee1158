/** `tilework audit URL|DIR`: a stranger's check of everything that a coordinator says about its credit. */
import { type AuditOptions, type AuditReport, audit as runAudit } from '../audit/audit.ts';
import type { KeptCheckpoint } from '../audit/checkpoints.ts';
import { Contradiction, type ContradictionKind } from '../audit/contradiction.ts';
import { Mirror, earlierCheckpoints, folderSource, keptCheckpoints } from '../audit/folder.node.ts';
import { httpSource } from '../audit/http-source.ts';
import type { Source } from '../audit/source.ts';
import { supplyCapOf } from '../audit/supply.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng, randomInt } from '../core/rng.ts';
import { auditJson, auditLines, contradictionJson } from './audit-report.ts';
import type { Context } from './context.ts';

export interface AuditFlags {
  /** A URL, or a folder. */
  readonly target: string;
  readonly key?: string;
  readonly job?: string;
  /** @default all results of --job, else 8 */
  readonly sample?: number | 'all';
  /** @default a random one */
  readonly seed?: number;
  readonly mirror?: string;
  readonly json: boolean;
}

const DEFAULT_SAMPLE = 8;

/** @throws AppError 'conflict' naming the first contradiction, or why something could not be read. */
export async function audit(flags: AuditFlags, context: Context): Promise<void> {
  const { clock, terminal, signal } = context;
  const opened = await open(flags, context);
  const { source, earlier, mirror } = opened;
  const supplyCap = await supplyCapOf(source);
  const bar = terminal.bar('audit');
  const options: AuditOptions = {
    source,
    clock,
    signal,
    coordinator: flags.key,
    earlier,
    supplyCap,
    job: flags.job,
    sample: flags.sample ?? (flags.job === undefined ? DEFAULT_SAMPLE : 'all'),
    seed: flags.seed ?? randomInt(cryptoRng, 2 ** 32),
    // A mirror of the log alone is checked as far as it goes, unless results are asked for.
    partial: opened.partial && flags.sample === undefined && flags.job === undefined,
    onProgress: (phase, done, total) => {
      bar.update(total > 0 ? done / total : 1, phase === 'log' ? 'entries' : 'results');
    },
  };
  let report: AuditReport;
  try {
    report = await runAudit(options);
  } catch (error) {
    bar.end();
    if (!(error instanceof Contradiction)) throw error;
    throw await refusal(await traced(error, options, opened, context), flags, context, mirror);
  }
  bar.end();
  if (flags.job !== undefined && report.rechecked.of === 0) {
    throw new AppError('not-found', `the log has no result of a job ${flags.job}`);
  }
  await mirror?.accept(report);
  const outcome = { report, pinned: flags.key, supplyCap };
  if (flags.json) terminal.out(auditJson(outcome));
  else for (const line of auditLines(outcome)) terminal.out(line);
  if (mirror) {
    const { downloaded, kept } = mirror.files;
    terminal.note(`${flags.mirror}: ${downloaded} files downloaded, ${kept} were there`);
  }
}

interface Opened {
  readonly source: Source;
  readonly earlier: readonly KeptCheckpoint[];
  readonly mirror?: Mirror;
  readonly remote?: Source;
  readonly partial: boolean;
}

async function open({ target, mirror: folder }: AuditFlags, { clock, signal }: Context): Promise<Opened> {
  if (!/^https?:\/\//.test(target)) {
    if (folder !== undefined) throw new AppError('bad-input', '--mirror copies a URL, not a folder');
    return { source: await folderSource(target), earlier: await keptCheckpoints(target), partial: true };
  }
  const remote = httpSource({ url: target, clock, signal });
  if (folder === undefined) return { source: remote, remote, earlier: [], partial: false };
  const mirror = await Mirror.open(folder, remote);
  return { source: mirror, remote, earlier: await earlierCheckpoints(folder), mirror, partial: false };
}

/**
 * Where a copy and what is new do not fit together, the coordinator's own files tell whether it has written
 * another history, or the copy is damaged.
 */
async function traced(
  found: Contradiction,
  options: AuditOptions,
  { mirror, remote }: Opened,
  { terminal }: Context,
): Promise<Contradiction> {
  if (!mirror || !remote || !COULD_BE_THE_COPY.includes(found.kind)) return found;
  try {
    await runAudit({ ...options, source: remote, sample: 0 });
  } catch (error) {
    if (error instanceof Contradiction) return error;
    throw error;
  }
  terminal.note('the coordinator’s own files hold: the copy in the mirror is damaged');
  return found;
}

const COULD_BE_THE_COPY: readonly ContradictionKind[] = ['tile-mismatch', 'root-mismatch', 'bundle-form'];

async function refusal(
  contradiction: Contradiction,
  { json }: AuditFlags,
  { terminal, clock }: Context,
  mirror: Mirror | undefined,
): Promise<AppError> {
  if (json) terminal.out(contradictionJson(contradiction));
  const kept = await mirror?.refuse(clock.now());
  if (kept !== undefined) {
    terminal.note(`the checkpoint is kept as evidence in ${kept}; the one before it stays`);
  }
  return new AppError('conflict', `contradiction: ${contradiction.message}`, { cause: contradiction });
}
