import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './postmaster.js';
import { publishFolder } from './publish-folder.js';
import { runProgram } from './run-program.js';
import type { ServerAccount } from './server-account.js';

/** The roles of a cluster; only `superuser` has privileges beyond its own purpose. */
const ROLES = { superuser: 'postgres', owner: 'portcullis_owner', service: 'portcullis' } as const;
const DATABASE = 'portcullis';

type Passwords = Readonly<Record<keyof typeof ROLES, string>>;

/** An initialised data directory, and the passwords generated with it. */
export interface Cluster {
  readonly directory: string;
  readonly passwords: Passwords;
}

/** Stored inside the data directory, so that a cluster and its passwords appear in one step. */
const PASSWORDS_FILE = 'portcullis-passwords.json';

/** Identifies the owner of a draft; the random part is needed because process ids repeat after a container restart. */
const PROCESS = `${process.pid}-${randomBytes(4).toString('hex')}`;
const DRAFT = /^initialising-((\d+)-[0-9a-f]{8})-/;

/** Neither the host's locales nor ICU: the sort order is the same on every machine and survives system upgrades. */
const LOCALE = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const ONLY_LOOPBACK_WITH_PASSWORD = 'host all all 127.0.0.1/32 scram-sha-256\n';

/**
 * Opens the cluster in `folder`; creates it on first use. It is prepared in a draft and published by one rename, so an
 * interrupted start leaves no partial cluster, and two simultaneous first starts end up with the same one.
 */
export async function openCluster(folder: string, account: ServerAccount): Promise<Cluster> {
  const directory = join(folder, 'cluster');
  let passwords = await readPasswords(directory);
  if (!passwords) {
    await removeAbandonedDrafts(folder);
    await publishFolder(await draftCluster(folder, account), directory);
    passwords = await readPasswords(directory);
  }
  if (!passwords)
    throw new Error(`${directory} contains no cluster of this service; move it away and start again.`);
  return { directory, passwords };
}

/** Returns the URL of a cluster's database for a role. */
export function urlOf({ passwords }: Cluster, role: keyof typeof ROLES, port: number): string {
  return `postgres://${ROLES[role]}:${passwords[role]}@127.0.0.1:${port}/${DATABASE}`;
}

async function readPasswords(directory: string): Promise<Passwords | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, PASSWORDS_FILE), 'utf8')) as Passwords;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function draftCluster(folder: string, account: ServerAccount): Promise<string> {
  const draft = await mkdtemp(join(folder, `initialising-${PROCESS}-`));
  await account.own(draft);
  const { initdb, postgres } = account.binaries;
  await runProgram(account, initdb, [
    `--pgdata=${draft}`,
    `--username=${ROLES.superuser}`,
    '--auth=reject',
    ...LOCALE,
  ]);

  const passwords: Passwords = { superuser: newPassword(), owner: newPassword(), service: newPassword() };
  // Single-user mode reads one statement per line: roles and database exist before anyone can connect.
  await runProgram(
    account,
    postgres,
    ['--single', '-D', draft, '-c', 'exit_on_error=on', 'postgres'],
    [
      `ALTER ROLE ${ROLES.superuser} PASSWORD '${passwords.superuser}'`,
      `CREATE ROLE ${ROLES.owner} LOGIN PASSWORD '${passwords.owner}'`,
      `CREATE ROLE ${ROLES.service} LOGIN PASSWORD '${passwords.service}'`,
      `CREATE DATABASE ${DATABASE} OWNER ${ROLES.owner}`,
    ],
  );
  await writeFile(join(draft, 'pg_hba.conf'), ONLY_LOOPBACK_WITH_PASSWORD);
  await writeFile(join(draft, PASSWORDS_FILE), JSON.stringify(passwords), { mode: 0o600 });
  return draft;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

async function removeAbandonedDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, owner, pid] = DRAFT.exec(name) ?? [];
    if (owner === undefined || owner === PROCESS) continue;
    const isAbandoned = Number(pid) === process.pid || !isAlive(Number(pid));
    // The initdb of a killed process may still be writing.
    if (isAbandoned) await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
}
