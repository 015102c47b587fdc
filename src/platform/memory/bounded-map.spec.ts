import { beforeEach, describe, expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.js';

describe('BoundedMap', () => {
  let map: BoundedMap<string, number>;
  const found = () => ['a', 'b', 'c', 'd'].filter((key) => map.has(key)).join('');

  beforeEach(() => {
    map = new BoundedMap(3);
    for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  });

  it('replaces the entry that was set longest ago', () => {
    map.set('d', 3);
    expect([found(), map.size]).toEqual(['bcd', 3]);
  });

  it('counts an entry that is set again as new', () => {
    map.set('a', 4);
    map.set('d', 3);
    expect([found(), map.get('a')]).toEqual(['acd', 4]);
  });

  it('does not count a look-up', () => {
    map.get('a');
    map.set('d', 3);
    expect(found()).toBe('bcd');
  });

  it('drops no entry to replace another of the same key when it is full', () => {
    map.set('b', 5);
    expect([found(), map.get('b')]).toEqual(['abc', 5]);
  });

  it('names its oldest entry, which is the first to be replaced', () => {
    map.set('a', 4);
    expect(map.oldest()).toEqual(['b', 1]);
    map.delete('b');
    expect(map.oldest()).toEqual(['c', 2]);
    map.delete('a');
    map.delete('c');
    expect(map.oldest()).toBeUndefined();
    map.set('d', 3);
    expect(map.oldest()).toEqual(['d', 3]);
  });

  it('deletes by key, by value, and everything', () => {
    map.delete('a');
    map.deleteWhere((value) => value === 2);
    expect(found()).toBe('b');
    map.clear();
    expect([found(), map.size]).toEqual(['', 0]);
  });
});
