/** How long contributors wait for a lease that they have asked for and that there is. */
import type { Frame, FrameChannel } from '../../../src/net/channel.ts';
import type { Link } from '../../../src/net/link.ts';
import { decodeFromContributor, decodeFromCoordinator } from '../../../src/protocol/control.ts';
import { concatBytes } from '../../../src/core/bytes.ts';

/** The link, whose Ready messages and leases are timed. @param onLease - ms from the Ready to its lease */
export function timed(link: Link, onLease: (ms: number) => void): Link {
  let askedMs = 0;
  const { control } = link;
  const watched: FrameChannel = {
    send(frame, signal) {
      const message = decodeFromContributor(joined(frame));
      if (message.type === 'ready' && message.leases > 0) askedMs = performance.now();
      return control.send(frame, signal);
    },
    async receive(signal) {
      const frame = await control.receive(signal);
      if (frame && frame.length > 0 && decodeFromCoordinator(frame).type === 'lease')
        onLease(performance.now() - askedMs);
      return frame;
    },
    close: () => control.close(),
    abort: (error) => control.abort(error),
    get bytesIn() {
      return control.bytesIn;
    },
    get bytesOut() {
      return control.bytesOut;
    },
  };
  return new Proxy(link, { get: (of, name) => (name === 'control' ? watched : Reflect.get(of, name)) });
}

function joined(frame: Frame): Uint8Array {
  return frame instanceof Uint8Array ? frame : concatBytes(frame);
}
