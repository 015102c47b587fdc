import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Renames a prepared folder durably. If another process has published the folder first, keeps that one and deletes the draft. */
export async function publishFolder(draft: string, path: string): Promise<void> {
  try {
    await rename(draft, path);
    const parent = await open(dirname(path));
    await parent.sync();
    await parent.close();
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
