import { describe, expect, it } from 'vitest';
import { changedNames } from './changed-names.js';

const names = (notice: unknown) => changedNames(notice, 'a:');

describe('changedNames', () => {
  it('returns the names of the keys without the prefix, the empty one too', () => {
    expect(names([Buffer.from('a:ada'), Buffer.from('a:bob'), Buffer.from('a:')])).toEqual([
      'ada',
      'bob',
      '',
    ]);
    expect(names([])).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['null, as after FLUSHALL', null],
    ['a published text', Buffer.from('a:ada')],
    ['an empty text', Buffer.alloc(0)],
    ['a string', 'a:ada'],
    ['a number', 1],
    ['nothing', undefined],
    ['keys in an array of their own', [[Buffer.from('a:ada')]]],
    ['a number among keys', [Buffer.from('a:ada'), 1]],
    ['null among keys', [Buffer.from('a:ada'), null]],
    ['a string among keys', ['a:ada']],
    ['a key shorter than the prefix', [Buffer.from('a')]],
    ['a key with another prefix', [Buffer.from('a:ada'), Buffer.from('b:ada')]],
  ])('returns null for %s', (_what, notice) => {
    expect(names(notice)).toBeNull();
  });
});
