import { Test, type TestingModule } from '@nestjs/testing';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { AuditLifecycle } from '../../../src/audit/audit.lifecycle.js';
import { AuditModule } from '../../../src/audit/audit.module.js';
import type { ApiCall, AuditEvent } from '../../../src/audit/audit-entry.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { AuditPartitions } from '../../../src/audit/partitions/audit-partitions.js';
import { SealingRound } from '../../../src/audit/seals/sealing-round.js';
import { SpoolDrain } from '../../../src/audit/spool/spool-drain.js';
import { AuditVerification } from '../../../src/audit/verification/audit-verification.js';
import { Clock, SystemClock } from '../../../src/platform/clock/clock.js';
import { ClockModule } from '../../../src/platform/clock/clock.module.js';
import { ConfigModule } from '../../../src/platform/config/config.module.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { CryptoModule } from '../../../src/platform/crypto/crypto.module.js';
import { DatabaseModule } from '../../../src/platform/database/database.module.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { type FreshDatabase, freshDatabase } from '../postgres/fresh-database.js';
import { computeHorizonExactly } from './exact-horizon.js';

/**
 * The audit module alone, on its own database. The test triggers draining and sealing, unless they run in the
 * background.
 */
export interface Trail {
  readonly database: FreshDatabase;
  readonly module: TestingModule;
  readonly audit: AuditService;
  readonly verification: AuditVerification;
  readonly transactions: TransactionRunner;
  readonly dataSource: DataSource;
  readonly dataDir: string;
  /** The types of all entries, ordered by id. */
  types(): Promise<string[]>;
  /** Records failed logins, each in its own transaction. */
  record(events: number): Promise<void>;
  /** Records events and one API call, and seals them. */
  grow(events: number): Promise<void>;
  /** Sends the pending entries of the spool. */
  drained(): Promise<void>;
  /** The lines that PostgreSQL rejected. */
  quarantine(): Promise<string[]>;
  /** Seals everything that is recorded. */
  sealed(): Promise<void>;
  stop(): Promise<void>;
}

/** A database and a folder that a trail has filled, and from which others begin. */
export interface FilledTrail {
  readonly database: FreshDatabase;
  readonly dataDir: string;
  remove(): Promise<void>;
}

const SECRET = 'a master secret of this test, thirty-two bytes or more';

export const ORIGIN = {
  requestId: 'request-1',
  ip: '203.0.113.7',
  network: '203.0.113.7',
  userAgent: 'curl/8.5.0',
};
export const CREATED: AuditEvent = {
  type: 'user_created',
  outcome: 'success',
  origin: ORIGIN,
  details: { roles: ['user'] },
};
export const REFUSED: AuditEvent = {
  type: 'authz_fail',
  outcome: 'failure',
  origin: ORIGIN,
  details: { required: ['admin'] },
};
export const CALL: ApiCall = {
  origin: ORIGIN,
  method: 'POST',
  route: '/auth/login',
  status: 401,
  durationMs: 12.3456,
  userId: null,
  sessionId: null,
  reason: 'invalid_credentials',
};

export interface TrailOptions {
  readonly settings?: Partial<Environment>;
  /** Whether it drains and seals in the background, as in the service. */
  readonly background?: boolean;
  /** The database of another trail, of which this one becomes a second instance. */
  readonly database?: FreshDatabase;
  /** Begins with a copy of what this trail has. */
  readonly copyOf?: FilledTrail;
  readonly clock?: Clock;
}

/** Fills a trail once for tests that each begin with a copy of it. */
export async function fillTrail(fill: (trail: Trail) => Promise<void>): Promise<FilledTrail> {
  const trail = await startTrail();
  await fill(trail);
  await trail.module.close();
  const { database, dataDir } = trail;
  return {
    database,
    dataDir,
    remove: async () => {
      await database.drop();
      await rm(dataDir, { recursive: true });
    },
  };
}

export async function startTrail(options: TrailOptions = {}): Promise<Trail> {
  const { copyOf } = options;
  const database = options.database ?? (await freshDatabase(copyOf && { copyOf: copyOf.database }));
  const dataDir = await mkdtemp(join(tmpdir(), 'portcullis-trail-'));
  if (copyOf) await cp(copyOf.dataDir, dataDir, { recursive: true });
  const environment = Object.assign(new Environment(), database.settings, {
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    JWT_SECRET_KEY: SECRET,
    ...options.settings,
  });
  const builder = Test.createTestingModule({
    imports: [
      ConfigModule.with(environment),
      ClockModule.with(new SystemClock()),
      CryptoModule,
      DatabaseModule,
      AuditModule,
    ],
  });
  if (!options.background) builder.overrideProvider(AuditLifecycle).useValue({});
  if (options.clock) builder.overrideProvider(Clock).useValue(options.clock);
  const module = await builder.compile();
  computeHorizonExactly(module);
  await module.init();
  await module.get(AuditPartitions).prepare(await module.get(SealingRound).sealedTo());
  const dataSource = module.get(DataSource);
  const audit = module.get(AuditService);

  const record = async (events: number) => {
    for (let n = 0; n < events; n++) {
      await audit.recordAlone({
        type: 'authn_login_fail',
        outcome: 'failure',
        reason: 'wrong_password',
        origin: ORIGIN,
        details: { account: `account-${n}` },
      });
    }
  };
  const drained = async () => {
    await module.get(SpoolDrain).run();
  };
  const sealed = async () => {
    await drained();
    await module.get(SealingRound).run();
  };
  return {
    database,
    module,
    audit,
    verification: module.get(AuditVerification),
    transactions: module.get(TransactionRunner),
    dataSource,
    dataDir,
    types: async () => {
      const rows = await dataSource.query<{ type: string }[]>(
        `SELECT type FROM (SELECT id, type FROM audit_events UNION ALL SELECT id, 'api_call' FROM audit_calls) AS entry
         ORDER BY id`,
      );
      return rows.map(({ type }) => type);
    },
    record,
    grow: async (events) => {
      await record(events);
      audit.recordCall(CALL);
      await sealed();
    },
    drained,
    quarantine: async () => {
      const content = await readFile(join(dataDir, 'audit-spool', 'rejected.ndjson'), 'utf8');
      return content.trimEnd().split('\n');
    },
    sealed,
    stop: async () => {
      await module.close();
      if (!options.database) await database.drop();
      await rm(dataDir, { recursive: true });
    },
  };
}
