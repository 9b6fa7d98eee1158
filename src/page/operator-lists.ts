/** The columns of the console's lists. Plain data in, columns out. */
import { html, nothing } from 'lit';
import type {
  BanView,
  HiddenNameView,
  OperatorContributor,
  OperatorEntryView,
  OperatorFailure,
  OperatorLease,
  PauseView,
} from '../core/v1-operator.ts';
import {
  type CellContext,
  bothWays,
  button,
  called,
  isHidden,
  short,
  since,
  span,
  speed,
  who,
} from './operator-cells.ts';
import type { Rates } from './operator-rates.ts';
import type { Column } from './operator-table.ts';
import { counted, measured } from './shown-numbers.ts';

const FLOP_PER_MULTIPLY_ADD = 2;

export function contributorColumns(context: CellContext, rates: Rates): Column<OperatorContributor>[] {
  const { strings, view, names, ask } = context;
  const { locale } = strings;
  const n = (count: number): string => counted(locale, count);
  const known = (bytes: number): string => (bytes > 0 ? speed(context, bytes) : strings.unknown);
  const hidden = (row: OperatorContributor): boolean => isHidden(view, 'contributor', row.contributor);
  return [
    {
      name: 'who',
      by: ({ name, contributor }) => name || contributor,
      cell: (row) =>
        html`${who(context, row.contributor)}${row.team ? html` <small><bdi>${row.team}</bdi></small>` : nothing}
        ${hidden(row) ? html`<small class="mark">${strings.hiddenMark}</small>` : nothing}`,
    },
    {
      name: 'client',
      by: ({ client }) => client,
      cell: ({ client, transport }) => html`${client}${transport === 'webrtc' ? ' WebRTC' : ''}`,
    },
    {
      name: 'since',
      by: ({ sinceMs }) => -sinceMs,
      number: true,
      cell: ({ sinceMs }) => since(context, sinceMs),
    },
    { name: 'seen', by: ({ seenMs }) => -seenMs, number: true, cell: ({ seenMs }) => since(context, seenMs) },
    {
      name: 'rate',
      by: ({ rate }) => rate,
      number: true,
      cell: ({ rate }) => measured(locale, FLOP_PER_MULTIPLY_ADD * rate, 'FLOP/s'),
    },
    {
      name: 'link',
      by: (row) => row.downBytesPerSecond + row.upBytesPerSecond,
      number: true,
      cell: (row) => bothWays(context, known(row.downBytesPerSecond), known(row.upBytesPerSecond)),
    },
    {
      name: 'now',
      by: ({ contributor }) => (rates.of.get(contributor)?.down ?? 0) + (rates.of.get(contributor)?.up ?? 0),
      number: true,
      cell: ({ contributor }) => {
        const rate = rates.of.get(contributor);
        return bothWays(context, speed(context, rate?.down), speed(context, rate?.up));
      },
    },
    {
      name: 'leases',
      by: ({ leases }) => leases,
      number: true,
      cell: ({ leases, window }) => strings.window(leases, window),
    },
    {
      name: 'results',
      by: ({ rejected, failed, verified }) => rejected * 1e9 + failed * 1e6 + verified,
      number: true,
      cell: ({ verified, rejected, failed, deniedUntilMs }) =>
        html`${strings.results(n(verified), n(rejected), n(failed))}
        ${deniedUntilMs === null ? nothing : html`<small class="mark">${strings.denied}</small>`}`,
    },
    {
      name: 'actions',
      cell: (row) => {
        const { contributor } = row;
        const about = called(names, contributor);
        const named = row.name !== '' || row.team !== '';
        const kind = 'contributor';
        return html`${button(strings.actions.ban, about, () => ask({ action: 'ban', contributor }))}
        ${named && !hidden(row) ? button(strings.actions.hide, about, () => ask({ action: 'hide', kind, subject: contributor })) : nothing}`;
      },
    },
  ];
}

export function leaseColumns(context: CellContext): Column<OperatorLease>[] {
  const { strings, view } = context;
  return [
    { name: 'lease', by: ({ lease }) => lease, cell: ({ lease }) => short(lease) },
    {
      name: 'project',
      by: ({ project }) => project,
      cell: ({ project, job }) => html`<bdi>${project}</bdi> ${short(job)}`,
    },
    {
      name: 'shard',
      by: ({ row, col }) => row * 1e6 + col,
      cell: ({ rows, cols, row, col }) => strings.cells(rows, cols, row, col),
    },
    {
      name: 'who',
      by: ({ contributor }) => context.names.get(contributor) ?? contributor,
      cell: ({ contributor }) => who(context, contributor),
    },
    {
      name: 'age',
      by: ({ issuedMs }) => -issuedMs,
      number: true,
      cell: ({ issuedMs }) => span(context, view.nowMs - issuedMs),
    },
    {
      name: 'deadline',
      by: ({ deadlineMs }) => deadlineMs,
      number: true,
      cell: ({ deadlineMs, committed }) =>
        committed ? '–' : deadlineMs < view.nowMs ? strings.overdue : span(context, deadlineMs - view.nowMs),
    },
    {
      name: 'state',
      by: ({ committed }) => Number(committed),
      cell: ({ committed }) => (committed ? strings.committed : strings.computing),
    },
  ];
}

