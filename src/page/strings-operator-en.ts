/** The operator's console in English. */
import { unreachable } from '../core/errors.ts';
import { counted } from './shown-numbers.ts';
import type { Order } from './operator-orders.ts';
import type { OperatorStrings, OrderStrings } from './strings-operator.ts';

const LOCALE = 'en';
const n = (count: number): string => counted(LOCALE, count);
const s = (count: number, one: string, more: string): string => `${n(count)} ${count === 1 ? one : more}`;

function order({ action }: Order, who: string): OrderStrings {
  switch (action) {
    case 'drain':
      return {
        title: 'Give no new leases?',
        about:
          'Leases that are out are finished and paid. Contributors stay connected and wait. A restart ends it.',
        button: 'Drain',
        done: 'No new leases are given.',
      };
    case 'undrain':
      return {
        title: 'Give leases again?',
        about: 'Contributors that wait get work at once.',
        button: 'Go on',
        done: 'Leases are given again.',
      };
    case 'ban':
      return {
        title: `Ban ${who}?`,
        about:
          'Its connection is closed with your reason, its leases go to others, and it is refused until you take the ban back. Credit that it has earned stays.',
        button: 'Ban',
        done: `${who} is banned.`,
      };
    case 'unban':
      return {
        title: `Let ${who} in again?`,
        about: 'It may connect and contribute as before.',
        button: 'Unban',
        done: `${who} may contribute again.`,
      };
    case 'pause':
      return {
        title: `Pause “${who}”?`,
        about: 'Its jobs get no new leases. Requesters read “paused by the operator” and your reason.',
        button: 'Pause',
        done: `“${who}” is paused.`,
      };
    case 'resume':
      return {
        title: `Resume “${who}”?`,
        about: 'Its jobs get leases again.',
        button: 'Resume',
        done: `“${who}” goes on.`,
      };
    case 'hide':
      return {
        title: `Hide the name ${who}?`,
        about: 'Nobody but you sees it from now on. Work and credit stay, shown without a name.',
        button: 'Hide',
        done: `${who} is hidden.`,
      };
    case 'show':
      return {
        title: `Show the name ${who} again?`,
        about: 'Everybody sees it on the network page.',
        button: 'Show',
        done: `${who} is shown again.`,
      };
    case 'cancel':
      return {
        title: `Cancel the job of “${who}”?`,
        about:
          'What was verified stays credited; the rest of what was reserved for it goes back. This cannot be undone.',
        button: 'Cancel the job',
        done: `The job of “${who}” is cancelled.`,
      };
    default:
      return unreachable(action);
  }
}

