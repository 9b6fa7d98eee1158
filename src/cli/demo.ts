/**
 * `tilework demo`: the whole of Tilework on real input. A coordinator in a temporary folder, two headless
 * contributors with separate identities, one exact product that classifies handwritten digits, and every
 * claim about it checked. Exits 0 only when all of them hold.
 */
import { decodeProduct } from '../client/arrays.ts';
import { TileworkClient } from '../client/client.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { RunningCoordinator } from '../coordinator/coordinator.ts';
import type { Context } from './context.ts';
import { CONTRIBUTORS, type DemoReport, checkDemo, reportJson, reportLines } from './demo-report.ts';
import { type Digits, loadDigits, submitDigits } from './digits.ts';
import { followJob } from './follow.ts';
import { type Contributors, withOwnNetwork } from './own-network.ts';

export interface DemoOptions {
  readonly json: boolean;
}

/** @throws AppError 'internal' when a claim does not hold, and whatever stopped it before that. */
export async function demo(options: DemoOptions, context: Context): Promise<void> {
  const { terminal } = context;
  let report: DemoReport;
  try {
    report = await runDemo(context);
  } catch (error) {
    if (options.json) terminal.out(JSON.stringify({ ok: false, error: toAppError(error).message }));
    throw error;
  }
  for (const line of reportLines(report)) terminal.out(line);
  if (options.json) terminal.out(reportJson(report));
  if (report.failures.length > 0)
    throw new AppError('internal', `the demo failed: ${report.failures.join('; ')}`);
}

async function runDemo(context: Context): Promise<DemoReport> {
  const startedMs = context.clock.now();
  const digits = await loadDigits();
  return await withOwnNetwork(
    { name: 'Tilework demo', contributors: CONTRIBUTORS },
    context,
    ({ coordinator, contributors }, within) =>
      submitAndCheck(coordinator, digits, contributors, within, startedMs),
  );
}

async function submitAndCheck(
  coordinator: RunningCoordinator,
  digits: Digits,
  contributors: Contributors,
  context: Context,
  startedMs: number,
): Promise<DemoReport> {
  const { terminal, signal, clock } = context;
  const client = new TileworkClient(coordinator);
  // Both must be there before the work is: one alone could be done before the other has started.
  await contributors.ready();
  terminal.note('two contributors are ready; submitting 1,000 × 9,000 handwritten digits');
  const job = await followJob(client, await submitDigits(client, digits, { signal }), context);
  const answer = await client.result(job.id, { signal });
  const product = decodeProduct(new Uint8Array(await answer.arrayBuffer()));
  // The reference needs the cores that the contributors compute on.
  await contributors.stop();
  terminal.note('comparing with the CPU reference and checking every signature');
  const { peerId } = coordinator;
  return checkDemo({ client, job, product, digits, peerId, wallMs: () => clock.now() - startedMs });
}
