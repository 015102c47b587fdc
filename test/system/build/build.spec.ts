import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/files/temporary-folder.js';

const TOOLS = [
  'scripts',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
];

/** Two minimal sources for which the Swagger plugin adds an import that the code does not have. */
const SOURCES = {
  'src/one/child.dto.ts': 'export class ChildDto { name: string; }\n',
  'src/two/parent.dto.ts': [
    `import type { ChildDto } from '../one/child.dto.js';`,
    `import { makeChild } from './make-child.js';`,
    'export class ParentDto { first: ChildDto; second = makeChild(); }\n',
  ].join('\n'),
  'src/two/make-child.ts': `import { ChildDto } from '../one/child.dto.js';\nexport const makeChild = () => new ChildDto();\n`,
  'ormconfig.ts': 'export default null;\n',
};

/** A checkout with the real build and little to compile. */
async function checkout(name: string, { installed = true } = {}): Promise<string> {
  const folder = join(await temporaryFolder(), name);
  await mkdir(folder);
  for (const tool of TOOLS) await cp(tool, join(folder, tool), { recursive: true });
  for (const [path, source] of Object.entries(SOURCES)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  if (installed) await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

const build = (cwd: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd,
    encoding: 'utf8',
    timeout: 110_000,
  });
  return { status, stdout, stderr };
};

describe('The start command', () => {
  it('keeps outsiders from the inspector, and works in a shell without exec', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } };
    const program = 'node --disable-sigusr1 --max-semi-space-size=8 scripts/start.cjs';
    // In a POSIX shell the first command replaces the shell, so that npm's signals arrive; cmd.exe runs the second
    // one.
    expect(scripts.start).toMatch(new RegExp(`&& exec ${program} \\|\\| ${program}$`));
    expect(await readFile('Dockerfile', 'utf8')).toContain(
      `CMD ${JSON.stringify(program.split(' ')).replaceAll(',', ', ')}`,
    );
  });
});

describe('A version of Node.js that is too old', () => {
  /** Makes this version look like one that has no cache of compiled code. */
  const OLD = `import module from 'node:module';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    delete module.enableCompileCache;
    module.syncBuiltinESMExports();`;

  it.each(['start.cjs', 'operator.mjs', 'ephemeral.mjs', 'migrate.mjs', 'audit-verify.mjs', 'scan.mjs'])(
    'is reported before anything else by scripts/%s',
    (script) => {
      const preload = `data:text/javascript,${encodeURIComponent(OLD)}`;
      const { status, stderr } = spawnSync(process.execPath, ['--import', preload, `scripts/${script}`], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^Portcullis needs Node\.js .*20\.20\.2/)]);
    },
  );
});

describe('The build', { timeout: 120_000 }, () => {
  it('builds code that loads from a folder with letters, signs of URLs and a blank in its name', async () => {
    const folder = await checkout('jürgen a%41 漢字');
    expect(build(folder)).toMatchObject({ status: 0 });
    const parent = join(folder, 'dist/src/two/parent.dto.js');
    expect(await readFile(parent, 'utf8')).toContain('from "../one/child.dto.js"');
    await expect(import(pathToFileURL(parent).href)).resolves.toHaveProperty('ParentDto');
  });

  it('reports in one line that it needs a compiler, and uses an up-to-date dist without one', async () => {
    const folder = await checkout('production', { installed: false });
    const { status, stdout, stderr } = build(folder);
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^dist is missing or older than src, .*"npm ci --include=dev".*\n$/);

    const modules = join(folder, 'node_modules');
    await symlink(resolve('node_modules'), modules, 'junction');
    expect(build(folder)).toMatchObject({ status: 0 });
    await unlink(modules);
    expect(build(folder)).toMatchObject({ status: 0, stderr: '' });
    await writeFile(join(folder, 'src/two/make-child.ts'), 'export {};\n');
    expect(build(folder)).toMatchObject({ status: 78 });
  });
});
