/** The page's side of the suites that run in a browser's worker: starts it and waits for its report. */
import { DOT4_FEATURE } from '../../src/gpu/kernels.ts';

export interface Wish {
  readonly suite: 'backend' | 'kernels';
  readonly noDot4: boolean;
}

export interface Report {
  readonly passed: number;
  readonly failed: readonly string[];
}

export async function runSuite(wish: Wish): Promise<Report> {
  const worker = new Worker(new URL('./backend-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<Report>((resolve, reject) => {
      worker.addEventListener('message', (event: MessageEvent<Report>) => resolve(event.data));
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
      worker.postMessage(wish, { transfer: [] });
    });
  } finally {
    worker.terminate();
  }
}

/** Whether the browser's WGSL has dot4I8Packed. */
export const hasDot4 = (): boolean => navigator.gpu.wgslLanguageFeatures.has(DOT4_FEATURE);
