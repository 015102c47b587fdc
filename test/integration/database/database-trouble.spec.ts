import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { onDatabase } from '../../../src/platform/database/database-problem.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import { type Transaction, TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import { eventually } from '../../support/time/eventually.js';

/** The contract: 503 within 2 s, and full service within 5 s of the database's return. */
const ANSWER_MS = 2000;
const RETURN_MS = 5000;
const POOL_SIZE = 3;

const UNAVAILABLE = { code: 'dependency_unavailable', status: 503, retryAfterSeconds: 1, inTime: true };

async function backendOf(tx: Transaction): Promise<number> {
  return (await tx.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid'))[0].pid;
}

describe('Trouble with the database', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  let dataSource: DataSource;
  let superuser: DataSource;
  let transactions: TransactionRunner;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'portcullis trouble '));
    server = await startEmbeddedPostgres({ dataDir, logger: { log: () => {}, warn: () => {} } });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, maxRetries: 20 });
  });

  beforeEach(async () => {
    const superusers = new DataSource({
      type: 'postgres',
      url: server.superuserUrl,
      poolErrorHandler: () => {},
    });
    // The server may still be returning, if the test before failed while it was down.
    superuser = await eventually(() => superusers.initialize());
    dataSource = new DataSource(
      dataSourceOptions(
        { DATABASE_URL: server.serviceUrl, DATABASE_POOL_SIZE: POOL_SIZE, DATABASE_SSL: 'off' },
        'service',
      ),
    );
    await dataSource.initialize();
    transactions = new TransactionRunner(dataSource);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await superuser.destroy();
  });

  const works = async () => (await dataSource.query<[{ one: number }]>('SELECT 1 AS one'))[0].one === 1;

  /** Returns the outcome of a transaction, as a client would see it. */
  async function outcomeOf(work: (tx: Transaction) => Promise<unknown>): Promise<object> {
    const startedAt = performance.now();
    try {
      await transactions.run(work);
      return { answered: true };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { code, status } = error.row;
      const inTime = performance.now() - startedAt < ANSWER_MS;
      return { code, status, retryAfterSeconds: error.occurrence.retryAfterSeconds, inTime };
    }
  }

  it('fails a request whose connection is cut in the middle of a statement', async () => {
    const outcome = await outcomeOf(async (tx) => {
      const cut = superuser.query('SELECT pg_terminate_backend($1)', [await backendOf(tx)]);
      await Promise.all([tx.query('SELECT pg_sleep(0.5)'), cut]);
    });
    expect(outcome).toEqual(UNAVAILABLE);
    expect(await works()).toBe(true);
  });

  it('fails a request whose connection is cut between two statements', async () => {
    const outcome = await outcomeOf(async (tx) => {
      await superuser.query('SELECT pg_terminate_backend($1, 1000)', [await backendOf(tx)]);
      await eventually(() => expect(tx.queryRunner?.isReleased).toBe(true));
      await tx.query('SELECT 1');
    });
    expect(outcome).toEqual(UNAVAILABLE);
    expect(await works()).toBe(true);
  });

  it('fails a request that waits for a lock', async () => {
    await superuser.query('SELECT pg_advisory_lock(1)');
    expect(await outcomeOf((tx) => tx.query('SELECT pg_advisory_lock(1)'))).toEqual(UNAVAILABLE);
    expect(await works()).toBe(true);
  });

  it('fails requests if every connection is in use', async () => {
    const gate = new EventEmitter();
    const takers = Array.from({ length: POOL_SIZE }, () => transactions.run(() => once(gate, 'open')));
    const others = Array.from({ length: 20 }, () => outcomeOf((tx) => tx.query('SELECT 1')));
    for (const outcome of await Promise.all(others)) expect(outcome).toEqual(UNAVAILABLE);
    gate.emit('open');
    await Promise.all(takers);
    expect(await works()).toBe(true);
  });

  it('fails a request if the server stops responding, and does not reuse its connection', async () => {
    let silent = 0;
    const outcome = await outcomeOf(async (tx) => {
      silent = await backendOf(tx);
      process.kill(silent, 'SIGSTOP');
      await tx.query('SELECT 1');
    });
    expect(outcome).toEqual(UNAVAILABLE);
    for (let attempt = 0; attempt < 5; attempt++) expect(await works()).toBe(true);
    process.kill(silent, 'SIGCONT');
  });

  it('fails requests while the server is killed, and ends when the server has returned', async () => {
    // Longer than the server allows a statement, so that none is answered before the server is killed.
    const load = Array.from({ length: 10 }, () => outcomeOf((tx) => tx.query('SELECT pg_sleep(60)')));
    await eventually(async () => {
      const sleepers =
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'";
      expect(await superuser.query(sleepers)).toEqual([{ count: POOL_SIZE }]);
    });
    const lockFile = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
    const postmaster = Number((await readFile(lockFile, 'utf8')).split('\n')[0]);
    process.kill(postmaster, 'SIGKILL');
    for (const outcome of await Promise.all(load)) expect(outcome).toEqual(UNAVAILABLE);
    await eventually(async () => expect(await works()).toBe(true), { timeoutMs: RETURN_MS });
  });

  it('fails a request if the connection is refused', async () => {
    await server.stop();
    expect(await outcomeOf((tx) => tx.query('SELECT 1'))).toEqual(UNAVAILABLE);
    await expect(onDatabase(() => dataSource.query('SELECT 1'))).rejects.toThrow(Problem);
    server = await startEmbeddedPostgres({ dataDir, logger: { log: () => {}, warn: () => {} } });
    await eventually(async () => expect(await works()).toBe(true), { timeoutMs: RETURN_MS });
  });
});
