import { expect, it } from 'vitest';
import { BoundedMap } from '../../src/platform/memory/bounded-map.js';

it('A bounded map replaces entries about as fast when it is large', () => {
  const [replacements, rounds] = [100_000, 3];
  /** The fastest of three rounds, because the collection of garbage can fall into any of them. */
  const fastestMs = (capacity: number) => {
    const filled = new BoundedMap<number, number>(capacity);
    let key = 0;
    const setUntil = (end: number) => {
      const startedAt = performance.now();
      for (; key < end; key++) filled.set(key, key);
      return performance.now() - startedAt;
    };
    setUntil(capacity);
    const times = Array.from({ length: rounds }, () => setUntil(key + replacements));
    expect([filled.size, filled.oldest()?.[0]]).toEqual([capacity, rounds * replacements]);
    return Math.min(...times);
  };
  // A large one does not fit into the processor's caches. One that searched its oldest entry would take a thousand times as long.
  expect(fastestMs(100_000)).toBeLessThan(50 * fastestMs(100));
});
