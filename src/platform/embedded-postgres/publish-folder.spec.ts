import { mkdir, type open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { publishFolder } from './publish-folder.js';

/** Opens folders that the system refuses to write to disk with this error. */
function refusing(code: string): typeof open {
  const refused = Object.assign(new Error(code), { code });
  const handle = { sync: () => Promise.reject(refused), close: () => Promise.resolve() };
  return () => Promise.resolve(handle as never);
}

async function folders() {
  const parent = await temporaryFolder();
  await mkdir(join(parent, 'draft'));
  return { parent, draft: join(parent, 'draft'), path: join(parent, 'cluster') };
}

describe('A folder', () => {
  it.each(['EPERM', 'EISDIR'])('is published where folders cannot be written to disk (%s)', async (code) => {
    const { parent, draft, path } = await folders();
    await publishFolder(draft, path, refusing(code));
    expect(await readdir(parent)).toEqual(['cluster']);
  });

  it('is not said to be published where the disk fails', async () => {
    const { draft, path } = await folders();
    await expect(publishFolder(draft, path, refusing('EIO'))).rejects.toThrow('EIO');
  });
});
