import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeOfEntry } from '../../../src/audit/entry/entry-id.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { LastingStatements } from '../../../src/audit/erasure/lasting-statements.js';
import { AuditPartitions } from '../../../src/audit/partitions/audit-partitions.js';
import { type Month, monthOf } from '../../../src/audit/partitions/month.js';
import {
  type AuditTable,
  PartitionsRepository,
} from '../../../src/audit/partitions/partitions.repository.js';
import { PartitionDrop } from '../../../src/audit/partition-drop.js';
import { PartitionRetention } from '../../../src/audit/partition-retention.js';
import { NewestSeal } from '../../../src/audit/seals/newest-seal.js';
import { SealsRepository } from '../../../src/audit/seals/seals.repository.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { ADVISORY_LOCKS } from '../../../src/platform/database/advisory-locks.js';
import { RetentionClock } from '../../../src/platform/database/retention-clock.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import {
  CALL,
  CREATED,
  ORIGIN,
  startTrail,
  type Trail,
  type TrailOptions,
} from '../../support/audit/trail.js';
import { eventually } from '../../support/time/eventually.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { WrongClock } from '../../support/time/wrong-clock.js';

const DAY_MS = 86_400_000;
/** The length of the shortest month, so that steps never skip a month. */
const STEP_MS = 28 * DAY_MS;

describe('MonthRetention', () => {
  let trail: Trail;
  let clock: ManualClock;
  let attacker: Tamperer;

  /** Creates a trail with two events and a call in every month from `days` ago until today. */
  async function startOldTrail(days: number, settings: TrailOptions['settings']): Promise<void> {
    const now = Date.now();
    clock = new ManualClock(now - days * DAY_MS);
    trail = await startTrail({ clock, settings });
    attacker = await Tamperer.on(trail.database.superuserUrl);
    for (;;) {
      await trail.module.get(AuditPartitions).makeAhead();
      await trail.grow(2);
      if (clock.nowMs() >= now) return;
      clock.advance(Math.min(STEP_MS, now - clock.nowMs()));
    }
  }

  const enforce = () => trail.module.get(PartitionRetention).enforce();
  const monthsOf = (table: AuditTable) => trail.module.get(PartitionsRepository).of(table);
  const monthAgo = (days: number) => monthOf(new Date(clock.nowMs() - days * DAY_MS));

  beforeEach(() => startOldTrail(300, { AUDIT_EVENT_RETENTION_DAYS: 200, AUDIT_CALL_RETENTION_DAYS: 60 }));
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('drops whole months past their retention, each table by its own', async () => {
    await enforce();
    expect((await monthsOf('audit_events'))[0]).toBe(monthAgo(200));
    expect((await monthsOf('audit_calls'))[0]).toBe(monthAgo(60));
  });

  it('drops nothing sooner because the clock of an instance is ahead', async () => {
    await enforce();
    const tables = ['audit_events', 'audit_calls', 'audit_seals'] as const;
    const kept = await Promise.all(tables.map(monthsOf));
    const { module } = trail;
    const ahead = new PartitionRetention(
      module.get(Environment),
      new RetentionClock(trail.dataSource, new WrongClock(clock, 365 * DAY_MS)),
      module.get(PartitionsRepository),
      module.get(PartitionDrop),
      module.get(LastingStatements),
    );
    await ahead.enforce();
    expect(await Promise.all(tables.map(monthsOf))).toEqual(kept);
  });

  it('keeps events as long as calls, which could not be verified without the event of their erasure', async () => {
    const environment = trail.module.get(Environment);
    environment.AUDIT_CALL_RETENTION_DAYS = 250;
    await enforce();
    expect((await monthsOf('audit_events'))[0]).toBe(monthAgo(250));
  });

  it('leaves a trail that is and stays intact', async () => {
    const before = await trail.verification.verify();
    await enforce();
    const after = await trail.verification.verify();
    expect(after).toMatchObject({ intact: true, firstFault: null });
    expect(after.entries).toBeLessThan(before.entries);
    await trail.grow(2);
    expect(await trail.verification.verify()).toMatchObject({ intact: true });
  });

  it('drops seals without remaining entries, and continues the chain from their record', async () => {
    await enforce();
    const [oldest] = await trail.module.get(SealsRepository).after(0, 1);
    expect(oldest!.number).toBeGreaterThan(1);
    expect(await trail.verification.verify()).toMatchObject({ intact: true });
    await attacker.change('DELETE FROM audit_seals WHERE number = $1', oldest!.number);
    expect(await trail.verification.verify()).toMatchObject({
      firstFault: { id: 'seal:1', kind: 'seal_missing' },
    });
  });

  it('can be verified from a time before the first remaining seal', async () => {
    await enforce();
    const from = new Date(clock.nowMs() - 365 * DAY_MS);
    expect(await trail.verification.verify({ from })).toMatchObject({ intact: true });
    const [oldest] = await trail.module.get(SealsRepository).after(0, 1);
    await attacker.change('DELETE FROM audit_seals WHERE number = $1', oldest!.number);
    expect(await trail.verification.verify({ from })).toMatchObject({ firstFault: { kind: 'seal_missing' } });
  });

  it('does nothing a second time', async () => {
    await enforce();
    const last = await trail.module.get(NewestSeal).read();
    await enforce();
    expect(await trail.module.get(NewestSeal).read()).toEqual(last);
  });

  it('does not explain a month dropped by somebody else', async () => {
    await enforce();
    const [, month] = await monthsOf('audit_events');
    const partition = `audit_events_${month!.replace('-', '_')}`;
    const first = (await attacker.ids('audit_events')).find((id) => monthOf(timeOfEntry(id)) === month);
    await attacker.run(`DROP TABLE ${partition}`);
    expect(await trail.verification.verify()).toMatchObject({
      firstFault: { id: first, kind: 'missing' },
    });
  });

  it('waits for its next run rather than block writers', async () => {
    await attacker.run('BEGIN; LOCK TABLE audit_events IN ACCESS SHARE MODE');
    const before = await monthsOf('audit_events');
    await expect(enforce()).rejects.toMatchObject({ row: { code: 'dependency_unavailable' } });
    expect(await monthsOf('audit_events')).toEqual(before);
    await attacker.run('ROLLBACK');
    expect(await trail.verification.verify()).toMatchObject({ intact: true });
    await enforce();
    expect(await monthsOf('audit_events')).not.toEqual(before);
  });
});

