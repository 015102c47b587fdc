import { describe, expect, it } from 'vitest';
import { GenerationalCache } from './generational-cache.js';

const nothing = () => ({ made: true });

describe('GenerationalCache', () => {
  it('keeps values in use, and drops those unused for a whole generation', () => {
    const map = new GenerationalCache<{ made: boolean }>();
    const used = map.use('used', nothing);
    const unused = map.use('unused', nothing);
    for (let generation = 0; generation < 3; generation++) {
      map.age();
      expect(map.use('used', nothing)).toBe(used);
    }
    expect(map.use('unused', nothing)).not.toBe(unused);
  });

  it('reports each value once per generation', () => {
    let young = 0;
    const map = new GenerationalCache<{ made: boolean }>(() => (young += 1));
    map.use('a', nothing);
    map.use('a', nothing);
    map.use('b', nothing);
    expect([young, map.youngSize]).toEqual([2, 2]);
    map.age();
    map.use('a', nothing);
    expect([young, map.youngSize]).toEqual([3, 1]);
  });
});
