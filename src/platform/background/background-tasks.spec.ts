import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leadership } from '../leader/leadership.js';
import { BackgroundTasks } from './background-tasks.js';
import { InBackground } from './in-background.decorator.js';

const HOUR_MS = 3_600_000;

@Injectable()
class Work {
  readonly done: string[] = [];
  batches = 1;
  lasts: Promise<void> = Promise.resolve();

  @InBackground({ pauseMs: HOUR_MS })
  async purge(): Promise<boolean> {
    this.done.push('purge');
    this.batches -= 1;
    return this.batches > 0;
  }

  @InBackground({ pauseMs: 1000, startsAtOnce: true })
  async watch(): Promise<void> {
    this.done.push('watch');
    await this.lasts;
  }

  @InBackground({ pauseMs: 1000, onLeader: true })
  async lead(): Promise<void> {
    this.done.push('lead');
  }

  @InBackground({ pauseMs: HOUR_MS, runsAtEnd: true })
  async write(): Promise<void> {
    this.done.push('write');
  }

  async other(): Promise<void> {
    this.done.push('other');
  }
}

describe('BackgroundTasks', () => {
  const leadership = { isLeader: false };
  let module: TestingModule;
  let work: Work;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    leadership.isLeader = false;
    module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        BackgroundTasks,
        { provide: Leadership, useValue: leadership },
        Work,
        { provide: 'another name of it', useExisting: Work },
        { provide: 'no object', useValue: null },
      ],
    }).compile();
    work = module.get(Work);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await module.close();
  });

  const timesOf = (name: string) => work.done.filter((one) => one === name).length;

  it('run the methods that are in background, and no others, each at its interval', async () => {
    await module.init();
    await vi.advanceTimersByTimeAsync(0);
    expect(work.done).toEqual(['watch']);
    await vi.advanceTimersByTimeAsync(59_999);
    expect([timesOf('watch'), timesOf('purge')]).toEqual([60, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect([timesOf('purge'), timesOf('write')]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect([timesOf('purge'), timesOf('write'), timesOf('other')]).toEqual([2, 2, 0]);
  });

  it('repeat a method at once while it returns that there is more', async () => {
    work.batches = 3;
    await module.init();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(timesOf('purge')).toBe(3);
  });

  it('run what is for the leader only while this instance is the leader', async () => {
    await module.init();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(timesOf('lead')).toBe(0);
    leadership.isLeader = true;
    await vi.advanceTimersByTimeAsync(3000);
    expect(timesOf('lead')).toBe(3);
    leadership.isLeader = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(timesOf('lead')).toBe(3);
  });

  it('end with the run that is under way, and with a last one of what asks for it', async () => {
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    work.lasts = promise;
    await module.init();
    await vi.advanceTimersByTimeAsync(0);
    const closed = vi.fn();
    const closing = module.close().then(closed);
    await vi.advanceTimersByTimeAsync(0);
    expect(work.done).toEqual(['watch', 'write']);
    expect(closed).not.toHaveBeenCalled();
    finish();
    await closing;
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(work.done).toEqual(['watch', 'write']);
  });
});
