import { describe, expect, it } from 'vitest';
import { Demand } from './demand.js';

const TERM_MS = 1000;

describe('the demand of a key', () => {
  it('is high from the third request within a term', () => {
    const demand = new Demand();
    expect([0, 400, 999].map((now) => demand.count('key', now, TERM_MS))).toEqual([false, false, true]);
  });

  it('is not high for two requests a term, nor for requests of other keys', () => {
    const demand = new Demand();
    for (let now = 0; now < 20_000; now += TERM_MS / 2) expect(demand.count('key', now, TERM_MS)).toBe(false);
    for (let key = 0; key < 5; key++) expect(demand.count(`key ${key}`, 0, TERM_MS)).toBe(false);
  });

  it('stays high after a lease that was used, and not after one that was not', () => {
    const demand = new Demand();
    demand.noteLease('used', 5000, 2);
    demand.noteLease('unused', 5000, 1);
    expect(demand.count('used', 5999, TERM_MS)).toBe(true);
    expect(demand.count('unused', 5999, TERM_MS)).toBe(false);
  });

  it('is remembered for a bounded number of keys', () => {
    const demand = new Demand();
    for (let key = 0; key < 20_000; key++) demand.count(String(key), 0, TERM_MS);
    expect(demand.size).toBe(10_000);
  });
});
