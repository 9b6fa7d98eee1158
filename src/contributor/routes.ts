/**
 * Ways to a coordinator: WebSocket, from a worker, and webrtc-direct, from the page. The first that leads there is
 * kept until Stop; before that, one that does not gives way to the other, and back.
 */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isWebRtcDirect } from '../net/webrtc-address.ts';
import type { ContributorStatus, Transport } from './api.ts';

export interface Route {
  readonly transport: Transport;
  readonly addresses: readonly string[];
}

/** How long the first route may fail; each further one has twice that, so that an outage is no flood of workers. */
const PATIENCE_MS = 3_000;
const MAX_PATIENCE_MS = 60_000;

/**
 * Best first. `https`: of the page, from which a browser opens secure WebSockets only, but for this machine's own.
 * @throws AppError 'bad-input' when webrtc-direct is asked for and there is no address for it
 */
export function routesTo(
  addresses: readonly string[],
  { https, asked }: { readonly https: boolean; readonly asked?: Transport | undefined },
): Route[] {
  const direct = addresses.filter(isWebRtcDirect);
  const sockets = addresses.filter((address) => !isWebRtcDirect(address));
  const usable = https ? sockets.filter((address) => isSecure(address) || isOwnMachine(address)) : sockets;
  if (asked === 'webrtc-direct') {
    if (direct.length > 0) return [{ transport: asked, addresses: direct }];
    throw new AppError('bad-input', 'This coordinator has no address for webrtc-direct.');
  }
  const routes: Route[] = [
    { transport: 'websocket', addresses: usable },
    { transport: 'webrtc-direct', addresses: direct },
  ];
  const open = routes.filter((route) => route.addresses.length > 0);
  // Without one, the browser says best what is wrong with an address.
  return open.length > 0 ? open : [{ transport: 'websocket', addresses: sockets }];
}

const isSecure = (address: string): boolean => /\/(wss|tls(\/sni\/[^/]+)?\/ws)(\/|$)/.test(address);

const isOwnMachine = (address: string): boolean =>
  /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address);

export class Routes {
  readonly #clock: Clock;
  #open: readonly Route[];
  #at = 0;
  #patienceMs = PATIENCE_MS;
  /** When the current route was first tried: the GPU may take long to get there. */
  #sinceMs: number | undefined;
  #kept = false;

  constructor(routes: readonly Route[], clock: Clock) {
    this.#open = routes;
    this.#clock = clock;
  }

  get current(): Route {
    return this.#open[this.#at % this.#open.length]!;
  }

  /** True when the current route has failed for long enough; the other one is current then. */
  gaveUp({ stage, network, problem }: ContributorStatus): boolean {
    this.#kept ||= network !== undefined;
    if (stage === 'connecting') this.#sinceMs ??= this.#clock.now();
    if (this.#kept || this.#open.length < 2 || problem?.code !== 'unreachable') return false;
    if (this.#sinceMs === undefined || this.#clock.now() - this.#sinceMs < this.#patienceMs) return false;
    this.#at += 1;
    this.#sinceMs = undefined;
    this.#patienceMs = Math.min(MAX_PATIENCE_MS, 2 * this.#patienceMs);
    return true;
  }

  /** The current route will never work in this browser. False when there is no other. */
  drop(): boolean {
    const others = this.#open.filter((route) => route !== this.current);
    if (this.#kept || others.length === 0) return false;
    this.#open = others;
    this.#sinceMs = undefined;
    return true;
  }
}
