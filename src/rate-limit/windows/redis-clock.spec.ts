import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisClock } from './redis-clock.js';

describe('RedisClock', () => {
  let clock: RedisClock;

  beforeEach(() => {
    vi.useFakeTimers();
    clock = new RedisClock();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function learn(redisUs: number, roundTripMs: number): void {
    const sentAt = performance.now();
    vi.advanceTimersByTime(roundTripMs);
    clock.learn(redisUs, sentAt);
  }

  it('sets no deadline while the time is unknown', () => {
    expect(clock.deadline(400)).toBe(0);
  });

  it('assumes that the server read its clock in the middle of the round trip', () => {
    learn(5_000_000_000, 2);
    expect(clock.deadline(0)).toBe(5_000_001_000);
    vi.advanceTimersByTime(100);
    expect(clock.deadline(400)).toBe(5_000_501_000);
  });

  it('ignores a slow reply unless it has no estimate yet', () => {
    learn(5_000_000_000, 50);
    expect(clock.deadline(0)).toBe(5_000_025_000);
    learn(9_000_000_000, 50);
    expect(clock.deadline(0)).toBe(5_000_075_000);
  });

  it('follows a clock that was set', () => {
    learn(5_000_000_000, 0);
    learn(1_000_000_000, 0);
    expect(clock.deadline(0)).toBe(1_000_000_000);
  });

  it('sets no deadline after a wrong estimate', () => {
    learn(5_000_000_000, 0);
    clock.forget();
    expect(clock.deadline(400)).toBe(0);
  });
});
