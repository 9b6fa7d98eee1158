/**
 * What stands behind a problem that the contributor can only name roughly: an unreachable coordinator that answers over
 * HTTP, a key that cannot be kept because nothing can, a connection that this site's own rules forbid.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import type { Cause } from './strings-causes.ts';

export interface CausesOptions {
  /** Whether this window refuses to keep anything. Never rejects. */
  readonly storageRefused: () => Promise<boolean>;
  /** Whether the coordinator answers over HTTP, in whatever words. Never rejects. */
  readonly answers: () => Promise<boolean>;
  /** Whether the browser has said that this page's policy forbids it a connection. */
  readonly forbidden: () => boolean;
  readonly onChange: (cause: Cause | undefined) => void;
}

export class Causes {
  readonly #options: CausesOptions;
  #cause: Cause | undefined;
  /** What was last looked into: a status comes many times. */
  #seen: ContributorStatus['problem'];

  constructor(options: CausesOptions) {
    this.#options = options;
  }

  /** With every status. */
  look(status: Pick<ContributorStatus, 'problem' | 'network' | 'transport'>): void {
    const { problem } = status;
    if (problem === this.#seen) return;
    this.#seen = problem;
    if (!problem) return this.#set(undefined);
    void this.#find(status).then((cause) => {
      // Another problem may have come meanwhile, or none be left.
      if (this.#seen === problem) this.#set(cause);
    });
  }

  async #find({
    problem,
    network,
    transport,
  }: Pick<ContributorStatus, 'problem' | 'network' | 'transport'>): Promise<Cause | undefined> {
    const { storageRefused: refused, answers, forbidden } = this.#options;
    const code = problem?.code;
    if (code === 'unsupported-key') return (await refused()) ? 'no-storage' : undefined;
    // WebRTC has rules of its own: the browser's.
    if (code === 'forbidden') return transport === 'websocket' ? 'rules' : undefined;
    if (code !== 'unreachable') return undefined;
    if (forbidden()) return 'rules';
    // What has led there before is no matter of what may pass.
    const never = network === undefined && transport === 'websocket';
    return never && (await answers()) ? 'no-socket' : undefined;
  }

  #set(cause: Cause | undefined): void {
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#options.onChange(cause);
  }
}

/** Private windows of some browsers have the API and refuse to open anything. */
export function storageRefused(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const asked = indexedDB.open('tilework-probe');
      asked.addEventListener('success', () => {
        asked.result.close();
        indexedDB.deleteDatabase('tilework-probe');
        resolve(false);
      });
      asked.addEventListener('error', () => resolve(true));
    } catch {
      resolve(true);
    }
  });
}
