import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  it('starts at one second and doubles up to five minutes', () => {
    const waits = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, 0) / 1000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it('adds up to a fifth at random, but never exceeds five minutes', () => {
    expect(backoffMs(1, 1)).toBe(1200);
    expect(backoffMs(9, 1)).toBe(300_000);
    expect(backoffMs(10_000, 1)).toBe(300_000);
  });
});
