/** The doctor's look at an address, as visitors' browsers and contributors will see it. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { ContributorNode } from '../net/contributor-node.ts';
import { isWebRtcDirect } from '../net/webrtc-address.ts';
import { generateKey } from '../protocol/keys.ts';
import { type Finding, attempt, clockFinding, ok, problem, warning } from './doctor.ts';
import { socketOrigin } from './http.ts';

const ANSWER_MS = 10_000;
const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;

export async function examineAddress(url: string, clock: Clock): Promise<readonly Finding[]> {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const reach =
    'see that the coordinator runs, that its name leads here, and that the proxy passes requests on';
  const page = await attempt('page', reach, () => pageFindings(base, clock));
  // Nothing else would say more.
  if (page.some(({ check, level }) => check === 'page' && level === 'problem')) return page;
  let addresses: readonly string[] = [];
  const config = await attempt(
    'coordinator.json',
    'serve it beside the page, or name it in the page',
    async () => {
      addresses = await addressesOf(base);
      return ok(
        'coordinator.json',
        `${addresses.length} ${addresses.length === 1 ? 'address' : 'addresses'}`,
      );
    },
  );
  const dialled = await Promise.all(
    addresses.map((address) =>
      attempt('contributors', 'see that --announce says what the proxy passes on to the peer port', () =>
        addressFindings(base, address, clock),
      ),
    ),
  );
  const browser = await attempt('browser', reach, () => browserFindings(base, addresses));
  const tls =
    base.protocol === 'https:' ? await tlsFindings(base.hostname, Number(base.port || 443), clock) : [];
  return [...page, ...tls, ...config, ...dialled.flat(), ...browser];
}

async function pageFindings(base: URL, clock: Clock): Promise<Finding[]> {
  const beforeMs = clock.now();
  const response = await get(base);
  const tookMs = clock.now() - beforeMs;
  const text = await response.text();
  const date = Date.parse(response.headers.get('date') ?? '');
  // A Date header is cut to the second.
  const findings = Number.isNaN(date)
    ? []
    : [clockFinding(base.host, beforeMs + tookMs / 2 - (date + 500), 500 + tookMs)];
  const isPage = response.ok && /<tilework-page|<script[^>]+type="?module/.test(text);
  const ready = await get(new URL('readyz', base)).catch(() => undefined);
  if (ready?.status === 503) findings.push(readyFinding((await ready.json()) as Record<string, unknown>));
  return [
    isPage
      ? ok('page', `${base.href} is there, in ${tookMs} ms`)
      : problem(
          'page',
          `${base.href} answers ${response.status}, and not with the page`,
          'build it (npm run build) and serve dist/ there',
        ),
    ...findings,
  ];
}

function readyFinding(view: Record<string, unknown>): Finding {
  const bad = ['database', 'blocks', 'peers'].filter((part) => view[part] === false);
  if (view['draining'] === true) bad.push('it is stopping');
  return problem('ready', `/readyz says that it is not: ${bad.join(', ')}`, 'its log says why');
}

async function addressesOf(base: URL): Promise<readonly string[]> {
  const response = await get(new URL('coordinator.json', base));
  if (!response.ok) throw new AppError('unreachable', `coordinator.json answers ${response.status}`);
  const { v, addrs } = (await response.json()) as { v?: unknown; addrs?: unknown };
  const fits =
    v === 1 && Array.isArray(addrs) && addrs.length > 0 && addrs.every((each) => typeof each === 'string');
  if (!fits) throw new AppError('bad-file', 'coordinator.json lists no addresses');
  return addrs;
}

async function addressFindings(base: URL, address: string, clock: Clock): Promise<Finding[]> {
  const check = 'contributors';
  if (isWebRtcDirect(address)) {
    return [
      warning(
        check,
        `${address} was not dialled`,
        'open the page with ?transport=webrtc-direct in a browser',
      ),
    ];
  }
  const origin = socketOrigin(address);
  if (origin === undefined)
    return [
      problem(check, `${address} is nothing that a browser can dial`, 'announce /dns4/HOST/tcp/443/tls/ws'),
    ];
  const { protocol, hostname, port } = new URL(origin);
  const findings: Finding[] = [];
  const here = isLoopback(hostname);
  if (base.protocol === 'https:' && protocol === 'ws:' && !here) {
    findings.push(
      problem(
        check,
        `a page under https may not connect to ${origin}`,
        'put TLS in front of the peer port and announce /dns4/HOST/tcp/443/tls/ws',
      ),
    );
  }
  if (here && !isLoopback(base.hostname)) {
    findings.push(
      problem(check, `${address} leads every visitor to their own machine`, 'name this one with --announce'),
    );
  }
  if (protocol === 'wss:') findings.push(...(await tlsFindings(hostname, Number(port || 443), clock)));
  const startMs = clock.now();
  await dial(address, clock);
  return [...findings, ok(check, `${address} answers as that coordinator, in ${clock.now() - startMs} ms`)];
}

/** As a contributor connects: WebSocket, the coordinator's key, both streams. @throws AppError as the node says */
async function dial(address: string, clock: Clock): Promise<void> {
  const stop = new AbortController();
  const source = (): Promise<undefined> => Promise.resolve(undefined);
  const node = new ContributorNode({
    key: await generateKey(),
    addresses: [address],
    clock,
    rng: cryptoRng,
    source,
  });
  const connected = Promise.withResolvers<void>();
  const running = node.connectForever({
    signal: stop.signal,
    onLink: (link) => {
      connected.resolve();
      return link.close();
    },
    onState: ({ state, error }) => {
      if (state === 'waiting')
        connected.reject(new AppError('unreachable', `${address}: ${reasonOf(error)}`));
    },
  });
  try {
    await withDeadline(clock, ANSWER_MS, `connecting to ${address}`, connected.promise);
  } finally {
    stop.abort();
    await running.catch(() => {});
    await node.stop();
  }
}

