import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { EntryErasure } from '../../../src/audit/erasure/entry-erasure.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { LateErasure } from '../../../src/audit/erasure/late-erasure.js';
import { PersonalEntriesRepository } from '../../../src/audit/erasure/personal-entries.repository.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { CALL, ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';
import { mostBetweenPauses } from '../../support/event-loop/most-between-pauses.js';
import { eventually } from '../../support/time/eventually.js';

/** Entries that an instance of the previous version has erased before it was killed, and those that are left. */
const FORMER = 150_000;
const LEFT = 900;
/** More than three pages. */
const PAGES = 3500;
/** So many that a statement which compares each with every entry of a page takes longer than it may. */
const UNKNOWN = 60_000;
/** More late entries of others than are searched at a time. */
const OTHERS = 4500;

describe('Erasing a person with many entries', () => {
  let trail: Trail;
  let attacker: Tamperer;
  beforeAll(async () => {
    trail = await startTrail();
    // The tests decide when it runs.
    await trail.module.get(ErasureTask).onModuleDestroy();
    attacker = await Tamperer.on(trail.database.superuserUrl);
    await trail.grow(1);
  });
  afterAll(async () => {
    await attacker.end();
    await trail.stop();
  });

  /** Inserts calls, by default at a position that is sealed already. */
  const insertCalls = (userId: string, [from, to]: [number, number], isErased = false, position = '1') =>
    attacker.change(
      `INSERT INTO audit_calls (time, id, position, outcome, user_id, address, method, status, duration_ms, digest, mac,
         origin_salt, origin_commitment)
       SELECT now() - (400000 - n) * interval '1 ms', gen_random_uuid(), ${position}, 'success', $1, ${isErased ? 'NULL' : `'198.51.100.7'`},
         'GET', 200, 1, sha256(n::text::bytea), sha256('code'),
         ${isErased ? `NULL, sha256('gone')` : `sha256('salt'), NULL`} FROM generate_series(${from}, ${to}) AS n`,
      userId,
    );
  const request = (userId: string) =>
    trail.transactions.run((tx) => trail.module.get(Erasures).request(tx, userId, null));
  /** Does not wait for the time at which one is tried again whose statement was cancelled, as on a busy machine. */
  const run = async (of = trail) => {
    await attacker.run(
      `UPDATE erasures SET due_at = now() - interval '1 second'
       WHERE erased_at IS NULL AND due_at > now() AND due_at < now() + interval '30 s'`,
    );
    return of.module.get(ErasureTask).run();
  };
  /** Until its statements end in time, which ones that read too much never do. */
  const eraseNext = (userId: string, of = trail) =>
    eventually(() => of.module.get(EntryErasure).eraseNext(userId));
  /** Counts without the time limit of the service. */
  const leftOf = (userId: string) =>
    trail.transactions.run(async (tx) => {
      await tx.query('SET LOCAL statement_timeout = 0');
      const [row] = await tx.query<[{ left: number }]>(
        `SELECT count(*)::int AS left FROM audit_calls
         WHERE user_id = $1 AND (address IS NOT NULL OR origin_salt IS NOT NULL)`,
        [userId],
      );
      return row.left;
    });
  const stated = async (userId: string) => {
    const events = await trail.dataSource.query<{ details: object }[]>(
      `SELECT details FROM audit_events WHERE type = 'personal_data_erased' AND user_id = $1`,
      [userId],
    );
    return events.map(({ details }) => details);
  };
  const isErased = async (userId: string) =>
    (
      await trail.dataSource.query<unknown[]>(
        'SELECT FROM erasures WHERE user_id = $1 AND erased_at IS NOT NULL',
        [userId],
      )
    ).length === 1;
  /** Whose erasure is stated, and not begun. */
  const ready = async (entries: number) => {
    const userId = randomUUID();
    await insertCalls(userId, [1, entries]);
    await request(userId);
    await eventually(async () => {
      await run();
      expect(await stated(userId)).toHaveLength(1);
    });
    await trail.sealed();
    await attacker.change('UPDATE erasures SET stated_at = now() WHERE user_id = $1', userId);
    return userId;
  };
  const secondInstance = async () => {
    const other = await startTrail({ database: trail.database });
    onTestFinished(() => other.stop());
    return other;
  };

  it('needs no statement that reads them all, and counts what is left', { timeout: 90_000 }, async () => {
    const userId = randomUUID();
    await insertCalls(userId, [1, FORMER], true);
    await insertCalls(userId, [FORMER + 1, FORMER + LEFT]);
    await attacker.run('ANALYZE audit_calls; SET enable_seqscan = off; SET enable_bitmapscan = off');
    const readAll = () =>
      attacker.run(`SELECT count(origin_salt) FROM audit_calls WHERE user_id = '${userId}'`);
    await readAll();
    const begun = performance.now();
    await readAll();
    const allowedMs = Math.max(20, Math.round((performance.now() - begun) / 2));
    let isLimited = false;
    const pool = (trail.dataSource.driver as unknown as { master: NodeJS.EventEmitter }).master;
    const limit = (client: { query(sql: string): Promise<unknown> }) => {
      void client.query(`SET statement_timeout = ${isLimited ? allowedMs : 900}`);
    };
    pool.on('acquire', limit);
    onTestFinished(() => void pool.off('acquire', limit));

    await request(userId);
    for (const deadline = Date.now() + 60_000; !(await isErased(userId)) && Date.now() < deadline;) {
      isLimited = true;
      // On a busy machine, a page may be cancelled as well; the next run continues there.
      await run().catch(() => undefined);
      isLimited = false;
      await trail.sealed();
    }
    expect(await leftOf(userId)).toBe(0);
    expect(await stated(userId)).toEqual([{ entries: LEFT, format1: 0, actorId: userId }]);
  });

  it(
    'finds the entries of a page by their keys, if the statistics do not know the person yet',
    { timeout: 90_000 },
    async () => {
      // Nearly all entries so far are of one user, so that anybody else is estimated to have one.
      await attacker.run('ANALYZE audit_calls');
      const userId = await ready(UNKNOWN);
      // The last page, of which each entry comes after all others of the person.
      await attacker.change(
        `UPDATE erasures SET progress = jsonb_build_object('eventId', event_id, 'value', jsonb_build_object('place',
         jsonb_build_object('source', 'calls by', 'after', (SELECT jsonb_build_object('time', time, 'id', id)
           FROM audit_calls WHERE user_id = $1 ORDER BY time, id OFFSET ${UNKNOWN - 300} LIMIT 1))))
       WHERE user_id = $1`,
        userId,
      );
      // Its connections have no plan of a statement before.
      const other = await secondInstance();
      await eraseNext(userId, other);
      expect(await leftOf(userId)).toBeLessThan(UNKNOWN);
    },
  );

  it('continues where an instance that was killed has stopped', async () => {
    const userId = await ready(PAGES);
    for (let pages = 0; pages < 4; pages++) await eraseNext(userId);
    const left = await leftOf(userId);
    expect(left).toBeLessThan(PAGES);
    const other = await secondInstance();
    const page = vi.spyOn(other.module.get(PersonalEntriesRepository), 'page');
    await eventually(async () => {
      await run(other);
      expect(await isErased(userId)).toBe(true);
    });
    const pages = page.mock.calls.map(([, { source, after }]) => ({ source, after }));
    expect(pages.length).toBeGreaterThan(0);
    expect(pages).not.toContainEqual({ source: 'events about', after: null });
    expect(await leftOf(userId)).toBe(0);
    expect(await stated(userId)).toEqual([{ entries: PAGES, format1: 0, actorId: userId }]);
  });

  it('lets requests proceed after few entries', async () => {
    const userId = await ready(PAGES);
    const entries = trail.module.get(PersonalEntriesRepository);
    const page = vi.spyOn(entries, 'page');
    const { most } = await mostBetweenPauses(entries, 'page', () =>
      eventually(async () => {
        await run();
        expect(await isErased(userId)).toBe(true);
      }),
    );
    expect(most).toBe(1);
    const sizes = await Promise.all(page.mock.results.map(async ({ value }) => (await value).length));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(300);
  });

  it('is done once by two instances at the same time', async () => {
    const other = await secondInstance();
    const userId = randomUUID();
    await insertCalls(userId, [1, PAGES]);
    await request(userId);
    await eventually(async () => {
      await Promise.all([run(), run(other), run(), run(other)]);
      await trail.sealed();
      expect(await isErased(userId)).toBe(true);
    });
    expect(await leftOf(userId)).toBe(0);
    expect(await stated(userId)).toEqual([{ entries: PAGES, format1: 0, actorId: userId }]);
  });

  it('does not take the place of the counting for that of the erasing, if the previous version has recorded the event', async () => {
    const userId = await ready(10);
    await attacker.change(
      `UPDATE erasures SET progress = jsonb_build_object('eventId', NULL, 'value', jsonb_build_object(
         'place', jsonb_build_object('source', 'calls by', 'after', jsonb_build_object('time', now(), 'id', gen_random_uuid()))))
       WHERE user_id = $1`,
      userId,
    );
    await eventually(async () => {
      await run();
      expect(await isErased(userId)).toBe(true);
    });
    expect(await leftOf(userId)).toBe(0);
  });

  it('does not make another person wait', async () => {
    const big = await ready(15_000);
    const dueIn = (hours: number) =>
      attacker.change(`UPDATE erasures SET due_at = now() + interval '${hours} h' WHERE user_id = $1`, big);
    await dueIn(1);
    const small = await ready(3);
    await dueIn(-1);
    // On a busy machine, a page of the big one may be cancelled, and the run then ends with that failure.
    await run().catch(() => undefined);
    expect([(await leftOf(big)) > 0, await leftOf(small)]).toEqual([true, 0]);
  });

  describe('whose entries come late', () => {
    it('finds one among more than are read at a time', async () => {
      const userId = await ready(1);
      await eventually(async () => {
        await run();
        expect(await isErased(userId)).toBe(true);
      });
      await insertCalls(randomUUID(), [1, OTHERS], false, 'audit_position() + n * 0');
      const origin = { ...ORIGIN, ip: '198.51.100.9', network: '198.51.100.9' };
      trail.audit.recordCall({ ...CALL, status: 200, reason: null, userId, origin });
      await trail.drained();
      expect(await leftOf(userId)).toBe(1);
      await eventually(async () => {
        await run();
        expect(await leftOf(userId)).toBe(0);
      });
    });

    it('searches with the only connection of a pool', async () => {
      const single = await startTrail({ settings: { DATABASE_POOL_SIZE: 1 } });
      onTestFinished(() => single.stop());
      await single.dataSource.query('UPDATE erasure_sweep SET position = 0');
      await single.grow(3);
      await single.module.get(LateErasure).eraseNext();
      const [sweep] = await single.dataSource.query<[{ position: string }]>(
        'SELECT position FROM erasure_sweep',
      );
      expect(Number(sweep.position)).toBeGreaterThan(0);
    });

    it('neither locks nor writes anything while nothing comes', async () => {
      await attacker.run('UPDATE erasures SET erased_at = now()');
      const sweep = async () =>
        (await trail.dataSource.query('SELECT ctid, xmin, xmax, position FROM erasure_sweep'))[0] as object;
      await eventually(async () => {
        await run();
        const before = await sweep();
        expect(before).toMatchObject({ position: expect.any(String) });
        for (let runs = 0; runs < 3; runs++) await run();
        expect(await sweep()).toEqual(before);
      });
    });
  });
});
