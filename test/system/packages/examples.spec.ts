import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { lacksChromium } from '../../support/browser/chromium.js';

const run = promisify(execFile);
const TIMEOUT_MS = 240_000;
const MODULES = ['jose', 'playwright-core', 'vitest'];

/** The scripts of a workflow's steps by their names. A step is one line, or a block of lines below `run: |`. */
function stepsOf(workflow: string): Map<string, string> {
  const steps = workflow.matchAll(
    /^ {6}- name: (?<name>.+)\n {8}run: (?:(?<line>[^|\n].*)|\|\n(?<block>(?: {10}.*\n)+))/gm,
  );
  return new Map(
    [...steps].map(({ groups }) => [
      groups!['name']!,
      groups!['line'] ?? groups!['block']!.replace(/^ {10}/gm, ''),
    ]),
  );
}

describe.skipIf(lacksChromium)('The examples', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  let steps: Map<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-examples-'));
    const filter = (path: string) => !path.includes('node_modules');
    await cp('examples/suites', folder, { recursive: true, filter });
    // What the workflow's first step installs.
    await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
    for (const name of MODULES)
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
    await symlink(resolve('.'), join(folder, 'node_modules', 'portcullis'));
    await symlink(resolve('node_modules/.bin/vitest'), join(folder, 'node_modules/.bin/vitest'));
    await symlink(resolve('scripts/portcullis.cjs'), join(folder, 'node_modules/.bin/portcullis'));
    steps = stepsOf(await readFile('examples/suites/.github/workflows/test.yml', 'utf8'));
  });

  it('are installed by the first step', () => {
    expect([...steps.keys()]).toEqual(['Install', 'Test', 'Test against one service']);
    expect(steps.get('Install')).toContain('npm ci');
  });

  it.each(['Test', 'Test against one service'])('pass in the step: %s', async (name) => {
    const script = join(folder, `${name}.sh`);
    await writeFile(script, steps.get(name)!);
    const { HOME, PATH } = process.env;
    const env = {
      HOME,
      PATH: [dirname(process.execPath), PATH].join(delimiter),
      TMPDIR: tmpdir(),
      CI: 'true',
    };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', script];
    // It rejects where the step fails, with what that has said.
    const { stdout, stderr } = await run('bash', words, { cwd: folder, env });
    expect(stdout, stderr).toMatch(/Tests .*3 passed/);
    expect(stdout, stderr).toMatch(/# pass 2|pass 2/);
  });
});
