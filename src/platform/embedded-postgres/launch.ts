import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import type { ServerAccount } from './server-account.js';

const LOG_FILE = 'server.log';
const LOG_MAX_BYTES = 1024 * 1024;

/**
 * Settings on the command line, so that a cluster made by an older version follows this one. The log keeps no
 * statements and no rows: what the service's roles do wrong is answered to the service.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

/**
 * Starts the server in a process group of its own, so that Ctrl-C on the terminal reaches only the service, which
 * still needs its database to drain. Returns at once; the server may yet refuse, for example because another
 * process was faster.
 */
export async function launch(
  cluster: Cluster,
  account: ServerAccount,
  folder: string,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const options = Object.entries({ ...SETTINGS, ...settings, port: String(port) });
  const [command, args] = account.command(account.binaries.postgres, [
    '-D',
    cluster.directory,
    ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const log = await openLog(folder);
  try {
    const child = spawn(command, args, {
      ...account.options,
      cwd: folder,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'ignore', log.fd],
    });
    child.on('error', () => {});
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The last words of a server that did not start. */
export async function lastWords(folder: string): Promise<string> {
  const log = await readFile(join(folder, LOG_FILE), 'utf8').catch(() => '');
  return log.trimEnd().split('\n').slice(-5).join('\n');
}

async function openLog(folder: string) {
  const path = join(folder, LOG_FILE);
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  return open(path, size > LOG_MAX_BYTES ? 'w' : 'a', 0o600);
}
