import { Subject } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import type { ApiCall } from '../../audit/audit-entry.js';
import type { AuditService } from '../../audit/audit.service.js';
import { Environment } from '../../platform/config/environment.js';
import type { SlowRoutes } from '../../platform/http/routes/slow-routes.js';
import { CallWatch } from './call-watch.js';

describe('CallWatch', () => {
  let clock: ManualClock;
  let calls: Subject<ApiCall>;
  let watch: CallWatch;

  beforeEach(() => {
    clock = new ManualClock(0);
    calls = new Subject();
    const environment = Object.assign(new Environment(), {
      DETECT_ERROR_RATE: '100/100',
      DETECT_LATENCY_SECONDS: 100,
    });
    const slow = { has: (method: string, route: string) => `${method} ${route}` === 'POST /auth/login' };
    watch = new CallWatch(environment, { calls } as unknown as AuditService, clock, slow as SlowRoutes);
    watch.onModuleInit();
  });

  const answer = (members: Partial<ApiCall> = {}) => {
    calls.next({ route: '/users/me', status: 200, durationMs: 5, ...members } as ApiCall);
  };

  /** Records `each` calls in each of `tenths` tenths of the window. */
  function fill(tenths: number, each: number, members: Partial<ApiCall> = {}): void {
    for (let tenth = 0; tenth < tenths; tenth++) {
      for (let i = 0; i < each; i++) answer(members);
      clock.advance(10_000);
    }
  }

  it('forgets responses of the time by which the clock was ahead', () => {
    clock.advance(3_600_000);
    answer({ status: 503 });
    clock.advance(-3_600_000);
    answer();
    clock.advance(3_600_000);
    expect(watch.faults()).toEqual({ calls: 0, faults: 0 });
  });

  it('counts all responses and those with 5xx, and forgets both after the window', () => {
    answer({ status: 503 });
    clock.advance(50_000);
    answer({ status: 404 });
    clock.advance(49_999);
    expect(watch.faults()).toEqual({ calls: 2, faults: 1 });
    clock.advance(1);
    expect(watch.faults()).toEqual({ calls: 1, faults: 0 });
    clock.advance(100_000);
    expect(watch.faults()).toEqual({ calls: 0, faults: 0 });
  });

  it('returns the lowest p99 of the window, within two per cent', () => {
    fill(10, 100, { durationMs: 2000 });
    expect(watch.lowestP99Ms(10)).toBeGreaterThan(1960);
    expect(watch.lowestP99Ms(10)).toBeLessThanOrEqual(2000);
  });

  it('finds a low p99 if it was low in one tenth of the window', () => {
    fill(9, 100, { durationMs: 2000 });
    fill(1, 100);
    expect(watch.lowestP99Ms(10)).toBeLessThanOrEqual(5);
  });

  it('is not affected by one slow call in two hundred, but by three', () => {
    for (const slow of [1, 3]) {
      for (let tenth = 0; tenth < 10; tenth++) {
        for (let i = 0; i < 200; i++) answer({ durationMs: i < slow ? 5000 : 5 });
        clock.advance(10_000);
      }
      const p99Ms = watch.lowestP99Ms(10);
      expect(p99Ms! > 4900).toBe(slow === 3);
    }
  });

  it('returns nothing if too few calls were timed, and does not time password routes', () => {
    fill(10, 100, { method: 'POST', route: '/auth/login', durationMs: 4000 });
    expect(watch.lowestP99Ms(10)).toBeNull();
    expect(watch.faults().calls).toBe(900);
  });

  it.each([0, 0.001, 1, 83_000, 1e9])('accepts a duration of %d ms', (durationMs) => {
    fill(10, 10, { durationMs });
    expect(watch.lowestP99Ms(10)).toBeLessThanOrEqual(Math.max(1, durationMs));
  });
});
