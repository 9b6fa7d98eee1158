/** Bytes of blocks that all contributors' links have moved, also of those that are gone. */
import type { Link } from '../net/link.ts';

export interface Moved {
  readonly sent: number;
  readonly received: number;
}

export class Traffic {
  #sent = 0;
  #received = 0;

  /** Call once for each link. */
  ended({ blocks }: Pick<Link, 'blocks'>): void {
    this.#sent += blocks.bytesUp;
    this.#received += blocks.bytesDown;
  }

  total(open: readonly Pick<Link, 'blocks'>[]): Moved {
    let [sent, received] = [this.#sent, this.#received];
    for (const { blocks } of open) {
      sent += blocks.bytesUp;
      received += blocks.bytesDown;
    }
    return { sent, received };
  }
}
