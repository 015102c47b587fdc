import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { ClockDifference } from './clock-difference.js';

describe('ClockDifference', () => {
  const logged: string[] = [];
  let clock: ManualClock;
  let difference: ClockDifference;
  /** How far PostgreSQL is ahead, and how long its reply takes, milliseconds. */
  let aheadMs: number;
  let replyMs: number;
  beforeEach(() => {
    logged.length = 0;
    aheadMs = 0;
    replyMs = 0;
    vi.spyOn(Logger.prototype, 'error').mockImplementation((text: string) => void logged.push(text));
    vi.spyOn(Logger.prototype, 'log').mockImplementation((text: string) => void logged.push(text));
    clock = new ManualClock();
    const query = async () => {
      const time = new Date(clock.nowMs() + aheadMs);
      clock.advance(replyMs);
      return [{ time }];
    };
    difference = new ClockDifference({ query } as unknown as DataSource, clock);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is not reported for clocks that are synchronised, and not for a slow reply', async () => {
    replyMs = 60_000;
    aheadMs = 4000;
    await difference.compare();
    aheadMs = -4000;
    await difference.compare();
    expect(logged).toEqual([]);
  });

  it('is reported once while it lasts, and when it ends', async () => {
    aheadMs = 61_000;
    await difference.compare();
    await difference.compare();
    expect(logged).toEqual([expect.stringContaining("PostgreSQL's clock is 61 s ahead of this machine's")]);
    aheadMs = 0;
    await difference.compare();
    await difference.compare();
    expect(logged).toEqual([expect.any(String), 'The clocks of PostgreSQL and of this machine agree again']);
  });

  it('is reported in the other direction', async () => {
    aheadMs = -7000;
    await difference.compare();
    expect(logged).toEqual([expect.stringContaining("PostgreSQL's clock is 7 s behind this machine's")]);
  });
});
