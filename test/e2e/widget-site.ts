/** A coordinator's HTTP side behind a proxy that logs what it is asked for. */
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface WidgetSite {
  readonly origin: string;
  /** Paths with queries, as they were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Machines that run tests have no GPU. The page itself must say that this is all right: no address can. */
const HEAD = '<head><meta name="software-adapter" content="allow">';

export async function serveWidgetSite(coordinator: { readonly url: string }): Promise<WidgetSite> {
  const asked: string[] = [];
  const { host, hostname, port } = new URL(coordinator.url);
  const server = createServer((request, response) => {
    const { url: path = '/', method = 'GET' } = request;
    asked.push(path);
    const onward = ask({ hostname, port, path, method, headers: { ...request.headers, host } }, (answer) => {
      if (!/^\/(\?|$)/.test(path)) {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        pipeline(answer, response, () => {});
        return;
      }
      void answer.toArray().then((parts) => {
        const { headers } = answer;
        delete headers['content-length'];
        response.writeHead(answer.statusCode ?? 500, headers);
        response.end(
          Buffer.concat(parts as Buffer[])
            .toString()
            .replace('<head>', HEAD),
        );
      });
    });
    onward.on('error', () => response.writeHead(502).end());
    pipeline(request, onward, () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
