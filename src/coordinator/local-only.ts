/** Which addresses reach the operator's doors: this machine, and those that were named at the start. */
import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';

/** A proxy that was not named adds one of these; then the socket's address is the proxy's, not the client's. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** @throws AppError 'bad-input' for what is neither an address nor a network such as 10.0.0.0/8. */
export function addressList(texts: readonly string[], option: string): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits, ...rest] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (isIP(address) === 0 || !(prefix <= most) || rest.length > 0) {
      throw new AppError(
        'bad-input',
        `${option}: ${JSON.stringify(text)} is neither an address nor a network such as 10.0.0.0/8`,
      );
    }
    list.addSubnet(address, prefix, family);
  }
  return list;
}

const LOOPBACK = addressList(['127.0.0.0/8', '::1'], 'loopback');

/** BlockList compares ::ffff:127.0.0.1 with IPv4 rules as it should. */
function holds(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether a request comes from a named address, or straight from this machine. Straight: not through a proxy
 * that nobody told us to trust, and not with a foreign Host, which a web page brings along that made its own
 * name point here (DNS rebinding).
 */
export function isFromOperator(request: FastifyRequest, named: BlockList): boolean {
  if (holds(named, request.ip)) return true;
  const direct = request.ip === request.socket.remoteAddress;
  if (direct && FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined)) return false;
  return holds(LOOPBACK, request.ip) && isLoopbackHost(request.headers.host);
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || holds(LOOPBACK, name);
}
