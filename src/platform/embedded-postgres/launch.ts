import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import type { ServerAccount } from './server-account.js';

const LOG_FILE = 'server.log';
const LOG_MAX_BYTES = 1024 * 1024;

/**
 * Settings are passed on the command line, so that a cluster created by an older version uses the current ones. Statements
 * and rows are not logged: errors of the service's roles are returned to the service.
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
 * Starts the server in its own process group, so that Ctrl-C on the terminal reaches only the service, which still needs
 * its database to drain. Returns at once; the server may still fail to start, for example because another process was
 * faster.
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

/** Returns the last lines of the log of a server that did not start. */
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
