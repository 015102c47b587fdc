import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { productVersion } from '../../../src/platform/config/product-version.js';
import { ADVISORY_LOCKS } from '../../../src/platform/database/advisory-locks.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { startTcpProxy } from '../../support/network/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { lockWaits } from '../../support/postgres/lock-waits.js';
import {
  childrenOf,
  type ServiceOptions,
  type ServiceProcess,
  startService,
} from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

const TIMEOUT_MS = 180_000;
/** Polled often, because some states last for less than a second. */
const PATIENCE = { timeoutMs: 60_000 };
const NODE = [process.execPath, 'scripts/start.cjs'] as const;
const credentials = { email: 'ada@example.org', password: 'a long walk beside the analytical engine' };

/** Starts a service and waits until it is ready; it is always ended after the test. */
async function started(options: ServiceOptions): Promise<ServiceProcess> {
  const service = await startService(options);
  onTestFinished(async () => {
    if (service.child.exitCode === null && service.child.signalCode === null) service.child.kill('SIGTERM');
    await service.ended;
  });
  await service.ready;
  return service;
}

async function post(service: ServiceProcess, path: string, body: object): Promise<number> {
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.status;
}

async function databaseRuns(dataDir: string): Promise<boolean> {
  return (await readdir(join(dataDir, 'postgres', 'cluster'))).includes('postmaster.pid');
}

interface FirstStart {
  readonly dataDir: string;
  /** The answer to the first registration. */
  readonly registered: number;
  readonly exitCode: number | null;
}

let first: Promise<FirstStart> | undefined;
afterAll(async () => {
  const made = await first?.catch(() => null);
  if (made) await rm(made.dataDir, { recursive: true, force: true });
});

/** Runs `npm start` without configuration in a new folder, once, and terminates it. */
function firstStart(): Promise<FirstStart> {
  return (first ??= (async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'portcullis-first-'));
    const service = await startService({ env: { DATA_DIR: dataDir } });
    const ended = () => {
      service.child.kill('SIGTERM');
      return service.ended;
    };
    try {
      await service.ready;
      const email = 'first@example.org';
      const registered = await post(service, '/auth/register', { ...credentials, email });
      return { dataDir, registered, exitCode: await ended() };
    } catch (error) {
      await ended();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  })());
}

/** A folder in which the service has run. It is copied, because creating the database is half of a first start. */
async function usedFolder(): Promise<string> {
  const folder = await temporaryFolder();
  const { dataDir } = await firstStart();
  // The files of the server belong to another user if this one is root.
  execFileSync('cp', ['-a', `${dataDir}/.`, folder]);
  // Another server may be using it.
  await rm(join(folder, 'postgres', 'port'));
  return folder;
}

/** A database of this run, and the variables of a service on it. */
async function onServer(): Promise<{ database: FreshDatabase; env: Readonly<Record<string, string>> }> {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const env = {
    DATA_DIR: await temporaryFolder(),
    DATABASE_URL: database.url,
    DATABASE_MIGRATION_URL: database.ownerUrl,
  };
  return { database, env };
}

describe('npm start', { timeout: TIMEOUT_MS }, () => {
  it('serves without configuration, and on SIGTERM stops its database and exits with code 0', async () => {
    const { dataDir, registered, exitCode } = await firstStart();
    expect([registered, exitCode]).toEqual([201, 0]);
    expect(await databaseRuns(dataDir)).toBe(false);
  });

  it('exits with code 0 on Ctrl-C, which the terminal sends to all processes and npm forwards again', async () => {
    const dataDir = await usedFolder();
    const service = await started({ env: { DATA_DIR: dataDir } });
    process.kill(-service.child.pid!, 'SIGINT');
    expect(await service.ended).toBe(0);
    expect(await databaseRuns(dataDir)).toBe(false);
  });
});

