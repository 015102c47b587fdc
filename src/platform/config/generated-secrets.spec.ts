import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generatedSecret } from './generated-secrets.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'portcullis-secrets-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const modeOf = (...path: string[]) => statSync(join(dataDir, ...path)).mode & 0o777;

describe('a generated secret', () => {
  it('is kept where nobody but its owner reads it', () => {
    generatedSecret(dataDir, 'JWT_SECRET_KEY');
    expect(modeOf('secrets')).toBe(0o700);
    expect(modeOf('secrets', 'JWT_SECRET_KEY')).toBe(0o600);
  });

  it('stays the same, and leaves no draft behind', () => {
    const first = generatedSecret(dataDir, 'PASSWORD_PEPPER');
    expect(generatedSecret(dataDir, 'PASSWORD_PEPPER')).toBe(first);
    expect(readFileSync(join(dataDir, 'secrets', 'PASSWORD_PEPPER'), 'utf8')).toBe(first);
    expect(readdirSync(join(dataDir, 'secrets'))).toEqual(['PASSWORD_PEPPER']);
  });

  it('is random for each name and each installation', () => {
    const secrets = [
      generatedSecret(dataDir, 'JWT_SECRET_KEY'),
      generatedSecret(dataDir, 'PASSWORD_PEPPER'),
      generatedSecret(join(dataDir, 'other'), 'JWT_SECRET_KEY'),
    ];
    expect(new Set(secrets).size).toBe(3);
  });

  it('is one for processes that start at the same moment', async () => {
    const program = join(dataDir, 'start.mjs');
    const source = new URL('./generated-secrets.ts', import.meta.url).href;
    writeFileSync(
      program,
      `const { generatedSecret } = await import(${JSON.stringify(source)});
       process.once('message', () => {
         process.send(generatedSecret(${JSON.stringify(join(dataDir, 'shared'))}, 'JWT_SECRET_KEY'), () => process.disconnect());
       });
       process.send('ready');`,
    );
    const processes = Array.from({ length: 6 }, () => fork(program, { execArgv: ['--import', 'tsx'] }));
    await Promise.all(processes.map((child) => once(child, 'message')));
    const answers = Promise.all(processes.map((child) => once(child, 'message')));
    for (const child of processes) child.send('go');
    const secrets = (await answers).map(([secret]) => secret as string);
    expect(new Set(secrets).size).toBe(1);
    expect(readdirSync(join(dataDir, 'shared', 'secrets'))).toEqual(['JWT_SECRET_KEY']);
  });

  it('leaves nothing behind on a full disk, nor does the test whether the folder is writable', async () => {
    const program = join(dataDir, 'start.mjs');
    const [secrets, files] = ['generated-secrets', 'usable-files'].map((name) =>
      JSON.stringify(new URL(`./${name}.ts`, import.meta.url).href),
    );
    const folder = join(dataDir, 'full');
    writeFileSync(
      program,
      `const { generatedSecret } = await import(${secrets});
       const { assertWritableFolder } = await import(${files});
       const steps = [
         () => generatedSecret(${JSON.stringify(folder)}, 'JWT_SECRET_KEY'),
         () => assertWritableFolder('DATA_DIR', ${JSON.stringify(folder)}),
       ];
       for (const step of steps) try { step(); console.log('done'); } catch (error) { console.log(error.message); }`,
    );
    // Files can be created, but get no contents, as on a full disk.
    const shell = spawn('sh', [
      '-c',
      `trap '' XFSZ; ulimit -f 0; exec "$0" --import tsx "$1"`,
      process.execPath,
      program,
    ]);
    expect(await text(shell.stdout)).toMatch(/^.*EFBIG.*\n.*EFBIG.*\n$/);
    expect(readdirSync(folder)).toEqual(['secrets']);
    expect(readdirSync(join(folder, 'secrets'))).toEqual([]);
  });
});
