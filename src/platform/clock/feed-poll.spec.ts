import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeedPoll } from './feed-poll.js';

describe('FeedPoll', () => {
  const READ_MS = 50;
  const failures: unknown[] = [];
  let poll: FeedPoll;
  let reads: number;
  let readMs: number;
  let fault: Error | null;
  let wasCurrent: boolean[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    failures.length = 0;
    reads = 0;
    readMs = READ_MS;
    fault = null;
    wasCurrent = [];
    const read = async () => {
      reads += 1;
      wasCurrent.push(poll.isCurrent);
      await new Promise((resolve) => setTimeout(resolve, readMs));
      if (fault) throw fault;
    };
    poll = new FeedPoll(read, (error) => failures.push(error));
  });
  afterEach(() => {
    poll.stop();
    vi.useRealTimers();
  });

  it('knows nothing, and reads nothing, before it is started', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reads).toBe(0);
    expect(poll.isCurrent).toBe(false);
  });

  it('is started when the first read has ended, and knows what had changed when that read began', async () => {
    const started = vi.fn();
    void poll.start().then(started);
    await vi.advanceTimersByTimeAsync(READ_MS - 1);
    expect(started).not.toHaveBeenCalled();
    expect(poll.isCurrent).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toHaveBeenCalledTimes(1);
    expect(poll.isCurrent).toBe(true);
    poll.stop();
    await vi.advanceTimersByTimeAsync(1000 - READ_MS - 1);
    expect(poll.isCurrent).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(poll.isCurrent).toBe(false);
  });

  it('is started also if the first read fails', async () => {
    fault = new Error('away');
    const started = poll.start();
    await vi.advanceTimersByTimeAsync(READ_MS);
    await started;
    expect(failures).toEqual([fault]);
    expect(poll.isCurrent).toBe(false);
  });

  it('reads again 300 ms after each read, one at a time, however often it is started', async () => {
    const first = poll.start();
    expect(poll.start()).toBe(first);
    await vi.advanceTimersByTimeAsync(READ_MS + 299);
    expect(reads).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(reads).toBe(2);
    readMs = 5000;
    await vi.advanceTimersByTimeAsync(READ_MS + 300 + 4999);
    expect(reads).toBe(3);
  });

  it('reads again after a failure, and is not current until a read succeeds', async () => {
    void poll.start();
    await vi.advanceTimersByTimeAsync(READ_MS);
    fault = new Error('away');
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures.length).toBeGreaterThan(1);
    expect(poll.isCurrent).toBe(false);
    fault = null;
    await vi.advanceTimersByTimeAsync(1000);
    expect(poll.isCurrent).toBe(true);
  });

  it('is not current during the first read after a gap, and is during the next one', async () => {
    void poll.start();
    await vi.advanceTimersByTimeAsync(READ_MS);
    fault = new Error('away');
    await vi.advanceTimersByTimeAsync(1500);
    fault = null;
    wasCurrent = [];
    await vi.advanceTimersByTimeAsync(2 * (READ_MS + 300));
    expect(wasCurrent).toEqual([false, true]);
  });

  it('reads no more when it is stopped, neither in a pause nor during a read', async () => {
    void poll.start();
    await vi.advanceTimersByTimeAsync(READ_MS);
    poll.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reads).toBe(1);

    const other = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, READ_MS)));
    const busy = new FeedPoll(other, () => undefined);
    void busy.start();
    busy.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(other).toHaveBeenCalledTimes(1);
  });
});
