import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../network/free-port.js';
import type { ProxyServer } from '../servers/proxy-server.js';
import { eventually } from '../time/eventually.js';

/** A proxy program, started with its file of `deploy/gateway`. */
export interface GatewayProgram {
  readonly name: 'nginx' | 'haproxy' | 'caddy';
  readonly isInstalled: boolean;
}

interface Command {
  readonly files: readonly string[];
  readonly args: (folder: string) => string[];
}

const COMMANDS: Record<GatewayProgram['name'], Command> = {
  nginx: {
    files: ['nginx.conf'],
    args: (folder) => [
      '-p',
      folder,
      '-c',
      join(folder, 'nginx.conf'),
      '-g',
      'daemon off; master_process off;',
    ],
  },
  haproxy: { files: ['haproxy.cfg', 'portcullis.lua'], args: () => ['-db', '-f', 'haproxy.cfg'] },
  caddy: { files: ['Caddyfile'], args: () => ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'] },
};

/** The programs whose files are tested. */
export const GATEWAY_PROGRAMS: readonly GatewayProgram[] = (['nginx', 'haproxy', 'caddy'] as const).map(
  (name) => ({
    name,
    isInstalled: spawnSync(name, [name === 'caddy' ? 'version' : '-v']).status === 0,
  }),
);

/** What is replaced in the files: what an operator changes, and on demand more. */
export interface GatewayAddresses {
  readonly portcullis: number;
  readonly application: number;
  readonly rule?: string;
  /** Changes the text of a file, to test a fault in it. */
  readonly alter?: (shipped: string) => string;
}

/** Starts a program with its shipped file, in which only the given parts are replaced; resolves once it listens. */
export async function startGateway(
  { name }: GatewayProgram,
  { portcullis, application, rule = 'app', alter = (shipped) => shipped }: GatewayAddresses,
): Promise<ProxyServer> {
  const { files, args } = COMMANDS[name];
  const folder = await mkdtemp(join(tmpdir(), `portcullis-${name}-`));
  await cp('deploy/gateway', folder, { recursive: true });
  const port = await freePort();
  for (const file of files) {
    const shipped = await readFile(join(folder, file), 'utf8');
    const changed = alter(shipped)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`)
      .replaceAll('http://:8000', `http://:${port}`)
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${portcullis}`)
      .replaceAll('"127.0.0.1", 3000, "app"', `"127.0.0.1", ${portcullis}, "${rule}"`)
      .replaceAll('127.0.0.1:9000', `127.0.0.1:${application}`)
      .replaceAll('/gate/app', `/gate/${rule}`);
    await writeFile(join(folder, file), changed);
  }
  const child = spawn(name, args(folder), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await eventually(() => listens(port, child, output), { timeoutMs: 20_000 });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port: number, child: ChildProcess, output: string): Promise<void> {
  if (child.exitCode !== null) throw new Error(`The proxy ended with code ${child.exitCode}: ${output}`);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