function reasonOf(error: AppError | undefined): string {
  return error?.message ?? 'it does not answer';
}

async function browserFindings(base: URL, addresses: readonly string[]): Promise<Finding[]> {
  const page = await get(base);
  const policy = page.headers.get('content-security-policy') ?? '';
  const html = await page.text();
  const findings: Finding[] = [];
  const connect = /connect-src ([^;]*)/.exec(policy)?.[1]?.split(/\s+/);
  const blocked = addresses
    .map(socketOrigin)
    .filter((origin) => origin !== undefined && !connect?.includes(origin));
  if (policy === '') {
    findings.push(
      warning(
        'browser',
        'the page comes without a content security policy',
        'have the web server send one: see the README',
      ),
    );
  } else if (blocked.length > 0) {
    findings.push(
      problem(
        'browser',
        `the page's policy forbids ${blocked.join(', ')}`,
        "add it to connect-src, beside 'self'",
      ),
    );
  } else {
    findings.push(ok('browser', 'its policy lets the page reach every address'));
  }
  const script = await workerScript(base, html);
  if (script === undefined) return findings;
  const allowed = /script-src [^;]*'wasm-unsafe-eval'/.test(
    script.headers.get('content-security-policy') ?? '',
  );
  // A worker without a policy of its own has none.
  findings.push(
    allowed || !script.headers.has('content-security-policy')
      ? ok('browser', 'workers may use WebAssembly for their cipher')
      : warning(
          'browser',
          'workers may not use WebAssembly: twice the processor time for each byte',
          "send script-src 'self' 'wasm-unsafe-eval' with assets/*.js",
        ),
  );
  const type = script.headers.get('content-type') ?? '';
  if (!/javascript/.test(type))
    findings.push(problem('browser', `scripts come as "${type}"`, 'send .js files as text/javascript'));
  return findings;
}

/** Any built script: all are sent alike. */
async function workerScript(base: URL, html: string): Promise<Response | undefined> {
  const path = /(?:src|href)="([^"]*assets\/[^"]+\.js)"/.exec(html)?.[1];
  return path === undefined ? undefined : get(new URL(path, base));
}

async function tlsFindings(host: string, port: number, clock: Clock): Promise<readonly Finding[]> {
  return attempt('tls', 'see that the certificate covers this name and comes with its chain', async () => {
    const validTo = await withDeadline(clock, ANSWER_MS, `TLS with ${host}`, certificateEnd(host, port));
    const days = Math.floor((validTo - clock.now()) / DAY_MS);
    const text = `the certificate of ${host} is good for ${days} days`;
    return days < RENEW_DAYS
      ? warning('tls', text, 'renew it; Caddy and certbot do so by themselves when they run')
      : ok('tls', text);
  });
}

/** Ms since the epoch. @throws for a certificate that browsers would refuse */
function certificateEnd(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ...name }, () => {
      const { valid_to } = socket.getPeerCertificate();
      socket.end();
      resolve(Date.parse(valid_to));
    });
    socket.once('error', (error) => reject(toAppError(error, 'unreachable')));
  });
}

function get(url: URL): Promise<Response> {
  return fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(ANSWER_MS) });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
