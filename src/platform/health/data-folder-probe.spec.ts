import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { eventually } from '../../../test/support/time/eventually.js';
import { DataFolderProbe } from './data-folder-probe.js';

describe('The probe of the data folder', () => {
  it('is answered within its time limit by a disk that does not respond, and leaves it with one write', async () => {
    const folder = await temporaryFolder();
    // A pipe that nobody reads blocks whoever opens it, as a network disk without its server does.
    const pipe = join(folder, `.ready.${process.pid}`);
    execFileSync('mkfifo', [pipe]);
    const probe = new DataFolderProbe(folder);
    const startedMs = performance.now();
    expect([await probe.isWritable(), await probe.isWritable(), await probe.isWritable()]).toEqual([
      false,
      false,
      false,
    ]);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(await readFile(pipe)).toHaveLength(8192);
    await eventually(async () => expect(await probe.isWritable()).toBe(true), { timeoutMs: 10_000 });
  });

  it('finds a folder that is gone', async () => {
    expect(await new DataFolderProbe(join(await temporaryFolder(), 'gone')).isWritable()).toBe(false);
  });
});
