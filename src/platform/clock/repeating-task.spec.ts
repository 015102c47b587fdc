import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RepeatingTask } from './repeating-task.js';

describe('RepeatingTask', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeEach(() => {
    vi.useFakeTimers();
    warn.mockClear();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('repeats at once while there is more, then pauses', async () => {
    let runs = 0;
    const task = new RepeatingTask('Task', async () => ++runs % 3 !== 0, { pauseMs: 1000 });
    task.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(6);
    await task.stop();
  });

  it('ends a pause early when woken, also when woken during a run', async () => {
    let runs = 0;
    const task = new RepeatingTask(
      'Task',
      async () => {
        if (++runs === 2) task.wake();
      },
      { pauseMs: 1000 },
    );
    task.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(1);
    task.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(3);
    await task.stop();
  });

  it('continues after a failure, with its own pause, and logs a lasting one once', async () => {
    let runs = 0;
    const task = new RepeatingTask(
      'Task',
      async () => {
        runs += 1;
        if (runs !== 4) throw new Error('away');
      },
      { pauseMs: 1000, retryMs: 500 },
    );
    task.start();
    await vi.advanceTimersByTimeAsync(1500);
    expect([runs, warn.mock.calls.length]).toEqual([4, 1]);
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toBe(4);
    await vi.advanceTimersByTimeAsync(1);
    expect([runs, warn.mock.calls.length]).toEqual([5, 2]);
    await task.stop();
  });

  it('ends after the run that is under way', async () => {
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    let runs = 0;
    const task = new RepeatingTask(
      'Task',
      () => {
        runs += 1;
        return promise;
      },
      { pauseMs: 1000 },
    );
    task.start();
    await vi.advanceTimersByTimeAsync(0);
    const stopped = vi.fn();
    const stopping = task.stop().finally(stopped);
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).not.toHaveBeenCalled();
    finish();
    await stopping;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toBe(1);
  });

  it('pauses first when the work was just done', async () => {
    let runs = 0;
    const task = new RepeatingTask('Task', async () => void (runs += 1), { pauseMs: 1000 });
    task.startWithPause();
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(1);
    await task.stop();
  });

  it('pauses for a minute at most at first, and for its interval later', async () => {
    const runsAtMs: number[] = [];
    const startMs = Date.now();
    const work = async () => void runsAtMs.push(Date.now() - startMs);
    const task = new RepeatingTask('Task', work, { pauseMs: 3_600_000 });
    task.startWithPause();
    await vi.advanceTimersByTimeAsync(3_660_000);
    expect(runsAtMs).toEqual([60_000, 3_660_000]);
    await task.stop();
  });

  it('never runs when it is stopped during its first pause', async () => {
    let runs = 0;
    const task = new RepeatingTask('Task', async () => void (runs += 1), { pauseMs: 1000 });
    task.startWithPause();
    await task.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toBe(0);
  });

  it('runs only when it is woken if it has no pause, also after a failure', async () => {
    let runs = 0;
    const work = async () => {
      if (++runs === 1) throw new Error('away');
    };
    const task = new RepeatingTask('Task', work, { pauseMs: null });
    task.startWithPause();
    const runsAfterAnHour: number[] = [];
    for (let hour = 0; hour < 3; hour++) {
      await vi.advanceTimersByTimeAsync(3_600_000);
      runsAfterAnHour.push(runs);
      task.wake();
    }
    expect(runsAfterAnHour).toEqual([0, 1, 2]);
    await task.stop();
  });

  it('runs a last time when it finishes', async () => {
    let runs = 0;
    const task = new RepeatingTask('Task', async () => void (runs += 1), { pauseMs: 1000 });
    task.start();
    await vi.advanceTimersByTimeAsync(0);
    await task.finish();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toBe(2);
  });
});
