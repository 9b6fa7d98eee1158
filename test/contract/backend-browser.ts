/** The page's side of the backend contract in a browser: starts the worker and waits for its report. */
export interface Report {
  readonly passed: number;
  readonly failed: readonly string[];
}

export async function runSuite(mask: { noDot4: boolean }): Promise<Report> {
  const worker = new Worker(new URL('./backend-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<Report>((resolve, reject) => {
      worker.addEventListener('message', (event: MessageEvent<Report>) => resolve(event.data));
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
      worker.postMessage(mask, { transfer: [] });
    });
  } finally {
    worker.terminate();
  }
}
