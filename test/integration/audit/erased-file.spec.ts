import { Logger } from '@nestjs/common';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { Environment } from '../../../src/platform/config/environment.js';
import type { AuditSpool } from '../../../src/audit/spool/audit-spool.js';
import { ErasedFile } from '../../../src/audit/erasure/erased-file.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { ErasuresRepository } from '../../../src/audit/erasure/erasures.repository.js';
import type { LastingProof } from '../../../src/audit/erasure/lasting-proof.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

const NOW_SECOND = 10_000;

describe('the file of erased people', () => {
  let trail: Trail;
  let dataDir: string;
  let file: ErasedFile;
  let nowSecond: number;
  /** The records that PostgreSQL refused. */
  let refused: string[];
  let proof: { secretId: string; prove: object };
  /** Whose proof takes another look. */
  let unfinished: string | null;
  /** Whose proof cannot be looked up. */
  let failing: string | null;
  /** Whose proof was looked at. */
  let proofs: string[];
  const unrequested = '019a0000-0000-7000-8000-999999999999';
  const idOf = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const add = (userIds: readonly string[], deletedAt: Date | string) =>
    trail.dataSource.query(
      'INSERT INTO erasures (user_id, deleted_at, due_at) SELECT unnest($1::uuid[]), $2::timestamptz, now()',
      [userIds, deletedAt],
    );
  const remove = (n: number, deletedAt: Date) => add([idOf(n)], deletedAt);
  const idsOf = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => idOf(from + n));
  const idsInFile = () =>
    readFileSync(join(dataDir, 'erased.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { userId: string }).userId);
  const update = async () => {
    while (await file.update());
  };

  beforeAll(async () => {
    trail = await startTrail();
    await trail.module.get(ErasureTask).onModuleDestroy();
    await trail.module.get(ErasedFile).onModuleDestroy();
  });
  afterAll(() => trail.stop());

  beforeEach(async () => {
    await trail.dataSource.query('DELETE FROM erasures');
    dataDir = mkdtempSync(join(tmpdir(), 'portcullis-erased-'));
    refused = [];
    const forget = (ids: readonly string[]) => {
      refused = refused.filter((line) => !ids.some((id) => line.includes(id)));
    };
    const spool = { forget } as unknown as AuditSpool;
    proofs = [];
    unfinished = failing = null;
    nowSecond = NOW_SECOND;
    proof = {
      secretId: 'former',
      prove: async ({ userId }: { userId: string }) => {
        proofs.push(userId);
        if (userId === failing) throw new Error('canceling statement due to statement timeout');
        if (userId === unfinished) return 'unfinished';
        return userId === unrequested ? 'unproven' : 'deleted';
      },
    };
    const environment = Object.assign(new Environment(), { DATA_DIR: dataDir });
    const clock = { nowMs: () => at(nowSecond).getTime() } as unknown as Clock;
    const repository = trail.module.get(ErasuresRepository);
    file = new ErasedFile(environment, repository, proof as unknown as LastingProof, spool, clock);
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('contains everybody once, however many are deleted at once', async () => {
    for (let second = 0; second < 25; second += 1)
      await add(idsOf(second * 100, (second + 1) * 100), at(second));
    await update();
    await update();
    expect(idsInFile()).toEqual(idsOf(0, 2500));
  });

  it('misses nobody whose deletion was committed after a later one', async () => {
    await remove(1, at(NOW_SECOND - 200));
    await update();
    await remove(2, at(NOW_SECOND - 400));
    await update();
    expect(idsInFile()).toEqual([idOf(1), idOf(2)]);
  });

  it('does not contain somebody whose erasure the service did not request, and keeps their records', async () => {
    await add([unrequested], at(9));
    refused.push(`about ${unrequested}`);
    await remove(1, at(10));
    await update();
    expect([idsInFile(), refused]).toEqual([[idOf(1)], [`about ${unrequested}`]]);
  });

  it('has the records of somebody removed that PostgreSQL refuses after the deletion', async () => {
    await remove(1, at(NOW_SECOND - 10));
    refused.push(`about ${idOf(1)}`);
    await update();
    expect(refused).toEqual([]);
    refused.push(`about ${idOf(1)}`, `about ${idOf(2)}`);
    await update();
    expect(refused).toEqual([`about ${idOf(2)}`]);
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('has the records of those removed that PostgreSQL refuses after their deletion became known, for ten minutes', async () => {
    await remove(1, at(10));
    await remove(2, at(5000));
    await update();
    const records = [idOf(1), idOf(2), idOf(3)].map((id) => `about ${id}`);
    nowSecond += 590;
    refused.push(...records);
    await update();
    expect(refused).toEqual([`about ${idOf(3)}`]);
    nowSecond += 20;
    refused = records;
    await update();
    expect(refused).toEqual(records);
  });

  it('misses nobody after a row that somebody inserted for a date in the future', async () => {
    await add([unrequested], at(1_000_000));
    await update();
    await remove(1, at(NOW_SECOND));
    await update();
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('misses nobody who was deleted after any number of others at one instant', async () => {
    await add(idsOf(0, 2500), at(5));
    await remove(2500, at(6));
    await update();
    expect(idsInFile()).toEqual(idsOf(0, 2501));
    await remove(2501, at(1000));
    await update();
    expect(idsInFile()).toEqual(idsOf(0, 2502));
  });

  it('has the proofs of people with a date in the future looked at once', async () => {
    await add(idsOf(0, 1500), at(1_000_000));
    await remove(1500, at(NOW_SECOND));
    await update();
    expect(idsInFile()).toEqual([idOf(1500), ...idsOf(0, 1500)]);
    proofs = [];
    await update();
    expect(proofs).toEqual([idOf(1500)]);
  });

  it.each(['infinity', '-infinity', '290000-01-01'])(
    'misses nobody besides a row with the date %s',
    async (date) => {
      await add([unrequested], date);
      await remove(1, at(10));
      await update();
      await remove(2, at(NOW_SECOND));
      await update();
      expect(idsInFile()).toEqual([idOf(1), idOf(2)]);
    },
  );

  it('contains those whose proof was found later, however many were deleted since', async () => {
    await remove(1, at(10));
    await remove(2, at(1000));
    unfinished = idOf(1);
    await update();
    await update();
    expect(idsInFile()).toEqual([idOf(2)]);
    unfinished = null;
    await update();
    expect(idsInFile()).toEqual([idOf(2), idOf(1)]);
  });

  it('contains once whose proof was found later, a minute after the deletion', async () => {
    await remove(1, at(NOW_SECOND - 60));
    unfinished = idOf(1);
    for (let updates = 1; updates <= 6; updates += 1) {
      await update();
      expect(proofs).toHaveLength(updates);
    }
    unfinished = null;
    await update();
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('contains those whose proof was found when that of somebody else could not be looked up', async () => {
    await remove(1, at(10));
    unfinished = idOf(1);
    await update();
    unfinished = null;
    await remove(2, at(1000));
    failing = idOf(2);
    await expect(update()).rejects.toThrow('statement timeout');
    failing = null;
    await update();
    expect(idsInFile()).toEqual([idOf(1), idOf(2)]);
  });

  it('contains those whose proof was found when it could not be written', async () => {
    await remove(1, at(10));
    unfinished = idOf(1);
    await update();
    unfinished = null;
    rmSync(dataDir, { recursive: true });
    await expect(update()).rejects.toThrow('ENOENT');
    mkdirSync(dataDir);
    await update();
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('reads nothing again while nobody is deleted', async () => {
    const read = vi.spyOn(trail.module.get(ErasuresRepository), 'deletedAfter');
    onTestFinished(() => read.mockRestore());
    await add(idsOf(0, 5), at(10));
    await update();
    read.mockClear();
    await file.update();
    expect(await Promise.all(read.mock.results.map(({ value }) => value as unknown))).toEqual([[]]);
    expect(proofs).toHaveLength(5);
  });

  it('says once how many people it leaves out', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    await add([unrequested], at(9));
    await update();
    await update();
    expect(warn.mock.calls).toEqual([[{ count: 1 }, expect.stringContaining('not added to erased.ndjson')]]);
  });

  it('has the proofs of everybody looked at again once the master secret has changed', async () => {
    await remove(1, at(0));
    await remove(2, at(1000));
    await update();
    await update();
    proofs = [];
    await update();
    expect(proofs).toEqual([]);
    proof.secretId = 'current';
    await update();
    expect(proofs).toEqual([idOf(1), idOf(2)]);
  });
});
