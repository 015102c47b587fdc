import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertRetention } from '../../../src/monitoring/alert-retention.js';
import { Alert } from '../../../src/monitoring/alerts/alert.entity.js';
import { AlertsRepository } from '../../../src/monitoring/alerts/alerts.repository.js';
import { DetectionRepository } from '../../../src/monitoring/detection/detection.repository.js';
import type { PositionCodes } from '../../../src/monitoring/detection/position-codes.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { RetentionClock } from '../../../src/platform/database/retention-clock.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { OutboxRetention } from '../../../src/platform/outbox/outbox-retention.js';
import { OutboxRepository } from '../../../src/platform/outbox/outbox.repository.js';
import { GuessingRules } from '../../../src/rate-limit/guessing/guessing-rules.js';
import { LoginFailures } from '../../../src/rate-limit/guessing/login-failures.entity.js';
import { LoginFailuresPurge } from '../../../src/rate-limit/guessing/login-failures-purge.js';
import { LoginFailuresRepository } from '../../../src/rate-limit/guessing/login-failures.repository.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

/** Two full batches and half of one. */
const OLD_ROWS = 2500;

describe('Rows that are over', () => {
  const clock = new SystemClock();
  const environment = new Environment();
  let database: FreshDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await freshDatabase();
    const options = dataSourceOptions(database.settings, 'service');
    const entities = [Alert, LoginFailures, OutboxMessage];
    dataSource = await new DataSource({ ...options, entities }).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const countOf = async (table: string) =>
    Number((await dataSource.query<[{ count: string }]>(`SELECT count(*) FROM ${table}`))[0].count);

  /** The rows left by each of three runs, and whether each says that there may be more. */
  async function threeRuns(table: string, run: () => Promise<boolean>): Promise<[number, boolean][]> {
    const runs: [number, boolean][] = [];
    for (let n = 0; n < 3; n++) {
      const more = await run();
      runs.push([await countOf(table), more]);
    }
    return runs;
  }

  const IN_BATCHES = [
    [1501, true],
    [501, true],
    [1, false],
  ];

  it('are deleted from the outbox in batches', async () => {
    await dataSource.query(
      `INSERT INTO outbox_messages (id, channel, subject, priority, state, attempts, next_attempt_at, created_at)
       SELECT gen_random_uuid(), 'mail', 'one', 2, CASE n WHEN 0 THEN 'pending' ELSE 'delivered' END, 1, now(),
              now() - interval '31 days'
         FROM generate_series(0, ${OLD_ROWS}) AS n`,
    );
    const messages = new OutboxRepository(dataSource.getRepository(OutboxMessage), clock);
    const retention = new OutboxRetention(messages, new RetentionClock(dataSource, clock));
    expect(await threeRuns('outbox_messages', () => retention.enforce())).toEqual(IN_BATCHES);
  });

  it('are deleted from the failures of logins in batches', async () => {
    await dataSource.query(
      `INSERT INTO login_failures (account_digest, device_id, failures, updated_at)
       SELECT n::text, '', CASE n WHEN 0 THEN 10 ELSE 1 END, now() - interval '91 days'
         FROM generate_series(0, ${OLD_ROWS}) AS n`,
    );
    const failures = new LoginFailuresRepository(dataSource.getRepository(LoginFailures), clock);
    const purge = new LoginFailuresPurge(
      failures,
      new GuessingRules(environment),
      new RetentionClock(dataSource, clock),
    );
    expect(await threeRuns('login_failures', () => purge.purge())).toEqual(IN_BATCHES);
  });

  it('are deleted from the alerts in batches', async () => {
    await dataSource.query(
      `INSERT INTO monitoring_alert
              (id, rule, severity, subject, state, count, first_seen_at, last_seen_at, evidence)
       SELECT gen_random_uuid(), 'brute_force', 'warning', n::text, CASE n WHEN 0 THEN 'open' ELSE 'resolved' END, 1,
              now() - interval '10 years', now() - interval '10 years', '{}'
         FROM generate_series(0, ${OLD_ROWS}) AS n`,
    );
    const retention = new AlertRetention(
      environment,
      new AlertsRepository(dataSource.getRepository(Alert)),
      new DetectionRepository(dataSource, null as unknown as PositionCodes),
      new TransactionRunner(dataSource),
      new RetentionClock(dataSource, clock),
    );
    expect(await threeRuns('monitoring_alert', () => retention.enforce())).toEqual(IN_BATCHES);
  });
});
