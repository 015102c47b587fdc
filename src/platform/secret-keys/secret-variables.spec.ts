import { describe, expect, it } from 'vitest';
import { newestKnownToAll } from './secret-variables.js';

describe('newestKnownToAll', () => {
  it.each([
    [['new', 'old'], [], 'new'],
    [['new', 'old'], [['old']], 'old'],
    [['new', 'old'], [['new', 'old'], ['old']], 'old'],
    [['new', 'old'], [['old', 'new']], 'new'],
    [['new', 'old'], [['other']], null],
  ])('of %j, beside %j, is %s', (own, others, expected) => {
    expect(newestKnownToAll(own, others)).toBe(expected);
  });
});
