/** `tilework contribute URL`: headless browsers that do what visitors do, until Ctrl-C. */
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import { type Environment, type InstalledBrowser, findBrowser } from './browser.ts';
import type { Context } from './context.ts';
import { counted } from './meter.ts';
import { type PageStatus, statusLine } from './page-status.ts';
import { keepTab } from './tab.ts';

export interface ContributeOptions {
  readonly url: string;
  readonly tabs: number;
  readonly allowSoftware: boolean;
  /** Percent of the time that the GPU may work. @default what the page's address says, or 100 */
  readonly intensity?: number | undefined;
  /** Path of the browser's program. @default the best one on this machine */
  readonly browser?: string | undefined;
}

/** @throws AppError when no tab can contribute: 'no-browser', 'no-webgpu', 'software-adapter' and the like. */
export async function contribute(options: ContributeOptions, context: Context): Promise<void> {
  const { terminal, clock, signal } = context;
  const url = pageAddress(options.url, options);
  const browser = chooseBrowser(options.browser, context.env);
  const tally = new Tally();
  terminal.note(
    `contributing to ${options.url} with ${counted(options.tabs, 'browser')} (${browser.path}); Ctrl-C stops`,
  );
  const run = async (tab: number): Promise<AppError | undefined> => {
    try {
      await keepTab({
        browser,
        url,
        software: options.allowSoftware,
        clock,
        signal,
        onStatus: (status) => {
          tally.add(tab, status);
          terminal.out(`[${tab}] ${statusLine(status)}`);
        },
        onTrouble: (message) => {
          terminal.note(`[${tab}] ${message}`);
        },
      });
      return undefined;
    } catch (error) {
      const failure = toAppError(error);
      if (options.tabs > 1) terminal.note(`[${tab}] ${failure.message}`);
      return failure;
    }
  };
  const failures = await Promise.all(Array.from({ length: options.tabs }, (_, index) => run(index + 1)));
  terminal.note(`stopped after ${tally.text}`);
  const [first] = failures;
  if (first && failures.every((failure) => failure !== undefined) && !signal.aborted) throw first;
}

/** What all tabs earned; a page that is opened again counts from zero. */
export class Tally {
  readonly #last = new Map<number, PageStatus>();
  #shards = 0;
  #microcredits = 0n;

  add(tab: number, status: PageStatus): void {
    const last = this.#last.get(tab);
    const anew = last === undefined || status.shards < last.shards;
    this.#shards += status.shards - (anew ? 0 : last.shards);
    this.#microcredits += BigInt(status.microcredits) - (anew ? 0n : BigInt(last.microcredits));
    this.#last.set(tab, status);
  }

  /** "12 verified shards, 0.003000 credit". */
  get text(): string {
    return `${counted(this.#shards, 'verified shard')}, ${formatCredit(this.#microcredits)} credit`;
  }
}

/** What a page can be asked for by its address. */
type PageWishes = Pick<ContributeOptions, 'allowSoftware' | 'intensity'>;

/**
 * The page's address; `?software=allow` asks it to use an adapter that computes on the CPU, `?intensity=50`
 * to work half of the time. @throws 'bad-input'.
 */
export function pageAddress(text: string, { allowSoftware, intensity }: PageWishes): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new AppError(
      'bad-input',
      `${JSON.stringify(text)} is not the address of a page, like http://127.0.0.1:8080`,
    );
  }
  const url = new URL(text);
  if (allowSoftware) url.searchParams.set('software', 'allow');
  // Nobody sits in front of a headless browser, for whom a page leaves some of the GPU.
  if (intensity !== undefined || !url.searchParams.has('intensity'))
    url.searchParams.set('intensity', String(intensity ?? 100));
  return url.href;
}

function chooseBrowser(path: string | undefined, env: Environment): InstalledBrowser {
  try {
    return findBrowser(path === undefined ? env : { ...env, TILEWORK_BROWSER: path });
  } catch (error) {
    if (path === undefined || !isAppError(error, 'no-browser')) throw error;
    throw new AppError('no-browser', `--browser names no program: ${path}`, { cause: error });
  }
}
