/**
 * Everything that a coordinator can be told, in one table: flags, environment, config file, --help and
 * settings.md follow from it.
 */
import { DEFAULT_DATA } from './connection.ts';
import { type Kind, choice, credit, integer, size, text, texts, time, toggle } from './setting-kinds.ts';

export interface Setting<T> {
  readonly kind: Kind<NonNullable<T>>;
  readonly help: string;
  /** Undefined where nothing is assumed. */
  readonly usual: T;
  /** @default TILEWORK_ and its key */
  readonly env?: string;
  /** False for a secret, which every process of the machine could read from a command line. @default true */
  readonly flag?: boolean;
}

type More = Pick<Setting<unknown>, 'env' | 'flag'>;

function setting<T>(kind: Kind<T>, help: string, usual: T): Setting<T>;
function setting<T>(kind: Kind<T>, help: string, usual?: undefined, more?: More): Setting<T | undefined>;
function setting<T>(kind: Kind<T>, help: string, usual: T, more: More = {}): Setting<T> {
  return { kind: kind as Kind<NonNullable<T>>, help, usual, ...more };
}

const PORT = integer(0, 65_535);

/** `start` and `serve` differ in these: see DEFAULTS. */
const SETTINGS = {
  host: setting(
    text('host'),
    'the address to listen on; 0.0.0.0 for everybody who can reach it',
    '127.0.0.1',
  ),
  port: setting(PORT, 'for the page and the API; 0 takes a free one', 8080),
  peerPort: setting(PORT, 'for contributors; 0 takes a free one', 9001),
  announce: setting(
    texts('multiaddr', 'a list of multiaddrs such as /dns4/example.org/tcp/443/tls/ws'),
    'addresses for contributors instead of the one listened on, such as /dns4/example.org/tcp/443/tls/ws',
  ),
  webrtcDirect: setting(
    toggle,
    'let contributors in over WebRTC as well: no domain name needed, slower',
    false,
  ),
  webrtcPort: setting(PORT, 'UDP, for webrtc-direct; 0 takes a free one', 9002),
  data: setting(text('folder'), 'what must survive: token, keys, operands, jobs, receipts', DEFAULT_DATA),
  blocks: setting(
    text('location'),
    'where blocks of matrices lie, if not in the data folder: another folder, or s3://bucket/prefix?endpoint=https://…&region=…',
  ),
  databaseUrl: setting(
    text('url', 'a URL such as postgres://user@host/name'),
    'a PostgreSQL to use instead of the embedded database',
    undefined,
    { env: 'DATABASE_URL', flag: false },
  ),
  name: setting(text('network'), 'what pages call this network'),
  key: setting(
    text('file'),
    'the key of a network that several coordinators share (the data folder’s where it is not said)',
  ),
  credit: setting(
    choice('open', 'paid'),
    'whether requesters pay (as before where it is not said; open in a new network)',
  ),
  supplyCap: setting(credit, 'never issue more, and halve what work mints on the way there; stands for good'),
  operateFrom: setting(
    texts('address', 'a list of addresses and networks such as 10.0.0.0/8'),
    'who reaches tokens, credit and /metrics, besides this machine',
  ),
  trustProxy: setting(
    texts('address', 'a list of addresses and networks such as 10.0.0.0/8'),
    'the proxy in front, whose X-Forwarded-For then counts',
  ),
  embed: setting(
    texts('origin', 'a list of origins such as https://example.org'),
    'sites whose pages may show the widget, each by its exact origin, such as https://example.org; no * (a change needs a restart)',
  ),
  allowOrigin: setting(
    texts('origin', 'a list of origins such as https://example.org'),
    'origins whose pages may use /v1 with a token, each exactly, such as https://example.org; no * (none where it is not said)',
  ),
  maxUpload: setting(size, 'the largest file that a requester may send (16GiB where it is not said)'),
  uploadRoom: setting(size, 'disk for all unfinished uploads in parts (64GiB where it is not said)'),
  keepResults: setting(time, 'how long results are kept: 12h, 30d (for ever where it is not said)'),
  keepOperands: setting(time, 'how long operands that nobody uses are kept (for ever where it is not said)'),
  drainSeconds: setting(
    integer(0, 3600),
    'how long work that is under way may take to finish after Ctrl-C or SIGTERM',
    30,
  ),
  page: setting(toggle, 'serve the page as well; without it, another server does', true),
  sample: setting(toggle, 'submit handwritten digits as the first job of a new network', false),
  jsonLog: setting(toggle, 'log lines of JSON', false),
} as const;

export type SettingKey = keyof typeof SETTINGS;

export type Settings = {
  readonly [Key in SettingKey]: (typeof SETTINGS)[Key] extends Setting<infer T> ? T : never;
};

export type CommandName = 'start' | 'serve';

/** Friendly for somebody at a terminal, and quiet for a supervisor. */
const USUAL: Readonly<Record<CommandName, Partial<Settings>>> = {
  start: { sample: true },
  serve: { jsonLog: true },
};

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

export function settingOf(key: SettingKey): Setting<unknown> {
  return SETTINGS[key];
}

/** What holds where nothing is said; no list has such a value. */
export function usualOf(key: SettingKey, command: CommandName): string | number | boolean | undefined {
  return (USUAL[command][key] ?? settingOf(key).usual) as string | number | boolean | undefined;
}

/** peerPort → TILEWORK_PEER_PORT. */
export function envOf(key: SettingKey): string {
  return settingOf(key).env ?? `TILEWORK_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** peerPort → --peer-port; undefined for what no command line may hold. */
export function flagOf(key: SettingKey): string | undefined {
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return settingOf(key).flag === false ? undefined : `--${name}`;
}

/** The table as Markdown: settings.md, and a test that it is up to date. */
export function settingsTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const { kind, help } = settingOf(key);
    const flag = flagOf(key);
    const usual = usualOf(key, 'serve');
    const said = usual === undefined ? '' : `\`${String(usual)}\``;
    const shown = kind.shown === undefined ? '' : ` <${kind.shown}${kind.many ? '...' : ''}>`;
    const flagCell = flag === undefined ? 'none' : `\`${flag}${shown}\``.replaceAll('|', '\\|');
    return `| \`${key}\` | ${flagCell} | \`${envOf(key)}\` | ${said} | ${help} |`;
  });
  return [
    '| config file | flag | environment | `serve` assumes | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
