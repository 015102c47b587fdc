import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartitionsRepository } from '../../../src/audit/partitions/partitions.repository.js';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { SealsRepository } from '../../../src/audit/seals/seals.repository.js';
import { CREATED, startTrail, type Trail } from '../../support/audit/trail.js';
import { SealingRound } from '../../../src/audit/seals/sealing-round.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { eventually } from '../../support/time/eventually.js';

describe('Sealer', () => {
  let trail: Trail;
  const seals = () => trail.module.get(SealsRepository).after(0, 100);

  beforeEach(async () => {
    trail = await startTrail();
  });
  afterEach(() => trail.stop());

  it('does not skip a transaction that is still open', async () => {
    await trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      await trail.record(3);
      await trail.sealed();
      // Later entries wait for the open transaction, because it could still insert entries before them.
      expect(await seals()).toEqual([]);
    });
    await trail.sealed();
    expect((await seals()).map(({ events }) => events)).toEqual([4]);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 4 });
  });

  it('reports how far it has sealed, and how long the next entry has been waiting', async () => {
    const progress = trail.module.get(SealProgress);
    expect(await progress.read()).toEqual({ number: 0, unsealedSeconds: 0 });
    await trail.record(1);
    expect((await progress.read()).unsealedSeconds).toBeGreaterThan(0);
    await trail.sealed();
    expect(await progress.read()).toEqual({ number: 1, unsealedSeconds: 0 });
    await trail.grow(2);
    expect(await progress.read()).toEqual({ number: 2, unsealedSeconds: 0 });
  });

  it('is not delayed by a transaction of another database', async () => {
    const elsewhere = await startTrail();
    await elsewhere.transactions.run(async (tx) => {
      await elsewhere.audit.record(tx, CREATED);
      await trail.grow(2);
      expect(await seals()).toHaveLength(1);
    });
    await elsewhere.stop();
  });

  it('continues when the open transaction is rolled back', async () => {
    await trail.transactions
      .run(async (tx) => {
        await trail.audit.record(tx, CREATED);
        await trail.record(2);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 2 });
    expect((await seals()).map(({ events }) => events)).toEqual([2]);
  });

  it('creates one chain from two instances that seal concurrently', async () => {
    const other = await startTrail({ database: trail.database });
    for (let round = 0; round < 10; round++) {
      await Promise.all([trail.record(2), other.record(2)]);
      await Promise.all([trail.sealed(), other.sealed(), trail.sealed(), other.sealed()]);
    }
    await trail.sealed();
    const numbers = (await seals()).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(await other.verification.verify()).toMatchObject({ intact: true, entries: 40 });
    await other.stop();
  });

  it('seals many entries in several seals, none of which splits a transaction', async () => {
    await trail.transactions.run(async (tx) => {
      await trail.audit.recordAll(
        tx,
        Array.from({ length: 2500 }, () => CREATED),
      );
    });
    await trail.record(10);
    await trail.sealed();
    expect((await seals()).map(({ events }) => events)).toEqual([2500, 10]);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 2510 });
  });

  it('reads the former keys with the connection that holds its lock', async () => {
    await trail.grow(1);
    const other = await startTrail({
      database: trail.database,
      settings: {
        JWT_SECRET_KEY: 'another master secret, with thirty-two bytes or more',
        DATABASE_POOL_SIZE: 1,
      },
    });
    await other.record(1);
    await expect(other.module.get(SealingRound).run()).resolves.toBeUndefined();
    await other.stop();
  });

  it('creates no empty seal', async () => {
    await trail.grow(1);
    await trail.sealed();
    await trail.sealed();
    expect(await seals()).toHaveLength(1);
  });

  it('seals within a second in the background', async () => {
    const running = await startTrail({ background: true, database: trail.database });
    await running.record(1);
    await eventually(async () => expect(await seals()).toHaveLength(1), { timeoutMs: 2000 });
    await running.stop();
  });

  it('continues after the rows were restored into a cluster whose transaction ids are lower', async () => {
    await trail.grow(3);
    const attacker = await Tamperer.on(trail.database.superuserUrl);
    // Simulates a logical restore: the same rows, in a cluster with lower transaction ids.
    await attacker.change('UPDATE audit_position_base SET base = -1000000000');
    await attacker.end();
    const months = trail.module.get(PartitionsRepository);
    const sealedTo = await trail.module.get(SealingRound).sealedTo();
    expect(await months.rebasePositions(sealedTo)).toBe(true);
    expect(await months.rebasePositions(sealedTo)).toBe(false);
    await trail.grow(3);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 8 });
    expect(await seals()).toHaveLength(2);
  });
});
