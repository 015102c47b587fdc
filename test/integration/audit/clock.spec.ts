import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrailReader } from '../../../src/audit/reading/trail-reader.js';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { WrongClock } from '../../support/time/wrong-clock.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

const HOUR_MS = 3_600_000;

describe('A clock that was an hour ahead', () => {
  let trail: Trail;
  let clock: ManualClock;
  let trueMs: number;
  const times = async () => {
    const { items } = await trail.module.get(TrailReader).list({ limit: 100 });
    return items.map(({ time }) => Date.parse(time) - trueMs);
  };

  beforeEach(async () => {
    trueMs = Date.now();
    clock = new ManualClock(trueMs + HOUR_MS);
    trail = await startTrail({ clock });
    await trail.grow(2);
    clock.advance(-HOUR_MS);
  });
  afterEach(() => trail.stop());

  it('neither hides the entries recorded with it nor stops the time of later ones', async () => {
    await trail.record(2);
    expect(await times()).toEqual([HOUR_MS, HOUR_MS, HOUR_MS, 0, 0]);
    clock.advance(5000);
    await trail.record(1);
    expect((await times()).at(3)).toBe(5000);
  });

  it('leaves the trail sealed and intact, and its lag correct', async () => {
    await trail.record(1);
    const progress = trail.module.get(SealProgress);
    expect((await progress.read()).unsealedSeconds).toBeGreaterThanOrEqual(0);
    clock.advance(5000);
    expect((await progress.read()).unsealedSeconds).toBeCloseTo(5, 0);
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 4 });
  });
});

describe('An instance whose clock is days ahead', () => {
  it('seals at the time of PostgreSQL, so that later days can be verified by their time', async () => {
    const trail = await startTrail();
    const clock = new WrongClock(new SystemClock(), 3 * 24 * HOUR_MS);
    const ahead = await startTrail({ database: trail.database, clock });
    await trail.record(2);
    await ahead.sealed();
    const { checkpoint } = await trail.verification.verify();
    expect(Date.parse(checkpoint!.time)).toBeLessThanOrEqual(Date.now());
    await trail.grow(1);
    const to = new Date(Date.now() + HOUR_MS);
    expect(await ahead.verification.verify({ from: new Date(checkpoint!.time), to })).toMatchObject({
      intact: true,
      entries: 4,
    });
    await ahead.stop();
    await trail.stop();
  });
});
