import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RevocationPage } from './revocation-item.js';
import type { RevocationReader } from './revocation-reader.js';
import { RevocationWatch } from './revocation-watch.js';

const NOTHING: RevocationPage = { items: [], last: 7, isFull: false };

/** How late a timer fires, milliseconds. */
let lateMs = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + lateMs);
});
afterEach(() => {
  lateMs = 0;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('reads four times a second on average, however late single reads begin', async () => {
  const follow = vi.fn(async () => NOTHING);
  const watch = new RevocationWatch({ follow } as unknown as RevocationReader);
  const signal = new AbortController().signal;
  const readAfter = async (ms: number, late: number) => {
    const page = watch.next(7, signal);
    lateMs = late;
    await vi.advanceTimersByTimeAsync(ms);
    await expect(page).resolves.toEqual(NOTHING);
  };
  await readAfter(250, 0);
  await readAfter(250, 40);
  await readAfter(210, 40);
  await readAfter(250, 3 * 250 + 50);
  expect(follow).toHaveBeenCalledTimes(4);
  await readAfter(240, 3 * 250 + 50);
  expect(follow).toHaveBeenCalledTimes(5);
});

it('gives a read that begins late to nobody who came after it was due, because the next one is early', async () => {
  const follow = vi.fn(async () => NOTHING);
  const watch = new RevocationWatch({ follow } as unknown as RevocationReader);
  const signal = new AbortController().signal;
  const first = watch.next(7, signal);
  await vi.advanceTimersByTimeAsync(240);
  lateMs = 40;
  const answered = vi.fn();
  const second = watch.next(7, signal).then(answered);
  await vi.advanceTimersByTimeAsync(10);
  await expect(first).resolves.toEqual(NOTHING);
  await vi.advanceTimersByTimeAsync(200);
  expect(answered).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10);
  await second;
  expect(answered).toHaveBeenCalledWith(NOTHING);
});

it('reads nothing while nobody waits', async () => {
  const follow = vi.fn(async () => NOTHING);
  const watch = new RevocationWatch({ follow } as unknown as RevocationReader);
  const waiting = new AbortController();
  const page = watch.next(7, waiting.signal);
  waiting.abort();
  await expect(page).resolves.toBeNull();
  await vi.advanceTimersByTimeAsync(1000);
  expect(follow).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
