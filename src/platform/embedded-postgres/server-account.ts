import { type SpawnOptions, spawnSync } from 'node:child_process';
import { chmod, chown, lstat, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { type Binaries, copyBinaries, linkLibraries } from './binaries.js';

/** `nobody` on every system that has this user; no entry in /etc/passwd is needed. */
const UNPRIVILEGED = 65_534;

/** A minimal environment: PG* variables of the caller would reconfigure the server. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };

/** How to run PostgreSQL's programs, which refuse to run as root. */
export interface ServerAccount {
  readonly binaries: Binaries;
  /** The program and arguments that run `program` under the account. */
  command(program: string, args: readonly string[]): [program: string, args: string[]];
  readonly options: Pick<SpawnOptions, 'uid' | 'gid' | 'env' | 'cwd'>;
  /** Makes the account the owner of a folder and everything in it. */
  own(path: string): Promise<void>;
}

/**
 * Chooses the account for a server whose files are in `folder`. A normal user runs the server itself. Root runs it under
 * an unprivileged id. If that id cannot reach the programs or the folder (a home directory of mode 700), a user namespace
 * that only maps root is used; if namespaces are forbidden (a container's seccomp profile), a copy of the programs in a
 * reachable place.
 */
export async function serverAccount(installed: Binaries, folder: string): Promise<ServerAccount> {
  const account = await chooseAccount(installed, folder);
  // Programs that a killed process leaves behind are found by the folder that they work in.
  return { ...account, options: { ...account.options, cwd: folder } };
}

async function chooseAccount(installed: Binaries, folder: string): Promise<ServerAccount> {
  const binaries = await completeBinaries(installed, folder);
  if (process.getuid?.() !== 0) return hasName() ? asSelf(binaries) : withName(binaries);
  if (reaches(binaries, folder)) return asUnprivileged(binaries);
  const renamed = inNamespace(binaries);
  if (runs(renamed)) return renamed;
  return asUnprivileged(await withinReach(binaries, folder));
}

async function completeBinaries(installed: Binaries, folder: string): Promise<Binaries> {
  try {
    await linkLibraries(installed);
    return installed;
  } catch {
    const copy = await copyBinaries(installed, folder);
    await linkLibraries(copy);
    return copy;
  }
}

function asSelf(binaries: Binaries): ServerAccount {
  return {
    binaries,
    command: (program, args) => [program, [...args]],
    options: { env: ENVIRONMENT },
    own: async () => {},
  };
}

/** Whether the system knows a name for this process's user id; containers are run under ids that it does not. */
function hasName(): boolean {
  try {
    return process.platform === 'win32' || userInfo().username !== '';
  } catch {
    return false;
  }
}

/** PostgreSQL's programs refuse an id without a name; in a user namespace this process's id has another one's. */
function withName(binaries: Binaries): ServerAccount {
  const renamed = { ...inNamespace(binaries), own: async () => {} };
  if (runs(renamed)) return renamed;
  throw new ConfigurationFault([
    `DATA_DIR cannot hold the embedded PostgreSQL: user id ${process.getuid?.()} has no name on this system, and ` +
      'PostgreSQL needs one; set DATABASE_URL, or run as a user with a name',
  ]);
}

function asUnprivileged(binaries: Binaries): ServerAccount {
  return {
    ...asSelf(binaries),
    options: { uid: UNPRIVILEGED, gid: UNPRIVILEGED, env: ENVIRONMENT },
    own: (path) => chownAll(path, UNPRIVILEGED),
  };
}

function inNamespace(binaries: Binaries): ServerAccount {
  const mapping = ['--user', `--map-user=${UNPRIVILEGED}`, `--map-group=${UNPRIVILEGED}`];
  return {
    ...asSelf(binaries),
    command: (program, args) => ['unshare', [...mapping, '--', program, ...args]],
    own: (path) => chownAll(path, 0),
  };
}

function runs(account: ServerAccount): boolean {
  const [program, args] = account.command(account.binaries.postgres, ['--version']);
  return spawnSync(program, args, account.options).status === 0;
}

/** Tested as the account itself, since file modes alone are not conclusive (access lists, mount options). */
function reaches(binaries: Binaries, folder: string): boolean {
  const probe = ['-c', 'test -x "$1" && cd "$2"', 'sh', binaries.postgres, folder];
  return spawnSync('/bin/sh', probe, asUnprivileged(binaries).options).status === 0;
}

async function withinReach(binaries: Binaries, folder: string): Promise<Binaries> {
  for (const own of [folder, dirname(folder)]) await chmod(own, (await stat(own)).mode | 0o001);
  const copy = await copyBinaries(binaries, folder);
  await linkLibraries(copy);
  if (reaches(copy, folder)) return copy;
  throw new Error(
    `The embedded PostgreSQL cannot run as root, and its unprivileged account cannot enter ${folder}. ` +
      'Choose a DATA_DIR outside of private folders, run as a normal user, or set DATABASE_URL.',
  );
}

async function chownAll(path: string, id: number): Promise<void> {
  if ((await lstat(path)).uid === id) return;
  const entries = await readdir(path, { recursive: true });
  for (const entry of ['', ...entries].toReversed()) await chown(join(path, entry), id, id);
}
