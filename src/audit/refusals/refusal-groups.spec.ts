import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import type { GroupedRefusals } from './grouped-refusals.js';
import { RefusalGroups } from './refusal-groups.js';

describe('RefusalGroups', () => {
  let written: (GroupedRefusals & { refusal: string })[];
  let clock: ManualClock;
  let groups: RefusalGroups<string>;
  const refuse = (caller: string, times: number, route = 'GET /users/me') =>
    Array.from({ length: times }, (_, n) => groups.isSingle(caller, `${caller} ${n}`, route)).filter(Boolean)
      .length;

  beforeEach(() => {
    vi.useFakeTimers();
    written = [];
    clock = new ManualClock();
    groups = new RefusalGroups<string>(clock, (refusal, grouped) => written.push({ refusal, ...grouped }), {
      join: (_, next) => next,
      withoutCaller: () => 'nobody',
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('records twenty per minute separately, and the others together, after one second and then every ten', async () => {
    expect(refuse('a', 15)).toBe(15);
    expect(refuse('a', 15, 'POST /auth/login')).toBe(5);
    clock.advance(500);
    refuse('a', 20_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toEqual([
      {
        refusal: 'a 19999',
        count: 20_010,
        firstAt: '2026-01-01T00:00:00.000Z',
        lastAt: '2026-01-01T00:00:00.500Z',
        routes: ['POST /auth/login', 'GET /users/me'],
      },
    ]);
    expect(refuse('a', 1)).toBe(0);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(50_001);
    expect(written).toHaveLength(2);
    expect(refuse('a', 30)).toBe(20);
  });

  it('counts callers separately', () => {
    refuse('a', 1000);
    expect(refuse('b', 5)).toBe(5);
  });

  it('limits its memory: callers beyond ten thousand share one group, which names nobody', () => {
    let singles = 0;
    for (let n = 0; n < 12_000; n++) singles += refuse(`caller ${n}`, 1);
    expect(singles).toBe(10_000 + 20);
    groups.flush();
    expect(written).toMatchObject([{ refusal: 'nobody', count: 12_000 - singles }]);
  });

  it('records the remaining counts once when the process ends', async () => {
    refuse('a', 30);
    groups.flush();
    groups.flush();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(written).toMatchObject([{ count: 10 }]);
  });

  it('never ends before it begins, even if the clock is set back', () => {
    refuse('a', 21);
    clock.advance(-3_600_000);
    refuse('a', 1);
    groups.flush();
    expect(written).toMatchObject([{ firstAt: written[0]!.lastAt, count: 2 }]);
  });
});
