import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, unlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/files/temporary-folder.js';

/** Waits for the lock named by the first word, and prints that it has it. With a second word, that is first in the file. */
const PROGRAM = `
  const { acquireLock } = await import(${JSON.stringify(pathToFileURL(resolve('scripts/build-lock.mjs')).href)});
  const [path, content] = process.argv.slice(1);
  if (content === 'own') (await import('node:fs')).writeFileSync(path, String(process.pid));
  await acquireLock(path);
  console.log(process.pid);`;

async function locked(content: string) {
  const lock = join(await temporaryFolder(), '.building');
  await writeFile(lock, content);
  return lock;
}

function start(...words: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, ...words]);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  return { child, said, ended: once(child, 'close') };
}

async function isAcquired(lock: string, ...words: string[]): Promise<boolean> {
  const { said, ended } = start(lock, ...words);
  await ended;
  return said.stderr === '' && said.stdout.trim() === (await readFile(lock, 'utf8'));
}

describe('the lock of a build', () => {
  it('is taken over if it is empty, as a full disk leaves it', async () => {
    expect(await isAcquired(await locked(''))).toBe(true);
  });

  it('is taken over if it has the own process id, as in a container that is started again', async () => {
    expect(await isAcquired(await locked(''), 'own')).toBe(true);
  });

  it('is taken over if it is old, and its process id belongs to another process by now', async () => {
    const lock = await locked(String(process.pid));
    await utimes(lock, 0, 0);
    expect(await isAcquired(lock)).toBe(true);
  });

  it('is waited for while its holder lives, which is said once', async () => {
    const lock = await locked(String(process.pid));
    const { child, said, ended } = start(lock);
    await once(child.stderr, 'data');
    await unlink(lock);
    await ended;
    expect(said).toEqual({
      stdout: `${child.pid}\n`,
      stderr: `Waiting for another build (process ${process.pid}) ...\n`,
    });
  });
});
