/** What a contributor runs in: a GPU worker, and a session in a worker or, over WebRTC, on the page. */
import { systemClock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { ownScript } from '../core/trusted.ts';
import type { Transport } from './api.ts';
// eslint-disable-next-line import/default -- Vite makes it: the worker's address
import gpuScript from './gpu-worker.ts?worker&url';
import { Peer } from './remote.ts';
import type { SessionHost } from './session-host.ts';
// eslint-disable-next-line import/default
import sessionScript from './session-worker.ts?worker&url';

export interface Workers {
  readonly transport: Transport;
  readonly gpu: Worker;
  readonly peer: Peer<SessionHost>;
  /** Ends both; a session on the page says goodbye by itself. */
  end(): void;
}

export function spawn(transport: Transport): Workers {
  const { peer, end } = transport === 'websocket' ? workerSession() : pageSession();
  const gpu = new Worker(ownScript(gpuScript), { type: 'module', name: 'gpu' });
  gpu.addEventListener('error', (event) => {
    peer.die(new AppError('gpu-lost', `the GPU worker failed${event.message ? `: ${event.message}` : ''}`));
  });
  return {
    transport,
    gpu,
    peer,
    end() {
      end();
      gpu.terminate();
    },
  };
}

type Session = Pick<Workers, 'peer' | 'end'>;

function workerSession(): Session {
  const worker = new Worker(ownScript(sessionScript), { type: 'module', name: 'session' });
  return { peer: new Peer<SessionHost>(worker, systemClock), end: () => worker.terminate() };
}

/** Calls wait in the channel until the code is there. */
function pageSession(): Session {
  const { port1, port2 } = new MessageChannel();
  const peer = new Peer<SessionHost>(port2, systemClock);
  const loaded = import('./session-page.ts').catch((error: unknown) => {
    throw new AppError(
      'not-found',
      'A part of this page could not be loaded. Reload the page and try again.',
      {
        cause: error,
      },
    );
  });
  loaded.then(({ hostSession }) => hostSession(port1)).catch((error: unknown) => peer.die(toAppError(error)));
  const end = (): void =>
    void peer
      .call('stopping', peer.api.stop())
      .catch(() => {})
      .finally(() => port2.close());
  return { peer, end };
}
