/**
 * Draws the app's icons from the shapes of favicon.svg: `node src/page/make-icons.node.ts`. The result is committed.
 * The maskable one fills its square, and keeps its tiles within the circle of 40 % that every mask shows.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

type Colour = readonly [red: number, green: number, blue: number];

/** Of favicon.svg: a plate with rounded corners, and four quarter discs. */
const VIEW = 32;
const PLATE_RADIUS = 7;
const TILE = 9;
/** The least corner of each tile's square, and the centre of its arc. */
const TILES = [
  { x: 6, y: 6, centreX: 15, centreY: 6 },
  { x: 17, y: 6, centreX: 26, centreY: 15 },
  { x: 6, y: 17, centreX: 6, centreY: 17 },
  { x: 17, y: 17, centreX: 17, centreY: 26 },
] as const;
/** Read from the file so that the two cannot drift apart. */
const [PLATE, ...GLAZES] = coloursOf(readFileSync(resolve(import.meta.dirname, 'favicon.svg'), 'utf8'));
/** Samples a pixel, along each side. */
const FINE = 4;
const SAFE = 0.72;

function coloursOf(svg: string): Colour[] {
  return Array.from(svg.matchAll(/fill="#(\w\w)(\w\w)(\w\w)"/g), ([, r, g, b]) => [
    Number.parseInt(r!, 16),
    Number.parseInt(g!, 16),
    Number.parseInt(b!, 16),
  ]);
}

function colourAt(x: number, y: number, maskable: boolean): Colour | undefined {
  const scale = maskable ? SAFE : 1;
  const u = (x - VIEW / 2) / scale + VIEW / 2;
  const v = (y - VIEW / 2) / scale + VIEW / 2;
  for (const [i, { x: left, y: top, centreX, centreY }] of TILES.entries()) {
    const inside = u >= left && v >= top && u <= left + TILE && v <= top + TILE;
    if (inside && Math.hypot(u - centreX, v - centreY) <= TILE) return GLAZES[i];
  }
  if (maskable) return PLATE;
  const dx = Math.max(PLATE_RADIUS - x, x - (VIEW - PLATE_RADIUS), 0);
  const dy = Math.max(PLATE_RADIUS - y, y - (VIEW - PLATE_RADIUS), 0);
  return Math.hypot(dx, dy) <= PLATE_RADIUS ? PLATE : undefined;
}

/** RGBA, row by row, each with PNG's filter byte. */
function pixels(size: number, maskable: boolean): Uint8Array {
  const out = new Uint8Array(size * (1 + 4 * size));
  for (let row = 0; row < size; row++) {
    for (let col = 0; col < size; col++) {
      const sum = [0, 0, 0];
      let seen = 0;
      for (let s = 0; s < FINE * FINE; s++) {
        const x = ((col + ((s % FINE) + 0.5) / FINE) * VIEW) / size;
        const y = ((row + (Math.floor(s / FINE) + 0.5) / FINE) * VIEW) / size;
        const colour = colourAt(x, y, maskable);
        if (!colour) continue;
        seen += 1;
        for (const [i, part] of colour.entries()) sum[i]! += part;
      }
      const at = row * (1 + 4 * size) + 1 + 4 * col;
      for (const [i, part] of sum.entries()) out[at + i] = seen > 0 ? Math.round(part / seen) : 0;
      out[at + 3] = Math.round((255 * seen) / (FINE * FINE));
    }
  }
  return out;
}

/** PNG (ISO/IEC 15948): signature, header, one compressed stream, end. */
function png(size: number, maskable: boolean): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels(size, maskable), { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

for (const [name, size, maskable] of [
  ['icon-192.png', 192, false],
  ['icon-512.png', 512, false],
  ['icon-maskable-512.png', 512, true],
] as const) {
  writeFileSync(resolve(import.meta.dirname, name), png(size, maskable));
}
