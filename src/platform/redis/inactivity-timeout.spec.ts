import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InactivityTimeout } from './inactivity-timeout.js';

const isAbout = (ms: number) => (found: number) => found >= ms && found < 1.1 * ms;

const broken = () => {
  throw new TypeError('no slots');
};

const never = () => new Promise<string>(() => undefined);

describe('InactivityTimeout', () => {
  let inactivity: InactivityTimeout;

  beforeEach(() => {
    vi.useFakeTimers();
    inactivity = new InactivityTimeout();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Returns how long a wait for a reply that never comes lasts, while the server sends other data at intervals. */
  async function waitOf(heardEveryMs: number): Promise<number> {
    const startedAt = performance.now();
    const life = setInterval(inactivity.heard, heardEveryMs);
    const wait = inactivity.wait(never).then(
      () => Number.NaN,
      () => performance.now() - startedAt,
    );
    await vi.advanceTimersByTimeAsync(1000);
    clearInterval(life);
    return wait;
  }

  it('passes a reply on', async () => {
    await expect(inactivity.wait(async () => 'PONG')).resolves.toBe('PONG');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('passes a failure on', async () => {
    const failure = new Error('READONLY');
    await expect(inactivity.wait(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it('fails when the client throws instead of rejecting', async () => {
    await expect(inactivity.wait(broken)).rejects.toThrow('no slots');
  });

  it('ends after a tenth of a second of silence', async () => {
    expect(await waitOf(10_000)).toSatisfy(isAbout(100));
  });

  it('does not count data received before the wait', async () => {
    inactivity.heard();
    await vi.advanceTimersByTimeAsync(50);
    expect(await waitOf(10_000)).toSatisfy(isAbout(100));
  });

  it('lasts while the server sends data, but not forever', async () => {
    expect(await waitOf(50)).toSatisfy(isAbout(400));
  });

  it('does not mistake a stall of this process for silence', async () => {
    vi.useRealTimers();
    const answer = Promise.withResolvers<string>();
    const wait = inactivity.wait(() => answer.promise);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    await nextTurn();
    await nextTurn();
    answer.resolve('PONG');
    await expect(wait).resolves.toBe('PONG');
  });
});
