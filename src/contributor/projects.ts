/** The list of projects that a visitor chooses. */
import { utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { MAX_PROJECTS, MAX_TEXT_BYTES } from '../protocol/limits.ts';

/** @throws AppError 'bad-input' for a list that no Hello can hold */
export function assertProjects(projects: readonly string[]): void {
  if (projects.length > MAX_PROJECTS)
    throw new AppError('bad-input', `At most ${MAX_PROJECTS} projects can be chosen.`);
  const fits = (name: string): boolean =>
    name.length > 0 && name.isWellFormed() && utf8.encode(name).length <= MAX_TEXT_BYTES;
  if (!projects.every(fits)) throw new AppError('bad-input', 'This is not the name of a project.');
}
