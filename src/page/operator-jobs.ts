/** The console's list of jobs; each opens its mosaic below itself. */
import { html, nothing } from 'lit';
import type { OperatorJob } from '../core/v1-operator.ts';
import './mosaic.ts';
import { type CellContext, button, short, since } from './operator-cells.ts';
import type { Column } from './operator-table.ts';
import type { OperatorState } from './operator-watch.ts';
import { counted } from './shown-numbers.ts';
import type { ShownStrings } from './strings-shown.ts';

export function jobName({ title, project }: Pick<OperatorJob, 'title' | 'project'>): string {
  return title ? `${title} (${project})` : project;
}

export function jobColumns(
  context: CellContext,
  open: string | undefined,
  show: (job: string) => void,
): Column<OperatorJob>[] {
  const { strings, view, ask } = context;
  const n = (count: number): string => counted(strings.locale, count);
  const paused = new Set(view.pauses.map(({ project }) => project));
  const stateOf = ({ state, project }: OperatorJob): OperatorJob['state'] | 'paused' =>
    state === 'running' && paused.has(project) ? 'paused' : state;
  return [
    {
      name: 'project',
      by: jobName,
      cell: (row) => html`<bdi>${jobName(row)}</bdi> ${short(row.job)}`,
    },
    {
      name: 'state',
      by: (row) => strings.states[stateOf(row)],
      cell: (row) =>
        html`<span class="state is-${stateOf(row)}">${strings.states[stateOf(row)]}</span>${
            row.error ? html` <small lang="en">${row.error}</small>` : nothing
          }`,
    },
    {
      name: 'size',
      by: ({ rows, cols, k }) => rows * cols * k,
      number: true,
      cell: ({ rows, cols, k, dtype }) =>
        html`<span class="nowrap">${n(rows)} × ${n(cols)}</span>,
          <span class="nowrap">K ${n(k)}, ${dtype}</span>`,
    },
    {
      name: 'progress',
      by: ({ cellsVerified, cellsTotal }) => cellsVerified / Math.max(1, cellsTotal),
      number: true,
      cell: ({ cellsVerified, cellsTotal }) => strings.done(n(cellsVerified), n(cellsTotal)),
    },
    { name: 'leases', by: ({ leases }) => leases, number: true, cell: ({ leases }) => n(leases) },
    {
      name: 'age',
      by: ({ createdMs }) => -createdMs,
      number: true,
      cell: ({ createdMs }) => since(context, createdMs),
    },
    {
      name: 'actions',
      cell: (row) => {
        const { job, project, state } = row;
        const name = jobName(row);
        const pausing = paused.has(project)
          ? button(strings.actions.resume, project, () => ask({ action: 'resume', project }))
          : button(strings.actions.pause, project, () => ask({ action: 'pause', project }));
        return html`<button
            type="button"
            class="small"
            aria-expanded=${open === job}
            aria-label=${strings.mosaic(name)}
            @click=${() => show(job)}
          >
            ${strings.mosaicButton}
          </button>
          ${state === 'running' ? pausing : nothing}
          ${
            state === 'running'
              ? button(strings.actions.cancel, name, () => ask({ action: 'cancel', job, project }))
              : nothing
          }`;
      },
    },
  ];
}

/** Below the job whose mosaic is open. */
export function mosaicOf(
  row: OperatorJob,
  { job, mosaic, stage }: OperatorState,
  names: ReadonlyMap<string, string>,
  shown: ShownStrings,
): unknown {
  if (row.job !== job) return nothing;
  return html`<tilework-mosaic
    .mosaic=${mosaic?.job === job ? mosaic : undefined}
    .live=${stage === 'live'}
    .names=${names}
    .strings=${shown}
  ></tilework-mosaic>`;
}
