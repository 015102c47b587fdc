import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CREATED, REFUSED, startTrail, type Trail } from '../../support/audit/trail.js';
import { eventually } from '../../support/time/eventually.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const YEAR_MS = 365 * 86_400_000;

describe('A clock that arrives in a month without partitions', () => {
  let trail: Trail;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    trail = await startTrail({ clock, background: true });
  });
  afterEach(() => trail.stop());

  it.each([
    ['on their own', () => trail.audit.recordAlone(REFUSED)],
    ['with a change', () => trail.transactions.run((tx) => trail.audit.record(tx, CREATED))],
    ['with many others', () => trail.transactions.run((tx) => trail.audit.recordAll(tx, [CREATED, CREATED]))],
  ])(
    'refuses events only until the partitions are made, not until the next hour: %s',
    async (_how, record) => {
      clock.advance(YEAR_MS);
      await expect(record()).rejects.toMatchObject({ row: { code: 'dependency_unavailable' } });
      await eventually<unknown>(record, { timeoutMs: 5000 });
      expect(await trail.types()).not.toEqual([]);
    },
  );
});
