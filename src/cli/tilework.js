#!/usr/bin/env node
// Where every command starts. The check comes first, because an old Node cannot even read main.ts.
import './check-setup.js';

await import('./main.ts');
