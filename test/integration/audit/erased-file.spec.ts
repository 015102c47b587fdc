import { Logger } from '@nestjs/common';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { Environment } from '../../../src/platform/config/environment.js';
import type { AuditSpool } from '../../../src/audit/spool/audit-spool.js';
import { ErasedFile } from '../../../src/audit/erasure/erased-file.js';
import type { ErasuresRepository } from '../../../src/audit/erasure/erasures.repository.js';
import type { LastingProof } from '../../../src/audit/erasure/lasting-proof.js';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

const NOW_SECOND = 10_000;

describe('the file of erased people', () => {
  let dataDir: string;
  let file: ErasedFile;
  /** The records that PostgreSQL refused. */
  let refused: string[];
  let proof: { secretId: string; isDeleted: object };
  /** Whose proof was looked at. */
  let proofs: string[];
  const unrequested = '019a0000-0000-7000-8000-999999999999';
  const deleted: { userId: string; deletedAt: Date }[] = [];
  const idOf = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const remove = (n: number, deletedAt: Date) => deleted.push({ userId: idOf(n), deletedAt });
  const idsInFile = () =>
    readFileSync(join(dataDir, 'erased.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { userId: string }).userId);
  const update = async () => {
    while (await file.update());
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'portcullis-erased-'));
    deleted.length = 0;
    const repository = {
      deletedSince: async (instant: Date, limit: number) =>
        deleted
          .filter(({ deletedAt }) => deletedAt >= instant)
          .toSorted((one, other) => one.deletedAt.getTime() - other.deletedAt.getTime())
          .slice(0, limit),
    } as unknown as ErasuresRepository;
    refused = [];
    const forget = (ids: readonly string[]) => {
      refused = refused.filter((line) => !ids.some((id) => line.includes(id)));
    };
    const spool = { forget } as unknown as AuditSpool;
    proofs = [];
    proof = {
      secretId: 'former',
      isDeleted: async ({ userId }: { userId: string }) => {
        proofs.push(userId);
        return userId !== unrequested;
      },
    };
    const environment = Object.assign(new Environment(), { DATA_DIR: dataDir });
    const clock = { nowMs: () => at(NOW_SECOND).getTime() } as unknown as Clock;
    file = new ErasedFile(environment, repository, proof as unknown as LastingProof, spool, clock);
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('contains everybody once, however many are deleted at once', async () => {
    for (let n = 0; n < 2500; n += 1) remove(n, at(Math.floor(n / 100)));
    await update();
    await update();
    expect(idsInFile()).toEqual(deleted.map(({ userId }) => userId));
  });

  it('misses nobody whose deletion was committed after a later one', async () => {
    remove(1, at(10));
    await update();
    remove(2, at(9));
    await update();
    expect(idsInFile()).toEqual([idOf(1), idOf(2)]);
  });

  it('does not contain somebody whose erasure the service did not request, and keeps their records', async () => {
    deleted.push({ userId: unrequested, deletedAt: at(9) });
    refused.push(`about ${unrequested}`);
    remove(1, at(10));
    await update();
    expect([idsInFile(), refused]).toEqual([[idOf(1)], [`about ${unrequested}`]]);
  });

  it('has the records of somebody removed that PostgreSQL refuses after the deletion', async () => {
    remove(1, at(10));
    refused.push(`about ${idOf(1)}`);
    await update();
    expect(refused).toEqual([]);
    refused.push(`about ${idOf(1)}`, `about ${idOf(2)}`);
    await update();
    expect(refused).toEqual([`about ${idOf(2)}`]);
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('misses nobody after a row that somebody inserted for a date in the future', async () => {
    deleted.push({ userId: unrequested, deletedAt: at(1_000_000) });
    await update();
    remove(1, at(NOW_SECOND));
    await update();
    expect(idsInFile()).toEqual([idOf(1)]);
  });

  it('says once how many people it leaves out', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    deleted.push({ userId: unrequested, deletedAt: at(9) });
    await update();
    await update();
    expect(warn.mock.calls).toEqual([[{ count: 1 }, expect.stringContaining('not added to erased.ndjson')]]);
  });

  it('has the proofs of everybody looked at again once the master secret has changed', async () => {
    remove(1, at(0));
    remove(2, at(1000));
    await update();
    await update();
    proofs = [];
    await update();
    expect(proofs).toEqual([idOf(2)]);
    proof.secretId = 'current';
    await update();
    expect(proofs).toEqual([idOf(2), idOf(1), idOf(2)]);
  });
});
