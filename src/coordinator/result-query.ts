/** Which part of a product somebody asks for. */
import { AppError } from '../core/errors.ts';
import type { Shape } from '../matrix/blocks.ts';
import type { Part } from '../matrix/part.ts';

export interface ResultQuery {
  readonly rows?: string;
  readonly cols?: string;
  readonly top?: number;
  readonly part?: 'values' | 'indices';
}

/** @throws AppError 'bad-input' for what is no span, is empty, or reaches beyond C. */
export function partOf({ rows, cols }: ResultQuery, shape: Shape): Part {
  const [row, rowEnd] = spanOf(rows, shape.rows, 'rows');
  const [col, colEnd] = spanOf(cols, shape.cols, 'cols');
  return { row, rowEnd, col, colEnd };
}

/** @throws AppError 'bad-input' for more than a row of the part has, and for `part` without `top`. */
export function topOf({ top, part }: ResultQuery, { col, colEnd }: Part): number | undefined {
  if (top === undefined && part !== undefined)
    throw new AppError('bad-input', `part=${part} goes with top, such as top=10&part=${part}`);
  if (top !== undefined && top > colEnd - col)
    throw new AppError('bad-input', `top=${top} is more than the ${colEnd - col} columns asked for`);
  return top;
}

function spanOf(text: string | undefined, length: number, name: string): [from: number, to: number] {
  if (text === undefined) return [0, length];
  const match = /^(\d{0,10}):(\d{0,10})$/.exec(text);
  if (!match)
    throw new AppError(
      'bad-input',
      `${name}=${text} is not a span like ${name}=0:256, the first and the one after the last`,
    );
  const from = Number(match[1]);
  const to = match[2] === '' ? length : Number(match[2]);
  if (to > length)
    throw new AppError('bad-input', `${name}=${text} reaches beyond the ${length} ${name} of the product`);
  if (from >= to) throw new AppError('bad-input', `${name}=${text} is empty`);
  return [from, to];
}
