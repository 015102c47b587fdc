import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeletionsRepository } from '../../../src/audit/erasure/deletions.repository.js';
import { ErasureProof } from '../../../src/audit/erasure/erasure-proof.js';
import { ErasureStatement } from '../../../src/audit/erasure/erasure-statement.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { PersonalEntriesRepository } from '../../../src/audit/erasure/personal-entries.repository.js';
import { commitmentsOf } from '../../../src/audit/entry/sealed-form.js';
import { CHAIN_START } from '../../../src/audit/verification/seal-check.js';
import { TrailWalk } from '../../../src/audit/verification/trail-walk.js';
import type { Actor } from '../../../src/platform/http/origin.js';
import { ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

const ENTRIES = 3;

/** The service's own role may write any row into `erasures`, but does not have the key. */
describe('An erasure that the service did not request', () => {
  let trail: Trail;
  let userId: string;
  const errors = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);

  beforeEach(async () => {
    errors.mockClear();
    userId = randomUUID();
    trail = await startTrail();
    // The test decides when it runs.
    await trail.module.get(ErasureTask).onModuleDestroy();
    for (let n = 0; n < ENTRIES; n++)
      await trail.audit.recordAlone({
        type: 'authn_login_fail',
        outcome: 'failure',
        reason: 'wrong_password',
        userId,
        origin: ORIGIN,
        details: { account: 'digest' },
      });
    await trail.sealed();
  });
  afterEach(() => trail.stop());

  const insert = (columns = '', values = '') =>
    trail.dataSource.query(
      `INSERT INTO erasures (user_id, deleted_at, due_at${columns}) VALUES ($1, now(), now() - interval '1 second'${values})`,
      [userId],
    );
  const run = async () => {
    for (let round = 0; round < 3; round++) {
      await trail.module.get(ErasureTask).run();
      await trail.sealed();
    }
  };
  const left = async () => {
    const rows = await trail.dataSource.query<unknown[]>(
      'SELECT FROM audit_events WHERE user_id = $1 AND address IS NOT NULL AND origin_salt IS NOT NULL',
      [userId],
    );
    return rows.length;
  };
  const statements = async () => {
    const rows = await trail.dataSource.query<{ details: object }[]>(
      `SELECT details FROM audit_events WHERE type = 'personal_data_erased' AND user_id = $1`,
      [userId],
    );
    return rows.map(({ details }) => details);
  };
  const recordDeletion = (actor?: Actor) =>
    trail.audit.recordAlone({
      type: 'user_deleted',
      outcome: 'success',
      userId,
      origin: { ...ORIGIN, ip: null, userAgent: null, ...(actor && { actor }) },
      details: {},
    });
  const insertDeletions = (count: number) =>
    trail.dataSource.query(
      `INSERT INTO audit_events (time, id, type, outcome, user_id, details, digest, mac)
       SELECT now(), gen_random_uuid(), 'user_deleted', 'success', $1, '{}', sha256(''), sha256('')
       FROM generate_series(1, $2)`,
      [userId, count],
    );
  const requestAtDeletion = () =>
    trail.transactions.run((tx) => trail.module.get(Erasures).request(tx, userId, null));
  const request = () =>
    trail.transactions.run((tx) => trail.module.get(Erasures).requestUnlessKnown(tx, userId, null));

  it.each([
    ['without a code', '', ''],
    ['with a wrong code', ', mac', `, sha256('code')`],
    ['that names an actor', ', actor', `, jsonb_build_object('actorId', $1::uuid)`],
    ['that claims to be stated', ', stated_at, event_id', `, now(), gen_random_uuid()`],
  ])('is not carried out, but logged once: a row %s', async (_, columns, values) => {
    await insert(columns, values);
    await run();
    expect([await left(), await statements()]).toEqual([ENTRIES, []]);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 0 });
    expect(errors.mock.calls).toEqual([[{ userId }, expect.stringContaining('cannot be proven')]]);
    expect(await trail.dataSource.query('SELECT user_id AS "userId", erased_at FROM erasures')).toEqual([
      { userId, erased_at: null },
    ]);
  });

  it('loses members if it is made with the function of the database, and is then found in the statement and each entry', async () => {
    const entries = trail.module.get(PersonalEntriesRepository);
    const page = await trail.transactions.run((tx) =>
      entries.page(tx, { source: 'events about', after: null }, { userId, limit: ENTRIES }),
    );
    const parts = page.map((entry) => ({
      ...entry,
      originCommitment: String.raw`\x${commitmentsOf(entry, entry).origin}`,
      detailsCommitment: null,
    }));
    const forged = randomUUID();
    await trail.dataSource.query(
      `INSERT INTO audit_events (time, id, position, type, outcome, user_id, details, digest, mac)
       VALUES (now(), $1, 0, 'personal_data_erased', 'success', $2, '{}', sha256(''), sha256(''))`,
      [forged, userId],
    );
    await trail.dataSource.query('SELECT audit_erase($1, $2)', [userId, JSON.stringify(parts)]);
    expect(await left()).toBe(0);
    const faults: string[] = [];
    for await (const step of trail.module.get(TrailWalk).walk({ start: CHAIN_START, until: null }))
      faults.push(...step.faults.map(({ id, kind }) => `${kind} ${id}`));
    expect(faults.toSorted()).toEqual(
      [...page.map(({ id }) => `altered ${id}`), `inserted ${forged}`].toSorted(),
    );
  });

  it('is not proven by an event that was inserted', async () => {
    await insert();
    await insertDeletions(50);
    await run();
    expect([await left(), await statements()]).toEqual([ENTRIES, []]);
  });

  it('does not hold back one that was requested', async () => {
    await trail.dataSource.query(
      `INSERT INTO erasures (user_id, deleted_at, due_at) SELECT gen_random_uuid(), now(), '2020-01-01'
       FROM generate_series(1, 30)`,
    );
    await request();
    await run();
    await run();
    expect(await left()).toBe(0);
  });

  it('does not delay one that was requested, however many there are', { timeout: 60_000 }, async () => {
    for (let thousands = 0; thousands < 10; thousands++)
      await trail.dataSource.query(
        `INSERT INTO erasures (user_id, deleted_at, due_at)
         SELECT gen_random_uuid(), now(), now() - interval '1 day' FROM generate_series(1, 1000)`,
      );
    await request();
    const requestedMs = performance.now();
    const task = trail.module.get(ErasureTask);
    while ((await statements()).length === 0) await task.run();
    expect(performance.now() - requestedMs).toBeLessThan(20_000);
    const [due] = await trail.dataSource.query<[{ count: number }]>(
      'SELECT count(*)::int FROM erasures WHERE due_at <= now()',
    );
    expect(due).toEqual({ count: 1 });
  });

  it('is tried again an hour later, unless it was requested meanwhile', async () => {
    await insert();
    const task = trail.module.get(ErasureTask);
    expect(await task.run()).toBe(true);
    expect(
      await trail.dataSource.query(
        `SELECT due_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour' AS postponed FROM erasures`,
      ),
    ).toEqual([{ postponed: true }]);
    await trail.dataSource.query(`UPDATE erasures SET due_at = now() - interval '1 second'`);
    const proof = trail.module.get(ErasureProof);
    const named = proof.named.bind(proof);
    proof.named = async (rows) => {
      await requestAtDeletion();
      return named(rows);
    };
    await task.run();
    proof.named = named;
    expect(await trail.dataSource.query('SELECT due_at <= now() AS due FROM erasures')).toEqual([
      { due: true },
    ]);
  });

  it('does not hold back others if its proof cannot be looked up', async () => {
    await recordDeletion();
    await insert();
    const genuine = userId;
    userId = randomUUID();
    await request();
    trail.module.get(DeletionsRepository).of = () =>
      Promise.reject(new Error('canceling statement due to statement timeout'));
    const task = trail.module.get(ErasureTask);
    await expect(task.run()).rejects.toThrow('statement timeout');
    expect(await statements()).toHaveLength(1);
    userId = genuine;
    expect([await left(), await statements()]).toEqual([ENTRIES, []]);
  });

  it('is not one whose event is hidden behind any number of inserted ones', async () => {
    await recordDeletion();
    await insert();
    await insertDeletions(500);
    const page = vi.spyOn(trail.module.get(DeletionsRepository), 'of');
    const task = trail.module.get(ErasureTask);
    await task.run();
    await task.run();
    expect(page).toHaveBeenCalledTimes(2);
    expect(await statements()).toEqual([]);
    for (let runs = 0; runs < 10; runs++) await task.run();
    expect(await statements()).toHaveLength(1);
    expect(errors).not.toHaveBeenCalled();
  });

  it('is that of a person with an account, even if the row was copied from an earlier deletion', async () => {
    await request();
    await trail.dataSource.query(
      `INSERT INTO users (id, email, roles, created_at, updated_at) VALUES ($1, 'her@example.org', '{user}', now(), now())`,
      [userId],
    );
    await run();
    expect([await left(), await statements()]).toEqual([ENTRIES, []]);
  });

  it('is not one that the previous version requested, whose event states the deletion and its actor', async () => {
    await recordDeletion({ actor: 'cli', operator: 'root' });
    await insert(', actor', `, jsonb_build_object('actorId', gen_random_uuid())`);
    await run();
    expect(await left()).toBe(0);
    expect(await statements()).toEqual([
      { entries: ENTRIES + 1, format1: 0, actor: 'cli', operator: 'root' },
    ]);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, firstFault: null });
  });

  it.each([
    ['without a code', '', ''],
    ['that claims to be stated', ', stated_at, event_id', `, now(), gen_random_uuid()`],
  ])('is carried out once an operator requests it: a row %s', async (_, columns, values) => {
    await insert(columns, values);
    await run();
    expect([await request(), await request()]).toEqual([true, false]);
    await run();
    expect([await left(), await statements()]).toEqual([0, [expect.objectContaining({ entries: ENTRIES })]]);
  });

  it('is not carried out under the event of a row that an operator replaces meanwhile', async () => {
    await recordDeletion();
    await insert();
    await trail.module.get(ErasureTask).run();
    await trail.sealed();
    const statement = trail.module.get(ErasureStatement);
    const isSealed = statement.isSealed.bind(statement);
    statement.isSealed = async (eventId) => {
      const answer = await isSealed(eventId);
      await request();
      return answer;
    };
    await trail.module.get(ErasureTask).run();
    statement.isSealed = isSealed;
    expect(await left()).toBe(ENTRIES);
    expect(await trail.dataSource.query('SELECT event_id, stated_at, erased_at FROM erasures')).toEqual([
      { event_id: null, stated_at: null, erased_at: null },
    ]);
    await run();
    expect([await left(), await statements()]).toEqual([0, [expect.anything(), expect.anything()]]);
  });

  it.each([
    ['an operator requests it', () => request()],
    ['the person deletes their account', () => requestAtDeletion()],
  ])('is carried out in time once %s, whenever the row claims to be due', async (_, requestNow) => {
    await insert(', stated_at, event_id', `, now(), gen_random_uuid()`);
    await trail.dataSource.query(`UPDATE erasures SET deleted_at = '2020-01-01', due_at = 'infinity'`);
    await requestNow();
    await run();
    expect(await left()).toBe(0);
    expect(
      await trail.dataSource.query(`SELECT user_id FROM erasures WHERE deleted_at > '2021-01-01'`),
    ).toHaveLength(1);
  });
});
