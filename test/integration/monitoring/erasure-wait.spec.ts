import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ErasureParticipants } from '../../../src/audit/erasure/erasure-participants.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { Erasures } from '../../../src/audit/erasure/erasures.js';
import { AuditFeed } from '../../../src/audit/feed/audit-feed.js';
import { ErasedAlerts } from '../../../src/monitoring/alerts/erased-alerts.js';
import { DetectionRepository } from '../../../src/monitoring/detection/detection.repository.js';
import { DetectionResumption } from '../../../src/monitoring/detection/detection-resumption.js';
import { DetectionService } from '../../../src/monitoring/detection/detection.service.js';
import { ErasureWait } from '../../../src/monitoring/detection/erasure-wait.js';
import { PositionCodes } from '../../../src/monitoring/detection/position-codes.js';
import { passkeyCloned } from '../../../src/monitoring/rules/passkey-cloned.rule.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import type { Leadership } from '../../../src/platform/leader/leadership.js';
import { ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';
import { type Alerting, startAlerting } from '../../support/monitoring/alerting.js';

const codes = () => new PositionCodes(new MasterKey('what detection signs its positions with in a test'));

let trail: Trail;
let alerting: Alerting;
let detection: DetectionService;

beforeEach(async () => {
  trail = await startTrail();
  // The test decides when it runs.
  await trail.module.get(ErasureTask).onModuleDestroy();
  alerting = await startAlerting(trail.database);
  const { raiser, transactions, dataSource } = alerting;

  // Erasures are carried out by one instance, and detection runs on another one.
  const participants = trail.module.get(ErasureParticipants);
  new ErasedAlerts(participants, alerting.alerts, alerting.outbox, transactions).onModuleInit();
  const feed = trail.module.get(AuditFeed);
  new ErasureWait(participants, feed, new DetectionRepository(trail.dataSource, codes())).onModuleInit();
  const stored = new DetectionRepository(dataSource, codes());
  const resumption = new DetectionResumption(
    [passkeyCloned()],
    feed,
    stored,
    raiser,
    transactions,
    new SystemClock(),
  );
  const leadership = { isLeader: true } as Leadership;
  detection = new DetectionService(feed, leadership, stored, raiser, transactions, resumption);
  await detection.onModuleInit();
});
afterEach(async () => {
  await alerting.stop();
  await trail.stop();
});

const erase = async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    await trail.module.get(ErasureTask).run();
    await trail.sealed();
  }
};
const unfinished = async () => {
  const rows = await trail.dataSource.query<unknown[]>('SELECT FROM erasures WHERE erased_at IS NULL');
  return rows.length;
};

it('Detection that lags behind an erasure raises no alert that names the person', async () => {
  const userId = randomUUID();
  await trail.audit.recordAlone({
    type: 'authn_passkey_cloned',
    outcome: 'failure',
    userId,
    origin: ORIGIN,
    details: { factorId: 'a passkey', counter: 1, storedCounter: 2 },
  });
  await trail.transactions.run((tx) => trail.module.get(Erasures).request(tx, userId, null));
  await erase();
  while (await detection.step());
  await erase();
  const alerts = await alerting.rows();
  expect(alerts).toMatchObject([{ rule: 'passkey_cloned', subject: `erased:${alerts[0]!.id}` }]);
  expect(JSON.stringify(alerts)).not.toContain(userId);
  expect(await unfinished()).toBe(0);
});
