import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import type { RetentionClock } from '../../platform/database/retention-clock.js';
import type { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { KeyChangesRepository } from './key-changes.repository.js';
import type { KeyNotices } from './key-notices.js';
import { KeySchedule } from './key-schedule.js';
import type { KeyScheduleRepository } from './key-schedule.repository.js';

describe('KeySchedule', () => {
  /** What the runs do, in order, if there are so many keys to tell of by days, and so many to delete. */
  async function stepsOf(expiring: Record<number, number>, ended: number): Promise<string[][]> {
    const left = { ...expiring };
    let toDelete = ended;
    let steps: string[] = [];
    const keys = {
      takeExpiring: async (_tx: unknown, days: number, _now: Date, limit: number) => {
        const taken = Math.min(left[days]!, limit);
        left[days]! -= taken;
        steps.push(`${taken} with ${days} days`);
        return { taken, keys: [] };
      },
      purge: async (_before: Date, limit: number) => {
        const deleted = Math.min(toDelete, limit);
        toDelete -= deleted;
        steps.push(`${deleted} deleted`);
        return deleted;
      },
    } as unknown as KeyScheduleRepository;
    const changes = {
      purge: async (until: string) => void steps.push(`changes until ${until}`),
      since: async () => ({ horizon: 'the last run' }),
    } as unknown as KeyChangesRepository;
    const transactions = {
      run: async (work: (tx: unknown) => Promise<unknown>) => work(null),
    } as unknown as TransactionRunner;
    const retention = { ago: async () => new Date(0) } as unknown as RetentionClock;
    const schedule = new KeySchedule(
      keys,
      changes,
      {} as KeyNotices,
      transactions,
      new ManualClock(),
      retention,
    );
    const runs = [];
    let more = true;
    while (more) {
      steps = [];
      more = await schedule.run();
      runs.push(steps);
    }
    steps = [];
    await schedule.run();
    return [...runs, steps];
  }

  it('tells of all keys that are nearest to their end before it tells of others, a batch at a time', async () => {
    expect(await stepsOf({ 3: 150, 14: 20 }, 0)).toEqual([
      ['100 with 3 days'],
      ['50 with 3 days', '20 with 14 days', '0 deleted'],
      ['0 with 3 days', '0 with 14 days', '0 deleted', 'changes until the last run'],
    ]);
  });

  it('deletes a batch at a time, and the feed of changes only up to where an earlier round of batches ended', async () => {
    expect(await stepsOf({ 3: 0, 14: 0 }, 230)).toEqual([
      ['0 with 3 days', '0 with 14 days', '100 deleted'],
      ['0 with 3 days', '0 with 14 days', '100 deleted'],
      ['0 with 3 days', '0 with 14 days', '30 deleted'],
      ['0 with 3 days', '0 with 14 days', '0 deleted', 'changes until the last run'],
    ]);
  });
});
