// Ends the process with one line of advice when this Node cannot run the rest.
import { existsSync } from 'node:fs';
import { setupAdvice } from './setup.js';

const installed = existsSync(new URL('../../node_modules/commander', import.meta.url));
const advice = setupAdvice(process.versions.node, installed);
if (advice !== null) {
  console.error(advice);
  process.exit(1);
}
