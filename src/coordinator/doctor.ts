/** What `tilework doctor` finds: one line a check, and what to do about it. Looks, and changes nothing. */
import { AppError, toAppError } from '../core/errors.ts';

export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly text: string;
  /** What to do. */
  readonly advice?: string;
}

export const ok = (check: string, text: string): Finding => ({ check, level: 'ok', text });
export const warning = (check: string, text: string, advice: string): Finding => ({
  check,
  level: 'warning',
  text,
  advice,
});
export const problem = (check: string, text: string, advice: string): Finding => ({
  check,
  level: 'problem',
  text,
  advice,
});

/** A check that breaks is a finding too. */
export async function attempt(
  check: string,
  advice: string,
  look: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await look()].flat();
  } catch (thrown) {
    return [problem(check, sentence(thrown), advice)];
  }
}

function sentence(thrown: unknown): string {
  const { message, cause } = toAppError(thrown);
  // fetch says "fetch failed" and keeps the reason to itself.
  const inner = thrown instanceof AppError ? undefined : (cause as Error | undefined)?.cause;
  return inner instanceof Error && inner.message ? `${message}: ${inner.message}` : message;
}

/** Clocks that differ by more than this make leases, tokens and receipts say strange things. */
const CLOCK_WARNING_MS = 2_000;
const CLOCK_PROBLEM_MS = 30_000;

/** @param aheadMs - of this machine's clock; @param exactMs - what cannot be told apart */
export function clockFinding(whose: string, aheadMs: number, exactMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 100) / 10;
  const text = `this machine is ${seconds} s ${aheadMs < 0 ? 'behind' : 'ahead of'} ${whose}`;
  const advice = 'set both by NTP (timedatectl set-ntp true)';
  if (Math.abs(aheadMs) > CLOCK_PROBLEM_MS) return problem('clock', text, advice);
  if (Math.abs(aheadMs) > CLOCK_WARNING_MS + exactMs) return warning('clock', text, advice);
  return ok('clock', `as that of ${whose}`);
}
