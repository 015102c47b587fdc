import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tmpdir } from 'node:os';
import { freshDatabase } from '../../support/postgres/fresh-database.js';
import { startService } from '../../support/servers/service-process.js';

const TIMEOUT_MS = 180_000;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('The packed package', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  let packed: Packed;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis package '));
    const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout, stderr } = spawnSync('npm', words, { encoding: 'utf8' });
    if (!stdout.includes('filename')) throw new Error(stderr);
    [packed] = JSON.parse(stdout) as [Packed];
    return () => rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }, TIMEOUT_MS);

  const paths = () => packed.files.map(({ path }) => path);

  it('has the compiled code, its migrations and texts, the licence and the documents', () => {
    for (const path of [
      'dist/service/main.js',
      'dist/service/admin.js',
      'dist/service/audit-verify.js',
      'dist/service/ephemeral.js',
      'dist/src/ephemeral/process/watchdog-program.js',
      'dist/src/cli/scan/scan.js',
      'dist/ormconfig.js',
      'scripts/audit-verify.mjs',
      'scripts/migrate.mjs',
      'scripts/scan.mjs',
      'scripts/typeorm.mjs',
      'dist/src/auth/credentials/passwords/common-long-passwords.txt',
      'scripts/portcullis.cjs',
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
    ])
      expect(paths()).toContain(path);
    expect(paths().filter((path) => path.startsWith('dist/src/platform/database/migrations/'))).not.toEqual(
      [],
    );
  });

  it('has no sources, no tests, no maps of sources and nothing of the build', () => {
    expect(
      paths().filter((path) =>
        /\.(ts|map|tsbuildinfo)$|\.spec\.|^(src|test|examples|bench)\/|\.stamp/.test(path),
      ),
    ).toEqual([]);
  });

  it('brings no Node.js', async () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      await readFile('package.json', 'utf8'),
    ) as Record<'dependencies' | 'optionalDependencies', Record<string, string>>;
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    expect(names.filter((name) => /^node(-|$)/.test(name))).toEqual([]);
  });

  /** Installs it in an empty folder, with the dependencies of this checkout. */
  async function installIn(app: string): Promise<string> {
    const modules = join(app, 'node_modules');
    await mkdir(join(modules, '.bin'), { recursive: true });
    for (const name of await readdir('node_modules'))
      if (!name.startsWith('.')) await symlink(resolve('node_modules', name), join(modules, name));
    await mkdir(join(modules, 'portcullis'));
    const archive = join(folder, packed.filename);
    spawnSync('tar', ['-xzf', archive, '-C', join(modules, 'portcullis'), '--strip-components=1']);
    await symlink('../portcullis/scripts/portcullis.cjs', join(modules, '.bin', 'portcullis'));
    return app;
  }

  it('migrates, reverts and verifies with a production configuration', async () => {
    const app = await installIn(join(folder, 'deployment'));
    const empty = await freshDatabase({ migrated: false });
    onTestFinished(() => empty.drop());
    const production = {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      JWT_SECRET_KEY: randomBytes(48).toString('base64'),
      PASSWORD_PEPPER: randomBytes(48).toString('base64'),
      COOKIE_SECURE: 'true',
      DATABASE_URL: empty.url,
    };
    const portcullis = (words: readonly string[], env: NodeJS.ProcessEnv) => {
      const { status, stdout, stderr } = spawnSync(join(app, 'node_modules', '.bin', 'portcullis'), words, {
        cwd: app,
        encoding: 'utf8',
        env,
      });
      return { status, output: stdout + stderr };
    };
    const owner = { ...production, DATABASE_MIGRATION_URL: empty.ownerUrl };
    expect(portcullis(['verify'], production)).toMatchObject({ status: 78 });
    expect(portcullis(['migrate'], owner)).toMatchObject({ status: 0 });
    const verified = portcullis(['verify'], production);
    expect(verified).toMatchObject({
      status: 0,
      output: expect.stringContaining('The audit trail is intact'),
    });
    const reverted = portcullis(['migrate', '--revert'], owner);
    expect(reverted).toMatchObject({
      status: 0,
      output: expect.stringContaining('has been reverted successfully'),
    });
    expect(portcullis(['migrate'], { ...owner, JWT_SECRET_KEY: '' })).toEqual({
      status: 78,
      output: 'JWT_SECRET_KEY must be set in production\n',
    });
  });

  it('starts in an empty folder, stores its data there and compiles nothing', async () => {
    const app = await installIn(join(folder, 'app'));
    const command = ['sh', '-c', 'cd "$1" && exec node_modules/.bin/portcullis start', 'sh', app] as const;
    const service = await startService({ command });
    onTestFinished(async () => {
      if (service.child.exitCode === null && service.child.signalCode === null) service.child.kill('SIGTERM');
      await service.ended;
    });
    await service.ready;
    expect(existsSync(join(app, 'data', 'postgres', 'cluster'))).toBe(true);
    expect(service.output()).not.toContain('Compiling');
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it.each([
    [[], 64],
    [['nonsense'], 64],
    [['toString'], 64],
    [['--help'], 0],
    [['admin', '--help'], 0],
    [['ephemeral', '--help'], 0],
    [['migrate', '--help'], 0],
    [['migrate', '--undo'], 64],
    [['verify', '--help'], 0],
    [['verify', '--nonsense'], 64],
    [['scan', '--help'], 0],
    [['scan', '--nonsense'], 64],
  ])('explains itself for %j', (words, code) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/portcullis.cjs', ...words], {
      encoding: 'utf8',
    });
    expect(status).toBe(code);
    const command = ['nonsense', 'toString', '--help'].includes(words[0] ?? '--help')
      ? '<command>'
      : words[0]!;
    expect(stdout + stderr).toContain(`Usage: portcullis ${command}`);
    expect(stdout + stderr).not.toContain('npm run');
  });
});
