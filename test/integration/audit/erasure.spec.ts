import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntryErasure } from '../../../src/audit/erasure/entry-erasure.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { PersonalEntriesRepository } from '../../../src/audit/erasure/personal-entries.repository.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { CALL, ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';
import { eventually } from '../../support/time/eventually.js';

const EACH = 6;

describe('Erasing a person from the trail', () => {
  let trail: Trail;
  let attacker: Tamperer;
  const people: string[] = Array.from({ length: 10 }, () => randomUUID());
  const [erased, unsealed, half, byHand, administrator, late, interrupted, kept, unstated, other] =
    people as [string, string, string, string, string, string, string, string, string, string];

  const originOf = (userId: string) => ({
    ...ORIGIN,
    ip: `198.51.100.${people.indexOf(userId)}`,
    network: `198.51.100.${people.indexOf(userId)}`,
    userAgent: `browser-of-${userId}`,
  });
  const call = (userId: string) =>
    trail.audit.recordCall({ ...CALL, status: 200, reason: null, userId, origin: originOf(userId) });
  const request = (userId: string) =>
    trail.transactions.run((tx) => trail.module.get(Erasures).request(tx, userId, null));
  const run = () => trail.module.get(ErasureTask).run();
  const verify = () => trail.verification.verify();
  const rowsWith = async (text: string) => {
    const rows = await trail.dataSource.query<unknown[]>(
      `SELECT FROM audit_events WHERE audit_events::text LIKE $1 UNION ALL SELECT FROM audit_calls WHERE audit_calls::text LIKE $1`,
      [`%${text}%`],
    );
    return rows.length;
  };
  const erase = async (userId: string) => {
    await request(userId);
    await run();
    await trail.sealed();
    await run();
  };

  beforeAll(async () => {
    trail = await startTrail();
    // The test decides when it runs.
    await trail.module.get(ErasureTask).onModuleDestroy();
    attacker = await Tamperer.on(trail.database.superuserUrl);
    for (const userId of people) {
      for (let n = 0; n < EACH; n++) {
        await trail.audit.recordAlone({
          type: 'authn_login_fail',
          outcome: 'failure',
          reason: 'wrong_password',
          userId,
          origin: originOf(userId),
          details: { account: `digest-of-${userId}` },
        });
        call(userId);
      }
    }
    await trail.audit.recordAlone({
      type: 'user_disabled',
      outcome: 'success',
      userId: erased,
      origin: { ...originOf(administrator), actor: { actorId: administrator, auditReason: 'about her cat' } },
      details: {},
    });
    await trail.sealed();
  });
  afterAll(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('waits for the seal of the event that states it', async () => {
    await request(unsealed);
    await run();
    expect(await rowsWith(`browser-of-${unsealed}`)).toBe(2 * EACH);
    expect(await verify()).toMatchObject({ intact: true, erased: 0 });
    await trail.sealed();
    await run();
    expect(await rowsWith(`browser-of-${unsealed}`)).toBe(0);
    expect(await rowsWith(`digest-of-${unsealed}`)).toBe(0);
    expect(await verify()).toMatchObject({ intact: true, erased: 2 * EACH, firstFault: null });
  });

  it('leaves the members of whoever acted on the person, until they are erased themselves', async () => {
    await erase(erased);
    expect(await rowsWith(`browser-of-${erased}`)).toBe(0);
    expect(await rowsWith('about her cat')).toBe(0);
    expect(await rowsWith(`browser-of-${administrator}`)).toBe(2 * EACH + 1);
    expect(await verify()).toMatchObject({ intact: true, erased: 4 * EACH + 1 });
    await erase(administrator);
    expect(await rowsWith(`browser-of-${administrator}`)).toBe(0);
    expect(await verify()).toMatchObject({ intact: true, erased: 6 * EACH + 1 });
  });

  it('reaches entries that a spool delivers later', async () => {
    await erase(late);
    call(late);
    await trail.sealed();
    expect(await rowsWith(`browser-of-${late}`)).toBe(1);
    // A transaction of another spec's database may delay it by a run.
    await eventually(async () => {
      await run();
      expect(await rowsWith(`browser-of-${late}`)).toBe(0);
    });
    expect((await verify()).intact).toBe(true);
  });

  it('reaches late entries of others, if the event about one person has left the trail', async () => {
    await erase(other);
    await trail.dataSource.query(
      `INSERT INTO erasures (user_id, deleted_at, due_at, event_id, stated_at, erased_at)
       VALUES ($1, now(), now(), gen_random_uuid(), now(), now())`,
      [unstated],
    );
    call(unstated);
    call(other);
    await trail.sealed();
    await eventually(async () => {
      await run();
      expect(await rowsWith(`browser-of-${other}`)).toBe(0);
    });
    expect(await rowsWith(`browser-of-${unstated}`)).toBe(2 * EACH + 1);
    expect((await verify()).intact).toBe(true);
  });

  it('is intact in the middle, and is finished by the next run after a crash', async () => {
    const entries = trail.module.get(PersonalEntriesRepository);
    const page = entries.page.bind(entries);
    let pages = 0;
    await request(interrupted);
    await run();
    await trail.sealed();
    entries.page = async (...parameters) => {
      pages += 1;
      if (pages === 3) throw new Error('The process ends here.');
      return page(...parameters);
    };
    await expect(run()).rejects.toThrow('ends here');
    entries.page = page;
    const left = await rowsWith(`browser-of-${interrupted}`);
    expect(left).toBe(EACH);
    expect((await verify()).intact).toBe(true);
    await run();
    expect(await rowsWith(`browser-of-${interrupted}`)).toBe(0);
    expect((await verify()).intact).toBe(true);
    const events = await trail.dataSource.query<unknown[]>(
      `SELECT FROM audit_events WHERE type = 'personal_data_erased' AND user_id = $1`,
      [interrupted],
    );
    expect(events).toHaveLength(1);
  });

  it('is refused by the database without a sealed event, and to everything but its function', async () => {
    await request(kept);
    await trail.dataSource.query(
      'UPDATE erasures SET event_id = gen_random_uuid(), stated_at = now() WHERE user_id = $1',
      [kept],
    );
    await expect(trail.module.get(EntryErasure).eraseNext(kept)).rejects.toThrow('no sealed event');
    await trail.dataSource.query('DELETE FROM erasures WHERE user_id = $1', [kept]);
    await expect(
      trail.dataSource.query(`SET portcullis.audit_erasing = 'on'; UPDATE audit_calls SET address = NULL`),
    ).rejects.toThrow('permission denied');
    expect(await rowsWith(`browser-of-${kept}`)).toBe(2 * EACH);
  });

  describe('by hand', () => {
    const ERASE = `address = NULL, user_agent = NULL, origin_salt = NULL, origin_commitment = sha256('')`;

    it.each([
      ['without a stated erasure', () => byHand, ERASE],
      ['with the right commitment but without a stated erasure', () => byHand, null],
      ['of which a member is left', () => erased, `address = '198.51.100.1'`],
      ['of which the salt is left', () => erased, `origin_salt = '\\x00'`],
    ])('is found as altered: %s', async (_what, whose, change) => {
      const before = await verify();
      expect(before.intact).toBe(true);
      const where = `id = (SELECT min(id::text)::uuid FROM audit_calls WHERE user_id = '${whose()}')`;
      const [row] = await trail.dataSource.query<[{ copy: string; id: string }]>(
        `SELECT id, to_jsonb(audit_calls)::text AS copy FROM audit_calls WHERE ${where}`,
      );
      if (change === null) {
        const { commitmentsOf } = await import('../../../src/audit/entry/sealed-form.js');
        const entries = trail.module.get(PersonalEntriesRepository);
        const [entry] = await trail.transactions.run((tx) =>
          entries.page(tx, { source: 'calls by', after: null }, { userId: whose(), limit: 1 }),
        );
        const { origin } = commitmentsOf(entry!, entry!);
        await attacker.change(
          `UPDATE audit_calls SET ${ERASE.replace(`sha256('')`, `'\\x${origin}'`)} WHERE ${where}`,
        );
      } else await attacker.change(`UPDATE audit_calls SET ${change} WHERE ${where}`);
      expect(await verify()).toMatchObject({ intact: false, firstFault: { id: row.id, kind: 'altered' } });
      await attacker.change('DELETE FROM audit_calls WHERE id = $1', row.id);
      await attacker.change(
        'INSERT INTO audit_calls SELECT (jsonb_populate_record(NULL::audit_calls, $1::jsonb)).*',
        row.copy,
      );
    });

    it('is found in an event that loses a part of its members', async () => {
      await attacker.change(
        `UPDATE audit_events SET details = details - 'account' WHERE id = (
           SELECT min(id::text)::uuid FROM audit_events WHERE user_id = $1 AND details ? 'account')`,
        half,
      );
      expect(await verify()).toMatchObject({ intact: false, firstFault: { kind: 'altered' } });
    });
  });
});
