/** `tilework doctor [URL]`: what would keep a network from working, and what to do about it. */
import type { Finding } from '../coordinator/doctor.ts';
import { examineAddress } from '../coordinator/doctor-address.ts';
import { examineMachine } from '../coordinator/doctor-machine.ts';
import { AppError } from '../core/errors.ts';
import { counted } from './meter.ts';
import type { Context } from './context.ts';
import { resolveSettings } from './resolve-settings.ts';

export interface DoctorFlags {
  readonly url?: string | undefined;
  readonly data?: string;
  readonly config?: string;
  readonly json: boolean;
}

/** @throws AppError 'bad-input' for a wrong address or setting; 'conflict' where something is a problem */
export async function doctor(flags: DoctorFlags, { terminal, env, clock }: Context): Promise<void> {
  const { url, data, config, json } = flags;
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    throw new AppError(
      'bad-input',
      `${JSON.stringify(url)} is not an address like https://tilework.example.org`,
    );
  const said = { ...(data !== undefined && { data }), ...(config !== undefined && { config }) };
  const { settings } = await resolveSettings(said, env, 'serve');
  const findings = [
    ...(await examineMachine({ ...settings, dataDir: settings.data, clock })),
    ...(url === undefined ? [] : await examineAddress(url, clock)),
  ];
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (json) terminal.out(JSON.stringify({ ok: problems === 0, findings }));
  else for (const finding of findings) for (const line of linesOf(finding)) terminal.out(line);
  if (problems > 0)
    throw new AppError('conflict', `${counted(problems, 'problem')}; the lines above say what to do`);
}

/** "problem  ports        127.0.0.1:8080 is in use", and on the next line what to do. */
export function linesOf({ check, level, text, advice }: Finding): string[] {
  const line = `${level.padEnd(8)} ${check.padEnd(16)} ${text}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(26)}→ ${advice}`];
}
