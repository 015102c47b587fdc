import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { lacksChromium } from '../support/browser/chromium.js';

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
    await cp('examples', folder, { recursive: true });
    // What the workflow's first step installs.
    await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
    for (const name of MODULES)
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
    await symlink(resolve('.'), join(folder, 'node_modules', 'portcullis'));
    await symlink(resolve('node_modules/.bin/vitest'), join(folder, 'node_modules/.bin/vitest'));
    await symlink(resolve('scripts/portcullis.cjs'), join(folder, 'node_modules/.bin/portcullis'));
    steps = stepsOf(await readFile('examples/.github/workflows/test.yml', 'utf8'));
  });

  it('are installed by the first step', () => {
    expect([...steps.keys()]).toEqual(['Install', 'Test', 'Test against one service']);
    expect(steps.get('Install')).toContain('npm ci');
  });

  it.each(['Test', 'Test against one service'])('pass in the step: %s', async (name) => {
    const script = join(folder, 'step.sh');
    await writeFile(script, steps.get(name)!);
    const { HOME, PATH } = process.env;
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', script],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { HOME, PATH: [dirname(process.execPath), PATH].join(delimiter), TMPDIR: tmpdir(), CI: 'true' },
      },
    );
    expect(stdout, stderr).toMatch(/Tests .*3 passed/);
    expect(stdout, stderr).toMatch(/# pass 2|pass 2/);
    expect(status, stderr).toBe(0);
  });
});
