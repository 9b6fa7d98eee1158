import { describe, expect, it } from 'vitest';
import { DeviceHistory } from '../../src/gpu/history.ts';

describe('DeviceHistory', () => {
  it('halves slices at every loss, down to an eighth', () => {
    const history = new DeviceHistory();
    const shares = Array.from({ length: 6 }, () => {
      const { sliceShare } = history;
      history.lost(undefined);
      return sliceShare;
    });
    expect(shares).toEqual([1, 1 / 2, 1 / 4, 1 / 8, 1 / 8, 1 / 8]);
    expect(history.losses).toBe(6);
  });

  it('benches a kernel that was at work at two losses, and no other', () => {
    const history = new DeviceHistory();
    history.lost('a');
    history.lost('b');
    history.lost(undefined);
    expect(['a', 'b', 'c'].map((kernel) => history.benched(kernel))).toEqual([false, false, false]);
    history.lost('a');
    expect(['a', 'b', 'c'].map((kernel) => history.benched(kernel))).toEqual([true, false, false]);
    history.lost('a');
    expect(history.benched('a')).toBe(true);
  });
});
