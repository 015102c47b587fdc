import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErasureStatement } from '../../../src/audit/erasure/erasure-statement.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

/** More than one run carries out. */
const FAILING = 25;

describe('Erasures that fail every time', () => {
  let trail: Trail;
  beforeEach(async () => {
    trail = await startTrail();
    // The test decides when it runs.
    await trail.module.get(ErasureTask).onModuleDestroy();
  });
  afterEach(() => trail.stop());

  const request = async () => {
    const userId = randomUUID();
    await trail.transactions.run((tx) => trail.module.get(Erasures).request(tx, userId, null));
    return userId;
  };
  const run = async (times: number) => {
    const failures = new Set<unknown>();
    for (let n = 0; n < times; n += 1)
      await trail.module
        .get(ErasureTask)
        .run()
        .catch((error: unknown) => failures.add((error as Error).message));
    return [...failures];
  };

  it('do not hold back later ones, and are retried', async () => {
    const failing: string[] = [];
    for (let n = 0; n < FAILING; n += 1) failing.push(await request());
    const later = await request();
    const statement = trail.module.get(ErasureStatement);
    const prepare = statement.prepare.bind(statement);
    let failed: string[] = [];
    statement.prepare = async (userId) => {
      if (!failing.includes(userId)) return prepare(userId);
      failed.push(userId);
      throw new Error('cannot be erased');
    };
    const stated = async () => {
      const rows = await trail.dataSource.query<{ userId: string }[]>(
        `SELECT user_id AS "userId" FROM audit_events WHERE type = 'personal_data_erased'`,
      );
      return rows.map(({ userId }) => userId);
    };

    expect(await run(2)).toEqual(['cannot be erased']);
    expect(await stated()).toEqual([later]);
    failed = [];
    await run(2);
    expect(new Set(failed)).toEqual(new Set(failing));
    statement.prepare = prepare;
    for (let round = 0; round < 3; round += 1) {
      await run(1);
      await trail.sealed();
    }
    expect(await stated()).toHaveLength(FAILING + 1);
  });
});
