import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OwnerEmailChannel } from '../../../src/monitoring/delivery/owner-email.channel.js';
import { OwnerMailBound } from '../../../src/monitoring/delivery/owner-mail-bound.js';
import { loginAfterFailures } from '../../../src/monitoring/rules/login-after-failures.rule.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { MailTemplates } from '../../../src/platform/mail/mail-templates.js';
import type { Mail, Mailer } from '../../../src/platform/mail/mailer.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { OutboxRepository } from '../../../src/platform/outbox/outbox.repository.js';
import type { UsersService } from '../../../src/users/users.service.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import {
  type Alerting,
  alertingDataSource,
  finding,
  startAlerting,
} from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const MINUTE_MS = 60_000;
const OWNER = '019a0000-0000-7000-8000-000000000001';

describe('Mail to the owner of an account', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let deliveries: OutboxRepository;
  let clock: ManualClock;
  let alerting: Alerting;
  let channel: OwnerEmailChannel;
  let environment: Environment;
  const sentAt: number[] = [];
  const subjects = new Set<string>();

  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await alertingDataSource(database).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    clock = new ManualClock();
    deliveries = new OutboxRepository(dataSource.getRepository(OutboxMessage), clock);
    environment = new Environment();
    sentAt.length = 0;
    const mailer = {
      configured: true,
      send: async ({ subject }: Mail) => {
        subjects.add(subject);
        sentAt.push(clock.nowMs());
      },
    } as unknown as Mailer;
    const users = {
      findById: async () => ({ email: 'ada@example.com', locale: 'de' }),
    } as unknown as UsersService;
    const bound = new OwnerMailBound(environment, deliveries, clock);
    channel = new OwnerEmailChannel(mailer, new MailTemplates(new Environment()), users, bound, [
      loginAfterFailures(new Environment()),
    ]);
    alerting = await startAlerting(database, [channel], clock, dataSource);
  });
  afterEach(() => dataSource.query('DELETE FROM monitoring_alert; DELETE FROM outbox_messages'));

  const enter = () => {
    return alerting.raise(
      finding({
        kind: loginAfterFailures(new Environment()),
        evidence: { summary: 'One of the guesses was right.', userIds: [OWNER] },
      }),
    );
  };
  const deliver = async () => {
    while (await alerting.worker(channel).drain());
  };
  const states = async () => (await alerting.deliveries()).map(({ state }) => state);

  it('is sent for three of ten messages that are due at the same moment', async () => {
    for (let entered = 0; entered < 10; entered++) await enter();
    await deliver();
    expect(sentAt).toHaveLength(3);
    expect([...subjects]).toEqual(['Anmeldung nach vielen Fehlversuchen']);
    expect(await states()).toEqual([
      ...Array.from({ length: 3 }, () => 'delivered'),
      ...Array.from({ length: 7 }, () => 'suppressed'),
    ]);
  });

  it('is sent for three of ten messages that a mail server could not take for an hour', async () => {
    for (let entered = 0; entered < 10; entered++) await enter();
    clock.advance(61 * MINUTE_MS);
    await deliver();
    expect(sentAt).toHaveLength(3);
  });

  it('is sent each time by a throwaway service without limits', async () => {
    environment.throwaway = { limits: false, log: null };
    for (let entered = 0; entered < 5; entered++) await enter();
    await deliver();
    expect(sentAt).toHaveLength(5);
  });

  it('is not suppressed for ever by messages that were not sent', async () => {
    for (let entered = 0; entered < 3; entered++) await enter();
    await deliver();
    for (let quarter = 0; quarter < 12; quarter++) {
      clock.advance(15 * MINUTE_MS);
      await enter();
      await deliver();
    }
    const inHour = (hour: number) =>
      sentAt.filter((at) => Math.floor((at - sentAt[0]!) / (60 * MINUTE_MS)) === hour).length;
    for (const hour of [0, 1, 2]) expect(inHour(hour)).toBeGreaterThanOrEqual(2);
    for (const from of sentAt)
      expect(sentAt.filter((at) => at >= from && at < from + 60 * MINUTE_MS).length).toBeLessThanOrEqual(3);
  });

  it('is deleted in batches once it is finished, and kept while it is pending', async () => {
    for (let entered = 0; entered < 5; entered++) await enter();
    await deliver();
    await enter();
    clock.advance(MINUTE_MS);
    const removed = [];
    for (let batch = 0; batch < 4; batch++) removed.push(await deliveries.deleteOverBefore(clock.now(), 2));
    expect(removed).toEqual([2, 2, 1, 0]);
    expect(await states()).toEqual(['pending']);
  });
});
