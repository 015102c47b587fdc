import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErasureParticipants } from '../../../src/audit/erasure/erasure-participants.js';
import { ErasureStatement } from '../../../src/audit/erasure/erasure-statement.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

/** As many as one run carries out. */
const PER_RUN = 20;
const FAILING = 600;

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

  /** Makes the statements of these people fail. Returns whose have failed, and how that ends. */
  const makeFail = (failing: readonly string[]) => {
    const failed: string[] = [];
    const statement = trail.module.get(ErasureStatement);
    const prepare = statement.prepare.bind(statement);
    statement.prepare = async (erasure) => {
      if (!failing.includes(erasure.userId)) return prepare(erasure);
      failed.push(erasure.userId);
      throw new Error('cannot be erased');
    };
    const end = () => {
      statement.prepare = prepare;
    };
    return { failed, end };
  };
  const stated = async () => {
    const rows = await trail.dataSource.query<{ userId: string }[]>(
      `SELECT user_id AS "userId" FROM audit_events WHERE type = 'personal_data_erased'`,
    );
    return rows.map(({ userId }) => userId);
  };
  /** Continues as ten seconds after a failure, for which so many must wait. */
  const waited = async (postponed: number) => {
    const [, changed] = await trail.dataSource.query<[unknown, number]>(
      `UPDATE erasures SET due_at = due_at - interval '10 seconds'
       WHERE erased_at IS NULL AND due_at > now() AND due_at <= now() + interval '10 seconds'`,
    );
    expect(changed).toBe(postponed);
  };

  it('are tried again ten seconds later', async () => {
    const failing = [await request(), await request()];
    const { failed, end } = makeFail(failing);
    expect(await run(1)).toEqual(['cannot be erased']);
    expect(await run(1)).toEqual([]);
    await waited(2);
    expect(await run(1)).toEqual(['cannot be erased']);
    expect(failed.toSorted()).toEqual([...failing, ...failing].toSorted());
    end();
    await waited(2);
    expect(await run(1)).toEqual([]);
    expect((await stated()).toSorted()).toEqual(failing.toSorted());
  });

  it('do not hold back later ones, however many they are', { timeout: 60_000 }, async () => {
    const failing: string[] = [];
    for (let n = 0; n < FAILING; n += 1) failing.push(await request());
    const later = await request();
    const { failed } = makeFail(failing);
    await run(FAILING / PER_RUN + 1);
    expect(await stated()).toEqual([later]);
    expect(new Set(failed)).toEqual(new Set(failing));
  });

  it('do not hold back later ones if they fail only after their statement', async () => {
    const failing: string[] = [];
    for (let n = 0; n < PER_RUN; n += 1) failing.push(await request());
    await run(1);
    await trail.sealed();
    const later = await request();
    trail.module.get(ErasureParticipants).hasRead = () => Promise.reject(new Error('cannot be read'));
    // The first run notes that they are stated. Their rows have changed since they were read then.
    expect(await run(3)).toEqual(['cannot be read']);
    expect((await stated()).toSorted()).toEqual([...failing, later].toSorted());
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
