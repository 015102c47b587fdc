import { describe, expect, it } from 'vitest';
import { Lease, permitsOf, termMs } from './lease.js';
import { grainOfPolicy, type Window } from './window.js';

const windowOf = (limit: number, { exact = false, windowMs = 60_000 } = {}): Window => ({
  key: 'rl:{caller}',
  limit,
  windowMs,
  grain: grainOfPolicy({ limit, exact }),
});

const leaseOf = (window: Window, waitMs = 60_000) =>
  new Lease(
    window,
    { endUs: 1_000_000, sentAt: 100 },
    { allowed: true, remaining: 80, at: 5_000_000, waitMs },
  );

describe('a lease', () => {
  it.each([
    { limit: 100, permits: 10 },
    { limit: 149, permits: 14 },
    { limit: 1000, permits: 100 },
    { limit: 5000, permits: 100 },
    { limit: 100_000, permits: 2000 },
  ])('has $permits permits of $limit', ({ limit, permits }) => {
    expect(permitsOf(windowOf(limit))).toBe(permits);
  });

  it.each([windowOf(5000, { exact: true }), windowOf(99)])('has no permits of an exact window', (window) => {
    expect(permitsOf(window)).toBe(0);
  });

  it('lasts a second, or a fiftieth of a shorter window', () => {
    expect(termMs(windowOf(100, { windowMs: 3_600_000 }))).toBe(1000);
    expect(termMs(windowOf(100, { windowMs: 1000 }))).toBe(20);
  });

  it('is spent permit by permit until its term from the time of the command is over', () => {
    const lease = leaseOf(windowOf(100));
    expect(Array.from({ length: 9 }, () => lease.spend(1099))).toEqual(Array(9).fill(true));
    expect(lease.spend(1100)).toBe(false);
    expect(lease.spend(1099)).toBe(true);
    expect(lease.spend(1099)).toBe(false);
  });

  it('ends when the oldest admission leaves the window', () => {
    const lease = leaseOf(windowOf(100), 300);
    expect(lease.spend(399)).toBe(true);
    expect(lease.spend(400)).toBe(false);
  });

  it('reports what remains, when it was decided, and when there will be more', () => {
    const lease = leaseOf(windowOf(100));
    lease.spend(110);
    lease.awaitDecision();
    expect(lease.decide(110)).toEqual({ allowed: true, remaining: 89, at: 5_000_010, waitMs: 59_990 });
    lease.learn({ allowed: true, remaining: 70, at: 5_000_020, waitMs: 59_980 });
    lease.conclude(false);
    expect(lease.decide(120)).toMatchObject({ remaining: 80 });
  });
});
