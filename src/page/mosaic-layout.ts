/** Where the tiles of a mosaic lie, in device pixels: every edge is a whole one, so that nothing is blurred. */

export interface MosaicLayout {
  readonly down: number;
  readonly across: number;
  /** From tile to tile. */
  readonly pitch: number;
  /** Of the tile itself; what is left of the pitch is the joint. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** CSS pixels: more, and a small product would shout. */
const MAX_PITCH = 56;
const JOINT_SHARE = 0.09;
/** Device pixels from which there is room for a joint. */
const JOINT_FROM = 3;

/** @param width,height - room in CSS pixels; @param ratio - device pixels for one of them */
export function layoutOf(
  { down, across }: { readonly down: number; readonly across: number },
  width: number,
  height: number,
  ratio: number,
): MosaicLayout {
  const room = Math.min((width * ratio) / across, (height * ratio) / down, MAX_PITCH * ratio);
  const pitch = Math.max(1, Math.floor(room));
  const joint = pitch < JOINT_FROM ? 0 : Math.max(1, Math.round(pitch * JOINT_SHARE));
  const [wide, high] = [pitch * across - joint, pitch * down - joint];
  return { down, across, pitch, size: pitch - joint, width: wide, height: high, ratio };
}

/** The tile at a point in device pixels from the top left corner; a joint belongs to the tile before it. */
export function tileAt({ down, across, pitch }: MosaicLayout, x: number, y: number): number | undefined {
  const [row, col] = [Math.floor(y / pitch), Math.floor(x / pitch)];
  return row >= 0 && row < down && col >= 0 && col < across ? row * across + col : undefined;
}
