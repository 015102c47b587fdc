import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Gives a prepared folder its name, durably; one that another process published first stays, and the draft goes. */
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
