/** What a contributor's page shows, read from outside through its stable hooks (see page/app.ts). */
import { AppError, type ErrorCode } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import { counted } from './meter.ts';

export interface PageStatus {
  /** The page's own sentence. */
  readonly sentence: string;
  readonly stage: string;
  readonly shards: number;
  readonly microcredits: string;
  /** An error code, absent while all is well. */
  readonly problem: string | undefined;
  /** What the page advises about the problem. */
  readonly notice: string | undefined;
}

/** Runs in the page: it must not use anything from outside itself. Undefined until the page is drawn. */
export function readPage(): PageStatus | undefined {
  const page = document.querySelector<HTMLElement>('tilework-page');
  const stage = page?.dataset['stage'];
  if (!page || stage === undefined) return undefined;
  const textOf = (name: string): string | undefined =>
    page.querySelector(`[data-testid="${name}"]`)?.textContent?.replaceAll(/\s+/g, ' ').trim();
  // Why it is paused stands beside the badge that says so.
  const why = page.dataset['badge'] === 'paused' && page.querySelector('[data-testid="badge"] .reasons');
  const reasons = why ? ` ${why.textContent.replaceAll(/\s+/g, ' ').trim()}` : '';
  return {
    sentence: `${textOf('status') ?? ''}${reasons}`,
    stage,
    shards: Number(page.dataset['shards'] ?? 0),
    microcredits: page.dataset['microcredits'] ?? '0',
    problem: page.dataset['problem'],
    notice: textOf('notice'),
  };
}

/** "Computing a shard for “…” — 12 shards, 0.003000 credit". */
export function statusLine({ sentence, shards, microcredits }: PageStatus): string {
  const text = sentence.replace(/\.$/, '');
  return `${text} — ${counted(shards, 'shard')}, ${formatCredit(BigInt(microcredits))} credit`;
}

/** Problems that a fresh page may not have. */
const WORTH_A_RESTART = new Set(['gpu-lost', 'out-of-memory', 'internal', 'closed', 'timeout']);

/** Why this page will not go on by itself, or undefined while it may. */
export function failureOf(status: PageStatus): AppError | undefined {
  const { stage, problem } = status;
  const refused = stage === 'stopped' && (problem === 'no-webgpu' || problem === 'insecure');
  if (problem === undefined || (stage !== 'failed' && !refused)) return undefined;
  if (problem === 'software-adapter') {
    return new AppError(
      'software-adapter',
      'this machine offers the page only a software adapter, which computes on the CPU: --allow-software contributes all the same',
    );
  }
  const code: ErrorCode = problem === 'insecure' ? 'no-webgpu' : (problem as ErrorCode);
  return new AppError(code, (status.notice ?? status.sentence) || `the page reports: ${problem}`);
}

export function isWorthARestart(error: AppError): boolean {
  return WORTH_A_RESTART.has(error.code);
}
