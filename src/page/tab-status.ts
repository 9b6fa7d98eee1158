/**
 * A contributor's status as another tab told it. Structured clone carries it whole, bigints too; but the other tab may
 * run an older or newer build, so each field is taken if it is of the kind that is expected here.
 */
import { type ContributorStatus, type Stage, STOPPED } from '../contributor/api.ts';

type Fields = Readonly<Record<string, unknown>>;

const STAGES: Readonly<Record<Stage, true>> = {
  stopped: true,
  testing: true,
  connecting: true,
  waiting: true,
  downloading: true,
  computing: true,
  uploading: true,
  verified: true,
  failed: true,
};
const MAX_TEXT = 1_000;
/** Undefined in STOPPED, so that only their names say what they hold. */
const TEXTS = ['peerId', 'network', 'project', 'adapter', 'kernel'] as const;

/** Undefined unless it is a status whose stage is known. Never throws. */
export function parseStatus(value: unknown): ContributorStatus | undefined {
  if (!isFields(value)) return undefined;
  const { stage } = value;
  if (typeof stage !== 'string' || !Object.hasOwn(STAGES, stage)) return undefined;
  const read: Record<string, unknown> = { ...STOPPED, stage };
  for (const [name, usual] of Object.entries(STOPPED)) {
    if (usual !== undefined && !Array.isArray(usual) && fits(value[name], usual)) read[name] = value[name];
  }
  for (const name of TEXTS) if (fits(value[name], '')) read[name] = value[name];
  const { problem, transport } = value;
  if (transport === 'websocket' || transport === 'webrtc-direct') read['transport'] = transport;
  if (isFields(problem) && fits(problem['message'], '') && fits(problem['code'], '')) {
    read['problem'] = { code: problem['code'], message: problem['message'] };
  }
  return { ...(read as unknown as ContributorStatus), stage: stage as Stage };
}

/** Of the same kind, and of a sort that can be shown. */
function fits(value: unknown, usual: unknown): boolean {
  if (typeof value !== typeof usual) return false;
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0;
  if (typeof value === 'bigint') return value >= 0n;
  return typeof value !== 'string' || value.length <= MAX_TEXT;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