export function failureColumns(context: CellContext): Column<OperatorFailure>[] {
  const { strings, view, names, ask } = context;
  const banned = new Set(view.bans.map(({ contributor }) => contributor));
  return [
    { name: 'when', by: ({ atMs }) => -atMs, cell: ({ atMs }) => since(context, atMs) },
    {
      name: 'who',
      by: ({ contributor }) => names.get(contributor) ?? contributor,
      cell: ({ contributor }) => who(context, contributor),
    },
    { name: 'lease', by: ({ lease }) => lease, cell: ({ lease }) => short(lease) },
    { name: 'job', by: ({ job }) => job, cell: ({ job }) => short(job) },
    {
      name: 'reason',
      by: ({ reason }) => reason,
      cell: ({ reason }) => html`<span lang="en">${reason || '–'}</span>`,
    },
    {
      name: 'actions',
      cell: ({ contributor }) =>
        banned.has(contributor)
          ? '–'
          : button(strings.actions.ban, called(names, contributor), () =>
              ask({ action: 'ban', contributor }),
            ),
    },
  ];
}

export function banColumns(context: CellContext): Column<BanView>[] {
  const { strings, names, ask } = context;
  return [
    {
      name: 'who',
      by: ({ contributor }) => contributor,
      cell: ({ contributor }) => who(context, contributor),
    },
    { name: 'reason', by: ({ reason }) => reason, cell: ({ reason }) => html`<bdi>${reason}</bdi>` },
    {
      name: 'when',
      by: ({ sinceMs }) => -sinceMs,
      cell: ({ sinceMs }) => since(context, sinceMs),
    },
    {
      name: 'actions',
      cell: ({ contributor }) =>
        button(strings.actions.unban, called(names, contributor), () =>
          ask({ action: 'unban', contributor }),
        ),
    },
  ];
}

export function pauseColumns(context: CellContext): Column<PauseView>[] {
  const { strings, ask } = context;
  return [
    { name: 'project', by: ({ project }) => project, cell: ({ project }) => html`<bdi>${project}</bdi>` },
    { name: 'reason', by: ({ reason }) => reason, cell: ({ reason }) => html`<bdi>${reason || '–'}</bdi>` },
    {
      name: 'when',
      by: ({ sinceMs }) => -sinceMs,
      cell: ({ sinceMs }) => since(context, sinceMs),
    },
    {
      name: 'actions',
      cell: ({ project }) =>
        button(strings.actions.resume, project, () => ask({ action: 'resume', project })),
    },
  ];
}

export function hiddenColumns(context: CellContext): Column<HiddenNameView>[] {
  const { strings, names, ask } = context;
  return [
    {
      name: 'name',
      by: ({ subject }) => subject,
      cell: ({ kind, subject }) =>
        html`${kind === 'team' ? html`<bdi>${subject}</bdi>` : who(context, subject)}
          <small>${strings.kinds[kind]}</small>`,
    },
    { name: 'reason', by: ({ reason }) => reason, cell: ({ reason }) => html`<bdi>${reason || '–'}</bdi>` },
    {
      name: 'when',
      by: ({ sinceMs }) => -sinceMs,
      cell: ({ sinceMs }) => since(context, sinceMs),
    },
    {
      name: 'actions',
      cell: ({ kind, subject }) =>
        button(strings.actions.show, kind === 'team' ? subject : called(names, subject), () =>
          ask({ action: 'show', kind, subject }),
        ),
    },
  ];
}

export function logColumns(context: CellContext): Column<OperatorEntryView>[] {
  const { strings } = context;
  return [
    { name: 'when', by: ({ atMs }) => -atMs, cell: ({ atMs }) => since(context, atMs) },
    {
      name: 'action',
      by: ({ action }) => strings.actions[action],
      cell: ({ action }) => strings.actions[action] ?? action,
    },
    {
      name: 'subject',
      by: ({ subject }) => subject,
      cell: ({ subject }) => html`<bdi class="any">${subject || '–'}</bdi>`,
    },
    { name: 'reason', by: ({ reason }) => reason, cell: ({ reason }) => html`<bdi>${reason || '–'}</bdi>` },
    {
      name: 'token',
      by: ({ token }) => token,
      cell: ({ token }) => (token === 'default' ? strings.ownToken : html`<code>${token}</code>`),
    },
  ];
}
