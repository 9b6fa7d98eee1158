/** The doctor's options. */
import type { Command } from 'commander';
import { DEFAULT_DATA } from './connection.ts';
import type { Context } from './context.ts';
import type { DoctorFlags } from './doctor.ts';

export interface DoctorCommands {
  doctor(flags: DoctorFlags, context: Context): Promise<void>;
}

export const realDoctorCommands: DoctorCommands = {
  doctor: async (flags, context) => (await import('./doctor.ts')).doctor(flags, context),
};

const NOTES = `
Looks at this machine with the settings of serve (environment and config file): ports, data folder, disk, blocks,
database, clock; and at URL as visitors will see it: page, certificate, addresses (each is dialled as a contributor
does), security policy. Ends with 1 where something is a problem. It changes nothing.`;

export function addDoctor(program: Command, context: () => Context, commands: DoctorCommands): void {
  program
    .command('doctor')
    .description('look for what would keep a network from working')
    .argument('[url]', 'the page, as visitors write it')
    .option('--data <folder>', `the coordinator's data folder (or TILEWORK_DATA; else ${DEFAULT_DATA})`)
    .option('--config <file>', 'the coordinator’s config file (or TILEWORK_CONFIG)')
    .option('--json', 'one line of JSON instead', false)
    .addHelpText('after', NOTES)
    .action((url: string | undefined, flags: Omit<DoctorFlags, 'url'>) =>
      commands.doctor({ ...flags, url }, context()),
    );
}
