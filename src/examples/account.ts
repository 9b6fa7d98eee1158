/** What an example prints at its end. Pure. */
import { formatBytes, formatDuration } from '../core/units.ts';
import type { Finding, Tally } from './world.ts';

const row = (name: string, text: string): string => `  ${name.padEnd(18)} ${text}`;

/** Multiply-adds for each byte that the requester sends or fetches: what a product over a link is worth. */
export function intensity({ multiplyAdds, sentBytes, fetchedBytes }: Tally): number {
  return multiplyAdds / Math.max(1, sentBytes + fetchedBytes);
}

/**
 * The link, in bytes a second, at which moving the operands and the result takes as long as computing all of it here:
 * on a slower one the network cannot win, however fast its contributors are.
 */
export function breakEvenLink({ sentBytes, fetchedBytes, localMs }: Tally): number {
  return (1000 * (sentBytes + fetchedBytes)) / Math.max(1, localMs);
}

export function accountLines(tally: Tally): string[] {
  const { multiplyAdds, sentBytes, fetchedBytes, downBytes, upBytes, networkMs, localMs } = tally;
  const faster = networkMs < localMs ? 'the network was faster' : 'this CPU alone was faster';
  return [
    row('work', `${(multiplyAdds / 1e9).toFixed(2)} billion multiply-adds, int8 → int32`),
    row('moved by us', `${formatBytes(sentBytes)} sent, ${formatBytes(fetchedBytes)} fetched`),
    row('moved by them', `${formatBytes(downBytes)} to contributors, ${formatBytes(upBytes)} back`),
    row('per byte', `${intensity(tally).toFixed(0)} multiply-adds for each byte that we moved`),
    row('network', `${formatDuration(networkMs)}, sending, waiting and fetching included`),
    row('locally', `${formatDuration(localMs)}, measured: plain JavaScript on one core; ${faster}`),
    row('worth sending', `only where our link carries more than ${formatBytes(breakEvenLink(tally))}/s`),
  ];
}

export function findingLines({ lines, checks }: Finding): string[] {
  return [...lines, ...checks.map(({ claim, holds }) => row(holds ? 'ok' : 'WRONG', claim))];
}

/** One line for scripts. */
export function accountJson(example: string, tally: Tally, { checks, figures }: Finding): string {
  const whole = Object.fromEntries(Object.entries(tally).map(([name, value]) => [name, Math.round(value)]));
  return JSON.stringify({
    example,
    ok: checks.every(({ holds }) => holds),
    ...whole,
    local: 'measured',
    multiplyAddsPerByte: Math.round(intensity(tally)),
    ...figures,
  });
}
