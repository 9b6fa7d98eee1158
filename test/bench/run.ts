/** All measurements: `npm run bench -- NAME [flags]`. */
import { parseArgs } from 'node:util';

const HELP = `npm run bench -- NAME [flags]

  kernels [--quick] [--json]            our GPU kernels against other libraries, on this machine's adapter
  completion                            how soon browsers say that the GPU is done, with and without nudging
  verify                                how fast one thread checks results
  adversary [--quick] [--json] [--only WORD]
                                        attackers of every kind against a real coordinator
  audit [--entries N] [--json]          how fast a log and its results are audited
  loris [--connections N] [--seconds T] [--json]
                                        honest work while connections hang that say nothing, or a byte a second
  links [--engines 1,2,5] [--links 100/20,1000/1000,unequal] [--jobs square,deep,thin,gram] [--strangers]
        [--dilation X] [--short | --quick] [--trace] [--json]
                                        how near contributors come to what their links and GPUs allow
  load [--contributors 1000] [--seconds 20] [--postgres] [--json]
                                        what one coordinator carries: leases, memory, verified bytes
  transport [--json] [--profile]        blocks between a Chromium worker and Node, against a bare WebSocket
  ingest [rows|transpose] [ROWS] [COLS] [FILE to use and keep]
                                        how fast an array becomes blocks, and in how much memory
  blocks [--blocks 1000] [--json]       how fast blocks go into a folder and an S3 store, and come back
  coordinators [--contributors 24] [--seconds 8] [--json]
                                        three coordinators over one PostgreSQL against one, and what sharing costs
  first-shard [--runs 3] [--json]       from the click to the first verified shard, first visit and later one
  floats [--json]                       f32x against f32: bytes, seconds and errors, through a real coordinator
  packing [--json]                      how small blocks of results become, and how long that takes
`;

function fail(reason: string): void {
  process.stderr.write(`${reason}\n\n${HELP}`);
  process.exitCode = 2;
}

async function run(name: string, args: string[]): Promise<void> {
  switch (name) {
    case 'kernels': {
      const options = { quick: { type: 'boolean' }, json: { type: 'boolean' } } as const;
      const { quick = false, json = false } = parseArgs({ args, options }).values;
      const { benchKernels } = await import('./kernels.ts');
      await benchKernels({ quick, json });
      // Devices of other libraries keep the process alive.
      process.exit(0);
      break;
    }
    case 'completion': {
      parseArgs({ args });
      const { benchCompletion } = await import('./completion.ts');
      await benchCompletion();
      break;
    }
    case 'verify': {
      parseArgs({ args });
      const { benchVerify } = await import('./verify.ts');
      benchVerify();
      break;
    }
    case 'adversary': {
      const options = {
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        only: { type: 'string' },
      } as const;
      const { quick = false, json = false, only = '' } = parseArgs({ args, options }).values;
      const { benchAdversary } = await import('./adversary.ts');
      await benchAdversary({ quick, json, only });
      break;
    }
    case 'audit': {
      const options = { entries: { type: 'string' }, json: { type: 'boolean' } } as const;
      const { entries, json = false } = parseArgs({ args, options }).values;
      const { benchAudit } = await import('./audit.ts');
      await benchAudit({ entries: entries === undefined ? undefined : Number(entries), json });
      break;
    }
    case 'links': {
      const options = {
        engines: { type: 'string' },
        links: { type: 'string' },
        jobs: { type: 'string' },
        dilation: { type: 'string' },
        strangers: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      } as const;
      const { values } = parseArgs({ args, options });
      const { benchLinks } = await import('./links.ts');
      await benchLinks(values);
      break;
    }
    case 'loris': {
      const options = {
        connections: { type: 'string', default: '1000' },
        seconds: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
      } as const;
      const { connections, seconds, json } = parseArgs({ args, options }).values;
      const { benchLoris } = await import('./loris.ts');
      const report = await benchLoris({ connections: Number(connections), seconds: Number(seconds) });
      if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
      else console.table({ ...report, ...report.shards_per_second, shards_per_second: undefined });
      break;
    }
    case 'load': {
      const options = {
        contributors: { type: 'string', default: '1000' },
        seconds: { type: 'string', default: '20' },
        postgres: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      } as const;
      const { contributors, seconds, ...rest } = parseArgs({ args, options }).values;
      const { benchLoad } = await import('./load.ts');
      await benchLoad({ ...rest, contributors: Number(contributors), seconds: Number(seconds) });
      break;
    }
    case 'transport': {
      const options = { json: { type: 'boolean' }, profile: { type: 'boolean' } } as const;
      const { json = false, profile = false } = parseArgs({ args, options }).values;
      const { benchTransport } = await import('./transport.ts');
      await benchTransport({ json, profile });
      break;
    }
    case 'ingest': {
      const { positionals } = parseArgs({ args, allowPositionals: true });
      const { benchIngest } = await import('./ingest.ts');
      await benchIngest(positionals);
      break;
    }
    case 'blocks': {
      const options = { blocks: { type: 'string', default: '1000' }, json: { type: 'boolean' } } as const;
      const { blocks, json = false } = parseArgs({ args, options }).values;
      const { benchBlocks } = await import('./blocks.ts');
      await benchBlocks({ blocks: Number(blocks), json });
      break;
    }
    case 'packing': {
      const { json = false } = parseArgs({ args, options: { json: { type: 'boolean' } } }).values;
      const { benchPacking } = await import('./packing.ts');
      benchPacking({ json });
      break;
    }
    case 'coordinators': {
      const options = {
        contributors: { type: 'string', default: '24' },
        seconds: { type: 'string', default: '8' },
        json: { type: 'boolean', default: false },
      } as const;
      const { contributors, seconds, json } = parseArgs({ args, options }).values;
      const { benchCoordinators } = await import('./coordinators.ts');
      await benchCoordinators({ contributors: Number(contributors), seconds: Number(seconds), json });
      break;
    }
    case 'floats': {
      const { json = false } = parseArgs({ args, options: { json: { type: 'boolean' } } }).values;
      const { benchFloats } = await import('./floats.ts');
      await benchFloats({ json });
      break;
    }
    case 'first-shard': {
      const options = {
        runs: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
      } as const;
      const { runs, json } = parseArgs({ args, options }).values;
      const { benchFirstShard } = await import('./first-shard.ts');
      await benchFirstShard({ runs: Math.max(1, Number(runs) || 3), json });
      break;
    }
    default:
      fail(`There is no measurement ${name}.`);
  }
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined || name === '--help' || name === '-h') {
  process.stdout.write(HELP);
} else {
  try {
    await run(name, args);
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) fail((error as Error).message);
    else throw error;
  }
}
