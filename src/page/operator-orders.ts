/** What an operator may order, what takes it back, and how it is asked for over HTTP. Pure. */
import type { HiddenNameView, OperatorView } from '../core/v1-operator.ts';
import { unreachable } from '../core/errors.ts';

export type Order =
  | { readonly action: 'drain' | 'undrain' }
  | { readonly action: 'ban' | 'unban'; readonly contributor: string }
  | { readonly action: 'pause' | 'resume'; readonly project: string }
  | { readonly action: 'hide' | 'show'; readonly kind: HiddenNameView['kind']; readonly subject: string }
  | { readonly action: 'cancel'; readonly job: string; readonly project: string };

export interface OrderRequest {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

const OPPOSITE = {
  drain: 'undrain',
  undrain: 'drain',
  ban: 'unban',
  unban: 'ban',
  pause: 'resume',
  resume: 'pause',
  hide: 'show',
  show: 'hide',
} as const;

/** Undefined for what nothing takes back. */
export function inverse(order: Order): Order | undefined {
  if (order.action === 'cancel') return undefined;
  return { ...order, action: OPPOSITE[order.action] } as Order;
}

/** Whether it needs a reason: what is done to somebody is told to them. */
export function needsReason({ action }: Order): boolean {
  return action === 'ban';
}

export function requestOf(order: Order, reason: string): OrderRequest {
  const undo = (path: string, fields: Readonly<Record<string, string>>): OrderRequest => ({
    method: 'DELETE',
    path: `v1/operator/${path}?${new URLSearchParams(reason ? { ...fields, reason } : fields).toString()}`,
  });
  const make = (path: string, fields: object): OrderRequest => ({
    method: 'POST',
    path: `v1/operator/${path}`,
    body: { ...fields, reason },
  });
  switch (order.action) {
    case 'drain':
    case 'undrain':
      return make('drain', { draining: order.action === 'drain' });
    case 'ban':
      return make('bans', { contributor: order.contributor });
    case 'unban':
      return undo('bans', { contributor: order.contributor });
    case 'pause':
      return make('pauses', { project: order.project });
    case 'resume':
      return undo('pauses', { project: order.project });
    case 'hide':
      return make('hidden', { kind: order.kind, subject: order.subject });
    case 'show':
      return undo('hidden', { kind: order.kind, subject: order.subject });
    case 'cancel':
      return undo(`jobs/${encodeURIComponent(order.job)}`, {});
    default:
      return unreachable(order);
  }
}

/** Why what this order ends was done. */
export function reasonOf(order: Order, { bans, pauses, hidden }: OperatorView): string {
  const found =
    order.action === 'unban'
      ? bans.find(({ contributor }) => contributor === order.contributor)
      : order.action === 'resume'
        ? pauses.find(({ project }) => project === order.project)
        : order.action === 'show'
          ? hidden.find(({ kind, subject }) => kind === order.kind && subject === order.subject)
          : undefined;
  return found?.reason ?? '';
}
