import { systemClock } from '../../src/core/clock.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import { describeBackend } from './backend.ts';

describeBackend('cpu', async (memoryBytes) => createCpuBackend({ memoryBytes, clock: systemClock }));
