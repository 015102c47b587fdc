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
    statement.prepare = async (erasure) => {
      if (!failing.includes(erasure.userId)) return prepare(erasure);
      failed.push(erasure.userId);
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

  it.each(['5', '"account"', 'true', 'null', '["account"]', '{}'])(
    'are not those of a person about whom an entry with other details was inserted: %s',
    async (details) => {
      const userId = await request();
      await trail.dataSource.query(
        `INSERT INTO audit_events (time, id, type, outcome, user_id, details, digest, mac, origin_salt, details_salt)
         SELECT now(), gen_random_uuid(), 'user_created', 'success', $1, $2::jsonb, '', '', salt, salt
         FROM sha256('') AS salt`,
        [userId, details],
      );
      expect(await run(1)).toEqual([]);
      await trail.sealed();
      expect(await run(1)).toEqual([]);
      expect(await trail.dataSource.query('SELECT erased_at FROM erasures')).toEqual([
        { erased_at: expect.any(Date) },
      ]);
    },
  );
});
