import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { LookUpQueue } from './look-up-queue.js';

const REFUSED = { row: PlatformErrors.dependency_unavailable, occurrence: { retryAfterSeconds: 1 } };

describe('LookUpQueue', () => {
  let queue: LookUpQueue;
  let started: string[];
  let ends: PromiseWithResolvers<void>[];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    queue = new LookUpQueue();
    started = [];
    ends = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const run = (network: string, name: string) =>
    queue.run(network, async () => {
      started.push(name);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      return name;
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('lets two look-ups of a network run at a time, the others in order', async () => {
    const all = ['1', '2', '3', '4'].map((name) => run('a', name));
    expect(started).toEqual(['1', '2']);
    ends[1]!.resolve();
    await settled();
    expect(started).toEqual(['1', '2', '3']);
    ends[0]!.resolve();
    await settled();
    expect(started).toEqual(['1', '2', '3', '4']);
    for (const end of ends) end.resolve();
    expect(await Promise.all(all)).toEqual(['1', '2', '3', '4']);
  });

  it('keeps no network waiting for another', () => {
    void ['1', '2', '3'].map((name) => run('a', name));
    void run('b', 'other');
    expect(started).toEqual(['1', '2', 'other']);
  });

  it('goes on after a look-up that fails', async () => {
    const [first, , third] = ['1', '2', '3'].map((name) => run('a', name));
    ends[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    ends[2]!.resolve();
    expect(await third).toBe('3');
  });

  it('refuses a look-up that has waited for most of a second when its turn comes', async () => {
    void run('a', '1');
    void run('a', '2');
    const late = run('a', 'late');
    vi.advanceTimersByTime(1);
    void run('a', '4');
    vi.advanceTimersByTime(900);
    ends[0]!.resolve();
    await expect(late).rejects.toMatchObject(REFUSED);
    expect(started).toEqual(['1', '2', '4']);
  });

  it('refuses at once when 500 of the network wait', async () => {
    const waiting = Array.from({ length: 502 }, (_, n) => run('a', String(n)));
    await expect(run('a', 'one more')).rejects.toMatchObject(REFUSED);
    void run('b', 'other');
    expect(started).toEqual(['0', '1', 'other']);
    ends[0]!.resolve();
    await waiting[0];
    void run('a', 'next');
    await settled();
    expect(started).toHaveLength(4);
  });

  it('remembers no network without a look-up', async () => {
    const all = ['1', '2', '3'].map((name) => run('a', name));
    expect(queue.size).toBe(1);
    for (const n of [0, 1, 2]) {
      ends[n]!.resolve();
      await settled();
    }
    await Promise.all(all);
    expect(queue.size).toBe(0);
  });
});
