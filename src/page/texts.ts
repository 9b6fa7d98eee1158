/**
 * Every sentence that the page's element says (what never changes stands in index.html).
 * Plain words, present tense, and each problem says what to do.
 */
import type { ContributorStatus, LogProblem, LogView, Problem, Stage } from '../contributor/api.ts';
import { type ErrorCode, unreachable } from '../core/errors.ts';
import { formatBytes, formatCount, formatCredit } from '../core/units.ts';

export const BROWSERS_WITH_WEBGPU =
  'Chrome or Edge 113 and newer, Safari 26 and newer, Firefox 141 and newer on Windows or 145 and newer on macOS';

export const BUTTON = {
  start: 'Start',
  again: 'Start again',
  retry: 'Try again',
  stop: 'Stop',
  stopping: 'Stopping…',
};

export const NOTHING_RUNS = 'Nothing is running.';
export const INVITATION = 'Nothing runs until you press Start.';

/** What exactly will happen after the click. */
export function invitation(memoryBytes: number, diskBytes: number): readonly string[] {
  return [
    'Your GPU computes small parts of large matrix products, in slices of a few hundredths of a second, so that this device stays usable.',
    `It uses up to ${roundBytes(memoryBytes)} of GPU memory, ${diskBytes > 0 ? `up to ${roundBytes(diskBytes)} of disk, ` : ''}some electricity and your network connection.`,
    'Stop ends it at once, and so does closing this tab.',
  ];
}

export const INTENSITY = {
  label: 'Intensity',
  help: 'Share of time your GPU works for the network',
};

const roundBytes = (bytes: number): string => formatBytes(bytes).replace(/\.0+ /, ' ');

export const DISK = {
  label: 'Disk',
  help: 'Keeps numbers on this device, so that they need not come twice.',
  clear: 'Clear',
};

export const diskBudget = (bytes: number): string => (bytes > 0 ? roundBytes(bytes) : 'Off');

export const bytesOnDisk = (bytes: number): string => `${formatBytes(bytes)} in use.`;

/** Of what link and GPU allow: src/contributor/link-share.ts. */
export const linkShare = (share: number): string =>
  `${Math.round(100 * share)} % of what your link and GPU allow`;

export const STAGE_LABEL: Readonly<Record<Exclude<Stage, 'stopped' | 'failed'>, string>> = {
  testing: 'Test GPU',
  connecting: 'Connect',
  waiting: 'Wait',
  downloading: 'Download',
  computing: 'Compute',
  uploading: 'Upload',
  verified: 'Verified',
};

const forProject = (project: string | undefined): string => (project ? ` for “${project}”` : '');

/** Instead of the status while this browser cannot start at all; the notice says why. */
export const CANNOT_START = 'Tilework cannot start here.';

export const STOPPING = 'Stopping; the GPU ends its current slice.';

/** One sentence about now. Percentages are shown beside it, so that it changes only when something happens. */
export function statusSentence(status: ContributorStatus, ranBefore: boolean): string {
  const { stage, project } = status;
  switch (stage) {
    case 'stopped':
      return ranBefore ? 'Stopped. Nothing is running.' : 'Ready when you are.';
    case 'testing':
      return 'Testing your GPU with products whose answers are known.';
    case 'connecting':
      return status.problem && status.detail ? sentence(status.detail) : 'Connecting to the coordinator.';
    case 'waiting':
      return 'Connected; nothing to compute at the moment. You can leave this open.';
    case 'downloading':
      return `Downloading the numbers of a shard${forProject(project)}.`;
    case 'computing':
      return `Computing a shard${forProject(project)}.`;
    case 'uploading':
      return status.progress < 1
        ? `Uploading the result${forProject(project)}.`
        : 'Uploaded; the coordinator is checking every number.';
    case 'verified':
      return 'Verified. Thank you.';
    case 'failed':
      return `${problemText(status.problem).title}.`;
    default:
      return unreachable(stage);
  }
}

/** With a capital and a full stop, whoever wrote it. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

export function retrying(ms: number): string {
  return `Cannot reach the coordinator; trying again in ${Math.max(1, Math.round(ms / 1000))} s`;
}

export interface NoticeText {
  readonly title: string;
  readonly advice: string;
  /** What the program itself said, where the advice is ours. */
  readonly detail?: string;
}

const NO_WEBGPU: NoticeText = {
  title: 'This browser has no WebGPU',
  advice: `Tilework needs WebGPU. These browsers have it: ${BROWSERS_WITH_WEBGPU}. If yours is one of them, graphics acceleration may be switched off in its settings.`,
};

export const INSECURE: NoticeText = {
  title: 'This page needs https',
  advice:
    'Browsers offer WebGPU only to pages opened over https (or on localhost). Open this page by its https address.',
};

const OTHER_TAB: NoticeText = {
  title: 'Another tab is already contributing',
  advice: 'One tab keeps the whole GPU busy. Use that tab, or stop it there and press Try again here.',
};

