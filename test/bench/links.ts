/**
 * How near the bound of their links and GPUs contributors come: `npm run bench -- links [flags]`.
 *
 * The real coordinator and real engines, each a process of its own, over real WebSockets behind proxies that have
 * a home link's rates and delay. Only the GPU (a stub that takes its time) and the check of its results are not.
 */
import { casesOf, type CaseOptions, ENGINES, JOBS, LINKS } from './links/cases.ts';
import { type Run, faultsOf, rowOf, summaryOf } from './links/report.ts';
import { runCase } from './links/run-case.ts';
import { idleOf, sharesOf, timelineOf } from './links/trace.ts';

export interface LinksOptions {
  /** Comma-separated. @default all */
  readonly engines?: string | undefined;
  readonly links?: string | undefined;
  readonly jobs?: string | undefined;
  /** Small products, and no promise. */
  readonly quick: boolean;
  /** Half as long as usual: what starting and ending costs weighs twice as much. */
  readonly short: boolean;
  readonly json: boolean;
  /** Says second by second what was busy. */
  readonly trace: boolean;
  /** Contributors without a past. */
  readonly strangers: boolean;
  readonly dilation?: string | undefined;
}

/** Prints a table, and as the last line one JSON object. Sets the exit code where a promise is broken. */
export async function benchLinks(options: LinksOptions): Promise<void> {
  const { quick, short, json, trace, strangers, dilation } = options;
  const cases = casesOf({
    engines: chosen(options.engines, ENGINES.map(String), quick ? ['1', '2'] : undefined).map(Number),
    links: chosen(options.links, LINKS, quick ? ['100/20'] : undefined),
    jobs: chosen(options.jobs, JOBS, quick ? ['square', 'thin'] : undefined),
    length: quick ? 'quick' : short ? 'short' : 'long',
    dilation: dilation === undefined ? undefined : Number(dilation),
  } satisfies CaseOptions);
  const runs: Run[] = [];
  for (const of of cases) {
    const run = await runCase(of, { strangers });
    runs.push(run);
    if (!json) process.stderr.write(`${JSON.stringify(rowOf(run))}\n`);
    if (trace) {
      process.stderr.write(`${timelineOf(run)}\n`);
      console.table(sharesOf(run));
      console.table(idleOf(run));
    }
  }
  if (!json) console.table(runs.map(rowOf));
  const faults = quick ? [] : runs.flatMap(faultsOf);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
  process.stdout.write(`${JSON.stringify(summaryOf(runs))}\n`);
}

function chosen<T extends string>(
  words: string | undefined,
  all: readonly T[],
  usual: readonly T[] = all,
): readonly T[] {
  if (words === undefined) return usual;
  const wanted = words.split(',');
  const strange = wanted.filter((word) => !all.includes(word as T));
  if (strange.length > 0) throw new Error(`${strange.join(', ')}: choose from ${all.join(', ')}`);
  return all.filter((word) => wanted.includes(word));
}