describe('A month with the statement of an erasure', () => {
  const AGO_DAYS = 300;
  /** Longer than any month. */
  const LATER_MS = 32 * DAY_MS;
  const [about, calling, acting, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const late = [about, calling, acting].toSorted();
  let trail: Trail;
  let clock: ManualClock;

  const recordOf = (userId: string, actorId?: string) =>
    trail.audit.recordAlone({
      type: 'user_disabled',
      outcome: 'success',
      userId,
      origin: { ...ORIGIN, ...(actorId !== undefined && { actor: { actorId } }) },
      details: {},
    });
  const run = () => trail.module.get(ErasureTask).run();
  const advance = async (ms: number) => {
    clock.advance(ms);
    await trail.module.get(AuditPartitions).makeAhead();
  };
  const stated = async () => {
    const rows = await trail.dataSource.query<{ user: string }[]>(
      `SELECT user_id AS user FROM audit_events WHERE type = 'personal_data_erased'`,
    );
    return rows.map(({ user }) => user).toSorted();
  };

  beforeEach(async () => {
    clock = new ManualClock(Date.now() - AGO_DAYS * DAY_MS);
    // The month of the statements is due; the month after it is the first one that stays.
    trail = await startTrail({
      clock,
      settings: { AUDIT_EVENT_RETENTION_DAYS: AGO_DAYS - 32, AUDIT_CALL_RETENTION_DAYS: AGO_DAYS - 32 },
    });
    await trail.module.get(ErasureTask).onModuleDestroy();
    for (const userId of [...late, other]) {
      await recordOf(userId);
      await trail.transactions.run((tx) =>
        trail.module.get(Erasures).request(tx, userId, { actorId: other }),
      );
    }
    await run();
    await trail.sealed();
    await run();
    await advance(LATER_MS);
    await recordOf(about);
    await recordOf(randomUUID(), acting);
    trail.audit.recordCall({ ...CALL, userId: calling });
    await trail.sealed();
  });
  afterEach(() => trail.stop());

  it('goes once those with an erased entry in a later month have their erasure stated anew', async () => {
    // A transaction of another spec's database may delay the search for late entries by a run.
    await eventually(async () => {
      await run();
      expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 7 });
    });
    await advance(AGO_DAYS * DAY_MS - LATER_MS);
    const retention = trail.module.get(PartitionRetention);
    await retention.enforce();
    await retention.enforce();
    expect(await stated()).toEqual([...late, ...late, other].toSorted());
    await trail.sealed();
    await retention.enforce();
    expect(await stated()).toEqual(late);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 3, firstFault: null });
  });
});

