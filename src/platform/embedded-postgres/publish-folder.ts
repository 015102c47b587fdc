import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Renames a prepared folder durably. If another process has published the folder first, keeps that one and deletes the draft.
 * `openFolder` opens the parent folder.
 */
export async function publishFolder(draft: string, path: string, openFolder = open): Promise<void> {
  try {
    await rename(draft, path);
    await syncFolder(dirname(path), openFolder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** Writes the names in a folder to disk, where the system can do that: Windows refuses it. */
async function syncFolder(path: string, openFolder: typeof open): Promise<void> {
  const folder = await openFolder(path);
  try {
    await folder.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EISDIR') throw error;
  } finally {
    await folder.close();
  }
}
