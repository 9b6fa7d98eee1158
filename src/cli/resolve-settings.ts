/** From flags, environment and config file to settings: flag > environment > file > what is usual. */
import { readFile } from 'node:fs/promises';
import { AppError, toAppError } from '../core/errors.ts';
import type { Environment } from './browser.ts';
import {
  type CommandName,
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  envOf,
  flagOf,
  settingOf,
  usualOf,
} from './settings.ts';

/** What the command line said; what it did not say is not there. */
export type SettingFlags = Partial<Settings> & { readonly config?: string };

export interface StartFlags extends SettingFlags {
  readonly printConfig?: boolean;
}

export interface Resolved {
  readonly settings: Settings;
  /** Where each that is not as usual comes from: "--port", "TILEWORK_PORT", "tilework.json". */
  readonly origins: ReadonlyMap<SettingKey, string>;
}

/** @throws AppError 'bad-input' that names the setting, where it stands, and what it may be; 'not-found' */
export async function resolveSettings(
  flags: SettingFlags,
  env: Environment,
  command: CommandName,
): Promise<Resolved> {
  const path = flags.config ?? env['TILEWORK_CONFIG'];
  const file = path === undefined || path === '' ? {} : await readConfig(path);
  const origins = new Map<SettingKey, string>();
  const from = (key: SettingKey, origin: string, value: unknown): [SettingKey, unknown] => {
    origins.set(key, origin);
    return [key, value];
  };
  const settings = Object.fromEntries(
    SETTING_KEYS.map((key) => {
      const text = env[envOf(key)];
      if (flags[key] !== undefined) return from(key, flagOf(key)!, flags[key]);
      if (text !== undefined && text !== '') return from(key, envOf(key), fromEnvironment(key, text));
      if (file[key] !== undefined) return from(key, path!, file[key]);
      return [key, usualOf(key, command)];
    }),
  ) as unknown as Settings;
  return { settings, origins };
}

function fromEnvironment(key: SettingKey, text: string): unknown {
  const { kind } = settingOf(key);
  const value = kind.parse(text);
  if (value !== undefined) return value;
  const comma = kind.many ? ', separated by commas' : '';
  throw new AppError('bad-input', `${envOf(key)} is ${kind.is}${comma}, not ${JSON.stringify(text)}`);
}

/** The values of a config file, checked. */
async function readConfig(path: string): Promise<Partial<Record<SettingKey, unknown>>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('not-found', `the config file cannot be read: ${toAppError(cause).message}`, {
      cause,
    });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad-input', `${path} is not JSON: ${toAppError(cause).message}`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new AppError('bad-input', `${path}: a config file is one JSON object, such as {"port": 8080}`);
  for (const [key, value] of Object.entries(json)) checkEntry(path, key, value);
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, settingOf(key as SettingKey).kind.accept(value)]),
  );
}

function checkEntry(path: string, key: string, value: unknown): void {
  const known = SETTING_KEYS.find((each) => each === key);
  if (known === undefined) {
    throw new AppError(
      'bad-input',
      `${path}: "${key}" is not a setting; these are: ${SETTING_KEYS.join(', ')}`,
    );
  }
  const { kind } = settingOf(known);
  if (kind.accept(value) === undefined)
    throw new AppError('bad-input', `${path}: "${key}" is ${kind.is}, not ${JSON.stringify(value)}`);
}

/** What holds, as a config file, and where each comes from; without the password of the database. */
export function printedConfig({ settings, origins }: Resolved): { json: string; notes: string[] } {
  const shown = { ...settings, databaseUrl: settings.databaseUrl && withoutPassword(settings.databaseUrl) };
  return {
    json: JSON.stringify(shown, null, 2),
    notes: Array.from(origins, ([key, origin]) => `${key}: from ${origin}`),
  };
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^/@:]*):.*@/, '$1:***@');
}
