import { Subject } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditVerification } from '../../../src/audit/verification/audit-verification.js';
import type { Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import type { AlertRaiser } from '../../../src/monitoring/alerts/alert-raiser.js';
import type { DeliveryChannel } from '../../../src/monitoring/alerts/delivery-channel.js';
import { ConditionWatch } from '../../../src/monitoring/conditions/condition-watch.js';
import type { Condition } from '../../../src/monitoring/conditions/condition.js';
import { Dependencies } from '../../../src/monitoring/conditions/dependencies.js';
import { OutageNotifier } from '../../../src/monitoring/conditions/outage-notifier.js';
import type { WritabilityRepository } from '../../../src/monitoring/conditions/writability.repository.js';
import { AlertLog } from '../../../src/monitoring/delivery/alert-log.js';
import { ChainWatch } from '../../../src/monitoring/detection/chain-watch.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import type { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { PostgresqlSilence } from '../../../src/platform/health/postgresql-silence.js';
import type { Leadership } from '../../../src/platform/leader/leadership.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { TEST_ALERT_IDS } from '../../support/monitoring/alerting.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const HOUR_MS = 3_600_000;
const CONDITION: Condition = {
  name: 'latency',
  severity: 'warning',
  quietSeconds: 30,
  subject: 'instance:one',
  forSeconds: 10,
  check: () => ({ summary: 'It is slow.' }),
};

describe('After the clock is set back by an hour', () => {
  let clock: ManualClock;
  let raised: Finding[];
  const raiser = {
    raise: async (_tx: unknown, findings: Finding[]) => void raised.push(...findings),
    changes: new Subject(),
  } as unknown as AlertRaiser;
  const transactions = {
    run: (work: (tx: unknown) => Promise<unknown>) => work(null),
  } as unknown as TransactionRunner;

  beforeEach(() => {
    clock = new ManualClock();
    raised = [];
  });

  const notifier = (channels: DeliveryChannel[] = []) =>
    new OutageNotifier(
      channels,
      new AlertLog(raiser),
      clock,
      new UuidV7(clock, new SystemRandomness()),
      TEST_ALERT_IDS,
    );

  /** A watch whose PostgreSQL is available. */
  function watch(): ConditionWatch {
    const dependencies = { downForMs: () => 0 } as unknown as Dependencies;
    return new ConditionWatch([CONDITION], raiser, transactions, notifier(), dependencies, clock);
  }

  it('the trail is verified without delay', async () => {
    let verified = 0;
    const verification = {
      verifyNew: async () => {
        verified += 1;
        return { firstFault: null };
      },
    } as unknown as AuditVerification;
    const leadership = { isLeader: true } as Leadership;
    const environment = new Environment();
    const chain = new ChainWatch(environment, leadership, verification, raiser, transactions, clock);
    await chain.step();
    await chain.step();
    expect(verified).toBe(1);
    clock.advance(-2 * environment.AUDIT_VERIFY_INTERVAL_SECONDS * 1000);
    await chain.step();
    await chain.step();
    expect(verified).toBe(2);
  });

  it('a condition that has just become true is raised after its time', async () => {
    const conditions = watch();
    await conditions.tick();
    clock.advance(-HOUR_MS);
    await conditions.tick();
    clock.advance(10_000);
    await conditions.tick();
    expect(raised).toHaveLength(1);
    expect(raised[0]!.firstSeenAt).toEqual(new Date(clock.nowMs() - 10_000));
  });

  it('a condition that persists is still raised repeatedly', async () => {
    const conditions = watch();
    await conditions.tick();
    clock.advance(10_000);
    await conditions.tick();
    clock.advance(-HOUR_MS);
    for (let second = 0; second < 20; second += 1) {
      await conditions.tick();
      clock.advance(1000);
    }
    expect(raised.length).toBeGreaterThan(2);
  });

  it('outages of dependencies are measured from then on', async () => {
    const heartbeats = new Subject<boolean>();
    const silence = new PostgresqlSilence({ heartbeats } as unknown as Leadership, clock);
    silence.onModuleInit();
    const changes = new Subject<string>();
    const redis = { configured: true, state: 'up', changes } as unknown as RedisConnection;
    const writability = { canWrite: async () => false } as unknown as WritabilityRepository;
    const dependencies = new Dependencies(silence, writability, redis, clock);
    dependencies.onModuleInit();
    changes.next('down');
    heartbeats.next(false);
    await dependencies.probe();
    clock.advance(-HOUR_MS);
    expect(silence.ms).toBe(0);
    expect(dependencies.downForMs('postgresql')).toBe(0);
    expect(dependencies.downForMs('redis')).toBe(1);
    clock.advance(5000);
    expect(silence.ms).toBe(5000);
    expect(dependencies.downForMs('postgresql')).toBe(5000);
    expect(dependencies.downForMs('redis')).toBe(5000);
  });

  it('an alert that could not be delivered during an outage is retried', async () => {
    let attempts = 0;
    const channel = {
      name: 'webhook',
      standsAlone: true,
      wants: () => true,
      deliver: async () => {
        attempts += 1;
        throw new Error('refused');
      },
    } as unknown as DeliveryChannel;
    const outage = notifier([channel]);
    const now = clock.now();
    outage.announce([
      {
        kind: CONDITION,
        subject: CONDITION.subject,
        count: 1,
        firstSeenAt: now,
        lastSeenAt: now,
        evidence: { summary: 'It is slow.' },
      },
    ]);
    await outage.send();
    await outage.send();
    expect(attempts).toBe(1);
    clock.advance(-HOUR_MS);
    await outage.send();
    expect(attempts).toBe(2);
  });
});