describe('the process', { timeout: TIMEOUT_MS }, () => {
  it('stops its database and exits with code 0 if it is terminated during the start', async () => {
    const dataDir = await temporaryFolder();
    const service = await startService({ command: NODE, env: { DATA_DIR: dataDir } });
    await eventually(
      async () => {
        if (!(await databaseRuns(dataDir))) throw new Error('no database yet');
      },
      { timeoutMs: 60_000 },
    );
    service.child.kill('SIGINT');
    expect(await service.ended).toBe(0);
    expect(await databaseRuns(dataDir)).toBe(false);
  });

  it('stops its database and exits with code 0 when its terminal is closed', async () => {
    const dataDir = await usedFolder();
    const service = await started({ command: NODE, env: { DATA_DIR: dataDir } });
    service.child.kill('SIGHUP');
    expect(await service.ended).toBe(0);
    expect(await databaseRuns(dataDir)).toBe(false);
  });

  it('keeps its database and users after it was killed', async () => {
    const env = { DATA_DIR: await usedFolder() };
    const killed = await started({ command: NODE, env });
    expect(await post(killed, '/auth/register', credentials)).toBe(201);
    killed.child.kill('SIGKILL');
    await killed.ended;

    const next = await started({ command: NODE, env });
    expect(await post(next, '/auth/login', credentials)).toBe(200);
  });

  it('shares the embedded database with another one of the same DATA_DIR', async () => {
    const env = { DATA_DIR: await usedFolder() };
    const [first, second] = await Promise.all([
      started({ command: NODE, env }),
      started({ command: NODE, env }),
    ]);
    expect(await post(first, '/auth/register', credentials)).toBe(201);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(await post(second, '/auth/login', credentials)).toBe(200);
  });

  it('refuses a database that was first used with other secrets, with code 78 and one line', async () => {
    const env = { DATA_DIR: await usedFolder() };
    const other = 'some other master secret, long enough but not the first';
    const refused = await startService({ command: NODE, env: { ...env, JWT_SECRET_KEY: other } });
    expect(await refused.ended).toBe(78);
    expect(refused.output()).toMatch(/^JWT_SECRET_KEY [^\n]*\n$/);
    expect(refused.output()).not.toContain(other);
    expect(await databaseRuns(env.DATA_DIR)).toBe(false);
  });

  it.each([
    ['a wrong value', { PORT: 'eighty', BCRYPT_ROUNDS: '3' }, ['BCRYPT_ROUNDS', 'PORT']],
    ['missing production settings', { NODE_ENV: 'production' }, ['COOKIE_SECURE', 'DATABASE_URL']],
    ['an invalid database of places', { GEOIP_DATABASE: 'package.json' }, ['GEOIP_DATABASE']],
  ])(
    'does not start with %s: code 78, and one line per fault with the name of the variable',
    async (_what, env, names) => {
      const service = await startService({
        command: NODE,
        env: { DATA_DIR: await temporaryFolder(), ...env },
      });
      expect(await service.ended).toBe(78);
      const lines = service.output().trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(/^[A-Z_]+ \S/);
      for (const name of names) expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
      expect(service.output()).not.toMatch(/eighty|package\.json/);
    },
  );

  it('finishes all requests in progress before it ends, including those that wait for a core', async () => {
    const service = await started({
      command: NODE,
      env: { DATA_DIR: await temporaryFolder(), BCRYPT_ROUNDS: '13' },
    });
    const registrations = Array.from({ length: availableParallelism() + 1 }, (_, index) =>
      post(service, '/auth/register', { ...credentials, email: `person-${index}@example.org` }),
    );
    await eventually(async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      if (!/^portcullis_password_queue_length [1-9]/m.test(metrics)) throw new Error('no hash waits yet');
    });
    service.child.kill('SIGTERM');
    expect(new Set(await Promise.all(registrations))).toEqual(new Set([201]));
    expect(await service.ended).toBe(0);
  });
});

describe('a running service that lacks a secret in use', { timeout: TIMEOUT_MS }, () => {
  it.each(['1', '2'])(
    'ends with code 78 and the line of a start, with WEB_CONCURRENCY=%s',
    async (workers) => {
      const { database, env } = await onServer();
      const service = await started({ command: NODE, env: { ...env, WEB_CONCURRENCY: workers } });
      await asSuperuser(
        database,
        `INSERT INTO secrets_in_use (variable, key_id, since, last_made_at)
       VALUES ('JWT_SECRET_KEY', '0123456789abcdef', now(), now())`,
      );
      expect(await service.ended).toBe(78);
      expect(service.output()).toMatch(
        /^JWT_SECRET_KEY lacks the secret with the key id 0123456789abcdef[^\n]*$/m,
      );
    },
  );
});

/** Whether a process has a handler for SIGINT. */
async function handlesInterrupts(pid: number): Promise<boolean> {
  const [, mask] = /^SigCgt:\t([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
  return (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals.SIGINT - 1))) !== 0n;
}

