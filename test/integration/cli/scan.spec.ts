import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runScan } from '../../../src/cli/scan/scan.js';
import { newKey } from '../../../src/machines/keys/key-format.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';

const randomness = new SystemRandomness();
const PERSONS = newKey('user', randomness);
const PROGRAMS = newKey('service-account', randomness);

/** Runs a scan in this process. */
async function scan(words: readonly string[], input = '') {
  let [stdout, stderr] = ['', ''];
  const code = await runScan(words, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr, lines: stdout.split('\n').slice(0, -1) };
}

async function folderWith(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

describe('portcullis scan', () => {
  it('names the line, the kind and the hint of each key, and no key', async () => {
    const folder = await folderWith({
      'a.env': `NAME=app\nTOKEN=${PERSONS}\n`,
      'b/deep/job.yml': `token: "${PROGRAMS}" # ${PERSONS}\r\n`,
      'c.txt': `${PERSONS.slice(0, -1)}\nptc_u_${'0'.repeat(38)}\n`,
    });
    const { code, lines, stderr } = await scan([folder]);
    expect([code, stderr]).toEqual([1, '']);
    expect(lines).toEqual([
      `${folder}/a.env:2: API key of a person, ${PERSONS.slice(0, 10)}…`,
      `${folder}/b/deep/job.yml:1: API key of a service account, ${PROGRAMS.slice(0, 10)}…`,
      `${folder}/b/deep/job.yml:1: API key of a person, ${PERSONS.slice(0, 10)}…`,
    ]);
    const json = await scan(['--json', folder]);
    expect([json.code, ...json.lines.map((line) => JSON.parse(line) as unknown)]).toEqual([
      1,
      { path: `${folder}/a.env`, line: 2, kind: 'user', hint: PERSONS.slice(0, 10) },
      { path: `${folder}/b/deep/job.yml`, line: 1, kind: 'service-account', hint: PROGRAMS.slice(0, 10) },
      { path: `${folder}/b/deep/job.yml`, line: 1, kind: 'user', hint: PERSONS.slice(0, 10) },
    ]);
    for (const { stdout } of [json, await scan([join(folder, 'a.env'), folder])])
      expect(stdout).not.toContain(PERSONS.slice(11, 44));
  });

  it('ends with 0 where there is none, and leaves out links, node_modules, .git and binary files', async () => {
    const elsewhere = await folderWith({ 'key.txt': PERSONS });
    const folder = await folderWith({
      'readme.md': 'nothing',
      'empty.txt': '',
      'node_modules/one/index.js': PERSONS,
      'packages/x/node_modules/two/index.js': PERSONS,
      '.git/config': PERSONS,
      'image.png': Buffer.concat([Buffer.from([0x89, 0x50, 0]), Buffer.from(PERSONS)]),
      'utf16.txt': Buffer.from(PERSONS, 'utf16le'),
    });
    await symlink(join(elsewhere, 'key.txt'), join(folder, 'link.txt'));
    await symlink(elsewhere, join(folder, 'linked'));
    await symlink(folder, join(folder, 'around'));
    expect(await scan([folder])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect((await scan([join(folder, 'node_modules')])).code).toBe(1);
  });

  it('reads standard input for -', async () => {
    const { code, lines } = await scan(['-'], `one\ntwo ${PERSONS}`);
    expect([code, ...lines]).toEqual([1, `-:2: API key of a person, ${PERSONS.slice(0, 10)}…`]);
    expect(await scan(['-'], 'nothing')).toMatchObject({ code: 0, stdout: '' });
  });

  it('refuses what it cannot scan, and reads nothing then', async () => {
    const folder = await folderWith({ 'key.txt': PERSONS });
    await symlink(join(folder, 'key.txt'), join(folder, 'link.txt'));
    for (const [words, reason] of [
      [['--nonsense'], 'unknown option'],
      [[folder, join(folder, 'none')], 'does not exist'],
      [[join(folder, 'link.txt')], 'is a link'],
      [['/dev/null'], 'neither a file nor a folder'],
    ] as const) {
      const { code, stdout, stderr } = await scan(words);
      expect([code, stdout]).toEqual([64, '']);
      expect(stderr).toContain(reason);
    }
    expect((await scan(['--help'])).code).toBe(0);
  });

  it('names a path that it may not look at, and searches the others', async () => {
    const folder = await folderWith({ 'a.env': PERSONS });
    // Such a name is refused like one below a folder that may not be entered, but also to root.
    const path = join(folder, 'x'.repeat(300));
    const refused = `${path} cannot be read (ENAMETOOLONG).\n`;
    expect(await scan([path])).toMatchObject({ code: 66, stdout: '', stderr: refused });
    expect(await scan([path, folder])).toMatchObject({ code: 1, stderr: refused });
  });

  it('shows names of files without their control characters', async () => {
    const folder = await folderWith({ 'a\u001b[2Jb': PERSONS });
    expect((await scan([folder])).lines).toEqual([
      `${folder}/a\\u{1b}[2Jb:1: API key of a person, ${PERSONS.slice(0, 10)}…`,
    ]);
  });

  it('takes no more memory for a file of 200 MB than for a small one', { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'large.log');
    const file = createWriteStream(path);
    const block = `${'x'.repeat(4095)}\n`.repeat(256);
    for (let written = 0; written < 200; written += 1) if (!file.write(block)) await once(file, 'drain');
    file.end(`${PERSONS}\n`);
    await once(file, 'close');
    const before = process.memoryUsage().rss;
    const { code, lines } = await scan([path]);
    expect([code, ...lines]).toEqual([1, `${path}:51201: API key of a person, ${PERSONS.slice(0, 10)}…`]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('is a command of the package that reads no configuration', { timeout: 120_000 }, async () => {
    const folder = await folderWith({ 'a.env': PERSONS, '.env': 'NODE_ENV=nonsense' });
    const program = resolve('scripts/portcullis.cjs');
    const env = { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: 'nonsense' };
    const { status, stdout } = spawnSync(process.execPath, [program, 'scan'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, `a.env:1: API key of a person, ${PERSONS.slice(0, 10)}…\n`]);
    const child = spawn(process.execPath, [program, 'scan', '-'], {
      env,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.stdin.end(`none here`);
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});
