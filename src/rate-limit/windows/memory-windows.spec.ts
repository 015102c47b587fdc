import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { MemoryWindows } from './memory-windows.js';
import { grainOfPolicy, type Window } from './window.js';

const WINDOW_MS = 60_000;

const windowOf = (limit: number, exact: boolean): Window => ({
  key: 'rl:{caller}',
  limit,
  windowMs: WINDOW_MS,
  grain: grainOfPolicy({ limit, exact }),
});

/** Sends a request after each pause, and returns when each admitted one came. */
async function admissions(
  window: Window,
  pauses: readonly number[],
): Promise<{ at: number; refusedFor: number | null }[]> {
  const clock = new ManualClock(0);
  const store = new MemoryWindows(clock);
  const answers = [];
  for (const pause of pauses) {
    clock.advance(pause);
    const [decision] = await store.consume([window]);
    answers.push({ at: clock.nowMs(), refusedFor: decision!.allowed ? null : decision!.waitMs });
  }
  return answers;
}

const admittedAt = (answers: readonly { at: number; refusedFor: number | null }[]) =>
  answers.filter(({ refusedFor }) => refusedFor === null).map(({ at }) => at);

/** The most that any true window of {@link WINDOW_MS} holds. */
function busiestWindow(times: readonly number[]): number {
  let busiest = 0;
  for (let newest = 0, oldest = 0; newest < times.length; newest++) {
    while (times[newest]! - times[oldest]! >= WINDOW_MS) oldest++;
    busiest = Math.max(busiest, newest - oldest + 1);
  }
  return busiest;
}

/** Bursts and lulls: many requests at once, pauses of a few milliseconds, pauses around the length of a window. */
const schedule = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 2000 }) },
    { weight: 1, arbitrary: fc.integer({ min: WINDOW_MS - 5, max: WINDOW_MS + 5 }) },
  ),
  { minLength: 1, maxLength: 600, size: 'max' },
);

describe('a window in memory', () => {
  it.each([
    { limit: 5, exact: true, most: 5 },
    { limit: 100, exact: true, most: 100 },
    { limit: 100, exact: false, most: 102 },
    { limit: 250, exact: false, most: 255 },
  ])('never lets more than $most through when the limit is $limit', async ({ limit, exact, most }) => {
    await fc.assert(
      fc.asyncProperty(schedule, async (pauses) => {
        const answers = await admissions(windowOf(limit, exact), pauses);
        expect(busiestWindow(admittedAt(answers))).toBeLessThanOrEqual(most);
      }),
    );
  });

  it.each([
    { limit: 5, exact: true },
    { limit: 100, exact: false },
  ])('never refuses a caller who stays within $limit', async ({ limit, exact }) => {
    await fc.assert(
      fc.asyncProperty(schedule, async (pauses) => {
        const answers = await admissions(windowOf(limit, exact), pauses);
        for (const [index, { at, refusedFor }] of answers.entries()) {
          if (refusedFor === null) continue;
          const before = admittedAt(answers.slice(0, index)).filter((time) => at - time < WINDOW_MS);
          expect(before.length).toBeGreaterThanOrEqual(limit);
        }
      }),
    );
  });

  it('admits a caller who has waited for the announced time', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, fc.boolean(), async (pauses, exact) => {
        const clock = new ManualClock(0);
        const store = new MemoryWindows(clock);
        const window = windowOf(10, exact);
        for (const pause of pauses) {
          clock.advance(pause);
          const [decision] = await store.consume([window]);
          if (decision!.allowed) continue;
          clock.advance(decision!.waitMs);
          expect(await store.consume([window])).toMatchObject([{ allowed: true }]);
        }
      }),
    );
  });

  it.each([
    { limit: 100, exact: true, most: 100 },
    { limit: 100, exact: false, most: 102 },
  ])('holds against bursts around an edge: at most $most of 100', async ({ limit, exact, most }) => {
    const burst = Array.from({ length: 300 }, () => 0);
    const attack = [
      WINDOW_MS - 1,
      ...burst,
      2,
      ...burst,
      WINDOW_MS / 2,
      ...burst,
      WINDOW_MS / 2 - 1,
      ...burst,
      2,
      ...burst,
    ];
    const times = admittedAt(await admissions(windowOf(limit, exact), attack));
    expect(busiestWindow(times)).toBeLessThanOrEqual(most);
    expect(times.length).toBeGreaterThanOrEqual(2 * limit);
  });
});

