import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildPackages, type PackageName } from './built.js';

const run = promisify(execFile);

/** One of `packages/`, as `npm pack` gives it. */
export interface Packed {
  readonly files: string[];
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly license: string;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
}

/** Builds and packs a package, and unpacks it as an installation in this folder's `node_modules`. */
export async function installPacked(name: PackageName, folder: string): Promise<Packed> {
  await buildPackages();
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    // Its `prepack` has been run.
    '--ignore-scripts',
    '--workspace',
    `packages/${name}`,
    '--pack-destination',
    folder,
  ]);
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [
    { filename: string; files: { path: string }[] },
  ];
  const target = join(folder, 'node_modules', '@portcullis', name);
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  const manifest = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as Packed['manifest'];
  return { files: files.map(({ path }) => path), manifest };
}
