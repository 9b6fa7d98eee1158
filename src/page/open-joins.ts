/** What joins keys and parts them, with this browser's key, at the coordinator of this page. */
import type { Joins } from '../contributor/joins.ts';
import { AppError } from '../core/errors.ts';
import { findCoordinator } from './find-coordinator.ts';

export async function openJoins(): Promise<Joins> {
  const { api } = await findCoordinator(location.search);
  if (api === undefined) throw new AppError('unreachable', 'Nobody says where the coordinator is.');
  return (await import('../contributor/joins.ts')).openJoins(api);
}
