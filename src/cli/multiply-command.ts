/** The commands that take two matrices: `multiply`, and `estimate`, which sends nothing. */
import { type Command, Option } from 'commander';
import { type ConnectionFlags, connecting } from './connecting.ts';
import type { Context } from './context.ts';
import { microcredits } from './credit-commands.ts';
import type { EstimateOptions } from './estimate.ts';
import type { MultiplyOptions } from './multiply.ts';
import { duration, rate, wholeNumber } from './quantities.ts';

export interface MultiplyCommands {
  multiply(options: MultiplyOptions, context: Context): Promise<void>;
  estimate(options: EstimateOptions, context: Context): Promise<void>;
}

export const realMultiplyCommands: MultiplyCommands = {
  multiply: async (options, context) => (await import('./multiply.ts')).multiply(options, context),
  estimate: async (options, context) => (await import('./estimate.ts')).estimate(options, context),
};

const MATRICES = `
C = A·B for A of M × K and B of K × N, from .npy files (int8, float16, float32, either order of storage)
or .safetensors. int8 products are exact int32; the others are float32 within a proven bound. --as f32x computes a
float32 product from exact int8 products: ten times the multiply-adds of f32, K up to 32,144.

Either may be random instead: seeded:TYPE:ROWSxCOLUMNS:SEED[:DISTRIBUTION], with i8, f16 or f32 and uniform
(the default), rademacher (+1 and -1) or normal. Such a matrix is never sent: everybody makes the same one.
`;

const MULTIPLY_NOTES = `${MATRICES}
  npm run tilework -- multiply A.npy B.npy -o C.npy
  npm run tilework -- multiply X.npy X.npy --transposed-b -o gram.npy       X·Xᵀ, uploaded once
  npm run tilework -- multiply A.npy model.safetensors --tensor-b wte -o C.npy
  npm run tilework -- multiply X.npy seeded:f32:8192x256:7:rademacher -o sketch.npy
  npm run tilework -- multiply A.npy B.npy --as f32x -o C.npy               the same bits on every GPU
  npm run tilework -- multiply A.npy B.npy --dry-run                        what it would take`;

const ESTIMATE_NOTES = `${MATRICES}
Nothing is sent but the shapes. It tells what the contributors who are there now allow, what the product would
cost, and warns, with the arithmetic, where your own machine would be quicker.

  npm run tilework -- estimate A.npy B.npy --local-rate 2e11`;

interface ProductFlags extends ConnectionFlags {
  readonly dtype?: 'i8' | 'f32' | 'f16';
  readonly as?: 'f32' | 'f32x';
  readonly tensorA?: string;
  readonly tensorB?: string;
  readonly transposedB: boolean;
  readonly project?: string;
  readonly localRate?: number;
}

interface MultiplyFlags extends ProductFlags {
  readonly output?: string;
  readonly title?: string;
  readonly priority?: number;
  readonly deadline?: number;
  readonly maxCost?: string;
  readonly dryRun: boolean;
}

export function addMultiply(program: Command, context: () => Context, commands: MultiplyCommands): void {
  const multiply = product(program.command('multiply'))
    .description('multiply two matrices; Ctrl-C cancels the job')
    .option('-o, --output <file>', 'where C goes, as .npy')
    .option('--title <text>', 'what this product in particular is; contributors see it')
    .option('--priority <number>', '-100 to 100: higher ones go first (default: 0)', wholeNumber(-100, 100))
    .option('--deadline <time>', 'give up after this time: 90m, 12h, 30d (default: never)', duration)
    .option('--max-cost <microcredits>', 'refuse a product that could cost more', microcredits)
    .option('--dry-run', 'send nothing; tell what it would take, as estimate does', false)
    .addHelpText('after', MULTIPLY_NOTES);
  multiply.action((a: string, b: string, flags: MultiplyFlags) => {
    const { dryRun, output, localRate, deadline, maxCost, ...rest } = flags;
    if (dryRun) return commands.estimate({ ...rest, a, b, localRate }, context());
    if (output === undefined)
      return multiply.error("error: required option '-o, --output <file>' not specified");
    const limits = {
      ...(deadline !== undefined && { deadlineMs: deadline }),
      ...(maxCost !== undefined && { maxCost }),
    };
    return commands.multiply({ ...rest, ...limits, a, b, output }, context());
  });
}

export function addEstimate(program: Command, context: () => Context, commands: MultiplyCommands): void {
  product(program.command('estimate'))
    .description('what a product would take, and whether it is worth sending; sends nothing')
    .addHelpText('after', ESTIMATE_NOTES)
    .action((a: string, b: string, flags: ProductFlags) => commands.estimate({ ...flags, a, b }, context()));
}

function product(command: Command): Command {
  command
    .argument('<A>', 'M × K: a file, or seeded:…')
    .argument('<B>', 'K × N: a file, or seeded:…')
    .addOption(new Option('--dtype <type>', 'what the matrices must be').choices(['i8', 'f32', 'f16']))
    .addOption(
      new Option(
        '--as <type>',
        'f32: convert first, needed for float64. f32x: also multiply exactly, to the same bits on every GPU',
      ).choices(['f32', 'f32x']),
    )
    .option('--tensor-a <name>', 'which tensor, where A is a .safetensors file')
    .option('--tensor-b <name>', 'which tensor, where B is a .safetensors file')
    .option('--transposed-b', 'B is stored as N × K already', false)
    .option('--project <text>', 'what it is for; contributors see it')
    .option('--local-rate <number>', 'multiply-adds a second of your own machine (default: 5e10)', rate);
  return connecting(command, 'what the coordinator asks for');
}