describe('a window that counts what has happened already', () => {
  it('is full beyond its limit too, until the announced time', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, fc.boolean(), async (pauses, exact) => {
        const clock = new ManualClock(0);
        const store = new MemoryWindows(clock);
        const window = windowOf(exact ? 10 : 100, exact);
        for (const pause of pauses) {
          clock.advance(pause);
          store.add(window);
        }
        const waitMs = store.waitOf(window);
        if (waitMs === 0) return;
        expect(await store.consume([window])).toMatchObject([{ allowed: false, waitMs }]);
        clock.advance(waitMs - 1);
        expect(store.waitOf(window)).toBe(1);
        clock.advance(1);
        expect(store.waitOf(window)).toBe(0);
      }),
    );
  });

  it('counts nothing when it is asked', () => {
    const store = new MemoryWindows(new ManualClock());
    const window = windowOf(1, true);
    expect([store.waitOf(window), store.waitOf(window), store.size]).toEqual([0, 0, 0]);
    store.add(window);
    expect([store.waitOf(window), store.size]).toEqual([WINDOW_MS, 1]);
  });
});

const caller = (key: string): Window => ({ ...windowOf(1, true), key });

describe('the memory of windows', () => {
  it('shrinks as windows expire', async () => {
    const clock = new ManualClock();
    const store = new MemoryWindows(clock);
    for (let index = 0; index < 1000; index++) await store.consume([caller(`old ${index}`)]);
    clock.advance(WINDOW_MS);
    for (let index = 0; index < 500; index++) await store.consume([caller(`new ${index}`)]);
    expect(store.size).toBe(500);
  });

  it('shrinks beside a longer window, which keeps refusing', async () => {
    const clock = new ManualClock();
    const store = new MemoryWindows(clock);
    const hour = { ...caller('asked for a mail'), windowMs: 3_600_000 };
    await store.consume([hour]);
    for (let index = 0; index < 1000; index++) await store.consume([caller(`old ${index}`)]);
    clock.advance(WINDOW_MS);
    for (let index = 0; index < 500; index++) await store.consume([caller(`new ${index}`)]);
    expect(store.size).toBe(501);
    expect(await store.consume([hour])).toMatchObject([{ allowed: false }]);
  });

  it('forgets longer windows as well while only shorter ones are used', async () => {
    const clock = new ManualClock();
    const store = new MemoryWindows(clock);
    for (let index = 0; index < 10; index++)
      await store.consume([{ ...caller(`hour ${index}`), windowMs: 3_600_000 }]);
    clock.advance(3_600_000);
    for (let index = 0; index < 5; index++) await store.consume([caller(`minute ${index}`)]);
    expect(store.size).toBe(5);
  });

  it('drops no longer window because of a flood of shorter ones', async () => {
    const store = new MemoryWindows(new ManualClock());
    const hour = { ...caller('asked for a mail'), windowMs: 3_600_000 };
    await store.consume([hour]);
    for (let index = 0; index < 100_000; index++) await store.consume([caller(String(index))]);
    expect(store.size).toBe(100_000);
    expect(await store.consume([hour])).toMatchObject([{ allowed: false }]);
  });

  it('is bounded: the key that was idle longest goes first', async () => {
    const store = new MemoryWindows(new ManualClock());
    for (let index = 0; index <= 100_000; index++) await store.consume([caller(String(index))]);
    expect(store.size).toBe(100_000);
    expect(await store.consume([caller('1')])).toMatchObject([{ allowed: false }]);
    expect(await store.consume([caller('0')])).toMatchObject([{ allowed: true }]);
  });

  it('opens again as soon as the clock is set back', async () => {
    const window = windowOf(2, true);
    const clock = new ManualClock(7_200_000);
    const store = new MemoryWindows(clock);
    for (let request = 0; request < 3; request++) await store.consume([window]);
    clock.advance(-3_600_000);
    const [decision] = await store.consume([window]);
    expect(decision).toMatchObject({ allowed: true, remaining: 1 });
  });
});