describe('A month that cannot be dropped because another instance is sealing', () => {
  it('also keeps the later months, which may state the erasure of its entries', async () => {
    const AGO_DAYS = 300;
    const clock = new ManualClock(Date.now() - AGO_DAYS * DAY_MS);
    const trail = await startTrail({
      clock,
      settings: { AUDIT_EVENT_RETENTION_DAYS: 90, AUDIT_CALL_RETENTION_DAYS: 90 },
    });
    const { module } = trail;
    const attacker = await Tamperer.on(trail.database.superuserUrl);
    const advance = async (days: number) => {
      clock.advance(days * DAY_MS);
      await module.get(AuditPartitions).makeAhead();
    };
    await module.get(ErasureTask).onModuleDestroy();
    const [userId, actorId] = [randomUUID(), randomUUID()];
    const entryMonth = monthOf(new Date(clock.nowMs()));
    await trail.audit.recordAlone({ ...CREATED, userId });
    await trail.sealed();
    await advance(32);
    await trail.transactions.run((tx) => module.get(Erasures).request(tx, userId, { actorId }));
    await module.get(ErasureTask).run();
    await trail.sealed();
    await module.get(ErasureTask).run();
    await advance(AGO_DAYS - 32);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 1 });

    const months = module.get(PartitionDrop);
    const whileSealing = async (table: AuditTable, month: Month) => {
      if (table !== 'audit_events' || month !== entryMonth) return months.drop(table, month);
      await attacker.run(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.seals})`);
      try {
        return await months.drop(table, month);
      } finally {
        await attacker.run(`SELECT pg_advisory_unlock(${ADVISORY_LOCKS.seals})`);
      }
    };
    const retention = new PartitionRetention(
      module.get(Environment),
      module.get(RetentionClock),
      module.get(PartitionsRepository),
      { drop: whileSealing } as PartitionDrop,
      module.get(LastingStatements),
    );
    await retention.enforce();
    expect((await module.get(PartitionsRepository).of('audit_events'))[0]).toBe(entryMonth);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 1, firstFault: null });
    await module.get(PartitionRetention).enforce();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, erased: 0 });
    await attacker.end();
    await trail.stop();
  });
});

describe('AuditMonths', () => {
  it('has the previous month, the current one and the next two ready', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 31));
    const trail = await startTrail({ clock });
    for (const table of ['audit_events', 'audit_calls', 'audit_seals'] as const) {
      const months = await trail.module.get(PartitionsRepository).of(table);
      expect(months).toEqual(expect.arrayContaining(['2025-12', '2026-01', '2026-02', '2026-03']));
    }
    await trail.stop();
  });

  it('creates a month once, however many instances create it concurrently', async () => {
    const trail = await startTrail();
    const repository = trail.module.get(PartitionsRepository);
    await Promise.all(Array.from({ length: 8 }, () => repository.make('2031-05')));
    expect((await repository.of('audit_calls')).filter((month) => month === '2031-05')).toHaveLength(1);
    await trail.stop();
  });

  it('creates months that begin and end in UTC, whatever the time zone of the session', async () => {
    const trail = await startTrail();
    await trail.transactions.run(async (tx) => {
      await tx.query(`SET LOCAL TimeZone = 'Pacific/Kiritimati'`);
      await tx.query(`SELECT audit_make_month('2031-05-01')`);
      await tx.query(`SET LOCAL TimeZone = 'UTC'`);
      const [{ bounds }] = (await tx.query(
        `SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class WHERE relname = 'audit_calls_2031_05'`,
      )) as [{ bounds: string }];
      expect(bounds).toBe(`FOR VALUES FROM ('2031-05-01 00:00:00+00') TO ('2031-06-01 00:00:00+00')`);
    });
    await trail.stop();
  });
});
