import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { freePort } from '../network/free-port.js';
import { eventually } from '../time/eventually.js';
import { borrowRedis } from './borrowed-redis.js';

/** A Redis server for one spec, with methods that stop, pause or restart it. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
  /** Sends SIGKILL; resolves once the process has ended. */
  kill(): Promise<void>;
  /** Sends SIGSTOP: connections stay open, but commands get no reply. */
  pause(): void;
  resume(): void;
  /** Starts an empty server on the same port. */
  restart(): Promise<void>;
}

/** `describe` for specs that use {@link startRedis}: skipped if no Redis is available. */
// oxlint-disable-next-line vitest/valid-describe-callback -- this creates a `describe`, it does not call one
export const describeWithRedis = describe.skipIf(inject('redis').kind === 'none');

/** Starts a temporary server on a free loopback port, without persistence; `args` are passed to redis-server. */
export async function startRedis({ args = [] }: { args?: readonly string[] } = {}): Promise<RedisServer> {
  const source = inject('redis');
  if (source.kind === 'borrowed') return borrowRedis(source.url);
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-redis-'));
  const port = await freePort();
  let child = await launch(port, folder, args);
  const kill = () => end(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid!;
    },
    kill,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    restart: async () => {
      await kill();
      child = await launch(port, folder, args);
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  const fixed = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', [...fixed, ...args], { stdio: 'ignore' });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  await eventually(() => answers(port, child));
  return child;
}

/** Accepts any reply: if a password is set, even a refusal shows that the server listens. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}.`);
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    await once(socket, 'data');
  } finally {
    socket.destroy();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
