import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErasureParticipants } from '../../../src/audit/erasure/erasure-participants.js';
import { acknowledge } from '../../../src/monitoring/alerts/alert-lifecycle.js';
import { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import { isAnnounced } from '../../../src/monitoring/alerts/delivery-channel.js';
import { ErasedAlerts } from '../../../src/monitoring/alerts/erased-alerts.js';
import { type Alerting, CRITICAL, finding, startAlerting } from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const PERSON = '019a0000-0000-7000-8000-000000000001';
const OTHER = '019a0000-0000-7000-8000-000000000002';

const channel = { name: 'test', standsAlone: false, wants: isAnnounced, deliver: async () => undefined };
const storm = finding({ evidence: { summary: 'Too many requests.', userIds: [PERSON] } });

describe('An alert whose evidence was erased with an account', () => {
  const participants = new ErasureParticipants();
  let database: FreshDatabase;
  let alerting: Alerting;

  beforeAll(async () => {
    database = await freshDatabase();
    alerting = await startAlerting(database, [channel]);
    new ErasedAlerts(participants, alerting.alerts, alerting.outbox, alerting.transactions).onModuleInit();
  });
  afterAll(async () => {
    await alerting.stop();
    await database.drop();
  });
  beforeEach(async () => {
    await alerting.raise(storm);
    await participants.erase({ userId: PERSON, accounts: [] });
    await alerting.dataSource.query('DELETE FROM outbox_messages');
    alerting.changes.length = 0;
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await alerting.dataSource.query('DELETE FROM monitoring_alert; DELETE FROM outbox_messages');
  });

  it('does not name its subject any more', async () => {
    const [alert] = await alerting.rows();
    expect(alert).toMatchObject({ state: 'open', subject: `erased:${alert!.id}` });
    expect(alert!.evidence).not.toHaveProperty('userIds');
  });

  it('reopens and is announced when its cause recurs without the person', async () => {
    const [erased] = await alerting.rows();
    acknowledge(erased!, OTHER);
    await alerting.transactions.run((tx) => alerting.alerts.save(tx, [erased!]));
    const evidence = { summary: 'Too many requests.', userIds: [OTHER] };
    await alerting.raise(finding({ kind: CRITICAL, evidence }));
    expect(await alerting.rows()).toMatchObject([
      {
        id: erased!.id,
        subject: storm.subject,
        state: 'open',
        severity: 'critical',
        acknowledgedBy: null,
        count: 2,
        evidence,
      },
    ]);
    expect(alerting.changes).toMatchObject([{ transition: 'reopened' }]);
    expect(await alerting.deliveries()).toHaveLength(1);
  });

  it('counts up as usual after that', async () => {
    await alerting.raise(finding());
    await alerting.raise(finding());
    expect(alerting.changes.map(({ transition }) => transition)).toEqual(['reopened', 'counted']);
    expect(await alerting.rows()).toMatchObject([{ subject: storm.subject, count: 3 }]);
  });

  it('stays erased if another row has its subject, which an earlier master secret gave another id', async () => {
    const [erased] = await alerting.rows();
    const id = '019a0000-0000-8000-8000-000000000003';
    const { subject } = storm;
    const other = Object.assign(new Alert(), erased, { id, subject, evidence: storm.evidence });
    await alerting.transactions.run((tx) => alerting.alerts.save(tx, [other]));
    await alerting.raise(finding());
    expect(await alerting.rows()).toMatchObject([
      { id, subject, count: 2 },
      { id: erased!.id, subject: erased!.subject, count: 1 },
    ]);
  });

  it('does not swallow a finding if retention deletes it at the same moment', async () => {
    const lock = alerting.alerts.lockFound.bind(alerting.alerts);
    vi.spyOn(alerting.alerts, 'lockFound').mockImplementationOnce(async (...args) => {
      await alerting.dataSource.query('DELETE FROM monitoring_alert');
      return lock(...args);
    });
    await expect(alerting.raise(finding())).rejects.toThrow('deleted');
    await alerting.raise(finding());
    expect(alerting.changes).toMatchObject([{ transition: 'opened' }]);
  });
});