describe('workers', { timeout: TIMEOUT_MS }, () => {
  it('serve on one port, are replaced if they die, drain together, and record when each starts and stops', async () => {
    const { database, env } = await onServer();
    const service = await started({
      command: NODE,
      env: { ...env, WEB_CONCURRENCY: '2', BCRYPT_ROUNDS: '10' },
    });
    expect(await post(service, '/auth/register', credentials)).toBe(201);
    const workers = () => childrenOf(service.child.pid!);
    // The service is ready with its first worker; a worker that dies before it listens would count as a failed start.
    const listened = (times: number) =>
      eventually(() => expect(service.output().match(/Listening on/g)).toHaveLength(times), {
        timeoutMs: 20_000,
      });
    await listened(2);
    const [victim, other] = await workers();
    process.kill(victim!, 'SIGKILL');
    await eventually(async () => {
      const living = await workers();
      if (living.length !== 2 || living.includes(victim!)) throw new Error(`workers: ${living.join(', ')}`);
    });
    expect(await workers()).toContain(other);
    expect(await post(service, '/auth/login', credentials)).toBe(200);
    await listened(3);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    const recorded = await asSuperuser(
      database,
      `SELECT type, outcome, request_id, details FROM audit_events WHERE type LIKE 'sys_%' ORDER BY type DESC`,
    );
    const lifecycle = { outcome: 'success', request_id: 'lifecycle' };
    const startup = { ...lifecycle, type: 'sys_startup', details: { version: productVersion() } };
    const shutdown = { ...lifecycle, type: 'sys_shutdown', details: {} };
    // The one that was killed could not say so.
    expect(recorded).toEqual([startup, startup, startup, shutdown, shutdown]);
  });

  it('go on serving while PostgreSQL is away, although the replacement of one that was killed cannot start', async () => {
    const { database, env } = await onServer();
    const proxy = await startTcpProxy(Number(new URL(database.url).port));
    onTestFinished(() => proxy.stop());
    const through = (url: string) => Object.assign(new URL(url), { port: String(proxy.port) }).href;
    const service = await started({
      command: NODE,
      env: {
        ...env,
        DATABASE_URL: through(database.url),
        DATABASE_MIGRATION_URL: through(database.ownerUrl),
        WEB_CONCURRENCY: '2',
        BCRYPT_ROUNDS: '10',
      },
    });
    expect(await post(service, '/auth/register', credentials)).toBe(201);
    const listened = (times: number) =>
      eventually(() => expect(service.output().match(/Listening on/g)).toHaveLength(times), {
        timeoutMs: 20_000,
      });
    await listened(2);
    const workers = () => childrenOf(service.child.pid!);
    const [victim, other] = await workers();
    proxy.cut();
    process.kill(victim!, 'SIGKILL');
    await eventually(() => expect(service.output()).toMatch(/^DATABASE_URL: /m), { timeoutMs: 60_000 });
    // The line of a replacement precedes its end; the next one is forked a second after that.
    const failed = (await workers()).find((pid) => pid !== other);
    await eventually(
      async () => {
        const next = (await workers()).find((pid) => pid !== other);
        expect(next).toBeDefined();
        expect(next).not.toBe(failed);
      },
      { timeoutMs: 60_000 },
    );
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    proxy.heal();
    await listened(3);
    expect(await workers()).toHaveLength(2);
    expect(await post(service, '/auth/login', credentials)).toBe(200);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it.each([
    ['while they load', 0],
    ['while they wait for PostgreSQL', 2],
  ])('end with code 0 at a signal that reaches all of them %s', async (_when, waiting) => {
    const { database, env } = await onServer();
    const other = new Client({ connectionString: database.superuserUrl });
    await other.connect();
    const service = await startService({ command: NODE, env: { ...env, WEB_CONCURRENCY: '2' } });
    onTestFinished(() => void service.child.kill('SIGKILL'));
    const workers = () => childrenOf(service.child.pid!);
    await eventually(async () => expect(await workers()).not.toEqual([]), PATIENCE);
    // Without it, no worker starts; the supervisor needed it before.
    await other.query(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.secrets})`);
    await eventually(async () => {
      const handlers = await Promise.all((await workers()).map(handlesInterrupts));
      expect(handlers).toEqual([true, true]);
    }, PATIENCE);
    await eventually(async () => expect(await lockWaits(other)).toBeGreaterThanOrEqual(waiting), PATIENCE);
    const toldMs = performance.now();
    for (const pid of [service.child.pid!, ...(await workers())]) process.kill(pid, 'SIGINT');
    // Longer than the copies of one Ctrl-C take to arrive.
    await eventually(() => expect(performance.now() - toldMs).toBeGreaterThan(1500));
    await other.end();
    expect(await service.ended, service.output()).toBe(0);
  });

  it('end with code 1 if one of them does not finish its drain', async () => {
    const { env } = await onServer();
    const service = await started({ command: NODE, env: { ...env, WEB_CONCURRENCY: '2' } });
    await eventually(() => expect(service.output().match(/Listening on/g)).toHaveLength(2), {
      timeoutMs: 20_000,
    });
    const [hanging, other] = await childrenOf(service.child.pid!);
    process.kill(hanging!, 'SIGSTOP');
    service.child.kill('SIGTERM');
    // Once the other one has ended, the drain has begun, so that a death is no reason for a replacement.
    await eventually(async () => expect(await childrenOf(service.child.pid!)).not.toContain(other), {
      timeoutMs: 20_000,
    });
    process.kill(hanging!, 'SIGKILL');
    expect(await service.ended).toBe(1);
    expect(service.output()).toMatch(/^A worker was ended by SIGKILL while it drained$/m);
  });
});