export const operatorEn: OperatorStrings = {
  locale: LOCALE,
  title: 'Operator’s console',
  lead: 'Who computes, what is being computed, and what went wrong, as it is now.',
  network: 'The network',
  footer: 'Free software, Apache-2.0. No mining, no tracking, no advertising.',
  token: {
    label: 'Token',
    help: 'One with the scope “operate”, such as the one in the data folder. It stays in this tab and is forgotten when the tab is closed.',
    button: 'Open',
    checking: 'Asking the coordinator.',
    forget: 'Forget the token',
    again: 'Try again',
    refused: {
      token:
        'The coordinator does not know this token, or it has expired or was revoked. Look for a space or a missing character.',
      scope:
        'This token may not operate. Make one with: npm run tilework -- token create --scope operate --label NAME',
      place:
        'Operating is not allowed from this address. Open this page on the coordinator’s own machine, at http://127.0.0.1, or start the coordinator with --operate-from and your address.',
    },
  },
  lost: 'The connection is lost. What follows is what was heard last; the page keeps trying.',
  draining: 'Draining: no new leases are given.',
  said: (contributors, jobs, failures) =>
    `${s(contributors, 'contributor', 'contributors')}, ${s(jobs, 'job', 'jobs')} running, ${s(failures, 'failed result', 'failed results')} listed.`,
  sections: 'Sections',
  search: { label: 'Filter', help: 'Part of an id, a name, a project or a reason; every list follows.' },
  nothingFound: 'Nothing here holds what you filter for.',
  cut: (shown, all) => `${n(shown)} of ${n(all)} are shown. The filter reaches the others.`,
  figures: {
    title: 'Now',
    contributors: 'Contributors',
    leases: 'Leases out',
    jobs: 'Jobs running',
    sent: 'Sending',
    received: 'Receiving',
    blocks: 'Blocks on disk',
    free: 'Free on disk',
    database: 'Database',
    databases: { embedded: 'embedded', postgres: 'PostgreSQL' },
    verification: 'Verification',
    threads: (threads, waiting) => `${s(threads, 'thread', 'threads')}, ${n(waiting)} waiting`,
    busy: (percent) => `${percent} busy since the start`,
    running: 'Running for',
    counting: 'not counted yet',
  },
  tables: {
    contributors: { title: 'Contributors', empty: 'Nobody is connected.' },
    leases: { title: 'Leases', empty: 'No lease is out.' },
    jobs: { title: 'Jobs', empty: 'There has been no job yet.' },
    failures: { title: 'Failed verifications', empty: 'No result has failed verification.' },
    bans: { title: 'Bans', empty: 'Nobody is banned.' },
    pauses: { title: 'Paused projects', empty: 'No project is paused.' },
    hidden: { title: 'Hidden names', empty: 'No name is hidden.' },
    log: { title: 'What operators did', empty: 'Nothing yet.' },
  },
  columns: {
    who: 'Contributor',
    client: 'Client',
    since: 'Since',
    seen: 'Last seen',
    rate: 'GPU',
    link: 'Link',
    now: 'Now',
    leases: 'Leases',
    results: 'Results',
    lease: 'Lease',
    job: 'Job',
    project: 'Project',
    shard: 'Shard',
    age: 'Age',
    deadline: 'Deadline',
    state: 'State',
    size: 'Product',
    progress: 'Verified',
    when: 'When',
    reason: 'Reason',
    name: 'Name',
    token: 'Token',
    action: 'Action',
    subject: 'What',
    actions: 'Actions',
  },
  sortBy: (column) => `Sort by ${column}`,
  justNow: 'just now',
  unknown: 'unknown',
  down: 'down',
  up: 'up',
  committed: 'on its way back',
  computing: 'computing',
  overdue: 'overdue',
  window: (held, window) => `${n(held)} of ${n(window)}`,
  results: (verified, rejected, failed) => `${verified} verified, ${rejected} rejected, ${failed} failed`,
  denied: 'gets no leases for now',
  hiddenMark: 'hidden',
  kinds: { contributor: 'contributor', team: 'team' },
  cells: (rows, cols, row, col) => `${n(rows)} × ${n(cols)} cells at ${n(row)}, ${n(col)}`,
  done: (verified, total) => `${verified} of ${total} cells`,
  states: {
    running: 'running',
    done: 'done',
    cancelled: 'cancelled',
    failed: 'failed',
    expired: 'expired',
    paused: 'paused',
  },
  mosaic: (job) => `Mosaic of ${job}`,
  mosaicButton: 'Mosaic',
  unnamed: 'Untitled product',
  actions: {
    drain: 'Drain',
    undrain: 'Give leases again',
    ban: 'Ban',
    unban: 'Unban',
    pause: 'Pause',
    resume: 'Resume',
    hide: 'Hide',
    show: 'Show',
    cancel: 'Cancel',
  },
  ownToken: 'data folder',
  form: {
    ban: 'Ban by contributor id',
    banHelp: 'For one that is not connected. An id is 52 characters long and begins with 12D3KooW.',
    malformed: 'That is no contributor id: one is 52 characters long and begins with 12D3KooW.',
    hide: 'Hide a team’s name',
    hideHelp: 'Exactly as it is shown on the network page.',
  },
  order,
  reason: 'Reason',
  reasonTold: 'It is told to whom it concerns, and kept in the log.',
  reasonKept: 'It is kept in the log. May be left empty.',
  needed: 'A ban needs a reason.',
  cancel: 'Back',
  undo: 'Undo',
  close: 'Close',
  refusedOrder: 'That was not done:',
};
