import { type DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { acknowledge, resolve } from '../../../src/monitoring/alerts/alert-lifecycle.js';
import { AlertUpkeep } from '../../../src/monitoring/alerts/alert-upkeep.js';
import { BackgroundTasks } from '../../../src/platform/background/background-tasks.js';
import { RepeatingTask } from '../../../src/platform/clock/repeating-task.js';
import type { Leadership } from '../../../src/platform/leader/leadership.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import type { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import {
  type Alerting,
  CRITICAL,
  WARNING,
  finding,
  startAlerting,
} from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const PERSON = '019a0000-0000-7000-8000-000000000001';

const transitions = (alerting: Alerting) => alerting.changes.map(({ transition }) => transition);
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 1, minute));

describe('Alerts in PostgreSQL', () => {
  let database: FreshDatabase;
  let one: Alerting;
  let other: Alerting;

  beforeAll(async () => {
    database = await freshDatabase();
    [one, other] = await Promise.all([startAlerting(database), startAlerting(database)]);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), other.stop()]);
    await database.drop();
  });
  beforeEach(() => {
    one.changes.length = other.changes.length = 0;
  });
  afterEach(async () => {
    await one.dataSource.query('DELETE FROM monitoring_alert; DELETE FROM outbox_messages');
  });

  async function edit(step: (alert: Alert) => unknown): Promise<void> {
    const [alert] = await one.rows();
    step(alert!);
    await one.transactions.run((tx) => one.alerts.save(tx, [alert!]));
  }

  it('open with the first finding and count up with the next', async () => {
    await one.raise(finding());
    const later = new Date(Date.UTC(2026, 0, 1, 0, 1));
    await one.raise(finding({ count: 3, lastSeenAt: later, evidence: { summary: 'More of it.' } }));
    expect(await one.rows()).toMatchObject([
      {
        rule: 'brute_force',
        severity: 'warning',
        state: 'open',
        count: 4,
        firstSeenAt: new Date(Date.UTC(2026, 0, 1)),
        lastSeenAt: later,
        evidence: { summary: 'More of it.' },
      },
    ]);
    expect(transitions(one)).toEqual(['opened', 'counted']);
  });

  it('are created once if two instances find the same at the same moment, sixteen times over', async () => {
    for (let round = 0; round < 16; round++) {
      const found = finding({ subject: `session:${round}` });
      await Promise.all([one.raise(found), other.raise(found)]);
    }
    const rows = await one.rows();
    expect(rows).toHaveLength(16);
    expect(rows.every(({ count }) => count === 2)).toBe(true);
    expect([...transitions(one), ...transitions(other)].filter((made) => made === 'opened')).toHaveLength(16);
  });

  it('do not deadlock if two instances write the same alerts in opposite order', async () => {
    const many = Array.from({ length: 200 }, (_, i) => finding({ subject: `address:192.0.2.${i}` }));
    for (let round = 0; round < 5; round++) {
      await Promise.all([one.raise(...many), other.raise(...many.toReversed())]);
    }
    expect((await one.rows()).map(({ count }) => count)).toEqual(Array.from({ length: 200 }, () => 10));
  });

  it('reopen under the same id when a resolved one recurs', async () => {
    await one.raise(finding());
    const [before] = await one.rows();
    await edit((alert) => resolve(alert, PERSON));
    await one.raise(finding());
    const [after] = await one.rows();
    expect(after).toMatchObject({ id: before!.id, state: 'open', count: 2, resolvedBy: null });
    expect(transitions(one)).toEqual(['opened', 'reopened']);
  });

  it('stay acknowledged while they count up, and reopen when they become more severe', async () => {
    await one.raise(finding());
    await edit((alert) => acknowledge(alert, PERSON));
    await one.raise(finding());
    expect(await one.rows()).toMatchObject([{ state: 'acknowledged', acknowledgedBy: PERSON, count: 2 }]);
    await one.raise(finding({ kind: CRITICAL }));
    expect(await one.rows()).toMatchObject([{ state: 'open', severity: 'critical', acknowledgedBy: null }]);
    await one.raise(finding());
    expect(await one.rows()).toMatchObject([{ state: 'open', severity: 'critical' }]);
    expect(transitions(one)).toEqual(['opened', 'counted', 'risen', 'counted']);
  });

  it('resolve automatically if their cause has not been seen for its quiet period', async () => {
    await one.raise(
      finding(),
      finding({ kind: { ...WARNING, name: 'refresh_token_reuse', quietSeconds: null } }),
    );
    const resolveAt = (seconds: number) =>
      one.alerts.resolveQuiet([WARNING], new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)));
    expect(await resolveAt(65)).toEqual([]);
    const [{ id }] = (await one.rows()).filter(({ rule }) => rule === 'brute_force') as [Alert];
    expect(await resolveAt(66)).toEqual([{ id, rule: 'brute_force' }]);
    expect((await one.rows()).map(({ rule, state, resolvedBy }) => [rule, state, resolvedBy])).toEqual([
      ['brute_force', 'resolved', null],
      ['refresh_token_reuse', 'open', null],
    ]);
  });

  it('are resolved only by the leader', async () => {
    await one.raise(finding());
    const upkeep = new AlertUpkeep([WARNING], one.alerts, new ManualClock(Date.UTC(2026, 0, 2)));
    const discovery = { getProviders: () => [{ instance: upkeep }] } as unknown as DiscoveryService;
    const leadership = { isLeader: false };
    const tasks = new BackgroundTasks(discovery, new MetadataScanner(), leadership as Leadership);
    tasks.onApplicationBootstrap();
    onTestFinished(() => tasks.onModuleDestroy());
    await RepeatingTask.runAll();
    expect(await one.rows()).toMatchObject([{ state: 'open' }]);
    leadership.isLeader = true;
    await RepeatingTask.runAll();
    expect(await one.rows()).toMatchObject([{ state: 'resolved' }]);
  });

  it('are not announced when their transaction rolls back', async () => {
    const failure = new Error('after raising');
    const attempt = one.transactions.run(async (tx) => {
      await one.raiser.raise(tx, [finding()]);
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect(one.changes).toEqual([]);
    expect(await one.rows()).toEqual([]);
  });

  it('are listed by filter, the most recently seen first, page by page', async () => {
    await one.raise(
      ...[3, 1, 2, 2].map((minute, i) =>
        finding({ subject: `address:192.0.2.${i}`, lastSeenAt: at(minute) }),
      ),
      finding({ kind: CRITICAL, subject: 'service', lastSeenAt: at(9) }),
    );
    const first = await one.alerts.list({ severity: 'warning' }, null, 2);
    const second = await one.alerts.list({ severity: 'warning' }, first.at(-1)!, 2);
    const third = await one.alerts.list({ severity: 'warning' }, second.at(-1)!, 2);
    expect([...first, ...second].map(({ lastSeenAt }) => lastSeenAt)).toEqual([at(3), at(2), at(2), at(1)]);
    expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(4);
    expect(third).toEqual([]);
    expect(await one.alerts.list({ state: 'resolved' }, null, 10)).toEqual([]);
    expect(await one.alerts.list({ rule: 'brute_force', state: 'open' }, null, 10)).toHaveLength(5);
  });
});
