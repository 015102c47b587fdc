import { expect, it } from 'vitest';
import { ADVISORY_LOCKS } from './advisory-locks.js';

it('Every advisory lock has a key of its own, which PostgreSQL can store', () => {
  const keys = Object.values(ADVISORY_LOCKS).map(BigInt);
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(BigInt.asIntN(64, key)).toBe(key);
});
