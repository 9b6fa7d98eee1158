/** Which projects a visitor has ticked, and what that comes to. Pure. */
import type { ProjectView } from '../core/v1-figures.ts';

/** As many as a Hello may name. */
export const MAX_CHOSEN = 32;

/** One line of the picker. */
export interface ProjectChoice {
  readonly project: string;
  readonly about: string;
  readonly chosen: boolean;
  /** 'gone': chosen earlier, and not on the coordinator's list now. */
  readonly state: 'running' | 'idle' | 'gone';
  readonly jobsRunning: number;
  /** Of the cells of what is running, whole per cent; 100 only when there is none left. */
  readonly percent: number;
}

/** What is on the list, those with work first, and then what is chosen and not on it. */
export function choicesOf(
  projects: readonly ProjectView[] | undefined,
  chosen: readonly string[],
): readonly ProjectChoice[] {
  const listed = (projects ?? []).map((view): ProjectChoice => {
    const { project, about, jobsRunning, cellsOpen, cellsTotal } = view;
    const running = jobsRunning > 0 && cellsOpen > 0;
    return {
      project,
      about: about === project ? '' : about,
      chosen: chosen.includes(project),
      state: running ? 'running' : 'idle',
      jobsRunning,
      percent:
        cellsTotal > 0 ? Math.floor((100 * (cellsTotal - Math.min(cellsOpen, cellsTotal))) / cellsTotal) : 0,
    };
  });
  const known = new Set(listed.map(({ project }) => project));
  const gone = chosen
    .filter((project) => !known.has(project))
    .map((project): ProjectChoice => ({
      project,
      about: '',
      chosen: true,
      state: 'gone',
      jobsRunning: 0,
      percent: 0,
    }));
  const byWork = listed.toSorted((x, y) => Number(y.state === 'running') - Number(x.state === 'running'));
  return [...byWork, ...gone];
}

/** None of what is chosen has work, as far as the list says. */
export const isResting = (choices: readonly ProjectChoice[]): boolean =>
  choices.some(({ chosen }) => chosen) && !choices.some(({ chosen, state }) => chosen && state === 'running');
