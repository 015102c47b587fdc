import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { BATCH, CAPACITY, type LatestTime, LatestTimes } from './latest-times.js';

describe('LatestTimes', () => {
  let clock: ManualClock;
  let written: LatestTime[][];
  let times: LatestTimes;
  /** Runs while a batch is being written. */
  let meanwhile: () => void;

  beforeEach(() => {
    clock = new ManualClock(1000);
    written = [];
    meanwhile = () => undefined;
    times = new LatestTimes(async (batch) => {
      meanwhile();
      written.push([...batch]);
    }, clock);
  });

  it('writes the latest time of each id once', async () => {
    times.note('a');
    times.note('b');
    clock.advance(5);
    times.note('a');
    expect(await times.write()).toBe(false);
    expect(await times.write()).toBe(false);
    expect(written).toEqual([
      [
        ['a', 1005],
        ['b', 1000],
      ],
    ]);
  });

  it('knows a time until it is written', async () => {
    expect(times.of('a')).toBe(0);
    times.note('a');
    expect(times.of('a')).toBe(1000);
    await times.write();
    expect(times.of('a')).toBe(0);
  });

  it('writes in batches, and says whether there is more', async () => {
    for (let index = 0; index < BATCH + 1; index += 1) times.note(`${index}`);
    expect(await times.write()).toBe(true);
    expect(await times.write()).toBe(false);
    expect(written.map((batch) => batch.length)).toEqual([BATCH, 1]);
  });

  it('keeps the entries of a write that fails', async () => {
    meanwhile = () => {
      throw new Error('PostgreSQL is down');
    };
    times.note('a');
    await expect(times.write()).rejects.toThrow('PostgreSQL is down');
    expect(times.of('a')).toBe(1000);
    meanwhile = () => undefined;
    await times.write();
    expect(written).toEqual([[['a', 1000]]]);
  });

  it('keeps an entry that is renewed while it is written', async () => {
    times.note('a');
    times.note('b');
    meanwhile = () => {
      clock.advance(5);
      times.note('a');
    };
    await times.write();
    expect([times.of('a'), times.of('b')]).toEqual([1005, 0]);
  });

  it('drops further ids when it is full, and still renews those that it has', () => {
    for (let index = 0; index < CAPACITY; index += 1) times.note(`${index}`);
    clock.advance(5);
    times.note('one too many');
    times.note('0');
    expect([times.of('one too many'), times.of('0')]).toEqual([0, 1005]);
  });
});
