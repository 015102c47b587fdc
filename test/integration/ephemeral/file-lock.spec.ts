import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileLock } from '../../../src/ephemeral/cluster/file-lock.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';

describe('A lock between processes', () => {
  const lockOf = async (content: string) => {
    const path = join(await temporaryFolder(), 'cluster.lock');
    await writeFile(path, content);
    return path;
  };

  it.each([
    ['is empty, as a full disk leaves it', ''],
    ['has the id of this process, of which it was in an earlier container', String(process.pid)],
  ])('is taken over where it %s', async (_what, content) => {
    const path = await lockOf(content);
    const lock = await FileLock.acquire(path);
    expect(await readFile(path, 'utf8')).toBe(String(process.pid));
    await lock.release();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('is taken over where it is older than anybody may hold it, and another process has its id by now', async () => {
    const path = await lockOf(String(process.ppid));
    await utimes(path, 0, 0);
    await FileLock.acquire(path);
    expect(await readFile(path, 'utf8')).toBe(String(process.pid));
  });

  it('is waited for where this process holds it', async () => {
    const path = join(await temporaryFolder(), 'cluster.lock');
    const first = await FileLock.acquire(path);
    const order: string[] = [];
    const second = FileLock.acquire(path).then((lock) => {
      order.push('acquired');
      return lock;
    });
    // Long enough for the second one to find the file, because each try reads it before the next one begins.
    for (let round = 0; round < 10; round += 1) await readFile(path);
    order.push('released');
    await first.release();
    await (await second).release();
    expect(order).toEqual(['released', 'acquired']);
  });
});
