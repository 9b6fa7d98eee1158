import { RecoveringBackend } from '../../src/contributor/recovering-backend.ts';
import { systemClock } from '../../src/core/clock.ts';
import { describeBackend } from '../contract/backend.ts';
import { cpuBackend, withBackend } from './with-backend.ts';

describeBackend('one that recovers, on a CPU', async (memoryBytes) => {
  const backend = new RecoveringBackend({
    open: async () => {
      const inner = cpuBackend(memoryBytes);
      let first = true;
      const selfTest = async (): Promise<void> => {
        // The known answers of the start would show in what the suite counts, and need more than a tiny device has.
        if (!first) await inner.selfTest();
        first = false;
      };
      return withBackend(inner, { selfTest });
    },
    clock: systemClock,
    signal: new AbortController().signal,
    onEvent: () => {},
  });
  await backend.start();
  return backend;
});