/** What we can say better than whoever raised the problem; the others speak for themselves. */
const PROBLEMS: Partial<Record<ErrorCode, NoticeText>> = {
  'no-webgpu': NO_WEBGPU,
  'software-adapter': {
    title: 'No real GPU was found',
    advice:
      'This browser would compute on the processor instead, which is slow and warm for little use, so Tilework leaves it. Switch on graphics acceleration in the browser’s settings, or try another device. Thank you for offering.',
  },
  'unsupported-key': {
    title: 'This browser lacks the signatures that Tilework needs',
    advice:
      'Results are signed, and this browser cannot do that here. A current version, or a window that is not private, can.',
  },
  locked: OTHER_TAB,
  conflict: {
    title: 'Another tab is contributing now',
    advice: 'One tab at a time uses this GPU. Press Try again to move the work back to this one.',
  },
  'wrong-peer': {
    title: 'This is not the coordinator that the page names',
    advice:
      'It may have been set up anew, or somebody may be standing in its place; nothing is computed for it. Please tell whoever runs this site. This page keeps trying.',
  },
  unreachable: {
    title: 'The coordinator cannot be reached',
    advice:
      'It may be restarting, or this device may be offline. This page keeps trying; there is nothing you need to do.',
  },
  'gpu-lost': {
    title: 'The GPU went away',
    advice:
      'The browser or the driver took the GPU back, for example after sleep or a driver update. Press Try again; if it returns, restart the browser.',
  },
  'out-of-memory': {
    title: 'The GPU has too little free memory',
    advice:
      'Close other tabs that use the GPU, or open this page with ?memory=128 at the end of its address.',
  },
};

const TITLES: Partial<Record<ErrorCode, string>> = {
  forbidden: 'This browser does not allow the connection',
  'gpu-wrong': 'This GPU gave wrong answers',
  'bad-input': 'This page is not set up correctly',
  timeout: 'That took too long',
  closed: 'The connection was closed',
  'bad-signature': 'A signature did not match',
};

/** A title without a full stop and what to do. */
export function problemText(problem: Problem | undefined): NoticeText {
  const code = problem?.code ?? 'internal';
  const message = problem?.message ? sentence(problem.message) : undefined;
  const ours = PROBLEMS[code];
  if (ours) return message ? { ...ours, detail: message } : ours;
  return {
    title: TITLES[code] ?? 'Something went wrong',
    advice: message ?? 'Reload the page and try again.',
  };
}

export const OVER_WEBRTC: NoticeText = {
  title: 'Connected over WebRTC',
  advice:
    'This is slower than the usual way, and it runs on this page’s own thread, so the page may stutter. It is used where the usual way does not lead to the coordinator.',
};

export function rejectedNotice(count: number): NoticeText {
  return {
    title: count === 1 ? 'One shard was not accepted' : `${count} shards were not accepted`,
    advice:
      'The numbers did not pass the check, so nothing was credited and another contributor computes them again. If it happens often, this GPU may be overclocked or too hot.',
  };
}

/** "12 of 12 checked": its own receipts, in the public log. */
export const logChecked = ({ checked, receipts }: LogView): string =>
  `${checked.toLocaleString('en')} of ${receipts.toLocaleString('en')} checked`;

const LOG_PROBLEMS: Readonly<Record<LogProblem, NoticeText>> = {
  forked: {
    title: 'The public record of this network contradicts what it said before',
    advice:
      'Its coordinator has signed two histories, so credit here cannot be relied on. Press Stop if you do not want to go on, and tell whoever runs this site. This browser keeps both signed statements as evidence.',
  },
  missing: {
    title: 'The public record of this network lacks a receipt of yours',
    advice:
      'The coordinator has signed that this work was credited, and its public log says something else. Press Stop if you do not want to go on, and tell whoever runs this site.',
  },
  unverifiable: {
    title: 'The public record of this network cannot be checked',
    advice:
      'What is served does not fit the signature over it. The server may be at fault; this page keeps trying. If it goes on, tell whoever runs this site.',
  },
};

export const logProblemText = (problem: LogProblem): NoticeText => LOG_PROBLEMS[problem];

export const shardsLabel = (count: number): string => (count === 1 ? 'shard verified' : 'shards verified');

const FLOPS_PER_MULTIPLY_ADD = 2;

export function flops(multiplyAdds: number): string {
  return formatCount(FLOPS_PER_MULTIPLY_ADD * multiplyAdds, 'FLOP');
}

export function flopsPerSecond(multiplyAddsPerSecond: number): string {
  return multiplyAddsPerSecond > 0
    ? formatCount(FLOPS_PER_MULTIPLY_ADD * multiplyAddsPerSecond, 'FLOP/s')
    : '–';
}

/** After Stop: what it came to. */
export function summary(status: ContributorStatus): string {
  const count = status.shardsVerified;
  if (count === 0)
    return 'No shard was finished this time; nothing is lost, another contributor computes it.';
  return `You gave ${flops(status.multiplyAddsVerified)} of verified work and earned ${formatCredit(status.microcredits)} credit. Thank you.`;
}

/** "12D3KooW…h9Qx2f": enough to recognise, short enough for a phone. */
export function shortId(peerId: string): string {
  return peerId.length <= 16 ? peerId : `${peerId.slice(0, 8)}…${peerId.slice(-6)}`;
}

/** So that a tab in the background tells what it does. */
export function pageTitle(wanted: boolean, { stage, shardsVerified }: ContributorStatus): string {
  if (stage === 'failed') return 'Needs attention · Tilework';
  return wanted ? `${shardsVerified} verified · Tilework` : 'Tilework';
}
