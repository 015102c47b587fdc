import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { publishFolder } from './publish-folder.js';

vi.mock('node:fs/promises', { spy: true });

/** Makes the system refuse to write a folder to disk with this error. */
function refuseToSync(code: string): void {
  const refused = Object.assign(new Error(code), { code });
  const handle = { sync: () => Promise.reject(refused), close: () => Promise.resolve() };
  vi.mocked(open).mockResolvedValueOnce(handle as never);
}

async function folders() {
  const parent = await temporaryFolder();
  await mkdir(join(parent, 'draft'));
  return { parent, draft: join(parent, 'draft'), path: join(parent, 'cluster') };
}

describe('A folder', () => {
  it.each(['EPERM', 'EISDIR'])('is published where folders cannot be written to disk (%s)', async (code) => {
    const { parent, draft, path } = await folders();
    refuseToSync(code);
    await publishFolder(draft, path);
    expect(await readdir(parent)).toEqual(['cluster']);
  });

  it('is not said to be published where the disk fails', async () => {
    const { draft, path } = await folders();
    refuseToSync('EIO');
    await expect(publishFolder(draft, path)).rejects.toThrow('EIO');
  });
});
