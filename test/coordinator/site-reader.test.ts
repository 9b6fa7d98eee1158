/** What a claim may make the coordinator ask, against real servers on this machine. */
import type { LookupAddress } from 'node:dns';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_SITE_BYTES, type Resolve, siteReader } from '../../src/coordinator/site-reader.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const to =
  (...addresses: string[]): Resolve =>
  (_host, callback) => {
    const list = addresses.map((address): LookupAddress => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    callback(null, list);
  };

describe('a site on this machine', () => {
  it('is read, whatever it answers', async () => {
    const url = await serve(({ url: path, headers }, response) => {
      response.statusCode = path === '/' ? 200 : 404;
      response.end(`${path} ${headers['user-agent']}`);
    });
    expect(await siteReader()(`${url}/`)).toEqual({ status: 200, text: '/ tilework' });
    expect(await siteReader()(`${url}/x`)).toMatchObject({ status: 404 });
    const named = url.replace('127.0.0.1', 'localhost');
    expect(await siteReader(to('127.0.0.1'))(`${named}/`)).toMatchObject({ status: 200 });
  });

  it('does not send us elsewhere', async () => {
    let asked = 0;
    const elsewhere = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: elsewhere }).end('no'),
    );
    expect(await siteReader()(`${url}/`)).toEqual({ status: 302, text: 'no' });
    expect(asked).toBe(0);
  });

  it('is read so far and no further', async () => {
    const url = await serve((_request, response) => {
      response.on('error', () => {});
      const more = (): void => {
        while (response.write('x'.repeat(16_384)));
        response.once('drain', more);
      };
      more();
    });
    expect((await siteReader()(`${url}/`)).text).toHaveLength(MAX_SITE_BYTES);
  });

  it.each([
    ['that says nothing', () => {}],
    [
      'that never ends',
      (response: Parameters<RequestListener>[1]) => {
        response.write('a');
      },
    ],
  ] as const)('%s is given up', async (_what, answer) => {
    const url = await serve((_request, response) => answer(response));
    await expect(siteReader(undefined, 50)(`${url}/`)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('that is not there, or hangs up, is unreachable', async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(siteReader()(`${url}/`)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(siteReader()('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('is at a loopback address, or is not asked', async () => {
    for (const address of ['10.0.0.1', '192.0.2.1', '8.8.8.8', '::'])
      await expect(siteReader(to(address))('http://localhost:3000/')).rejects.toMatchObject({
        code: 'forbidden',
      });
  });
});

describe('a site elsewhere', () => {
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    'fd00::1',
    'fe80::1',
    'ff02::1',
    'nonsense',
  ])('is not asked at %s', async (address) => {
    for (const addresses of [[address], ['93.184.216.34', address]]) {
      const reading = siteReader(to(...addresses), 200)('https://example.org/.well-known/tilework.json');
      await expect(reading).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it.each(['https://10.0.0.5/', 'https://169.254.169.254/', 'https://192.168.0.1:8443/'])(
    'by its address is not asked either: %s',
    async (url) => {
      await expect(siteReader(to('93.184.216.34'), 200)(url)).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  it('whose name leads nowhere is unreachable', async () => {
    const gone: Resolve = (_host, callback) => {
      callback(new Error('ENOTFOUND'), []);
    };
    await expect(siteReader(gone)('https://example.org/')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(siteReader(to())('https://example.org/')).rejects.toMatchObject({ code: 'unreachable' });
  });
});
