/** A headless contributor against pages with the real hooks, in a real browser: press, mirror, reopen, stop. */
import { describe, expect, it } from 'vitest';
import { findBrowser } from '../../src/cli/browser.ts';
import { contribute } from '../../src/cli/contribute.ts';
import type { PageStatus } from '../../src/cli/page-status.ts';
import { keepTab } from '../../src/cli/tab.ts';
import { AppError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type TestServer, deadUrl, serve } from '../client/server.ts';
import { testContext } from './memory-terminal.ts';

/** `stages[n]`: what the page shows after its button was pressed, the n-th time it is loaded. */
async function pages(...stages: string[]): Promise<TestServer> {
  let loads = 0;
  return serve((request, response) => {
    const path = request.url!.split('?')[0];
    if (path === '/') {
      const attributes = stages[Math.min(loads++, stages.length - 1)]!;
      response.writeHead(200, { 'content-type': 'text/html' }).end(html(attributes));
    } else {
      response.writeHead(path === '/started' || path === '/stopped' ? 204 : 404).end();
    }
  });
}

function html(started: string): string {
  return `<!doctype html><tilework-page data-stage="stopped" data-shards="0" data-microcredits="0">
    <p style="height: 3000px">far above</p>
    <button data-testid="toggle">Start</button> <span data-testid="status">Ready.</span>
    <p data-testid="notice">Mind the gap.</p></tilework-page>
    <script>
      const page = document.querySelector('tilework-page');
      const status = page.querySelector('span');
      page.querySelector('button').onclick = async (event) => {
        if (!event.isTrusted) return;
        const running = page.dataset.stage !== 'stopped';
        await fetch(running ? 'stopped' : 'started' + location.search, { method: 'POST' });
        Object.assign(page.dataset, running ? { stage: 'stopped' } : ${started});
        status.textContent = running ? 'Stopped.' : 'Computing a shard.';
      };
    </script>`;
}

describe('a headless contributor', () => {
  it('presses the button as a person does, tells what the page tells, and stops in order', async () => {
    const { url, seen } = await pages(`{ stage: 'computing', shards: 2, microcredits: 5 }`);
    const abort = new AbortController();
    const statuses: PageStatus[] = [];
    await keepTab({
      browser: findBrowser(process.env, 'chromium'),
      url: `${url}/?software=allow`,
      software: true,
      clock: systemClock,
      signal: abort.signal,
      onStatus: (status) => {
        statuses.push(status);
        if (status.stage === 'computing') abort.abort();
      },
      onTrouble: (message) => expect.unreachable(message),
    });
    expect(statuses.at(-1)).toMatchObject({ sentence: 'Computing a shard.', shards: 2, microcredits: '5' });
    expect(seen.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /started?software=allow',
      'POST /stopped',
    ]);
  });

  it('opens the page again after a problem that a fresh page may not have', async () => {
    const { url } = await pages(
      `{ stage: 'failed', problem: 'gpu-lost' }`,
      `{ stage: 'computing', shards: 1, microcredits: 7 }`,
    );
    const abort = new AbortController();
    const context = testContext({ signal: abort.signal, env: process.env });
    const terminal = {
      ...context.terminal,
      out: (line: string) => {
        context.terminal.out(line);
        if (line.includes('1 shard')) abort.abort();
      },
    };
    await contribute({ url, tabs: 1, allowSoftware: true }, { ...context, terminal });
    expect(context.terminal.outLines).toEqual(['[1] Computing a shard — 1 shard, 0.000007 credit']);
    expect(context.terminal.noteLines.slice(1)).toEqual([
      '[1] Mind the gap; opening it again in 1 s',
      'stopped after 1 verified shard, 0.000007 credit',
    ]);
  });

  it('ends with the reason when the page cannot go on', async () => {
    const { url } = await pages(`{ stage: 'failed', problem: 'software-adapter' }`);
    const work = contribute({ url, tabs: 2, allowSoftware: true }, testContext({ env: process.env }));
    await expect(work).rejects.toThrow(/--allow-software/);
  });

  it('says that it cannot reach the page, and keeps trying', async () => {
    const url = await deadUrl();
    const abort = new AbortController();
    const context = testContext({ signal: abort.signal, env: process.env });
    const terminal = {
      ...context.terminal,
      note: (line: string) => {
        context.terminal.note(line);
        if (line.includes('in 2 s')) abort.abort(new AppError('aborted', 'stopped'));
      },
    };
    await contribute({ url, tabs: 1, allowSoftware: true }, { ...context, terminal });
    expect(context.terminal.noteLines.slice(1, 3)).toEqual([
      `[1] cannot reach ${url}/?software=allow&intensity=100 (net::ERR_CONNECTION_REFUSED); opening it again in 1 s`,
      `[1] cannot reach ${url}/?software=allow&intensity=100 (net::ERR_CONNECTION_REFUSED); opening it again in 2 s`,
    ]);
  });
});
