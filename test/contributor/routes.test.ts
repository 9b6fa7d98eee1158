import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type ContributorStatus, STOPPED } from '../../src/contributor/api.ts';
import { Routes, routesTo } from '../../src/contributor/routes.ts';

const PEER = '/p2p/12D3KooWBAzhZrrDBLTwY9VpHMtZznWo65UN2XTuiqYEu9cQb4Vs';
const DIRECT = `/ip4/203.0.113.5/udp/9002/webrtc-direct/certhash/uEiBFQEZuCD_x${PEER}`;
const PLAIN = `/ip4/203.0.113.5/tcp/9001/ws${PEER}`;
const SECURE = `/dns4/example.org/tcp/443/tls/ws${PEER}`;

const ways = (addresses: string[], https: boolean): string[] =>
  routesTo(addresses, { https }).map((route) => `${route.transport} ${route.addresses.length}`);

describe('the ways to a coordinator', () => {
  it('begin with WebSocket wherever the page may open one', () => {
    expect(ways([DIRECT, PLAIN], false)).toEqual(['websocket 1', 'webrtc-direct 1']);
    expect(ways([DIRECT, PLAIN, SECURE], true)).toEqual(['websocket 1', 'webrtc-direct 1']);
    expect(ways([PLAIN], false)).toEqual(['websocket 1']);
  });

  it.each([
    SECURE,
    `/dns4/a.example/tcp/443/wss${PEER}`,
    `/dns4/a.example/tcp/443/tls/sni/a.example/ws${PEER}`,
    `/ip4/127.0.0.1/tcp/9001/ws${PEER}`,
    `/ip6/::1/tcp/9001/ws${PEER}`,
    `/dns4/localhost/tcp/9001/ws${PEER}`,
  ])('include, from an https page, %s', (address) => {
    expect(ways([address, DIRECT], true)).toEqual(['websocket 1', 'webrtc-direct 1']);
  });

  it('are webrtc-direct alone from an https page to a coordinator without TLS', () => {
    expect(ways([PLAIN, DIRECT], true)).toEqual(['webrtc-direct 1']);
  });

  it('are the ones that there are, though no good, so that the browser says what is wrong', () => {
    expect(ways([PLAIN], true)).toEqual(['websocket 1']);
  });

  it('are what the visitor asks for, where the coordinator has it', () => {
    const asked = { https: false, asked: 'webrtc-direct' } as const;
    expect(routesTo([PLAIN, DIRECT], asked)).toEqual([{ transport: 'webrtc-direct', addresses: [DIRECT] }]);
    expect(() => routesTo([PLAIN], asked)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

/** What a session says in vain, at a time in seconds after the first. */
function trying(addresses: string[]): {
  routes: Routes;
  at: (seconds: number, change?: Partial<ContributorStatus>, code?: ErrorCode) => boolean;
} {
  let nowMs = 0;
  const routes = new Routes(routesTo(addresses, { https: false }), {
    now: () => nowMs,
    after: () => () => {},
  });
  return {
    routes,
    at(seconds, change = {}, code = 'unreachable') {
      nowMs = seconds * 1000;
      return routes.gaveUp({ ...STOPPED, stage: 'connecting', problem: { code, message: '' }, ...change });
    },
  };
}

describe('a way that does not lead there', () => {
  it('gives way to the other one and back, more slowly every time', () => {
    const { routes, at } = trying([PLAIN, DIRECT]);
    const turns: number[] = [];
    for (let second = 0; second < 300; second++) if (at(second)) turns.push(second);
    // Each begins with the next status.
    expect(turns).toEqual([3, 10, 23, 48, 97, 158, 219, 280]);
    expect(routes.current.transport).toBe('websocket');
    expect(at(342)).toBe(true);
    expect(routes.current.transport).toBe('webrtc-direct');
  });

  it('is not counted before it is tried: a GPU may take its time', () => {
    const { at } = trying([PLAIN, DIRECT]);
    expect(at(0, { stage: 'testing', problem: undefined })).toBe(false);
    expect(at(60)).toBe(false);
    expect(at(63)).toBe(true);
  });

  it('stays when there is no other, when it was good once, and for a coordinator that is another', () => {
    expect(trying([PLAIN]).at(100)).toBe(false);
    const once = trying([PLAIN, DIRECT]);
    expect(once.at(1, { network: 'n', problem: undefined, stage: 'waiting' })).toBe(false);
    expect(once.at(1000)).toBe(false);
    expect(once.routes.drop()).toBe(false);
    const other = trying([PLAIN, DIRECT]);
    other.at(0);
    expect(other.at(1000, {}, 'wrong-peer')).toBe(false);
  });

  it('is dropped for good when the browser does not allow it', () => {
    const { routes, at } = trying([PLAIN, DIRECT]);
    at(0);
    expect(at(4)).toBe(true);
    expect(routes.current.transport).toBe('webrtc-direct');
    expect(routes.drop()).toBe(true);
    expect(routes.current.transport).toBe('websocket');
    expect(at(1000)).toBe(false);
    expect(routes.drop()).toBe(false);
  });
});
