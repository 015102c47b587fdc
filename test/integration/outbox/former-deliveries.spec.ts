import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertBody } from '../../../src/monitoring/alerts/alert-body.js';
import { AlertDispatch } from '../../../src/monitoring/alerts/alert-dispatch.js';
import type { DeliveryChannel, Message } from '../../../src/monitoring/alerts/delivery-channel.js';
import { FormerDeliveriesRepository } from '../../../src/monitoring/delivery/former-deliveries.repository.js';
import { FormerDeliveries } from '../../../src/monitoring/delivery/former-deliveries.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { type Alerting, finding, startAlerting } from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const OWED = '019a0000-0000-7000-8000-000000000001';
const HELD = '019a0000-0000-7000-8000-000000000002';
const SENT = '019a0000-0000-7000-8000-000000000003';

describe('Pending messages of the previous version', () => {
  let database: FreshDatabase;
  let alerting: Alerting;
  const clock = new ManualClock();
  const delivered: Message[] = [];
  const channel: DeliveryChannel = {
    name: 'webhook',
    standsAlone: true,
    wants: () => false,
    deliver: async (message) => void delivered.push(message),
  };

  beforeAll(async () => {
    database = await freshDatabase();
    alerting = await startAlerting(database, [channel], clock);
  });
  afterAll(async () => {
    await alerting.stop();
    await database.drop();
  });

  it('are sent under their ids, except for those that an old instance is sending or has sent', async () => {
    await alerting.raise(finding());
    const [alert] = await alerting.rows();
    const write = (id: string, state: string, nextAttemptMs: number) =>
      alerting.dataSource.query(
        `INSERT INTO monitoring_delivery (id, alert_id, channel, alert, state, attempts, next_attempt_at, created_at)
         VALUES ($1, $2, 'webhook', $3, $4, 1, $5, $6)`,
        [id, alert!.id, alertBody(alert!), state, new Date(nextAttemptMs), clock.now()],
      );
    await write(OWED, 'pending', clock.nowMs());
    await write(HELD, 'pending', clock.nowMs() + 30_000);
    await write(SENT, 'delivered', clock.nowMs());
    const former = new FormerDeliveries(
      new FormerDeliveriesRepository(alerting.dataSource),
      new AlertDispatch([channel], alerting.outbox),
      alerting.transactions,
      clock,
    );
    await Promise.all([former.step(), former.step()]);
    await alerting.worker(channel).drain();
    expect(delivered).toMatchObject([{ deliveryId: OWED, alert: { id: alert!.id, rule: 'brute_force' } }]);
    clock.advance(31_000);
    await former.step();
    await alerting.worker(channel).drain();
    expect(delivered.map(({ deliveryId }) => deliveryId)).toEqual([OWED, HELD]);
  });
});
