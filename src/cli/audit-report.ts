/** What an audit found, for people and for scripts. */
import type { AuditReport } from '../audit/audit.ts';
import type { Contradiction } from '../audit/contradiction.ts';
import { formatCount, formatCredit, formatDuration } from '../core/units.ts';
import { counted } from './meter.ts';

/** Accounts that are listed; all of them stand in the JSON. */
const LISTED = 10;

export interface AuditOutcome {
  readonly report: AuditReport;
  /** PeerId that was asked for. */
  readonly pinned: string | undefined;
  readonly supplyCap: bigint | undefined;
}

export function auditLines({ report, pinned, supplyCap }: AuditOutcome): string[] {
  const { size, rechecked, balances, logMs, recheckMs } = report;
  const perSecond = logMs > 0 ? `, ${formatCount((1000 * size) / logMs, 'entries')}/s` : '';
  return [
    `the log of ${report.coordinator} holds`,
    `  key            ${pinned === undefined ? 'as the log states it; compare it elsewhere, or pin it with --key' : 'as pinned'}`,
    `  checkpoint     ${counted(size, 'entry').replace(/entrys$/, 'entries')}, root ${report.root}`,
    `                 ${report.earlierCheckpoints > 0 ? `extends ${counted(report.earlierCheckpoints, 'earlier checkpoint')}` : 'no earlier checkpoint to compare with: --mirror keeps them'}`,
    `  tree           every leaf, ${counted(report.tiles, 'tile')} and the root computed again from ${counted(report.bundles, 'bundle')}`,
    `  signatures     ${report.signatures.toLocaleString('en')} valid, and every statement bound to the others`,
    `  credited       ${counted(report.leases, 'lease')} and ${counted(report.cells, 'cell')} of ${counted(report.jobs, 'job')}, each once`,
    `  work           ${counted(Number(report.multiplyAdds), 'multiply-add')}${shapesText(report)}`,
    `  credit         ${formatCredit(report.microcredits)} by the multiply-adds${supplyCap === undefined ? '' : `, never more than them nor than the cap of ${formatCredit(supplyCap)}`}`,
    `  balances       ${counted(report.contributors, 'contributor')}; each receipt's balance is the sum so far, and all together are what was credited`,
    ...balances.slice(0, LISTED).map(([peer, balance]) => `    ${peer}  ${formatCredit(balance)}`),
    ...(balances.length > LISTED
      ? [`    and ${(balances.length - LISTED).toLocaleString('en')} more (--json lists all)`]
      : []),
    ...recheckLines(rechecked, report.seed),
    `  time           ${formatDuration(logMs)} for the log${perSecond}; ${formatDuration(recheckMs)} for results`,
  ];
}

function shapesText({ shapes, size }: AuditReport): string {
  return shapes === size
    ? ', as the operands have them'
    : `; ${(size - shapes).toLocaleString('en')} of ${size.toLocaleString('en')} not compared with their operands, which are not in this mirror`;
}

function recheckLines(rechecked: AuditReport['rechecked'], seed: number): string[] {
  const { results, of, missing, notKept, multiplyAdds, missLog2, floats } = rechecked;
  const lines = [
    `  results        ${results.toLocaleString('en')} of ${of.toLocaleString('en')} checked again, ${counted(Number(multiplyAdds), 'multiply-add')} (--seed ${seed} chooses the same)`,
  ];
  if (missLog2 !== undefined) {
    lines.push(
      `                 a wrong one passes with probability at most 2^${missLog2}, by a public coin`,
    );
  }
  if (floats > 0) {
    lines.push(
      `                 ${counted(floats, 'result')} of floats: no value is off by more than 16 times the rounding bound, which is not the same as exact`,
    );
  }
  if (notKept > 0)
    lines.push(
      `                 ${counted(notKept, 'result')} chosen but not kept any more, as the coordinator says`,
    );
  if (missing > 0) lines.push(`                 ${counted(missing, 'result')} chosen but not in this mirror`);
  return lines;
}

/** One line of JSON; credit and work as decimal text, which may pass 2⁵³. */
export function auditJson({ report, pinned, supplyCap }: AuditOutcome): string {
  const value = {
    audit: 'holds',
    pinned: pinned !== undefined,
    supplyCap: supplyCap ?? null,
    entriesPerSecond: report.logMs > 0 ? Math.round((1000 * report.size) / report.logMs) : null,
    ...report,
    balances: Object.fromEntries(report.balances),
  };
  return JSON.stringify(value, bigText);
}

export function contradictionJson({ kind, index, subject, expected, found }: Contradiction): string {
  return JSON.stringify({
    audit: 'contradiction',
    ok: false,
    kind,
    index: index ?? null,
    subject,
    expected,
    found,
  });
}

const bigText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
