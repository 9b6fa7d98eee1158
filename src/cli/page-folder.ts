/** Where the built page lies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';

const DIST = join(import.meta.dirname, '../../dist');

/** @throws AppError 'not-found' when nobody has built it yet. */
export function pageFolder(dist: string = DIST): string {
  if (existsSync(join(dist, 'index.html'))) return dist;
  throw new AppError(
    'not-found',
    'the page is not built yet: run npm run build (npm start does it by itself)',
  );
}
