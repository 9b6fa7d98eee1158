/**
 * What links, memories and GPUs allow at best on one product C = A·Bᵀ of rows × cols entries over K: the least
 * seconds and the least bytes, whatever the plan. Pure.
 *
 * A contributor that computes an area of C must receive the rows of A and of B that meet there, at the least
 * those of the best rectangle of that area, must send the area, and must do its multiply-adds. The half-perimeter
 * sum is the bound of Beaumont, Boudet, Rastello, Robert, "Matrix multiplication on heterogeneous platforms"
 * (IEEE TPDS 2001); no partition into rectangles is guaranteed to come nearer to it than 2/√3 (NRRP: Beaumont,
 * Eyraud-Dubois, Lambert, IPDPS 2016). Where the rows and columns do not fit into memory they travel more
 * than once: then the bound is that of Smith, Lowery, Langou, van de Geijn (arXiv 1702.02017), which sharpens
 * Hong–Kung (1981) and Irony–Toledo–Tiskin (2004).
 *
 * For one operand used twice (X·Xᵀ) rows and columns may be the same; a plan can then need less than this.
 */

export interface BoundedProduct {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  /** Bytes of a value of A and of B on the wire; 0 for an operand that is made from a seed. */
  readonly aBytes: number;
  readonly bBytes: number;
  /** Bytes of an entry of C on the wire. */
  readonly cBytes: number;
}

export interface Capacity {
  /** Bytes a second. */
  readonly down: number;
  readonly up: number;
  /** Multiply-adds a second. */
  readonly rate: number;
  /** Operand bytes that it can keep. @default no limit */
  readonly memory?: number;
}

export type Limit = 'down' | 'up' | 'rate';

export interface ProductBound {
  /** Infinity when nobody can do anything. */
  readonly seconds: number;
  /** Operands down and results up, over all contributors. */
  readonly bytes: number;
  /** Entries of C for each contributor, in their order. */
  readonly areas: readonly number[];
  /** What each of them waits for at that time. */
  readonly limits: readonly Limit[];
  /** Some operands cannot be kept and travel again. */
  readonly memoryLimited: boolean;
}

/** Halvings of the interval that holds the answer: more than a double can tell apart. */
const HALVINGS = 60;

export function productBound(product: BoundedProduct, capacities: readonly Capacity[]): ProductBound {
  const area = product.rows * product.cols;
  const within = (seconds: number): number =>
    capacities.reduce((sum, capacity) => sum + areaWithin(product, capacity, seconds), 0);
  let seconds = 1e-3;
  while (within(seconds) < area && seconds < 1e15) seconds *= 2;
  if (within(seconds) < area)
    return { seconds: Infinity, bytes: Infinity, areas: [], limits: [], memoryLimited: false };
  for (let low = 0, i = 0; i < HALVINGS; i++) {
    const middle = (low + seconds) / 2;
    if (within(middle) < area) low = middle;
    else seconds = middle;
  }
  const total = within(seconds);
  const areas = capacities.map((capacity) => (areaWithin(product, capacity, seconds) * area) / total);
  const received = capacities.map(({ memory }, i) => receivedBytes(product, areas[i]!, memory));
  return {
    seconds,
    bytes: received.reduce((sum, bytes) => sum + bytes, area * product.cBytes),
    areas,
    limits: capacities.map((capacity) => limitWithin(product, capacity, seconds)),
    memoryLimited: capacities.some(({ memory = Infinity }, i) => perimeterBytes(product, areas[i]!) > memory),
  };
}

/** The most entries of C that one contributor can do in this time. */
export function areaWithin(product: BoundedProduct, capacity: Capacity, seconds: number): number {
  return Math.min(
    product.rows * product.cols,
    areaReceived(product, capacity, seconds),
    areaSent(product, capacity, seconds),
    areaComputed(product, capacity, seconds),
  );
}

/** The least time in which one contributor can do this area of C, entries. */
export function secondsFor(
  product: BoundedProduct,
  { down, up, rate, memory }: Capacity,
  area: number,
): number {
  const fetching = receivedBytes(product, area, memory) / down;
  return Math.max(fetching, (area * product.cBytes) / up, (area * product.k) / rate);
}

/** The least bytes of operands to receive for an area of C, entries, with this much memory, bytes. */
export function receivedBytes(product: BoundedProduct, area: number, memory = Infinity): number {
  const once = perimeterBytes(product, area);
  const value = Math.min(product.aBytes, product.bBytes);
  if (once <= memory || value === 0) return once;
  const words = memory / value;
  return Math.max(once, ((2 * area * product.k) / Math.sqrt(words) - 2 * words) * value);
}

/** What one contributor waits for in this time. */
export function limitWithin(product: BoundedProduct, capacity: Capacity, seconds: number): Limit {
  const down = areaReceived(product, capacity, seconds);
  const up = areaSent(product, capacity, seconds);
  const rate = areaComputed(product, capacity, seconds);
  if (rate <= Math.min(down, up)) return 'rate';
  return up <= down ? 'up' : 'down';
}

function areaSent({ cBytes }: BoundedProduct, { up }: Capacity, seconds: number): number {
  return cBytes > 0 ? (seconds * up) / cBytes : Infinity;
}

function areaComputed({ k }: BoundedProduct, { rate }: Capacity, seconds: number): number {
  return (seconds * rate) / k;
}

/** The inverse of `receivedBytes`. */
function areaReceived(
  product: BoundedProduct,
  { down, memory = Infinity }: Capacity,
  seconds: number,
): number {
  const bytes = seconds * down;
  const once = areaOfPerimeter(product, bytes);
  const value = Math.min(product.aBytes, product.bBytes);
  if (bytes <= memory || value === 0) return once;
  const words = memory / value;
  return Math.min(once, ((bytes / value + 2 * words) * Math.sqrt(words)) / (2 * product.k));
}

/** The least bytes of the rows and columns of a rectangle of this area within C. */
function perimeterBytes({ rows, cols, k, aBytes, bBytes }: BoundedProduct, area: number): number {
  if (area <= 0) return 0;
  // Where bytes of rows and of columns are equal, unless one side is too long for C.
  const even = aBytes > 0 ? Math.sqrt((area * bBytes) / aBytes) : rows;
  const height = Math.min(rows, Math.max(even, area / cols));
  return (height * aBytes + (area / height) * bBytes) * k;
}

/** The largest rectangle within C whose rows and columns have at most so many bytes. */
function areaOfPerimeter({ rows, cols, k, aBytes, bBytes }: BoundedProduct, bytes: number): number {
  const row = aBytes * k;
  const col = bBytes * k;
  const height = row > 0 ? bytes / (2 * row) : Infinity;
  const width = col > 0 ? bytes / (2 * col) : Infinity;
  if (height <= rows && width <= cols) return height * width;
  if (height > rows && width > cols) {
    const tall = within(rows, col > 0 ? (bytes - rows * row) / col : Infinity, cols);
    const wide = within(cols, row > 0 ? (bytes - cols * col) / row : Infinity, rows);
    return Math.max(tall, wide);
  }
  return height > rows
    ? within(rows, (bytes - rows * row) / col, cols)
    : within(cols, (bytes - cols * col) / row, rows);
}

function within(side: number, other: number, most: number): number {
  return side * Math.max(0, Math.min(most, other));
}
