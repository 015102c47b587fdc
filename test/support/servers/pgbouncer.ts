import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../network/free-port.js';
import type { FreshDatabase } from '../postgres/fresh-database.js';
import { eventually } from '../time/eventually.js';

/** Debian installs it where only root looks for programs. */
const ENV = { PATH: `${process.env['PATH']}:/usr/sbin` };

/** Whether PgBouncer is installed; it is required in CI. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version'], { env: ENV }).status === 0;

if (!hasPgBouncer && process.env['CI'] === 'true')
  throw new Error('PgBouncer is missing: install the package pgbouncer.');

/** A PgBouncer with default settings in front of one database, and the URLs that lead through it. */
export interface PgBouncer {
  readonly url: string;
  readonly ownerUrl: string;
  /** Replaces every connection to the server as soon as no transaction uses it, as at the end of `server_lifetime`. */
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

const NOBODY = 65_534;

/** Starts Debian's PgBouncer on a free loopback port; only settings without a default are configured. */
export async function startPgBouncer(
  database: FreshDatabase,
  mode: 'session' | 'transaction',
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-pgbouncer-'));
  const port = await freePort();
  const { hostname, port: serverPort } = new URL(database.url);
  const users = [database.url, database.ownerUrl].map((url) => new URL(url));
  const [configuration, list] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  await writeFile(list, users.map(({ username, password }) => `"${username}" "${password}"\n`).join(''));
  await writeFile(
    configuration,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${list}
pool_mode = ${mode}
admin_users = ${users.map(({ username }) => username).join(', ')}
`,
  );
  const isRoot = process.getuid?.() === 0;
  await chmod(folder, 0o755);
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const child = spawn('pgbouncer', [configuration], {
    env: ENV,
    stdio: 'ignore',
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  await eventually(() => listens(port, child));
  const through = (url: string) =>
    Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href;
  return {
    url: through(database.url),
    ownerUrl: through(database.ownerUrl),
    reconnect: async () => {
      const console = new Client(
        Object.assign(new URL(through(database.ownerUrl)), { pathname: '/pgbouncer' }).href,
      );
      await console.connect();
      await console.query('RECONNECT');
      await console.end();
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`pgbouncer ended with code ${child.exitCode}.`);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
