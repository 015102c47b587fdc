import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { type EmbeddedProcess, spawnEmbedded } from '../../support/postgres/embedded-process.js';
import { eventually } from '../../support/time/eventually.js';

/** Creating a cluster takes a second of one core, and a test may create two on a busy machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const isRoot = process.getuid?.() === 0;
const silent = { log: () => {}, warn: () => {} };

/** Starts it in this process, and stops it after the test in any case. */
async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const embedded = await startEmbeddedPostgres({ dataDir, logger: silent });
  onTestFinished(() => embedded.stop());
  return embedded;
}

/** Starts it in a separate process, and ends that after the test in any case. */
function startProcess(dataDir: string, user = {}): EmbeddedProcess {
  const started = spawnEmbedded(dataDir, user);
  onTestFinished(async () => {
    if (started.child.exitCode === null && started.child.signalCode === null) await started.end('SIGTERM');
  });
  return started;
}

let prepared: string;
beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'portcullis prepared '));
  const embedded = await startEmbeddedPostgres({ dataDir: prepared, logger: silent });
  await embedded.stop();
});
afterAll(() => rm(prepared, { recursive: true }));

/** Returns a used DATA_DIR. It is copied, because creating a cluster is the slow part of a first start. */
async function usedFolder(): Promise<string> {
  const folder = await temporaryFolder();
  execFileSync('cp', ['-a', join(prepared, 'postgres'), folder]);
  await rm(join(folder, 'postgres', 'port'));
  return folder;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  return Number((await readFile(file, 'utf8')).split('\n')[0]);
}

const isRunning = async (dataDir: string) =>
  (await readdir(join(dataDir, 'postgres', 'cluster'))).includes('postmaster.pid');

describe('The embedded PostgreSQL', () => {
  it('starts from nothing, and again with its data, on the same port', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    await query(first.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(await isRunning(dataDir)).toBe(false);

    const second = await start(dataDir);
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await query(second.ownerUrl, 'SELECT answer FROM kept')).toEqual([42]);
  });

  it('is shared by concurrent starts in one process', async () => {
    const dataDir = await temporaryFolder();
    const [first, second] = await Promise.all([start(dataDir), start(dataDir)]);
    expect(first.ownerUrl).toBe(second.ownerUrl);
    await first.stop();
    expect(await query(second.ownerUrl, 'SELECT 1')).toEqual([1]);
  });
});

