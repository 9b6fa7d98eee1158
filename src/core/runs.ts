/** Runs: a list of small numbers as how many, of what, how many, of what… */
import { AppError } from './errors.ts';

export function toRuns(values: ArrayLike<number>): number[] {
  const runs: number[] = [];
  for (let at = 0; at < values.length;) {
    const value = values[at]!;
    const from = at;
    while (at < values.length && values[at] === value) at += 1;
    runs.push(at - from, value);
  }
  return runs;
}

/** @throws AppError 'bad-input' unless they are exactly `length` numbers, each a whole one of 0…most */
export function fromRuns(runs: readonly number[], length: number, most: number): Uint32Array<ArrayBuffer> {
  const values = new Uint32Array(length);
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const [count = 0, value = -1] = [runs[run], runs[run + 1]];
    const fits = Number.isInteger(count) && count > 0 && count <= length - at;
    if (!fits || !Number.isInteger(value) || value < 0 || value > most)
      throw new AppError('bad-input', 'these runs are not what they are said to be');
    values.fill(value, at, at + count);
    at += count;
  }
  if (at !== length) throw new AppError('bad-input', 'these runs end too early');
  return values;
}
