import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Child } from './child.mjs';
import { cpuMs, familyCpuMs } from './cpu-time.mjs';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Enough connections for the pools of all subjects and for seeding; otherwise the default settings of the package. */
const POSTGRES_SETTINGS = { max_connections: '200', max_wal_size: '4GB' };

const silent = { log: () => {}, warn: () => {} };

/**
 * The environment shared by all subjects: one PostgreSQL and one Redis for this run, a folder, and free ports.
 * {@link Laboratory.close} stops every process started through it and removes the folder.
 */
export class Laboratory {
  static async open() {
    build();
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
    await chmod(folder, 0o711);
    const laboratory = new Laboratory(folder);
    try {
      await laboratory.startServers();
      return laboratory;
    } catch (error) {
      await laboratory.close();
      throw error;
    }
  }

  constructor(folder) {
    this.folder = folder;
    this.children = new Set();
    this.postgres = null;
    this.redis = null;
    this.redisPort = 0;
    this.redisDatabases = 0;
  }

  async startServers() {
    const launcher = join(ROOT, 'dist/src/platform/embedded-postgres/embedded-postgres.js');
    const { startEmbeddedPostgres } = await import(launcher);
    this.postgres = await startEmbeddedPostgres({
      dataDir: this.folder,
      logger: silent,
      settings: POSTGRES_SETTINGS,
    });
    this.redisPort = await freePort();
    this.redis = await this.start({
      name: 'redis-server',
      command: 'redis-server',
      // Each service gets a database of its own, and a complete run starts more of them than the usual sixteen.
      args: [
        ...['--port', String(this.redisPort), '--bind', '127.0.0.1', '--databases', '64'],
        ...['--save', '', '--appendonly', 'no'],
      ],
    });
  }

  /** Creates a folder for one subject. */
  async newFolder(name) {
    return mkdtemp(join(this.folder, `${name}-`));
  }

  /** Creates a database. Returns its URLs for the owner and for the less privileged role of the service. */
  async newDatabase(name) {
    await query(this.postgres.superuserUrl, `CREATE DATABASE ${name} OWNER portcullis_owner`);
    const within = (url) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
    return {
      url: within(this.postgres.serviceUrl),
      ownerUrl: within(this.postgres.ownerUrl),
      superuserUrl: within(this.postgres.superuserUrl),
    };
  }

  /** Returns the URL of an empty database of the Redis server. */
  newRedis() {
    return `redis://127.0.0.1:${this.redisPort}/${this.redisDatabases++}`;
  }

  /** Starts a program that runs until it is stopped or the laboratory closes. */
  async start({ name, ...program }) {
    await mkdir(join(this.folder, 'logs'), { recursive: true });
    const log = join(this.folder, 'logs', `${name.replaceAll(/\W/g, '-')}.log`);
    const child = Child.start({ name, log, cwd: this.folder, ...program });
    this.children.add(child);
    return child;
  }

  /** Returns the processor time used so far by a service and by the servers behind it, in milliseconds each. */
  async cpuTimes(child) {
    const { rows } = await query(
      this.postgres.superuserUrl,
      `SELECT pg_read_file('postmaster.pid') AS postmaster`,
    );
    return {
      service: cpuMs(child.pid),
      PostgreSQL: familyCpuMs(Number.parseInt(rows[0].postmaster, 10)),
      Redis: cpuMs(this.redis.pid),
    };
  }

  async stop(child) {
    this.children.delete(child);
    await child.stop();
  }

  async close() {
    await Promise.all([...this.children].reverse().map((child) => this.stop(child)));
    await this.postgres?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs statements on a separate connection. */
export async function query(url, ...statements) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    let result;
    for (const statement of statements) result = await client.query(statement);
    return result;
  } finally {
    await client.end();
  }
}

/** Returns a port that was free at the time of the call. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function build() {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The service does not compile.');
}