describe('A running embedded PostgreSQL', () => {
  let embedded: EmbeddedPostgres;
  beforeAll(async () => {
    embedded = await startEmbeddedPostgres({ dataDir: prepared, logger: silent });
  });
  afterAll(() => embedded.stop());

  it('gives each role its own privileges', async () => {
    const { serviceUrl, ownerUrl, superuserUrl } = embedded;
    const whoAmI = 'SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user';
    expect(await query(serviceUrl, whoAmI)).toEqual(['portcullis', false]);
    expect(await query(ownerUrl, whoAmI)).toEqual(['portcullis_owner', false]);
    expect(await query(superuserUrl, whoAmI)).toEqual(['postgres', true]);
    await expect(query(serviceUrl, 'CREATE TABLE own ()')).rejects.toThrow(
      'permission denied for schema public',
    );
  });

  it('rejects connections without a password', async () => {
    const guess = new URL(embedded.superuserUrl);
    guess.password = 'postgres';
    await expect(query(guess.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    guess.password = '';
    await expect(query(guess.href, 'SELECT 1')).rejects.toThrow(/password/i);
  });

  it('stores its passwords readable only by its account', async () => {
    const cluster = join(prepared, 'postgres', 'cluster');
    expect((await stat(cluster)).mode & 0o777).toBe(0o700);
    expect((await stat(join(cluster, 'portcullis-passwords.json'))).mode & 0o777).toBe(0o600);
  });

  it('logs neither statements nor rows', async () => {
    const { ownerUrl } = embedded;
    await query(ownerUrl, 'CREATE TABLE unique_mail (mail text PRIMARY KEY)');
    const insert = "INSERT INTO unique_mail VALUES ('canary@example.org')";
    await query(ownerUrl, insert);
    await expect(query(ownerUrl, insert)).rejects.toThrow('duplicate key');
    expect(await readFile(join(prepared, 'postgres', 'server.log'), 'utf8')).not.toMatch(/canary|INSERT/);
  });
});

describe('The embedded PostgreSQL after a crash', () => {
  it('is adopted when the process that started it was killed', async () => {
    const dataDir = await usedFolder();
    const killed = startProcess(dataDir);
    const { ownerUrl } = await killed.started;
    await query(ownerUrl, 'CREATE TABLE kept ()');
    const pid = await postmasterPid(dataDir);
    await killed.end('SIGKILL');

    const next = await start(dataDir);
    expect(next.ownerUrl).toBe(ownerUrl);
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(await query(next.ownerUrl, "SELECT to_regclass('kept')::text")).toEqual(['kept']);
    await next.stop();
    expect(await isRunning(dataDir)).toBe(false);
  });

  it('returns on the same port while in use, with all committed data', async () => {
    const dataDir = await usedFolder();
    const { ownerUrl } = await start(dataDir);
    await query(ownerUrl, 'CREATE TABLE kept ()');
    const pid = await postmasterPid(dataDir);
    process.kill(pid, 'SIGKILL');

    await eventually(async () => {
      expect(await postmasterPid(dataDir)).not.toBe(pid);
      expect(await query(ownerUrl, "SELECT to_regclass('kept')::text")).toEqual(['kept']);
    });
  });

  it('starts despite the lock file of a server that was killed together with its process', async () => {
    const dataDir = await usedFolder();
    const killed = startProcess(dataDir);
    await killed.started;
    const pid = await postmasterPid(dataDir);
    await killed.end('SIGKILL');
    process.kill(pid, 'SIGKILL');

    const { serviceUrl } = await start(dataDir);
    expect(await postmasterPid(dataDir)).not.toBe(pid);
    expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
  });

  it('starts despite a lock file whose process id now belongs to another program', async () => {
    const dataDir = await usedFolder();
    const first = await start(dataDir);
    await first.stop();
    const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
    await writeFile(file, `${process.pid}\n${join(dataDir, 'postgres', 'cluster')}\n0\n1\n\n127.0.0.1\n`);

    const { serviceUrl } = await start(dataDir);
    expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
  });

  it('starts after an initialisation that was killed halfway', async () => {
    const dataDir = await temporaryFolder();
    const killed = startProcess(dataDir);
    const drafts = async () =>
      (await readdir(join(dataDir, 'postgres'))).filter((name) => name.startsWith('initialising'));
    await eventually(async () => expect(await drafts()).toHaveLength(1), {
      timeoutMs: 20_000,
      intervalMs: 5,
    });
    await killed.end('SIGKILL');

    const { serviceUrl } = await start(dataDir);
    expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
    expect(await drafts()).toEqual([]);
  });
});

describe('The embedded PostgreSQL of several processes', () => {
  it('is shared if they start at the same time, and stops with the last of them', async () => {
    const dataDir = await temporaryFolder();
    const processes = [startProcess(dataDir), startProcess(dataDir), startProcess(dataDir)];
    const urls = await Promise.all(processes.map((one) => one.started));
    expect(new Set(urls.map((one) => one.serviceUrl)).size).toBe(1);
    const [first, second, third] = processes as [EmbeddedProcess, EmbeddedProcess, EmbeddedProcess];

    expect(await first.end('SIGTERM')).toBe(0);
    expect(await second.end('SIGKILL')).toBe(null);
    expect(await query(urls[0]!.serviceUrl, 'SELECT 1')).toEqual([1]);
    expect(await third.end('SIGTERM')).toBe(0);
    expect(await isRunning(dataDir)).toBe(false);
  });

  it('stops when all of them stop at the same time', async () => {
    const dataDir = await usedFolder();
    const processes = [startProcess(dataDir), startProcess(dataDir)];
    await Promise.all(processes.map((one) => one.started));
    expect(await Promise.all(processes.map((one) => one.end('SIGTERM')))).toEqual([0, 0]);
    expect(await isRunning(dataDir)).toBe(false);
  });

  it('is shared by processes that reach its folder by another path', async () => {
    const dataDir = await usedFolder();
    const first = await start(dataDir);
    const pid = await postmasterPid(dataDir);
    const link = join(await temporaryFolder(), 'link');
    await symlink(dataDir, link);
    const second = await start(link);
    expect(second.serviceUrl).toBe(first.serviceUrl);
    expect(await postmasterPid(dataDir)).toBe(pid);
  });

  it('outlives Ctrl-C on the terminal until the process has drained', async () => {
    const dataDir = await usedFolder();
    const interrupted = startProcess(dataDir);
    await interrupted.started;
    expect(await interrupted.end('SIGINT')).toBe(0);
    expect(interrupted.events).toContainEqual({ drained: true });
    expect(interrupted.events.filter((event) => event.warn)).toEqual([]);
    expect(await isRunning(dataDir)).toBe(false);
  });
});

const NORMAL_USER = isRoot ? { uid: 1000, gid: 1000 } : {};
/** Node.js and the sources may be in a folder that other users cannot enter. */
const normalUserCanRun =
  spawnSync(process.execPath, ['--check', import.meta.filename], NORMAL_USER).status === 0;

describe('The account of the embedded PostgreSQL', () => {
  it.runIf(normalUserCanRun)('is the user that starts it', async () => {
    const dataDir = await temporaryFolder();
    if (isRoot) await chown(dataDir, NORMAL_USER.uid!, NORMAL_USER.gid!);
    const { serviceUrl } = await startProcess(dataDir, NORMAL_USER).started;
    expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
    const { uid } = await stat(join(dataDir, 'postgres', 'cluster'));
    expect(uid).toBe(isRoot ? NORMAL_USER.uid : process.getuid?.());
  });

  it.runIf(normalUserCanRun)(
    'starts despite a lock file whose process id now belongs to another user',
    async () => {
      const dataDir = await usedFolder();
      const cluster = join(dataDir, 'postgres', 'cluster');
      // Process 1 belongs to root.
      await writeFile(join(cluster, 'postmaster.pid'), `1\n${cluster}\n0\n1\n\n127.0.0.1\n`);
      execFileSync('chown', ['-R', String(NORMAL_USER.uid ?? process.getuid!()), dataDir]);

      const { serviceUrl } = await startProcess(dataDir, NORMAL_USER).started;
      expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
    },
  );

  it.runIf(isRoot)('is never root', async () => {
    const dataDir = await temporaryFolder();
    await chmod(dataDir, 0o755);
    const { serviceUrl } = await start(dataDir);
    expect(await query(serviceUrl, 'SELECT 1')).toEqual([1]);
    expect((await stat(join(dataDir, 'postgres', 'cluster'))).uid).toBe(65_534);
  });

  it.runIf(isRoot)('can access a DATA_DIR inside a private folder of root', async () => {
    const dataDir = join(await temporaryFolder(), 'private', 'data');
    await mkdir(dataDir, { recursive: true });
    await chmod(join(dataDir, '..'), 0o700);
    const first = await start(dataDir);
    expect(await query(first.serviceUrl, 'SELECT 1')).toEqual([1]);
    await first.stop();

    await chmod(join(dataDir, '..'), 0o755);
    const second = await start(dataDir);
    expect(await query(second.serviceUrl, 'SELECT 1')).toEqual([1]);
  });
});
