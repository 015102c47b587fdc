import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { SystemRandomness } from './randomness.js';
import { isUuid, uuidFromBytes, uuidToBytes, UuidV7 } from './uuid.js';

describe('UuidV7', () => {
  let clock: ManualClock;
  let ids: UuidV7;
  const timeOf = (id: string) => uuidToBytes(id).readUIntBE(0, 6);
  beforeEach(() => {
    clock = new ManualClock();
    ids = new UuidV7(clock, new SystemRandomness());
  });

  it('creates UUIDs of version 7 with their millisecond', () => {
    const id = ids.next();
    expect(isUuid(id)).toBe(true);
    expect(id[14]).toBe('7');
    expect(timeOf(id)).toBe(clock.nowMs());
  });

  it('keeps their order within a millisecond, also beyond what the counter holds, and when the clock is set back a little', () => {
    const made: string[] = [];
    for (let n = 0; n < 10_000; n++) {
      made.push(ids.next());
      if (n === 5000) clock.advance(-900);
    }
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(10_000);
  });

  it('follows a clock that was ahead and is corrected, and makes no id twice', () => {
    const before = Array.from({ length: 1000 }, () => ids.next());
    clock.advance(-3_600_000);
    const after = Array.from({ length: 1000 }, () => ids.next());
    expect(timeOf(after[0]!)).toBe(clock.nowMs());
    clock.advance(3_600_000);
    const again = Array.from({ length: 1000 }, () => ids.next());
    expect(timeOf(again[0]!)).toBe(clock.nowMs());
    expect(new Set([...before, ...after, ...again]).size).toBe(3000);
  });

  it('draws new random bits for each id', () => {
    const randomOf = (id: string) => id.slice(20);
    const made = Array.from({ length: 2000 }, () => ids.next());
    expect(new Set(made.map(randomOf)).size).toBe(2000);
    expect(new Set(made.map((id) => id[19]))).toEqual(new Set(['8', '9', 'a', 'b']));
  });

  it('starts the counter at random in each millisecond, so that an id does not reveal how many preceded it', () => {
    const counters = Array.from({ length: 50 }, () => {
      clock.advance(1);
      return ids.next().slice(15, 18);
    });
    expect(new Set(counters).size).toBeGreaterThan(10);
  });
});

describe('the bytes of a UUID', () => {
  it('make the same text again', () => {
    const id = '0197a1b2-0000-7000-8000-00000000abcd';
    expect(uuidFromBytes(uuidToBytes(id))).toBe(id);
  });
});
