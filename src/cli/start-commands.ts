/** `tilework start` and `tilework serve`: one coordinator, with the settings of one table. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from './context.ts';
import type { StartFlags } from './resolve-settings.ts';
import {
  type CommandName,
  SETTING_KEYS,
  type SettingKey,
  envOf,
  flagOf,
  settingOf,
  usualOf,
} from './settings.ts';

export interface StartCommands {
  start(options: StartFlags, context: Context): Promise<void>;
  serve(options: StartFlags, context: Context): Promise<void>;
}

export const realStartCommands: StartCommands = {
  start: async (options, context) => (await import('./start.ts')).start(options, context, 'start'),
  serve: async (options, context) => (await import('./start.ts')).start(options, context, 'serve'),
};

const NOTES = `
Every setting can also stand in the environment or in a JSON file that --config names: --peer-port 9001 is
TILEWORK_PEER_PORT=9001 and {"peerPort": 9001}. A flag counts before the environment, that before the file.
Blocks at an S3 address are reached with the credentials of the AWS environment (AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role); endpoint names a store other than Amazon's.
${envOf('databaseUrl')} (in the file: "databaseUrl") ${settingOf('databaseUrl').help.replace(/^a /, 'names a ')}.`;

export function addStart(program: Command, context: () => Context, commands: StartCommands): void {
  const add = (name: CommandName, description: string): void => {
    const command = program.command(name).description(description);
    for (const key of SETTING_KEYS) for (const option of optionsOf(key, name)) command.addOption(option);
    command
      .option('--config <file>', 'a JSON file with settings (or TILEWORK_CONFIG)')
      .option('--print-config', 'print the settings that hold, and end')
      .addHelpText('after', NOTES)
      .action((options: StartFlags) => commands[name](options, context()));
  };
  add('start', 'run a coordinator and serve its page, until Ctrl-C');
  add('serve', 'the same for a server: JSON logs, no first job, drains at SIGTERM');
}

function optionsOf(key: SettingKey, command: CommandName): Option[] {
  const flag = flagOf(key);
  if (flag === undefined) return [];
  const { kind, help } = settingOf(key);
  const usual = usualOf(key, command);
  if (kind.shown === undefined) {
    const yes = new Option(flag, help);
    const no = new Option(flag.replace('--', '--no-'), `do not ${help}`);
    // Commander would take "--no-x" for a wish to have x true unless it is said.
    yes.default(undefined);
    no.default(undefined);
    return usual === true ? [yes.hideHelp(), no] : [yes, no.hideHelp()];
  }
  const parse = (value: string): unknown => {
    const parsed = kind.parse(value);
    if (parsed === undefined) throw new InvalidArgumentError(`It is ${kind.is}.`);
    return parsed;
  };
  const said = usual === undefined ? help : `${help} (default: ${String(usual)})`;
  const option = new Option(`${flag} <${kind.shown}${kind.many ? '...' : ''}>`, said);
  return [
    option.argParser((value: string, before: unknown) =>
      kind.many ? [...((before as string[] | undefined) ?? []), ...(parse(value) as string[])] : parse(value),
    ),
  ];
}
